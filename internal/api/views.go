package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
)

// View is a filter of contacts saved under a name.
type View struct {
	ID       crm.ID              `json:"id"`
	Name     string              `json:"name"`
	Shared   bool                `json:"shared" doc:"Everybody has it; else the asker alone."`
	Filter   map[string][]string `json:"filter" doc:"By the names of the parameters of GET /contacts."`
	Sort     crm.Sort            `json:"sort"`
	Columns  []string            `json:"columns" doc:"Empty: those of whoever looks."`
	Problems []crm.FieldError    `json:"problems" doc:"What the filter names and is not there any more. Such a filter matches nobody."`
}

// ViewDraft is what somebody wants a view to be.
type ViewDraft struct {
	Name    *string        `json:"name,omitempty"`
	Shared  *bool          `json:"shared,omitempty" doc:"For all; admins only."`
	Filter  map[string]any `json:"filter,omitempty" doc:"By the names of the parameters of GET /contacts: a text or a list of texts."`
	Sort    *string        `json:"sort,omitempty"`
	Columns []string       `json:"columns,omitempty" maxItems:"50"`
}

func (a *API) addViews() {
	tags := []string{"Saved views"}
	add(a, huma.Operation{OperationID: "listViews", Method: http.MethodGet, Path: "/views", Tags: tags,
		Summary: "List saved views", Description: "Those for all, then the asker's own."}, rule{access: Agent}, a.listViews)
	add(a, huma.Operation{OperationID: "createView", Method: http.MethodPost, Path: "/views", Tags: tags, DefaultStatus: http.StatusCreated, Errors: []int{http.StatusForbidden},
		Summary: "Save a view"}, rule{access: Agent}, a.createView)
	add(a, huma.Operation{OperationID: "getView", Method: http.MethodGet, Path: "/views/{id}", Tags: tags,
		Summary: "Read a saved view"}, rule{access: Agent, of: ofView}, a.getView)
	add(a, huma.Operation{OperationID: "changeView", Method: http.MethodPatch, Path: "/views/{id}", Tags: tags, Errors: []int{http.StatusForbidden},
		Summary: "Rename a saved view or replace its filter", Description: "One for all is changed by admins only."}, rule{access: Agent, of: ofView}, a.changeView)
	add(a, huma.Operation{OperationID: "deleteView", Method: http.MethodDelete, Path: "/views/{id}", Tags: tags, Errors: []int{http.StatusForbidden},
		Summary: "Delete a saved view", Description: "One for all is deleted by admins only."}, rule{access: Agent, of: ofView}, a.deleteView)
}

func (a *API) viewOf(words crm.FilterWords, v crm.View) View {
	return View{v.ID, v.Name, v.Shared(), v.Filter, v.Sort, append([]string{}, v.Columns...), append([]crm.FieldError{}, crm.ParseFilter(v.Filter, words).Problems...)}
}

func (a *API) viewOut(ctx context.Context, v crm.View, err error) (*struct{ Body View }, error) {
	if err != nil {
		return nil, err
	}
	words, err := a.Contacts.FilterWords(ctx, callOf(ctx).who)
	return &struct{ Body View }{a.viewOf(words, v)}, err
}

func (a *API) listViews(ctx context.Context, in *ListParams) (*struct{ Body Page[View] }, error) {
	list, err := a.Contacts.Views(ctx, callOf(ctx).who)
	if err != nil {
		return nil, err
	}
	words, err := a.Contacts.FilterWords(ctx, callOf(ctx).who)
	if err != nil {
		return nil, err
	}
	key := func(v crm.View) string {
		if v.Shared() {
			return "0 " + crm.Fold(v.Name) + " " + v.ID.String()
		}
		return "1 " + crm.Fold(v.Name) + " " + v.ID.String()
	}
	page, err := pageOf("views", list, *in, key, func(v crm.View) View { return a.viewOf(words, v) })
	if err != nil {
		return nil, err
	}
	return &struct{ Body Page[View] }{*page}, nil
}

// put lays a draft over a view. The error is of kind Invalid.
func (d ViewDraft) put(who crm.Actor, v *crm.View) error {
	if d.Name != nil {
		v.Name = *d.Name
	}
	if d.Shared != nil {
		v.OwnerID = who.UserID
		if *d.Shared {
			v.OwnerID = ""
		}
	}
	if d.Sort != nil {
		v.Sort = crm.Sort(*d.Sort)
	}
	if d.Columns != nil {
		v.Columns = d.Columns
	}
	if d.Filter == nil {
		return nil
	}
	values, wrong := crm.FilterValues(d.Filter)
	var problems crm.Problems
	for _, p := range wrong {
		problems.Add("filter."+p.Field, p.Code, "%s", p.Detail)
	}
	v.Filter = values
	return problems.Err()
}

func (a *API) createView(ctx context.Context, in *struct{ Body ViewDraft }) (*struct{ Body View }, error) {
	who := callOf(ctx).who
	v := crm.View{OwnerID: who.UserID}
	if in.Body.Shared != nil && *in.Body.Shared && !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	if err := in.Body.put(who, &v); err != nil {
		return nil, err
	}
	v, err := a.Contacts.PutView(ctx, who, v)
	return a.viewOut(ctx, v, err)
}

func (a *API) getView(ctx context.Context, in *ByID) (*struct{ Body View }, error) {
	v, err := a.Contacts.View(ctx, callOf(ctx).who, in.ID)
	return a.viewOut(ctx, v, err)
}

// ChangeView is a PATCH.
type ChangeView struct {
	ByID
	Body ViewDraft
}

func (a *API) changeView(ctx context.Context, in *ChangeView) (*struct{ Body View }, error) {
	who := callOf(ctx).who
	v, err := a.Contacts.View(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	d := in.Body
	if d.Name != nil && d.Shared == nil && d.Filter == nil && d.Sort == nil && d.Columns == nil {
		v, err = a.Contacts.RenameView(ctx, who, in.ID, *d.Name)
		return a.viewOut(ctx, v, err)
	}
	if err := d.put(who, &v); err != nil {
		return nil, err
	}
	v, err = a.Contacts.PutView(ctx, who, v)
	return a.viewOut(ctx, v, err)
}

func (a *API) deleteView(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Contacts.DeleteView(ctx, callOf(ctx).who, in.ID)
}
