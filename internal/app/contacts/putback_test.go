package contacts_test

import (
	"slices"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/crm"
)

// entry is the newest entry of a contact's history that changed a field.
func entry(t *testing.T, w *apptest.World, id crm.ID, field string) contacts.Earlier {
	t.Helper()
	list, err := w.Contacts.History(t.Context(), w.M, id, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if slices.ContainsFunc(e.Changes, func(c crm.Change) bool { return c.Field == field }) {
			return contacts.Earlier{Event: e.Cursor, Field: field}
		}
	}
	t.Fatalf("no entry changed %s", field)
	return contacts.Earlier{}
}

// C5: every kind of field is put back as it was, with an entry of its own.
func TestPutBack(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		gold := w.Tag(t, "Gold")
		c := w.Put(t, "Priya", "Shah", "07400 777888", "Priya@shah.example")
		save := func(d crm.Draft) {
			t.Helper()
			d.ID = c.ID
			if _, err := w.Contacts.Put(t.Context(), w.M, d); err != nil {
				t.Fatal(err)
			}
		}
		save(crm.Draft{Tags: &[]crm.ID{gold.ID}, AssigneeID: &w.A.UserID, Visibility: &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID, w.M.UserID}},
			Identities: &[]crm.Identity{{Kind: crm.PhoneIdentity, Value: "07400 777888", Primary: true}, {Kind: crm.PhoneIdentity, Value: "07400 777999", Label: "work"},
				{Kind: crm.EmailIdentity, Value: "Priya@shah.example", Primary: true}}})
		before, err := w.Contacts.Get(t.Context(), w.M, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		everyone := crm.Visibility{Mode: crm.Everyone}
		save(crm.Draft{Fields: map[crm.Field]string{crm.FirstName: "Pria", crm.Notes: "x", crm.ContactCountry: "FR"}, Tags: &[]crm.ID{}, AssigneeID: new(crm.ID("")), Visibility: &everyone,
			Identities: &[]crm.Identity{{Kind: crm.PhoneIdentity, Value: "07400 777111", Primary: true}, {Kind: crm.EmailIdentity, Value: "p@shah.example", Primary: true}}})
		for _, field := range []string{"first_name", "notes", "contact_address.country", "tags", "visibility", "assignee_id", "phone", "email", "other_phones"} {
			if _, err := w.Contacts.PutBack(t.Context(), w.M, c.ID, entry(t, w, c.ID, field)); err != nil {
				t.Fatalf("%s: %v", field, err)
			}
		}
		now, err := w.Contacts.Get(t.Context(), w.M, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		// The history keeps numbers, not what they were called.
		changes := slices.DeleteFunc(contacts.Diff(before, now), func(c crm.Change) bool { return c.Field == "labels" })
		if len(changes) != 0 {
			t.Errorf("not as before: %+v", changes)
		}
		history, err := w.Contacts.History(t.Context(), w.M, c.ID, nil, 1)
		if err != nil || history[0].Note != "Put back as it was before." || history[0].ActorName != "M" {
			t.Errorf("%+v, %v", history, err)
		}
	})
}

// C5, I6, C4: what cannot be put back is refused with the reason, and nothing changes.
func TestPutBackRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		gold := w.Tag(t, "Gold")
		c := w.Put(t, "Priya", "Shah", "07400 777888", "")
		put := func(d crm.Draft) {
			t.Helper()
			d.ID = c.ID
			if _, err := w.Contacts.Put(t.Context(), w.M, d); err != nil {
				t.Fatal(err)
			}
		}
		put(crm.Draft{Phone: new("07400 777999"), Tags: &[]crm.ID{gold.ID}, AssigneeID: &w.B.UserID})
		put(crm.Draft{Tags: &[]crm.ID{}, AssigneeID: new(crm.ID(""))})
		other := w.Put(t, "Omar", "Khan", "07400 777888", "")
		back := func(earlier contacts.Earlier, kind crm.Kind) *crm.Error {
			t.Helper()
			before, _ := w.Contacts.Get(t.Context(), w.M, c.ID)
			_, err := w.Contacts.PutBack(t.Context(), w.A, c.ID, earlier)
			e := refused(t, err, kind)
			if now, _ := w.Contacts.Get(t.Context(), w.M, c.ID); now.Version != before.Version {
				t.Error("something changed")
			}
			return e
		}
		if e := back(entry(t, w, c.ID, "phone"), crm.Conflicting); e.Conflict == nil || e.Conflict.ID != other.ID {
			t.Errorf("%+v", e)
		}
		tags, assignee := entry(t, w, c.ID, "tags"), entry(t, w, c.ID, "assignee_id")
		if err := w.Team.DeleteTag(t.Context(), w.M, gold.ID); err != nil {
			t.Fatal(err)
		}
		if got := fields(back(tags, crm.Invalid)); !slices.Equal(got, []string{"tags"}) {
			t.Errorf("fields %v", got)
		}
		w.Deactivate(t, w.B)
		if got := fields(back(assignee, crm.Invalid)); !slices.Equal(got, []string{"assignee_id"}) {
			t.Errorf("fields %v", got)
		}
		assignee.Version = 1
		back(assignee, crm.Stale)
		for _, nothing := range []contacts.Earlier{{Event: "0.999999999", Field: "phone"}, {Event: "x", Field: "phone"}, {Event: tags.Event, Field: "notes"}} {
			back(nothing, crm.Invalid)
		}
		if _, err := w.Contacts.Archive(t.Context(), w.M, c.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Contacts.PutBack(t.Context(), w.A, c.ID, entry(t, w, c.ID, "status")); err != nil || got.Status != crm.Active {
			t.Errorf("status %v, %v", got, err)
		}
		back(entry(t, w, c.ID, "status"), crm.Forbidden) // archiving is for admins
	})
}

// I3: a number that only a provider takes is put back as it stood.
func TestPutBackTakesWhatCame(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Receive(t, w.SMS, w.Text("62226", "hello"))
		c := w.Only(t)
		if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Phone: new("07400 777888")}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Contacts.PutBack(t.Context(), w.M, c.ID, entry(t, w, c.ID, "phone")); err != nil {
			t.Fatal(err)
		}
		if got := w.Only(t).Phone(); got != "62226" {
			t.Errorf("phone %q", got)
		}
	})
}
