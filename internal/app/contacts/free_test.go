package contacts_test

import (
	"slices"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/crm"
)

// I6: a taken number is freed by a verb, or by a save that takes it; either leaves the
// holder everything else, and a refused save takes nothing.
func TestFree(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		holder := w.Put(t, "Priya", "Shah", "07400 777888", "priya@shah.example")
		_, err := w.Contacts.Put(t.Context(), w.A, apptest.Draft("X", "Y", "07400 777888", ""))
		if got := refused(t, err, crm.Conflicting).Conflict.Actions; !slices.Equal(got, []string{"open", "free"}) {
			t.Errorf("an agent may %v", got)
		}
		_, err = w.Contacts.Put(t.Context(), w.M, apptest.Draft("X", "Y", "07400 777888", ""))
		if got := refused(t, err, crm.Conflicting).Conflict.Actions; !slices.Equal(got, []string{"open", "merge", "free"}) {
			t.Errorf("an admin may %v", got)
		}
		_, err = w.Contacts.PutTaking(t.Context(), w.A, apptest.Draft("", "Y", "07400 777888", ""), holder.ID)
		refused(t, err, crm.Invalid)
		if now, _ := w.Contacts.Get(t.Context(), w.M, holder.ID); now.Phone() != "+447400777888" {
			t.Errorf("a refused save took %+v", now.Identities)
		}
		c, err := w.Contacts.PutTaking(t.Context(), w.A, apptest.Draft("X", "Y", "07400 777888", ""), holder.ID)
		if err != nil || c.Phone() != "+447400777888" {
			t.Fatalf("%+v, %v", c, err)
		}
		now, err := w.Contacts.Get(t.Context(), w.M, holder.ID)
		if err != nil || now.Phone() != "" || now.Email() != "priya@shah.example" || now.LastName != "Shah" {
			t.Errorf("%+v, %v", now, err)
		}
		left, err := w.Contacts.Free(t.Context(), w.A, c.ID, crm.PhoneIdentity, "0044 7400 777888", holder.ID)
		if err != nil || len(left.Identities) != 0 {
			t.Fatalf("%+v, %v", left, err)
		}
		if now, _ := w.Contacts.Get(t.Context(), w.M, holder.ID); now.Phone() != "+447400777888" {
			t.Errorf("%+v", now.Identities)
		}
		_, err = w.Contacts.Free(t.Context(), w.A, c.ID, crm.PhoneIdentity, "07400 777888", "")
		refused(t, err, crm.Invalid)
	})
}
