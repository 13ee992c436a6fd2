package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
)

// CustomField is a field that admins added to contacts.
type CustomField struct {
	ID       crm.ID         `json:"id"`
	Key      string         `json:"key" doc:"What it is called in custom of a contact, in filters and in imports. It stays."`
	Label    string         `json:"label"`
	Kind     crm.CustomKind `json:"kind" enum:"text,number,date,choice,boolean" doc:"It stays."`
	Options  []CustomOption `json:"options" doc:"Of a choice."`
	Position int            `json:"position" doc:"Its place among the fields, from 1."`
}

// CustomOption is one answer of a choice.
type CustomOption struct {
	Value   string `json:"value,omitempty" doc:"What is kept of a contact. It stays; made from the label when left out."`
	Label   string `json:"label"`
	Retired bool   `json:"retired,omitempty" doc:"It cannot be chosen any more; who has it keeps it."`
}

// CustomFieldDraft is what an admin wants a field to be.
type CustomFieldDraft struct {
	Key      *string        `json:"key,omitempty" doc:"Lower-case letters, digits and _; made from the label when left out."`
	Label    *string        `json:"label,omitempty"`
	Kind     *string        `json:"kind,omitempty" doc:"text, number, date, choice or boolean."`
	Options  []CustomOption `json:"options,omitempty" maxItems:"100" doc:"Replaces all options. One that is left out is removed where nobody has it, and retired where somebody does."`
	Position *int           `json:"position,omitempty" minimum:"1" maximum:"1000"`
}

func (d CustomFieldDraft) put(f *crm.CustomField) {
	if d.Key != nil {
		f.Key = *d.Key
	}
	if d.Label != nil {
		f.Label = *d.Label
	}
	if d.Kind != nil {
		f.Kind = crm.CustomKind(*d.Kind)
	}
	if d.Options != nil {
		f.Options = nil
		for _, o := range d.Options {
			f.Options = append(f.Options, crm.CustomOption(o))
		}
	}
}

// CustomFieldUse is how many contacts have a value of a field, the archived and hidden
// ones among them.
type CustomFieldUse struct {
	Contacts int            `json:"contacts"`
	Options  map[string]int `json:"options" doc:"By the value of an option of a choice."`
}

func (a *API) addCustomFields() {
	tags := []string{"Custom fields"}
	add(a, huma.Operation{OperationID: "listCustomFields", Method: http.MethodGet, Path: "/custom-fields", Tags: tags,
		Summary: "List custom fields in their order"}, rule{access: Agent}, a.listCustomFields)
	add(a, huma.Operation{OperationID: "createCustomField", Method: http.MethodPost, Path: "/custom-fields", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Make a custom field"}, rule{access: Admin}, a.createCustomField)
	add(a, huma.Operation{OperationID: "changeCustomField", Method: http.MethodPatch, Path: "/custom-fields/{id}", Tags: tags,
		Summary: "Change label, options or place of a custom field"}, rule{access: Admin, of: ofCustomField}, a.changeCustomField)
	add(a, huma.Operation{OperationID: "customFieldUse", Method: http.MethodGet, Path: "/custom-fields/{id}/use", Tags: tags,
		Summary: "Count the contacts that have a value of a custom field", Description: "What deleting it would reach."}, rule{access: Admin, of: ofCustomField}, a.customFieldUse)
	add(a, huma.Operation{OperationID: "deleteCustomField", Method: http.MethodDelete, Path: "/custom-fields/{id}", Tags: tags,
		Summary: "Delete a custom field", Description: "The values that contacts have of it go with it, those of many contacts in the minutes after. Saved filters on it match nobody from then on."},
		rule{access: Admin, of: ofCustomField}, a.deleteCustomField)
}

func (a *API) listCustomFields(ctx context.Context, in *ListParams) (*struct{ Body Page[CustomField] }, error) {
	list, err := a.Contacts.CustomFields(ctx, callOf(ctx).who)
	if err != nil {
		return nil, err
	}
	fields := make([]CustomField, len(list))
	for i, f := range list {
		fields[i] = customFieldOf(f, i+1)
	}
	page, err := pageOf("custom-fields", fields, *in, func(f CustomField) string { return fmt.Sprintf("%06d %s", f.Position, f.ID) },
		func(f CustomField) CustomField { return f })
	if err != nil {
		return nil, err
	}
	return &struct{ Body Page[CustomField] }{*page}, nil
}

func customFieldOf(f crm.CustomField, position int) CustomField {
	out := CustomField{f.ID, f.Key, f.Label, f.Kind, []CustomOption{}, position}
	for _, o := range f.Options {
		out.Options = append(out.Options, CustomOption(o))
	}
	return out
}

func (a *API) createCustomField(ctx context.Context, in *struct{ Body CustomFieldDraft }) (*struct{ Body CustomField }, error) {
	return a.putCustomField(ctx, crm.CustomField{}, in.Body)
}

// ChangeCustomField is a PATCH.
type ChangeCustomField struct {
	ByID
	Body CustomFieldDraft
}

func (a *API) changeCustomField(ctx context.Context, in *ChangeCustomField) (*struct{ Body CustomField }, error) {
	f, err := a.Contacts.CustomField(ctx, callOf(ctx).who, in.ID)
	if err != nil {
		return nil, err
	}
	return a.putCustomField(ctx, f, in.Body)
}

func (a *API) putCustomField(ctx context.Context, f crm.CustomField, d CustomFieldDraft) (*struct{ Body CustomField }, error) {
	who := callOf(ctx).who
	d.put(&f)
	f, err := a.Contacts.PutCustomField(ctx, who, f)
	if err == nil && d.Position != nil {
		err = a.Contacts.MoveCustomField(ctx, who, f.ID, *d.Position)
	}
	if err != nil {
		return nil, err
	}
	list, err := a.Contacts.CustomFields(ctx, who)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(list, func(other crm.CustomField) bool { return other.ID == f.ID })
	return &struct{ Body CustomField }{customFieldOf(f, at+1)}, nil
}

func (a *API) customFieldUse(ctx context.Context, in *ByID) (*struct{ Body CustomFieldUse }, error) {
	who := callOf(ctx).who
	f, err := a.Contacts.CustomField(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	use, err := a.Contacts.UseOfField(ctx, who, f)
	return &struct{ Body CustomFieldUse }{CustomFieldUse(use)}, err
}

func (a *API) deleteCustomField(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Contacts.DeleteCustomField(ctx, callOf(ctx).who, in.ID)
}
