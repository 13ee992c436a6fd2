package apptest

import (
	"context"
	"testing"

	"parley/internal/db"
)

// keepBook has a book in memory follow the business from its first contact on, and compares
// it with the database when the test is over: whatever a test did to contacts must have left
// an event that names them, for lists of large businesses are made from the book.
func (w *World) keepBook(t testing.TB) {
	t.Helper()
	w.Contacts.Facets.Least = 0
	w.CheckBook(t)
	w.followed = true
	t.Cleanup(func() {
		if !t.Failed() && !w.Unrecorded {
			w.CheckBook(t)
		}
	})
}

// followBook brings the book up to date with every act, so that one which leaves no event
// finds nobody to cover for it.
func (w *World) followBook(t testing.TB) {
	if w.Contacts.Facets == nil || w.Unrecorded || !w.followed {
		return
	}
	if err := w.Contacts.Facets.Tend(context.WithoutCancel(t.Context()), w.DB); err != nil {
		t.Error(err)
	}
}

// CheckBook brings the book in memory up to date, or makes it, and compares it with the
// database.
func (w *World) CheckBook(t testing.TB) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	for range 2 { // who looks first has it made
		compared := false
		err := w.DB.Read(ctx, func(tx *db.Tx) (err error) {
			var wrong error
			if compared, wrong, err = w.Contacts.Facets.Check(tx, w.M.BusinessID); wrong != nil {
				t.Error(wrong)
			}
			return err
		})
		if err != nil {
			t.Logf("the book was not compared: %v", err) // the test closed or broke its database
			return
		}
		if compared {
			return
		}
		if err := w.Contacts.Facets.Tend(ctx, w.DB); err != nil {
			t.Error(err)
		}
	}
}
