package contacts_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/store"
)

// C10: an erasure and messages at the same moment end as one order of them would: the
// person is gone, and whoever writes from the number is a stranger, known by nothing else.
func TestEraseRaces(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for n := range 12 {
			phone := fmt.Sprintf("+4474007771%02d", n)
			c := w.Put(t, "Zebediah", "Quillfeather", phone, fmt.Sprintf("z%d@quill.example", n))
			w.Receive(t, w.SMS, w.Text(phone, "before"))
			var wg sync.WaitGroup
			var erased error
			wg.Go(func() { w.Receive(t, w.SMS, w.Text(phone, "meanwhile")) })
			wg.Go(func() { erased = w.Contacts.Erase(t.Context(), w.M, c.ID) })
			wg.Go(func() { w.Receive(t, w.WhatsApp, w.Text(phone, "meanwhile")) })
			wg.Wait()
			if erased != nil {
				t.Fatal(erased)
			}
			if _, err := w.Contacts.Get(t.Context(), w.M, c.ID); crm.KindOf(err) != crm.NotFound {
				t.Errorf("erased, and still there: %v", err)
			}
			strangers := 0
			for _, now := range w.All(t) {
				if now.Phone() != phone {
					continue
				}
				strangers++
				if !now.NameIsPlaceholder || now.Email() != "" || len(now.Identities) != 1 {
					t.Errorf("half erased: %+v", now)
				}
			}
			talk := 0
			for _, row := range w.Conversations(t, w.M, store.ViewOpen) {
				if row.Address != phone {
					continue
				}
				talk++
				for _, m := range w.Thread(t, row.ID) {
					if m.Text != "meanwhile" {
						t.Errorf("kept %q", m.Text)
					}
				}
			}
			if strangers > 1 || talk != strangers {
				t.Errorf("%d strangers with %d conversations", strangers, talk)
			}
		}
		if list := found(t, w, []string{"Zebediah", "quill.example"}); len(list) > 0 {
			t.Errorf("left: %v", list)
		}
	})
}

// C4: saves of one contact at the same moment lose nothing. Those based on a version: one
// wins, and the other is told. Those that name none both count, one after the other.
func TestEditRaces(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Priya", "Shah", "07400 777888", "")
		for n := range 12 {
			before, err := w.Contacts.Get(t.Context(), w.M, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			version := before.Version * int64(n%2) // every other time none
			var wg sync.WaitGroup
			var errs [2]error
			text := fmt.Sprint("round ", n)
			for i, field := range []crm.Field{crm.Notes, crm.BusinessName} {
				wg.Go(func() {
					_, errs[i] = w.Contacts.Put(t.Context(), []crm.Actor{w.A, w.B}[i], crm.Draft{ID: c.ID, Version: version, Fields: map[crm.Field]string{field: text}})
				})
			}
			wg.Wait()
			now, err := w.Contacts.Get(t.Context(), w.M, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			saved := 0
			for i, got := range []string{now.Notes, now.BusinessName} {
				if errs[i] == nil {
					saved++
				} else if e := refused(t, errs[i], crm.Stale); e.Current == nil || e.Current.Version != before.Version+1 {
					t.Errorf("told of %+v", e.Current)
				}
				if (got == text) != (errs[i] == nil) {
					t.Errorf("%q after %v", got, errs[i])
				}
			}
			if want := 2 - n%2; saved != want || now.Version != before.Version+int64(want) {
				t.Errorf("%d saves, want %d; version %d after %d", saved, want, now.Version, before.Version)
			}
		}
	})
}

// C8: two messages of an archived contact at the same moment are one return. With a delete
// between them it may leave again, and is there under its old name or gone for good.
func TestReturnRaces(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for n := range 12 {
			phone := fmt.Sprintf("+4474007772%02d", n)
			c := w.Put(t, "Priya", fmt.Sprint("Shah", n), phone, "")
			if _, err := w.Contacts.Archive(t.Context(), w.M, c.ID); err != nil {
				t.Fatal(err)
			}
			pressed := n%2 == 1
			var wg sync.WaitGroup
			wg.Go(func() { w.Receive(t, w.SMS, w.Text(phone, "one")) })
			wg.Go(func() { w.Receive(t, w.WhatsApp, w.Text(phone, "two")) })
			var gone error
			if pressed {
				wg.Go(func() { _, gone = w.Contacts.Delete(t.Context(), w.M, c.ID) })
			}
			wg.Wait()
			if gone != nil {
				t.Fatal(gone)
			}
			now, err := w.Contacts.Get(t.Context(), w.M, c.ID)
			if pressed && crm.KindOf(err) == crm.NotFound {
				continue // the delete came first; TestDeleteRaces looks at what is left then
			}
			if err != nil || now.Name() != c.Name() {
				t.Fatalf("%+v, %v", now, err)
			}
			history, err := w.Contacts.History(t.Context(), w.M, c.ID, nil, 50)
			if err != nil {
				t.Fatal(err)
			}
			var turns []string // newest first
			for _, e := range history {
				if e.Type == crm.ContactReactivated || e.Type == crm.ContactArchived {
					turns = append(turns, string(e.Type))
				}
			}
			switch got := strings.Join(turns, " "); {
			case now.Status == crm.Active && got == "contact.reactivated contact.archived":
			case pressed && now.Status == crm.Archived && got == "contact.archived contact.reactivated contact.archived":
			case pressed && now.Status == crm.Active && got == "contact.reactivated contact.archived contact.reactivated contact.archived":
			default:
				t.Errorf("%s after %q", now.Status, got)
			}
		}
	})
}

// I6: somebody is deleted while their number is given to somebody new. Either the number was
// free, or the answer says who holds it.
func TestTakenWhileDeleted(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for n := range 60 {
			phone := fmt.Sprintf("+4474007772%02d", n)
			c := w.Put(t, "Zebediah", "Quillfeather", phone, "")
			var wg sync.WaitGroup
			var deleted, made error
			wg.Go(func() { _, deleted = w.Contacts.Delete(t.Context(), w.M, c.ID) })
			wg.Go(func() { _, made = w.Contacts.Put(t.Context(), w.M, apptest.Draft("Ada", "New", phone, "")) })
			wg.Wait()
			if deleted != nil {
				t.Fatal(deleted)
			}
			var refused *crm.Error
			if made != nil && (!errors.As(made, &refused) || refused.Conflict == nil || refused.Conflict.ID != c.ID || refused.Conflict.Name == "") {
				t.Fatalf("round %d: %v, %+v", n, made, refused.Conflict)
			}
		}
	})
}
