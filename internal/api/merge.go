package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/contacts"
	"parley/internal/crm"
)

func (a *API) addMerges() {
	tags := []string{"Contacts"}
	add(a, huma.Operation{OperationID: "mergeContact", Method: http.MethodPost, Path: "/contacts/{id}/merge", Tags: tags, Errors: []int{412},
		Summary: "Merge a contact into another", Description: "The contact of the address becomes part of into, which keeps its id. Both keep their numbers, with one primary; tags unite, opt-outs of either hold, conversations and invoices move. Nobody sees more than before: contact and conversations are visible to those who saw both (409 nobody_sees_both where that is nobody). Of two open conversations the one with the later message stays open, the other is closed with a note. GET of the merged contact answers 404 with merged_into."},
		rule{access: Admin, of: ofContact}, a.mergeContact)
	add(a, huma.Operation{OperationID: "undoMerge", Method: http.MethodPost, Path: "/merges/{id}/undo", Tags: tags,
		Summary: "Make two contacts of one again", Description: "Both are as they were before the merge. What was changed since stays with the kept one and is named in stayed; conversations that began since go to whose address wrote in them. 409 already_undone, kept_gone, merged_since or identity_moved says why it cannot be done."},
		rule{access: Admin, of: ofMerge}, a.undoMerge)
}

// MergeContact says into which contact, and whose values stand.
type MergeContact struct {
	ByID
	Body struct {
		Into   crm.ID                     `json:"into" doc:"The contact that is kept."`
		Fields map[string]crm.MergeChoice `json:"fields,omitempty" doc:"Whose value a field has: into (the kept contact), from (the one merged into it) or, for notes, both. Fields are those of text, such as first_name or contact_address.city, and phone, email (which is the primary one), assignee_id and custom.KEY. What is left out is the kept contact's value, or the other's where that is empty; a real name beats a placeholder; notes are joined."`
	}
}

// MergedContact is the kept contact.
type MergedContact struct {
	Contact
	MergeID crm.ID `json:"merge_id" doc:"For POST /merges/{merge_id}/undo."`
}

// MergedOut is the kept contact with its new version.
type MergedOut struct {
	ETag string `header:"ETag"`
	Body MergedContact
}

func (a *API) mergeContact(ctx context.Context, in *MergeContact) (*MergedOut, error) {
	c, merge, err := a.Contacts.Merge(ctx, callOf(ctx).who, contacts.Merging{From: in.ID, Into: in.Body.Into, Choices: in.Body.Fields})
	if err != nil {
		return nil, err
	}
	return &MergedOut{ETag: etag(c.Version), Body: MergedContact{contactOf(c), merge}}, nil
}

// Parting is how undoing a merge ended.
type Parting struct {
	Contact  Contact  `json:"contact" doc:"The one that was kept."`
	Restored Contact  `json:"restored" doc:"The one that had become part of it."`
	Stayed   []string `json:"stayed" doc:"Fields of the kept contact that were changed since the merge and are as they were changed."`
	Freed    []string `json:"freed" doc:"Numbers and addresses of the restored contact that were taken off since; it comes back without them."`
}

func (a *API) undoMerge(ctx context.Context, in *ByID) (*struct{ Body Parting }, error) {
	p, err := a.Contacts.Undo(ctx, callOf(ctx).who, in.ID)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Parting }{Parting{contactOf(p.Kept), contactOf(p.Restored), append([]string{}, p.Stayed...), append([]string{}, p.Freed...)}}, nil
}
