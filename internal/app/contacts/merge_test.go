package contacts_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// standing is all that a merge may touch of some contacts.
type standing struct {
	Contacts      []crm.Contact
	Conversations []crm.Conversation
	Messages      map[crm.ID][]crm.Message
	OptOuts       map[crm.ID][]store.SaidStop
}

func stand(t testing.TB, w *apptest.World, ids ...crm.ID) standing {
	t.Helper()
	s := standing{Messages: map[crm.ID][]crm.Message{}, OptOuts: map[crm.ID][]store.SaidStop{}}
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		list, err := store.ContactsByID(tx, w.M.BusinessID, ids)
		if err != nil {
			return err
		}
		for _, c := range list {
			copied := *c
			copied.Version, copied.UpdatedAt, copied.UpdatedBy = 0, time.Time{}, "" // of the kept one these go on
			s.Contacts = append(s.Contacts, copied)
			if s.OptOuts[c.ID], err = store.OptOutsOf(tx, w.M.BusinessID, c.ID); err != nil {
				return err
			}
		}
		if s.Conversations, err = store.ConversationsOf(tx, w.M.BusinessID, ids); err != nil {
			return err
		}
		for n, v := range s.Conversations {
			slices.Sort(s.Conversations[n].Visibility.UserIDs)
			if s.Messages[v.ID], err = store.Messages(tx, w.M.BusinessID, v.ID, nil, 100); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(s.Contacts, func(a, b crm.Contact) int { return cmpIDs(a.ID, b.ID) })
	slices.SortFunc(s.Conversations, func(a, b crm.Conversation) int { return cmpIDs(a.ID, b.ID) })
	return s
}

func cmpIDs(a, b crm.ID) int {
	if a < b {
		return -1
	}
	return 1
}

// C11: merging and undoing is as if nothing had been, whatever the two were; in between,
// both numbers are the kept one's, opt-outs of either hold, at most one conversation is
// open (V1) and nobody sees more (V2).
func TestMergeAndUndo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		gold, trade := w.Tag(t, "Gold"), w.Tag(t, "Trade")
		number := 0
		rapid.Check(t, func(rt *rapid.T) {
			var two []crm.ID
			for n := range 2 {
				number++
				two = append(two, draw(rt, t, w, []crm.Tag{gold, trade}, fmt.Sprint("c", n), fmt.Sprintf("+4474%08d", number)))
			}
			before := stand(t, w, two...)
			c, merge, err := w.Contacts.Merge(t.Context(), w.M, contacts.Merging{From: two[0], Into: two[1],
				Choices: map[string]crm.MergeChoice{"phone": rapid.SampledFrom([]crm.MergeChoice{"into", "from"}).Draw(rt, "phone")}})
			if crm.KindOf(err) == crm.Conflicting {
				rt.Skip("nobody sees both")
			}
			if err != nil {
				rt.Fatal(err)
			}
			checkMerged(rt, w, before, stand(t, w, two...), c)
			p, err := w.Contacts.Undo(t.Context(), w.M, merge)
			if err != nil {
				rt.Fatal(err)
			}
			if len(p.Stayed)+len(p.Freed) > 0 || p.Kept.ID != two[1] || p.Restored.ID != two[0] {
				rt.Errorf("%+v", p)
			}
			if diff := cmp.Diff(before, stand(t, w, two...)); diff != "" {
				rt.Fatalf("not as before:\n%s", diff)
			}
		})
	})
}

// draw makes a contact that may have anything.
func draw(rt *rapid.T, t *testing.T, w *apptest.World, tags []crm.Tag, name, phone string) crm.ID {
	yes := func(what string) bool { return rapid.Bool().Draw(rt, name+" "+what) }
	if yes("wrote") {
		w.Receive(t, rapid.SampledFrom([]store.Channel{w.SMS, w.WhatsApp}).Draw(rt, name+" channel"), w.Text(phone, "hello"))
	} else {
		w.Put(t, "Priya", "Shah", phone, "")
	}
	page, err := w.Contacts.List(t.Context(), w.M, crm.Filter{Query: phone, Status: crm.Active}, "", nil, 1, false)
	if err != nil || len(page.Contacts) != 1 {
		rt.Fatalf("%+v, %v", page, err)
	}
	id := page.Contacts[0].ID
	d := crm.Draft{ID: id, Fields: map[crm.Field]string{crm.Notes: rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, name+" notes")}}
	if yes("named") {
		d.Fields[crm.FirstName], d.Fields[crm.LastName] = "Pria", "Shah"
	}
	if yes("mail") {
		d.Email = new("p" + phone[1:] + "@shah.example")
	}
	if yes("tagged") {
		d.Tags = &[]crm.ID{rapid.SampledFrom(tags).Draw(rt, name+" tag").ID}
	}
	if yes("hidden") {
		d.Visibility = &crm.Visibility{Mode: crm.Chosen, UserIDs: append([]crm.ID{w.M.UserID}, rapid.SampledFrom([][]crm.ID{{w.A.UserID}, {w.B.UserID}, {}}).Draw(rt, name+" seen by")...)}
	} else if yes("assigned") {
		d.AssigneeID = &w.A.UserID
	}
	if _, err := w.Contacts.Put(t.Context(), w.M, d); err != nil {
		rt.Fatal(err)
	}
	if yes("closed") {
		for _, row := range w.Conversations(t, w.M, store.ViewOpen) {
			if row.ContactID == id {
				if _, err := w.Inbox.Close(t.Context(), w.M, row.ID); err != nil {
					rt.Fatal(err)
				}
				w.Sleep(48 * time.Hour)
			}
		}
	}
	if yes("wrote again") {
		w.Receive(t, w.SMS, w.Text(phone, "again"))
	}
	if yes("stopped") {
		w.Receive(t, w.SMS, crm.Inbound{At: w.Now(), Sender: crm.Sender{Phone: phone, Address: phone}, Consent: &crm.InboundConsent{Stop: true, Category: "stop"}})
	}
	return id
}

func checkMerged(rt *rapid.T, w *apptest.World, before, after standing, kept *crm.Contact) {
	identities, optOuts := 0, map[crm.Family]bool{}
	seers := map[crm.ID]bool{w.M.UserID: true, w.A.UserID: true, w.B.UserID: true}
	sees := func(v crm.Visibility, user crm.ID) bool {
		role := crm.Agent
		if user == w.M.UserID {
			role = crm.Admin
		}
		return crm.CanSee(v, user, role, func(crm.ID) bool { return true })
	}
	for _, c := range before.Contacts {
		identities += len(c.Identities)
		for _, f := range c.OptOuts {
			optOuts[f] = true
		}
		for user := range seers {
			seers[user] = seers[user] && sees(c.Visibility, user)
		}
	}
	if len(after.Contacts) != 1 || len(kept.Identities) != identities || len(kept.OptOuts) != len(optOuts) || kept.Phone() == "" {
		rt.Fatalf("%+v of %+v", kept, before.Contacts)
	}
	for user, may := range seers {
		if sees(kept.Visibility, user) != may {
			rt.Errorf("%s sees the contact: %v", user, !may)
		}
		for n, v := range after.Conversations {
			if sees(v.Visibility, user) && (!may || !sees(before.Conversations[n].Visibility, user)) {
				rt.Errorf("%s sees a conversation", user)
			}
		}
	}
	open, last := 0, time.Time{}
	for n, v := range after.Conversations {
		if v.ContactID != kept.ID || len(after.Messages[v.ID]) != len(before.Messages[v.ID]) {
			rt.Errorf("%+v", v)
		}
		if v.Status == crm.Open {
			open++
			last = v.LastMessageAt
		}
		if v.AssigneeID != "" && !sees(v.Visibility, v.AssigneeID) {
			rt.Errorf("assigned to one who may not see it")
		}
		_ = n
	}
	for _, v := range before.Conversations {
		if v.Status == crm.Open && v.LastMessageAt.After(last) {
			rt.Errorf("an older conversation stayed open")
		}
	}
	if open > 1 {
		rt.Errorf("%d open", open)
	}
}

// C11: what happened since a merge stays when it is undone, and is named; a new
// conversation goes to whose number wrote in it; a stop holds for both.
func TestUndoKeepsWhatHappenedSince(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		from, into := w.Put(t, "Pria", "Shah", "07400 777888", "p@shah.example"), w.Put(t, "Priya", "Shah", "07400 777999", "")
		w.Receive(t, w.SMS, w.Text("+447400777888", "from the first"))
		c, merge, err := w.Contacts.Merge(t.Context(), w.M, contacts.Merging{From: from.ID, Into: into.ID})
		if err != nil {
			t.Fatal(err)
		}
		if c.Email() != "p@shah.example" || c.Phone() != "+447400777999" || len(c.Identities) != 3 {
			t.Errorf("%+v", c)
		}
		row := w.Conversations(t, w.M, store.ViewOpen)[0]
		if route, err := w.Inbox.Route(t.Context(), w.M, row.ID, ""); err != nil || route.Address != "+447400777888" || row.ContactID != into.ID {
			t.Errorf("a running thread answers %q of %s, %v", route.Address, row.ContactID, err)
		}
		if _, err := w.Inbox.Reply(t.Context(), w.M, inbox.Reply{Conversation: row.ID, Text: "hi"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Contacts.Put(t.Context(), w.A, crm.Draft{ID: into.ID, Email: new(""), Fields: map[crm.Field]string{crm.Notes: "theirs"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Inbox.Close(t.Context(), w.M, row.ID); err != nil {
			t.Fatal(err)
		}
		w.Sleep(48 * time.Hour)
		w.Receive(t, w.SMS, w.Text("+447400777888", "new, from the first"),
			crm.Inbound{At: w.Now(), Sender: crm.Sender{Phone: "+447400777888"}, Consent: &crm.InboundConsent{Stop: true}})
		p, err := w.Contacts.Undo(t.Context(), w.M, merge)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.Stayed, []string{"notes"}) || !slices.Equal(p.Freed, []string{"p@shah.example"}) ||
			p.Kept.Notes != "theirs" || p.Restored.Name() != "Pria Shah" || p.Restored.Phone() != "+447400777888" || p.Kept.Phone() != "+447400777999" {
			t.Errorf("%+v", p)
		}
		if !slices.Equal(p.Kept.OptOuts, []crm.Family{crm.SMS}) || !slices.Equal(p.Restored.OptOuts, []crm.Family{crm.SMS}) {
			t.Errorf("opted out: %v, %v", p.Kept.OptOuts, p.Restored.OptOuts)
		}
		for _, row := range append(w.Conversations(t, w.M, store.ViewOpen), w.Conversations(t, w.M, store.ViewClosed)...) {
			if row.ContactID != from.ID {
				t.Errorf("%+v stayed", row)
			}
		}
		_, err = w.Contacts.Undo(t.Context(), w.M, merge)
		if e := refused(t, err, crm.Conflicting); e.Code != "already_undone" {
			t.Errorf("%+v", e)
		}
	})
}

// C8: whoever was archived before a merge and wrote after it is not archived by its undo.
func TestUndoKeepsActiveWhoWrote(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		from, into := w.Put(t, "Pria", "Shah", "07400 777888", ""), w.Put(t, "Priya", "Shah", "07400 777999", "")
		if _, err := w.Contacts.Archive(t.Context(), w.M, into.ID); err != nil {
			t.Fatal(err)
		}
		c, merge, err := w.Contacts.Merge(t.Context(), w.M, contacts.Merging{From: from.ID, Into: into.ID})
		if err != nil || c.Status != crm.Active {
			t.Fatalf("%v, %v", c.Status, err)
		}
		w.Sleep(time.Minute)
		w.Receive(t, w.SMS, w.Text("+447400777999", "still here"))
		p, err := w.Contacts.Undo(t.Context(), w.M, merge)
		if err != nil || p.Kept.Status != crm.Active || p.Restored.Status != crm.Active {
			t.Errorf("%v and %v, %v", p.Kept.Status, p.Restored.Status, err)
		}
	})
}

// C11: undoing that would clash is refused with the reason.
func TestUndoRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		pair := func(n int) (crm.ID, crm.ID) {
			return w.Put(t, "Pria", "Shah", fmt.Sprintf("+4474007778%02d", n), "").ID, w.Put(t, "Priya", "Shah", fmt.Sprintf("+4474007779%02d", n), "").ID
		}
		join := func(from, into crm.ID) crm.ID {
			t.Helper()
			_, merge, err := w.Contacts.Merge(t.Context(), w.M, contacts.Merging{From: from, Into: into})
			if err != nil {
				t.Fatal(err)
			}
			return merge
		}
		undo := func(merge crm.ID, code string) {
			t.Helper()
			_, err := w.Contacts.Undo(t.Context(), w.M, merge)
			if code == "" {
				if err != nil {
					t.Fatal(err)
				}
			} else if e := refused(t, err, crm.Conflicting); e.Code != code {
				t.Errorf("%+v, want %s", e, code)
			}
		}
		from, into := pair(1)
		merge := join(from, into)
		if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: into, Identities: &[]crm.Identity{{Kind: crm.PhoneIdentity, Value: "+447400777901"}}}); err != nil {
			t.Fatal(err)
		}
		other := w.Put(t, "Omar", "Khan", "+447400777801", "")
		undo(merge, "identity_moved")
		if _, err := w.Contacts.Delete(t.Context(), w.M, other.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Contacts.Delete(t.Context(), w.M, into); err != nil {
			t.Fatal(err)
		}
		undo(merge, "kept_gone")

		a, b := pair(2)
		third, _ := pair(3)
		first := join(a, b)
		second := join(b, third)
		undo(first, "merged_since")
		if into, err := w.Contacts.MergedInto(t.Context(), w.M, a); err != nil || into != third {
			t.Errorf("merged into %s, %v", into, err)
		}
		history, err := w.Contacts.History(t.Context(), w.M, third, nil, 50)
		if err != nil || !slices.ContainsFunc(history, func(e crm.Event) bool { return e.ContactID == a }) {
			t.Errorf("the history of what was merged is not there: %v", err)
		}
		undo(second, "")
		undo(first, "")
	})
}

// C11, V5, V2: who may merge what.
func TestMergeRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		one, two := w.Put(t, "Pria", "Shah", "07400 777888", ""), w.Put(t, "Priya", "Shah", "07400 777999", "")
		merge := func(who crm.Actor, from, into crm.ID) error {
			_, _, err := w.Contacts.Merge(t.Context(), who, contacts.Merging{From: from, Into: into})
			return err
		}
		refused(t, merge(w.A, one.ID, two.ID), crm.Forbidden)
		if e := refused(t, merge(w.M, one.ID, one.ID), crm.Invalid); e.Fields[0].Code != "same_contact" {
			t.Errorf("%+v", e)
		}
		refused(t, merge(w.M, crm.NewID(w.Now()), one.ID), crm.NotFound)
		refused(t, merge(w.M, one.ID, crm.NewID(w.Now())), crm.Invalid)
		see := func(id crm.ID, users ...crm.ID) {
			if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: id, Visibility: &crm.Visibility{Mode: crm.Chosen, UserIDs: users}}); err != nil {
				t.Fatal(err)
			}
		}
		// A conversation of the time when only B saw it, of a contact that now A and M see.
		see(one.ID, w.B.UserID, w.M.UserID)
		w.Receive(t, w.SMS, w.Text("+447400777888", "hello"))
		row := w.Conversations(t, w.M, store.ViewOpen)[0]
		if _, err := w.Inbox.SetVisibility(t.Context(), w.M, row.ID, crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.B.UserID}}); err != nil {
			t.Fatal(err)
		}
		see(one.ID, w.A.UserID, w.M.UserID)
		if e := refused(t, merge(w.M, one.ID, two.ID), crm.Conflicting); e.Code != "nobody_sees_both" {
			t.Errorf("%+v", e)
		}
	})
}

// Two merges of the same pair in opposite directions at once: one of the two orders.
func TestMergeRaces(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for n := range 8 {
			a, b := w.Put(t, "Pria", "Shah", fmt.Sprintf("+4474007778%02d", n), ""), w.Put(t, "Priya", "Shah", fmt.Sprintf("+4474007779%02d", n), "")
			w.Receive(t, w.SMS, w.Text(a.Phone(), "hello"), w.Text(b.Phone(), "hello"))
			var wg sync.WaitGroup
			errs := make([]error, 3)
			wg.Go(func() {
				_, _, errs[0] = w.Contacts.Merge(t.Context(), w.M, contacts.Merging{From: a.ID, Into: b.ID})
			})
			wg.Go(func() {
				_, _, errs[1] = w.Contacts.Merge(t.Context(), w.M, contacts.Merging{From: b.ID, Into: a.ID})
			})
			wg.Go(func() {
				errs[2] = w.Inbox.Receive(t.Context(), w.SMS, "", []crm.Inbound{w.Text(a.Phone(), "while they merge")})
			})
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) || errs[2] != nil {
				t.Fatalf("%v", errs)
			}
			kept := stand(t, w, a.ID, b.ID)
			messages, open := 0, 0
			for _, v := range kept.Conversations {
				messages += len(kept.Messages[v.ID])
				if v.Status == crm.Open {
					open++
				}
			}
			if len(kept.Contacts) != 1 || len(kept.Contacts[0].Identities) != 2 || messages != 3 || open != 1 {
				t.Errorf("%d contacts, %d messages, %d open", len(kept.Contacts), messages, open)
			}
		}
	})
}

// C11, V6, I3: after a merge of two open threads the one with the later message goes on,
// and the other number can still be answered from it, on the channel it wrote on.
func TestMergedThreadsAreAnswered(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		a, b := w.Put(t, "Pria", "Shah", "07400 777888", ""), w.Put(t, "Priya", "Shah", "07400 777999", "")
		w.Receive(t, w.WhatsApp, w.Text(a.Phone(), "hello"))
		w.Receive(t, w.SMS, w.Text(b.Phone(), "hello again"))
		if _, _, err := w.Contacts.Merge(t.Context(), w.M, contacts.Merging{From: b.ID, Into: a.ID}); err != nil {
			t.Fatal(err)
		}
		open := w.Conversations(t, w.M, store.ViewOpen)
		if len(open) != 1 || open[0].LastText != "hello again" || open[0].ContactID != a.ID {
			t.Fatalf("%+v", open)
		}
		for channel, want := range map[crm.ID]string{"": b.Phone(), w.SMS.ID: b.Phone(), w.WhatsApp.ID: a.Phone()} {
			if route, err := w.Inbox.Route(t.Context(), w.M, open[0].ID, channel); err != nil || route.Address != want || route.Refusal != "" {
				t.Errorf("channel %q: to %q (%s), %v, want %q", channel, route.Address, route.Refusal, err, want)
			}
		}
	})
}
