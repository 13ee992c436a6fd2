package contacts

import (
	"context"
	"slices"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// maxFields is how many custom fields a business may have.
const maxFields = 50

// clearChunk is how many contacts a deleted field is cleared from in one transaction:
// well under 100 ms, so that webhooks do not wait for it.
const clearChunk = 200

// CustomFields are the custom fields of the business in their order.
func (s *Contacts) CustomFields(ctx context.Context, who crm.Actor) (list []crm.CustomField, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.CustomFields(tx, who.BusinessID)
		return err
	})
	return list, err
}

// CustomField is one of them; else ErrNotFound.
func (s *Contacts) CustomField(ctx context.Context, who crm.Actor, id crm.ID) (f crm.CustomField, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		f, err = customField(tx, who.BusinessID, id)
		return err
	})
	return f, err
}

func customField(tx *db.Tx, business, id crm.ID) (crm.CustomField, error) {
	list, err := store.CustomFields(tx, business)
	if i := slices.IndexFunc(list, func(f crm.CustomField) bool { return f.ID == id }); err == nil && i >= 0 {
		return list[i], nil
	}
	return crm.CustomField{}, orNotFound(err)
}

func orNotFound(err error) error {
	if err == nil {
		return crm.ErrNotFound
	}
	return err
}

// FieldUse is how many contacts have a value of a field, and which one of a choice. It
// counts everybody, the archived and hidden ones too: it is what a deletion would reach.
type FieldUse struct {
	Contacts int
	Options  map[string]int
}

// UseOfField says how many contacts have a value of a field. Admins only.
func (s *Contacts) UseOfField(ctx context.Context, who crm.Actor, f crm.CustomField) (use FieldUse, err error) {
	if !who.IsAdmin() {
		return use, crm.ErrForbidden
	}
	use.Options = map[string]int{}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if use.Contacts, err = store.CountCustomValues(tx, who.BusinessID, f.Key); err != nil {
			return err
		}
		for _, o := range f.Options {
			if use.Options[o.Value], err = store.CountCustomOption(tx, who.BusinessID, f.Key, o.Value); err != nil {
				return err
			}
		}
		return nil
	})
	return use, err
}

// PutCustomField makes a custom field (with an empty ID) or changes its label and options.
// Key and kind of one that is there stay. An option that is left out is removed where
// nobody has it and retired where somebody does. Admins only.
func (s *Contacts) PutCustomField(ctx context.Context, who crm.Actor, f crm.CustomField) (crm.CustomField, error) {
	if !who.IsAdmin() {
		return f, crm.ErrForbidden
	}
	f.Options = slices.Clone(f.Options)
	event := who.Event(crm.FieldCreated, s.Now())
	problems := f.Normalise()
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		put, problems := f, slices.Clone(problems)
		store.LockIdentities(tx, who.BusinessID, []crm.IdentityKey{{Scope: "custom_field"}})
		list, err := store.CustomFields(tx, who.BusinessID)
		if err != nil {
			return err
		}
		if put.ID == "" {
			if err := checkNewField(tx, who.BusinessID, put, list, &problems); err != nil {
				return err
			}
			put.ID = crm.NewID(s.Now())
		} else {
			i := slices.IndexFunc(list, func(old crm.CustomField) bool { return old.ID == put.ID })
			if i < 0 {
				return crm.ErrNotFound
			}
			if put.Key != list[i].Key || put.Kind != list[i].Kind {
				problems.Add("key", "fixed", "Key and kind of a field stay as they are. Make another field instead.")
			}
			event.Type = crm.FieldChanged
			if put.Options, err = keptOptions(tx, who.BusinessID, list[i], put.Options); err != nil {
				return err
			}
		}
		if slices.ContainsFunc(list, func(old crm.CustomField) bool { return old.ID != put.ID && crm.Fold(old.Label) == crm.Fold(put.Label) }) {
			problems.Add("label", "field_exists", "There is a field called %s already.", put.Label)
		}
		if err := problems.Err(); err != nil {
			return err
		}
		store.PutCustomField(tx, who.BusinessID, put, s.Now())
		event.SubjectID, event.Note = put.ID, put.Label
		f = put
		return s.record(tx, event)
	})
	return f, err
}

func checkNewField(tx *db.Tx, business crm.ID, f crm.CustomField, list []crm.CustomField, problems *crm.Problems) error {
	if len(list) >= maxFields {
		problems.Add("label", "too_many", "There are %d fields already, which is the most.", maxFields)
	}
	if slices.ContainsFunc(list, func(old crm.CustomField) bool { return old.Key == f.Key }) {
		problems.Add("key", "field_exists", "There is a field with the key %s already.", f.Key)
	}
	clearing, err := store.HasDeletedField(tx, business, f.Key)
	if clearing {
		problems.Add("key", "still_clearing", "A field with the key %s was deleted just now and its values are still being cleared away. Try again in a minute.", f.Key)
	}
	return err
}

// keptOptions are the options that were asked for and, retired, those which somebody
// still has.
func keptOptions(tx *db.Tx, business crm.ID, old crm.CustomField, wanted []crm.CustomOption) ([]crm.CustomOption, error) {
	for _, o := range old.Options {
		if slices.ContainsFunc(wanted, func(w crm.CustomOption) bool { return w.Value == o.Value }) {
			continue
		}
		n, err := store.CountCustomOption(tx, business, old.Key, o.Value)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			o.Retired = true
			wanted = append(wanted, o)
		}
	}
	return wanted, nil
}

// MoveCustomField gives a field a place among the others, from 1. Admins only.
func (s *Contacts) MoveCustomField(ctx context.Context, who crm.Actor, id crm.ID, place int) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockIdentities(tx, who.BusinessID, []crm.IdentityKey{{Scope: "custom_field"}})
		list, err := store.CustomFields(tx, who.BusinessID)
		if err != nil {
			return err
		}
		from := slices.IndexFunc(list, func(f crm.CustomField) bool { return f.ID == id })
		if from < 0 {
			return crm.ErrNotFound
		}
		moved := list[from]
		list = slices.Insert(slices.Delete(list, from, from+1), min(max(place, 1), len(list))-1, moved)
		for i, f := range list {
			store.PlaceCustomField(tx, who.BusinessID, f.ID, i+1)
		}
		event := who.Event(crm.FieldChanged, s.Now())
		event.SubjectID, event.Note = id, moved.Label
		return s.record(tx, event)
	})
}

// DeleteCustomField deletes a field with the values that contacts have of it. It is gone
// from everywhere at once; the values of many contacts are cleared away in the minutes
// after, also over a restart (KeepTidy). What the history says of it stays. Admins only.
func (s *Contacts) DeleteCustomField(ctx context.Context, who crm.Actor, id crm.ID) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	var gone store.DeletedField
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		f, err := customField(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		gone = store.DeletedField{Business: who.BusinessID, ID: id, Key: f.Key}
		store.DeleteCustomField(tx, who.BusinessID, id)
		event := who.Event(crm.FieldDeleted, s.Now())
		event.SubjectID, event.Note = id, f.Label
		return s.record(tx, event)
	})
	for done, n := false, 0; err == nil && !done && n < 5; n++ { // a small business need not wait for KeepTidy
		done, err = s.clearField(ctx, gone)
	}
	return err
}

func (s *Contacts) clearField(ctx context.Context, f store.DeletedField) (done bool, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		done, err = store.ClearField(tx, f, clearChunk)
		return err
	})
	return done, err
}
