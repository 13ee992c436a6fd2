package contacts

import (
	"context"
	"slices"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// maxViews is how many saved views a user may have, and how many there may be for all.
const maxViews = 100

// Views are the saved views that who has: those for all and their own.
func (s *Contacts) Views(ctx context.Context, who crm.Actor) (list []crm.View, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.Views(tx, who.BusinessID, who.UserID)
		return err
	})
	return list, err
}

// View is one of them; else ErrNotFound.
func (s *Contacts) View(ctx context.Context, who crm.Actor, id crm.ID) (v crm.View, err error) {
	list, err := s.Views(ctx, who)
	if i := slices.IndexFunc(list, func(v crm.View) bool { return v.ID == id }); err == nil && i >= 0 {
		return list[i], nil
	}
	return v, orNotFound(err)
}

// PutView saves a view (with an empty ID a new one). Everybody saves views of their own;
// those for all are made, changed and deleted by admins. A filter that cannot be read is
// refused, its problems under filter.NAME, unless it is the one that was saved before.
func (s *Contacts) PutView(ctx context.Context, who crm.Actor, v crm.View) (crm.View, error) {
	if v.Shared() && !who.IsAdmin() {
		return v, crm.ErrForbidden
	}
	if !v.Shared() {
		v.OwnerID = who.UserID
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		views, err := store.Views(tx, who.BusinessID, who.UserID)
		if err != nil {
			return err
		}
		put := v
		at := slices.IndexFunc(views, func(old crm.View) bool { return old.ID == v.ID })
		var problems crm.Problems
		switch {
		case v.ID == "":
			put.ID = crm.NewID(s.Now())
			same := slices.DeleteFunc(slices.Clone(views), func(old crm.View) bool { return old.OwnerID != v.OwnerID })
			if len(same) >= maxViews {
				problems.Add("name", "too_many", "There are %d views already, which is the most.", maxViews)
			}
		case at < 0:
			return crm.ErrNotFound
		case views[at].Shared() && !who.IsAdmin():
			return crm.ErrForbidden
		}
		put.Name = crm.FullName(crm.CleanLine(&problems, "name", put.Name, 60))
		if put.Name == "" {
			problems.Add("name", "required", "A view needs a name.")
		}
		words, err := filterWords(tx, who.BusinessID)
		if err != nil {
			return err
		}
		filter := crm.ParseFilter(put.Filter, words)
		for _, p := range filter.Problems {
			problems.Add("filter."+p.Field, p.Code, "%s", p.Detail)
		}
		put.Filter = filter.Values()
		put.Sort = crm.ParseSort(string(put.Sort), &problems)
		put.Columns = append([]string{}, crm.ParseColumns(put.Columns, words.Fields, &problems)...)
		if err := problems.Err(); err != nil {
			return err
		}
		store.PutView(tx, who.BusinessID, put, s.Now())
		v = put
		return nil
	})
	return v, err
}

// RenameView gives a view another name and leaves its filter as it is, even one that asks
// for what is not there any more.
func (s *Contacts) RenameView(ctx context.Context, who crm.Actor, id crm.ID, name string) (v crm.View, err error) {
	var problems crm.Problems
	name = crm.FullName(crm.CleanLine(&problems, "name", name, 60))
	if name == "" {
		problems.Add("name", "required", "A view needs a name.")
	}
	err = s.changeView(ctx, who, id, func(tx *db.Tx, old crm.View) error {
		if err := problems.Err(); err != nil {
			return err
		}
		v = old
		v.Name = name
		store.PutView(tx, who.BusinessID, v, s.Now())
		return nil
	})
	return v, err
}

// DeleteView deletes a saved view. Nobody's contacts change.
func (s *Contacts) DeleteView(ctx context.Context, who crm.Actor, id crm.ID) error {
	return s.changeView(ctx, who, id, func(tx *db.Tx, _ crm.View) error {
		store.DeleteView(tx, who.BusinessID, id)
		return nil
	})
}

// changeView runs change on a view that who may change.
func (s *Contacts) changeView(ctx context.Context, who crm.Actor, id crm.ID, change func(*db.Tx, crm.View) error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		views, err := store.Views(tx, who.BusinessID, who.UserID)
		i := slices.IndexFunc(views, func(v crm.View) bool { return v.ID == id })
		if err != nil || i < 0 {
			return orNotFound(err)
		}
		if views[i].Shared() && !who.IsAdmin() {
			return crm.ErrForbidden
		}
		return change(tx, views[i])
	})
}

// Columns are the columns of who's list of contacts. What is not there any more is left
// out.
func (s *Contacts) Columns(ctx context.Context, who crm.Actor, fields []crm.CustomField) (columns []string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		columns, err = store.Columns(tx, who.BusinessID, who.UserID)
		return err
	})
	if columns == nil {
		return crm.DefaultColumns, err
	}
	return slices.DeleteFunc(columns, func(name string) bool { return !crm.IsColumn(name, fields) }), err
}

// SetColumns keeps the columns of who's list of contacts, for whoever that is alone.
func (s *Contacts) SetColumns(ctx context.Context, who crm.Actor, columns []string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		fields, err := store.CustomFields(tx, who.BusinessID)
		if err != nil {
			return err
		}
		var problems crm.Problems
		columns = crm.ParseColumns(columns, fields, &problems)
		if err := problems.Err(); err != nil {
			return err
		}
		store.SetColumns(tx, who.BusinessID, who.UserID, append([]string{}, columns...))
		return nil
	})
}
