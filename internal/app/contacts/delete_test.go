package contacts_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/internal/app/accounts"
	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

func invoice(t *testing.T, w *apptest.World, c *crm.Contact, number string) crm.Invoice {
	t.Helper()
	gbp, total := "GBP", "120"
	i, err := w.Accounts.Put(t.Context(), w.M, accounts.InvoiceDraft{ContactID: &c.ID, Number: &number, Currency: &gbp, Total: &total})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// C6: an open invoice archives; a settled one stays without the person.
func TestDeleteWithInvoices(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Priya", "Shah", "07400 777888", "")
		i := invoice(t, w, c, "INV-7")
		if d, err := w.Contacts.PreviewDelete(t.Context(), w.M, c.ID); err != nil || !d.Archived || len(d.OpenInvoices) != 1 || d.OpenInvoices[0] != "INV-7" {
			t.Fatalf("%+v, %v", d, err)
		}
		if d, err := w.Contacts.Delete(t.Context(), w.M, c.ID); err != nil || !d.Archived {
			t.Fatalf("%+v, %v", d, err)
		}
		if _, err := w.Accounts.Put(t.Context(), w.A, accounts.InvoiceDraft{ID: i.ID, Status: new(crm.InvoicePaid)}); err != nil {
			t.Fatal(err)
		}
		if d, err := w.Contacts.Delete(t.Context(), w.M, c.ID); err != nil || d.Archived {
			t.Fatalf("%+v, %v", d, err)
		}
		if left, err := w.Accounts.Get(t.Context(), w.M, i.ID); err != nil || left.ContactID != "" || left.Number != "INV-7" {
			t.Errorf("%+v, %v", left, err)
		}
		_, err := w.Accounts.Get(t.Context(), w.A, i.ID)
		refused(t, err, crm.NotFound)
	})
}

// C6, C10: what history said of somebody who was deleted for good is gone with them: of
// those merged into them, too. That a contact was deleted stays.
func TestDeleteForgets(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		marks := []string{"Zebediah", "Quillfeather", "7400777888", "7400777999", "Xylophonic", "Brontosaur"}
		twin, c := w.Put(t, "Zebediah", "Quillfeather", "07400 777999", ""), w.Put(t, "Zeb", "Quillfeather", "07400 777888", "")
		for _, change := range []map[crm.Field]string{{crm.Notes: "Xylophonic"}, {crm.FirstName: "Zebediah"}} {
			if _, err := w.Contacts.Put(t.Context(), w.A, crm.Draft{ID: c.ID, Fields: change}); err != nil {
				t.Fatal(err)
			}
		}
		w.Receive(t, w.SMS, w.Text("+447400777888", "Brontosaur"))
		if _, err := w.Inbox.Close(t.Context(), w.M, w.Conversations(t, w.M, store.ViewOpen)[0].ID); err != nil {
			t.Fatal(err)
		}
		mergeTwo(t, w, twin.ID, c.ID)
		if len(details(t, w, marks)) == 0 {
			t.Fatal("the history holds nothing even before: it proves nothing")
		}
		if d, err := w.Contacts.Delete(t.Context(), w.M, c.ID); err != nil || d.Archived {
			t.Fatalf("%+v, %v", d, err)
		}
		if left := details(t, w, marks); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// details are the details of events and images of merges that hold one of marks.
func details(t *testing.T, w *apptest.World, marks []string) (list []string) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		events, err := db.All(tx, db.Column[string], "select type || ' ' || cast(changes as text) || note from event where business_id = $1", w.M.BusinessID)
		if err != nil {
			return err
		}
		merges, err := db.All(tx, db.Column[string], "select coalesce(cast(before as text), '') from merge where business_id = $1", w.M.BusinessID)
		list = slices.Concat(events, merges)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(text string) bool {
		return !slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(text, mark) })
	})
}

// C11: a merge takes invoices along, and undoing brings them back.
func TestMergeMovesInvoices(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		from, into := w.Put(t, "Pria", "Shah", "07400 777888", ""), w.Put(t, "Priya", "Shah", "07400 777999", "")
		i := invoice(t, w, from, "INV-7")
		holder := func() crm.ID {
			t.Helper()
			now, err := w.Accounts.Get(t.Context(), w.M, i.ID)
			if err != nil {
				t.Fatal(err)
			}
			return now.ContactID
		}
		_, merge := mergeTwo(t, w, from.ID, into.ID)
		if holder() != into.ID {
			t.Error("the invoice did not move")
		}
		if _, err := w.Contacts.Undo(t.Context(), w.M, merge); err != nil {
			t.Fatal(err)
		}
		if holder() != from.ID {
			t.Error("the invoice did not come back")
		}
	})
}

func mergeTwo(t *testing.T, w *apptest.World, from, into crm.ID) (*crm.Contact, crm.ID) {
	t.Helper()
	c, merge, err := w.Contacts.Merge(t.Context(), w.M, contacts.Merging{From: from, Into: into})
	if err != nil {
		t.Fatal(err)
	}
	return c, merge
}

// C6, C8: a message, an invoice and a delete at the same moment end as one order of them
// would: the contact is there with what is open, or gone, and then the message is a
// stranger's and the invoice was refused.
func TestDeleteRaces(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for n := range 12 {
			phone := fmt.Sprintf("+4474007770%02d", n)
			c := w.Put(t, "Priya", fmt.Sprint("Shah", n), phone, "")
			gbp, total, number := "GBP", "1", fmt.Sprint("INV-", n)
			var wg sync.WaitGroup
			var d struct {
				archived bool
				err      error
			}
			var invoiced error
			wg.Go(func() { w.Receive(t, w.SMS, w.Text(phone, "hello")) })
			wg.Go(func() { w.Receive(t, w.WhatsApp, w.Text(phone, "hello")) })
			wg.Go(func() {
				done, err := w.Contacts.Delete(t.Context(), w.M, c.ID)
				d.archived, d.err = done.Archived, err
			})
			wg.Go(func() {
				_, invoiced = w.Accounts.Put(t.Context(), w.A, accounts.InvoiceDraft{ContactID: &c.ID, Number: &number, Currency: &gbp, Total: &total})
			})
			wg.Wait()
			if d.err != nil {
				t.Fatal(d.err)
			}
			now, err := w.Contacts.Get(t.Context(), w.M, c.ID)
			open := 0
			for _, row := range w.Conversations(t, w.M, store.ViewOpen) {
				if row.Contact.Phone() == phone || row.ContactID == c.ID || row.Address == phone {
					open++
				}
			}
			if open != 1 {
				t.Errorf("%s: %d open conversations, want 1", phone, open)
			}
			switch {
			case d.archived && (err != nil || now.LastName != c.LastName):
				t.Errorf("archived, and then %+v, %v", now, err)
			case !d.archived && crm.KindOf(err) != crm.NotFound:
				t.Errorf("deleted, and still there: %+v", now)
			case !d.archived && crm.KindOf(invoiced) != crm.Invalid:
				t.Errorf("deleted, and the invoice ended in %v", invoiced)
			}
		}
	})
}
