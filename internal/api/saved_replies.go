package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
)

// SavedReply is a text that the business writes often.
type SavedReply struct {
	ID   crm.ID `json:"id"`
	Name string `json:"name"`
	Text string `json:"text" doc:"With merge fields: {{first_name|there}}."`
}

// SavedReplyDraft is what an admin wants one to be.
type SavedReplyDraft struct {
	Name *string `json:"name,omitempty" doc:"Unique without regard to case."`
	Text *string `json:"text,omitempty" doc:"With merge fields: {{first_name|there}}."`
}

func savedReplyOf(r crm.SavedReply) SavedReply { return SavedReply{r.ID, r.Name, r.Text} }

func (a *API) addSavedReplies() {
	tags := []string{"Saved replies"}
	add(a, huma.Operation{OperationID: "listSavedReplies", Method: http.MethodGet, Path: "/saved-replies", Tags: tags,
		Summary: "List saved replies by name"}, rule{access: Agent}, a.listSavedReplies)
	add(a, huma.Operation{OperationID: "createSavedReply", Method: http.MethodPost, Path: "/saved-replies", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Make a saved reply"}, rule{access: Admin}, a.createSavedReply)
	add(a, huma.Operation{OperationID: "changeSavedReply", Method: http.MethodPatch, Path: "/saved-replies/{id}", Tags: tags,
		Summary: "Change a saved reply"}, rule{access: Admin, of: ofSavedReply}, a.changeSavedReply)
	add(a, huma.Operation{OperationID: "deleteSavedReply", Method: http.MethodDelete, Path: "/saved-replies/{id}", Tags: tags,
		Summary: "Delete a saved reply"}, rule{access: Admin, of: ofSavedReply}, a.deleteSavedReply)
}

func (a *API) listSavedReplies(ctx context.Context, in *ListParams) (*struct{ Body Page[SavedReply] }, error) {
	list, err := a.Inbox.SavedReplies(ctx, callOf(ctx).who)
	if err != nil {
		return nil, err
	}
	page, err := pageOf("saved-replies", list, *in, func(r crm.SavedReply) string { return crm.Fold(r.Name) + " " + r.ID.String() }, savedReplyOf)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Page[SavedReply] }{*page}, nil
}

func (a *API) createSavedReply(ctx context.Context, in *struct{ Body SavedReplyDraft }) (*struct{ Body SavedReply }, error) {
	return a.putSavedReply(ctx, crm.SavedReply{}, in.Body)
}

// ChangeSavedReply is a PATCH.
type ChangeSavedReply struct {
	ByID
	Body SavedReplyDraft
}

func (a *API) changeSavedReply(ctx context.Context, in *ChangeSavedReply) (*struct{ Body SavedReply }, error) {
	r, err := a.Inbox.SavedReply(ctx, callOf(ctx).who, in.ID)
	if err != nil {
		return nil, err
	}
	return a.putSavedReply(ctx, r, in.Body)
}

func (a *API) putSavedReply(ctx context.Context, r crm.SavedReply, d SavedReplyDraft) (*struct{ Body SavedReply }, error) {
	if d.Name != nil {
		r.Name = *d.Name
	}
	if d.Text != nil {
		r.Text = *d.Text
	}
	r, err := a.Inbox.PutSavedReply(ctx, callOf(ctx).who, r)
	if err != nil {
		return nil, err
	}
	return &struct{ Body SavedReply }{savedReplyOf(r)}, nil
}

func (a *API) deleteSavedReply(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Inbox.DeleteSavedReply(ctx, callOf(ctx).who, in.ID)
}
