package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
)

// ByID is the input of calls that take nothing but an id.
type ByID struct {
	ID crm.ID `path:"id"`
}

// ContactOut is one contact with the version that If-Match names.
type ContactOut struct {
	ETag string `header:"ETag"`
	Body Contact
}

func contactOut(c *crm.Contact, err error) (*ContactOut, error) {
	if err != nil {
		return nil, err
	}
	return &ContactOut{ETag: etag(c.Version), Body: contactOf(c)}, nil
}

// savedOut is contactOut with advice about what was saved.
func savedOut(c *crm.Contact, err error) (*ContactOut, error) {
	out, err := contactOut(c, err)
	if err == nil {
		out.Body.Warnings = landlines(c)
	}
	return out, err
}

func (a *API) addContacts() {
	tags := []string{"Contacts"}
	stale := []int{http.StatusPreconditionFailed}
	add(a, huma.Operation{OperationID: "listContacts", Method: http.MethodGet, Path: "/contacts", Tags: tags,
		Summary: "List contacts", Description: "Besides the parameters below: custom.KEY is a value of a custom field (repeat it for one of several), custom.KEY.min and custom.KEY.max are bounds of a number or date, custom.KEY.set is yes or no. " +
			"The same names make the filter of bulk actions, broadcasts and saved views."}, rule{access: Agent, open: true}, a.listContacts)
	add(a, huma.Operation{OperationID: "createContact", Method: http.MethodPost, Path: "/contacts", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Make a contact", Description: "Needs a first name, a last name, and a phone or an e-mail. 409 identity_taken says who holds a phone or e-mail and what can be done."},
		rule{access: Agent}, a.createContact)
	add(a, huma.Operation{OperationID: "getContact", Method: http.MethodGet, Path: "/contacts/{id}", Tags: tags,
		Summary: "Read a contact"}, rule{access: Agent, of: ofContact}, a.getContact)
	add(a, huma.Operation{OperationID: "changeContact", Method: http.MethodPatch, Path: "/contacts/{id}", Tags: tags, Errors: []int{409, 412, 428},
		Summary: "Change a contact", Description: `Needs If-Match: "version". 412 carries the record as it is now and who changed it; 428 says that If-Match is missing.`},
		rule{access: Agent, of: ofContact}, a.changeContact)
	add(a, huma.Operation{OperationID: "deleteContact", Method: http.MethodDelete, Path: "/contacts/{id}", Tags: tags, Errors: stale,
		Summary: "Delete a contact", Description: "With an open conversation or invoice it is archived instead."},
		rule{access: Admin, of: ofContact}, a.deleteContact)
	add(a, huma.Operation{OperationID: "archiveContact", Method: http.MethodPost, Path: "/contacts/{id}/archive", Tags: tags, Errors: stale,
		Summary: "Archive a contact"}, rule{access: Admin, of: ofContact}, a.archiveContact)
	add(a, huma.Operation{OperationID: "eraseContact", Method: http.MethodPost, Path: "/contacts/{id}/erase", Tags: tags, Errors: stale,
		Summary: "Erase a person", Description: "Whatever is open, and archived or not. It cannot be undone. Invoices stay as accounting records that name nobody; backups made earlier still hold the person."},
		rule{access: Admin, of: ofContact}, a.eraseContact)
	add(a, huma.Operation{OperationID: "restoreContact", Method: http.MethodPost, Path: "/contacts/{id}/restore", Tags: tags, Errors: stale,
		Summary: "Make an archived contact active again"}, rule{access: Agent, of: ofContact}, a.restoreContact)
	add(a, huma.Operation{OperationID: "freeIdentity", Method: http.MethodPost, Path: "/contacts/{id}/identities/free", Tags: tags, Errors: stale,
		Summary: "Take a phone or an e-mail from a contact", Description: "The contact keeps everything else; warnings says where it is left without any. With to, that contact gets it in the same step."},
		rule{access: Agent, of: ofContact}, a.freeIdentity)
	add(a, huma.Operation{OperationID: "useProfileName", Method: http.MethodPost, Path: "/contacts/{id}/use-profile-name", Tags: tags, Errors: stale,
		Summary: "Take over the name that the sender chose on WhatsApp"}, rule{access: Agent, of: ofContact}, a.useProfileName)
	add(a, huma.Operation{OperationID: "listContactHistory", Method: http.MethodGet, Path: "/contacts/{id}/history", Tags: tags,
		Summary: "List what changed of a contact", Description: "Newest first, one item for each field that changed."},
		rule{access: Agent, of: ofContact}, a.listHistory)
	add(a, huma.Operation{OperationID: "putBack", Method: http.MethodPost, Path: "/contacts/{id}/put-back", Tags: tags, Errors: []int{403, 409, 412},
		Summary: "Put a field back as it was before a change", Description: "A save like any other: 409 identity_taken says who holds a number by now; a tag or user that is gone is refused with 422. Putting status back archives (admins) or restores."},
		rule{access: Agent, of: ofContact}, a.putBack)
}

func (a *API) createContact(ctx context.Context, in *struct{ Body ContactDraft }) (*ContactOut, error) {
	who := callOf(ctx).who
	d, err := a.draft(ctx, who, in.Body)
	if err != nil {
		return nil, err
	}
	return savedOut(a.Contacts.Put(ctx, who, d))
}

func (a *API) getContact(ctx context.Context, _ *ByID) (*ContactOut, error) {
	return contactOut(callOf(ctx).contact, nil)
}

// ChangeContact is a PATCH.
type ChangeContact struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The version that the change is based on, in quotation marks."`
	Body    ContactDraft
}

func (a *API) changeContact(ctx context.Context, in *ChangeContact) (*ContactOut, error) {
	if in.IfMatch == "" || in.IfMatch == "*" {
		return nil, newProblem(http.StatusPreconditionRequired, "if_match_required", `Send the version that the change is based on: If-Match: "3".`)
	}
	who := callOf(ctx).who
	d, err := a.draft(ctx, who, in.Body)
	if err != nil {
		return nil, err
	}
	d.ID, d.Version = in.ID, parseETag(in.IfMatch)
	return savedOut(a.Contacts.Put(ctx, who, d))
}

// Deletion is how a delete ended (C6).
type Deletion struct {
	Outcome           string `json:"outcome" enum:"deleted,archived,erased"`
	OpenConversations *int   `json:"open_conversations,omitempty"`
	OpenInvoices      *int   `json:"open_invoices,omitempty"`
}

func (a *API) deleteContact(ctx context.Context, in *ByID) (*struct{ Body Deletion }, error) {
	done, err := a.Contacts.Delete(ctx, callOf(ctx).who, in.ID)
	if err != nil {
		return nil, err
	}
	if !done.Archived {
		return &struct{ Body Deletion }{Deletion{Outcome: "deleted"}}, nil
	}
	invoices := len(done.OpenInvoices)
	return &struct{ Body Deletion }{Deletion{"archived", &done.OpenConversations, &invoices}}, nil
}

func (a *API) eraseContact(ctx context.Context, in *ByID) (*struct{ Body Deletion }, error) {
	if err := a.Contacts.Erase(ctx, callOf(ctx).who, in.ID); err != nil {
		return nil, err
	}
	return &struct{ Body Deletion }{Deletion{Outcome: "erased"}}, nil
}

func (a *API) archiveContact(ctx context.Context, in *ByID) (*ContactOut, error) {
	return contactOut(a.Contacts.Archive(ctx, callOf(ctx).who, in.ID))
}

func (a *API) restoreContact(ctx context.Context, in *ByID) (*ContactOut, error) {
	return contactOut(a.Contacts.Restore(ctx, callOf(ctx).who, in.ID))
}

func (a *API) useProfileName(ctx context.Context, in *ByID) (*ContactOut, error) {
	return contactOut(a.Contacts.TakeProfileName(ctx, callOf(ctx).who, in.ID))
}
