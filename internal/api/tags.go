package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
	"parley/internal/store"
)

// Tag is a tag and how many contacts carry it that the asker may see (T1).
type Tag struct {
	ID       crm.ID `json:"id"`
	Name     string `json:"name"`
	Colour   string `json:"colour"`
	Contacts int    `json:"contacts"`
}

// TagDraft is what an admin wants a tag to be.
type TagDraft struct {
	Name   *string `json:"name,omitempty" doc:"Unique without regard to case and outer space."`
	Colour *string `json:"colour,omitempty" doc:"grey, blue, green, amber, red, violet, teal or pink."`
}

// put lays a draft over a tag.
func (d TagDraft) put(t *crm.Tag) {
	if d.Name != nil {
		t.Name = *d.Name
	}
	if d.Colour != nil {
		t.Colour = *d.Colour
	}
}

func (a *API) addTags() {
	tags := []string{"Tags"}
	add(a, huma.Operation{OperationID: "listTags", Method: http.MethodGet, Path: "/tags", Tags: tags,
		Summary: "List tags by name"}, rule{access: Agent}, a.listTags)
	add(a, huma.Operation{OperationID: "createTag", Method: http.MethodPost, Path: "/tags", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Make a tag"}, rule{access: Admin}, a.createTag)
	add(a, huma.Operation{OperationID: "changeTag", Method: http.MethodPatch, Path: "/tags/{id}", Tags: tags, Errors: []int{409},
		Summary: "Rename or recolour a tag"}, rule{access: Admin, of: ofTag}, a.changeTag)
	add(a, huma.Operation{OperationID: "deleteTag", Method: http.MethodDelete, Path: "/tags/{id}", Tags: tags,
		Summary: "Delete a tag", Description: "It is taken off everyone who carries it. Filters that name it match nobody from then on, and say why."}, rule{access: Admin, of: ofTag}, a.deleteTag)
	add(a, huma.Operation{OperationID: "mergeTag", Method: http.MethodPost, Path: "/tags/{id}/merge", Tags: tags,
		Summary: "Make a tag part of another", Description: "Whoever carries it carries the other one, and filters that name it mean the other from then on. Answers with the tag that stays."},
		rule{access: Admin, of: ofTag}, a.mergeTag)
}

func (a *API) listTags(ctx context.Context, in *ListParams) (*struct{ Body Page[Tag] }, error) {
	list, err := a.Team.Tags(ctx, callOf(ctx).who)
	if err != nil {
		return nil, err
	}
	page, err := pageOf("tags", list, *in, func(t store.CountedTag) string { return crm.Fold(t.Name) + " " + t.ID.String() }, tagOf)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Page[Tag] }{*page}, nil
}

func tagOf(t store.CountedTag) Tag { return Tag{t.ID, t.Name, t.Colour, t.Contacts} }

func (a *API) createTag(ctx context.Context, in *struct{ Body TagDraft }) (*struct{ Body Tag }, error) {
	var t crm.Tag
	in.Body.put(&t)
	t, err := a.Team.PutTag(ctx, callOf(ctx).who, t)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Tag }{Tag{t.ID, t.Name, t.Colour, 0}}, nil
}

// ChangeTag is a PATCH.
type ChangeTag struct {
	ByID
	Body TagDraft
}

func (a *API) changeTag(ctx context.Context, in *ChangeTag) (*struct{ Body Tag }, error) {
	who := callOf(ctx).who
	t, err := a.Team.Tag(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	in.Body.put(&t)
	if t, err = a.Team.PutTag(ctx, who, t); err != nil {
		return nil, err
	}
	return a.countedTag(ctx, who, t)
}

// countedTag answers with a tag and how many carry it.
func (a *API) countedTag(ctx context.Context, who crm.Actor, t crm.Tag) (*struct{ Body Tag }, error) {
	list, err := a.Team.Tags(ctx, who)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Tag }{Tag{t.ID, t.Name, t.Colour, 0}}
	for _, counted := range list {
		if counted.ID == t.ID {
			out.Body.Contacts = counted.Contacts
		}
	}
	return out, nil
}

// MergeTag names the tag that another one becomes part of.
type MergeTag struct {
	ByID
	Body struct {
		Into crm.ID `json:"into" doc:"The tag that stays."`
	}
}

func (a *API) mergeTag(ctx context.Context, in *MergeTag) (*struct{ Body Tag }, error) {
	who := callOf(ctx).who
	kept, err := a.Team.MergeTags(ctx, who, in.ID, in.Body.Into)
	if err != nil {
		return nil, err
	}
	return a.countedTag(ctx, who, kept)
}

func (a *API) deleteTag(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Team.DeleteTag(ctx, callOf(ctx).who, in.ID)
}
