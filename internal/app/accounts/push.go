package accounts

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	// pushEvery is how often changes of ours are looked for.
	pushEvery = 5 * time.Second
	// sentFor is how long it is kept what was sent.
	sentFor = 90 * 24 * time.Hour
	// staleTries is how often a write that was based on an old version is tried.
	staleTries = 3
)

// push sends our changes: what the events name is queued, and each is read again over
// there, merged, and written only where something of ours is left to write (S4).
func (j *job) push(ctx context.Context) error {
	if !j.c.Push || !j.c.Following {
		return j.step(ctx, func(_ *db.Tx, f *store.Feed) error { f.DueAt = time.Time{}; return nil })
	}
	for {
		more, err := j.queueChanges(ctx)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	for {
		var waiting []crm.Pushed
		err := j.s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			waiting, err = store.WaitingPushes(tx, j.c.BusinessID, j.c.ID, 20)
			return err
		})
		if err != nil {
			return err
		}
		for _, w := range waiting {
			if err := j.send(ctx, w); err != nil {
				return err
			}
			if time.Now().After(j.until) {
				return j.step(ctx, func(_ *db.Tx, f *store.Feed) error { f.DueAt = j.s.Now().Add(time.Millisecond); return nil })
			}
		}
		if len(waiting) == 0 {
			break
		}
	}
	return j.step(ctx, func(tx *db.Tx, f *store.Feed) error {
		now := j.s.Now()
		f.DueAt, f.OKAt, f.Failures, f.Problem = now.Add(pushEvery), now, 0, ""
		store.ForgetPushes(tx, j.c.BusinessID, j.c.ID, now.Add(-sentFor))
		return nil
	})
}

// queueChanges reads on in the events and queues the contacts that they name. What this
// connection brought is passed over: it would only be found equal.
func (j *job) queueChanges(ctx context.Context) (more bool, err error) {
	const events = 500
	var list []crm.Event
	from, _ := store.ParseCursor(j.c.PushedTo)
	err = j.s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = store.EventsAfter(tx, j.c.BusinessID, from, events)
		return err
	})
	if err != nil || len(list) == 0 {
		return false, err
	}
	var ids []crm.ID
	for _, e := range list {
		own := e.Via == crm.ViaSync && e.SubjectID == j.c.ID
		switch e.Type {
		case crm.ContactCreated, crm.ContactChanged, crm.ContactMerged, crm.ContactRestored, crm.ContactReactivated:
			if !own && !slices.Contains(ids, e.ContactID) {
				ids = append(ids, e.ContactID)
			}
		}
	}
	err = j.step(ctx, func(tx *db.Tx, _ *store.Feed) error {
		c, err := store.LockConnection(tx, j.c.BusinessID, j.c.ID)
		if err != nil {
			return err
		}
		if c.PushedTo != j.c.PushedTo {
			return errTaken
		}
		if err := j.queue(tx, ids); err != nil {
			return err
		}
		c.PushedTo = list[len(list)-1].Cursor
		store.ChangeConnection(tx, c)
		return nil
	})
	return len(list) == events, err
}

// queue notes which contacts have something to send.
func (j *job) queue(tx *db.Tx, ids []crm.ID) error {
	contacts, err := store.ContactsByID(tx, j.c.BusinessID, ids)
	if err != nil {
		return err
	}
	links, err := store.LinksTo(tx, j.c.BusinessID, j.c.ID, ids)
	if err != nil {
		return err
	}
	now := j.s.Now()
	for _, c := range contacts {
		l, linked := links[c.ID]
		values := crm.SyncValues(c, j.kind.Fields)
		a := crm.Merge(orEmpty(l.Base), values, orEmpty(l.Base), j.kind.Fields, j.c.Options.Policy, true)
		if c.Status != crm.Active || l.State == crm.LinkArchived || len(a.There) == 0 || !linked && !nameable(values) {
			continue
		}
		store.AddPushed(tx, j.c.BusinessID, crm.Pushed{ID: crm.NewID(now), ConnectionID: j.c.ID, ContactID: c.ID, RemoteID: l.RemoteID, Values: a.There,
			State: crm.PushWaiting, At: now})
	}
	return nil
}

func orEmpty(v crm.Values) crm.Values {
	if v == nil {
		return crm.Values{}
	}
	return v
}

// nameable reports whether there is enough to make a record of: a name, and a way to reach
// the person. A placeholder is no name.
func nameable(v crm.Values) bool {
	return (v["first_name"] != "" || v["last_name"] != "" || v["business_name"] != "") && (v["phone"] != "" || v["email"] != "")
}

// send sends one change. Errors are those that stop the feed: what only this one is
// refused for is noted on it.
func (j *job) send(ctx context.Context, w crm.Pushed) error {
	current, slot, err := j.reread(ctx, &w)
	if err != nil {
		return err
	}
	if w.State != crm.PushWaiting {
		return j.settle(ctx, w, nil)
	}
	values, name, err := j.toSend(ctx, &w, current)
	if err != nil {
		return err
	}
	if w.State != crm.PushWaiting {
		return j.settle(ctx, w, nil)
	}
	if len(values) == 0 {
		return j.step(ctx, func(tx *db.Tx, _ *store.Feed) error {
			store.DropPushed(tx, j.c.BusinessID, j.c.ID, w.ID)
			return nil
		})
	}
	as, named := w.Values["as"]
	w.Values, w.Tries = maps.Clone(values), w.Tries+1
	if named { // the name that a person gave it holds for the next try, too
		w.Values["as"] = as
	}
	if err := j.step(ctx, func(tx *db.Tx, _ *store.Feed) error { store.ChangePushed(tx, j.c.BusinessID, w); return nil }); err != nil {
		return err
	}
	swapped := values
	if j.c.Options.SwapAddresses {
		swapped = values.Swapped()
	}
	out := connector.Write{Key: key(w, current), Current: current, Set: swapped, Name: name, OurID: w.ContactID.String(), Phone: slot}
	if current == nil && w.Tries > 1 { // an earlier try may have made it
		found, err := j.find(ctx, out)
		if err != nil {
			return err
		}
		if found != nil {
			w.State, w.RemoteID = crm.PushSent, found.ID
			return j.settle(ctx, w, found)
		}
	}
	var became connector.Record
	err = j.s.call(ctx, j.conn, j.c, j.meter, func(a connector.Access) (err error) {
		became, err = j.conn.Push(ctx, a, out)
		return err
	})
	switch trouble := connector.TroubleOf(err); {
	case err == nil:
		w.State, w.RemoteID, w.Code, w.Reason = crm.PushSent, became.ID, "", ""
		return j.settle(ctx, w, &became)
	case trouble == connector.Refused || trouble == connector.Taken || trouble == connector.Missing || trouble == connector.Stale && w.Tries >= staleTries:
		w.State, w.Code, w.Reason = crm.PushRefused, codeOf(err), words(err)
		return j.settle(ctx, w, nil)
	case trouble == connector.Stale:
		return nil // it is read again
	}
	return err // it waits, and goes out again under the same key
}

func (j *job) find(ctx context.Context, out connector.Write) (found *connector.Record, err error) {
	err = j.s.call(ctx, j.conn, j.c, j.meter, func(a connector.Access) (err error) {
		found, err = j.conn.Find(ctx, a, out)
		return err
	})
	return found, err
}

// key makes a write happen once: the same change of the same record, however often it is
// sent.
func key(w crm.Pushed, current *connector.Record) string {
	text, _ := json.Marshal(w.Values) // texts never fail
	if current != nil {
		text = append(text, current.Version...)
	}
	sum := sha256.Sum256(text)
	return w.ID.String() + "-" + hex.EncodeToString(sum[:4])
}

func codeOf(err error) string {
	if e, ok := err.(*connector.Error); ok { //nolint:errorlint // Push returns it bare
		return e.Code
	}
	return "refused"
}

// reread reads the record again that a change is for, and takes what is new there first.
func (j *job) reread(ctx context.Context, w *crm.Pushed) (current *connector.Record, slot string, err error) {
	err = j.s.DB.Read(ctx, func(tx *db.Tx) error {
		links, err := store.LinksTo(tx, j.c.BusinessID, j.c.ID, []crm.ID{w.ContactID})
		w.RemoteID = links[w.ContactID].RemoteID
		return err
	})
	if err != nil || w.RemoteID == "" {
		return nil, "", err
	}
	var p connector.Page
	err = j.s.call(ctx, j.conn, j.c, j.meter, func(a connector.Access) (err error) {
		p, err = j.conn.Read(ctx, a, crm.FeedContacts, []string{w.RemoteID})
		return err
	})
	if err != nil {
		return nil, "", err
	}
	at := slices.IndexFunc(p.Contacts, func(r connector.Record) bool { return r.ID == w.RemoteID && r.Damaged == "" })
	if at < 0 {
		w.State, w.Code, w.Reason = crm.PushRefused, "missing", "The record is not there any more."
		return nil, "", nil
	}
	current = &p.Contacts[at]
	if current.Archived || current.Gone || current.Erased || current.MergedTo != "" {
		w.State, w.Code, w.Reason = crm.PushRefused, "archived", "The record is archived over there, and what is archived is not written to."
	}
	return current, j.know(*current).slot, nil
}

// toSend is what of a contact is to be written, after what is new in the record was taken
// here. name is what a new record is to be called.
func (j *job) toSend(ctx context.Context, w *crm.Pushed, current *connector.Record) (values crm.Values, name string, err error) {
	err = j.step(ctx, func(tx *db.Tx, _ *store.Feed) error {
		values = nil
		if current != nil {
			if _, err := j.saveContacts(tx, []*known{j.know(*current)}, false, 0); err != nil {
				return err
			}
		}
		list, err := store.ContactsByID(tx, j.c.BusinessID, []crm.ID{w.ContactID})
		if err != nil || len(list) == 0 || list[0].Status != crm.Active {
			return err
		}
		ours := crm.SyncValues(list[0], j.kind.Fields)
		if current == nil {
			if nameable(ours) {
				values = ours
			}
			name = cmp.Or(w.Values["as"], ours["business_name"], list[0].Name())
			return nil
		}
		links, err := store.LinksTo(tx, j.c.BusinessID, j.c.ID, []crm.ID{w.ContactID})
		if err != nil {
			return err
		}
		frozen, err := store.FrozenFields(tx, j.c.BusinessID, []crm.ID{w.ContactID})
		if err != nil {
			return err
		}
		policy := func(field string) crm.SyncPolicy {
			if slices.Contains(frozen[w.ContactID], field) {
				return crm.SyncAsk
			}
			return j.c.Options.Policy(field)
		}
		a := crm.Merge(orEmpty(links[w.ContactID].Base), ours, j.know(*current).values, j.kind.Fields, policy, true)
		values, name = a.There, w.Values["as"]
		return nil
	})
	return values, name, err
}

// settle notes how a change ended. What was written is what both agree on now, so that its
// echo is nothing new; what else differs, because a person is asked or it changed in this
// very moment, is looked at again.
func (j *job) settle(ctx context.Context, w crm.Pushed, became *connector.Record) error {
	w.EndedAt = j.s.Now()
	return j.step(ctx, func(tx *db.Tx, _ *store.Feed) error {
		store.ChangePushed(tx, j.c.BusinessID, w)
		if became != nil {
			k := j.know(*became)
			links, err := store.LinksTo(tx, j.c.BusinessID, j.c.ID, []crm.ID{w.ContactID})
			if err != nil {
				return err
			}
			link := crm.Link{ConnectionID: j.c.ID, RemoteID: k.ID, ContactID: w.ContactID, State: crm.LinkFollowed, Version: k.Version, Name: k.Name, URL: k.URL,
				Base: k.values, Seen: k.seen, UpdatedAt: j.s.Now()}
			if had, linked := links[w.ContactID]; linked && had.RemoteID == k.ID {
				link.Base = maps.Clone(orEmpty(had.Base))
				for f := range w.Values {
					if delete(link.Base, f); k.values[f] != "" {
						link.Base[f] = k.values[f]
					}
				}
			}
			if _, named := w.Values["as"]; named { // over there it may count as a firm's name now: that is news
				delete(link.Base, "business_name")
			}
			if maps.Equal(link.Base, k.values) {
				store.DropReview(tx, j.c.BusinessID, j.c.ID, []string{k.ID})
			} else {
				link.Seen = ""
			}
			store.PutLinks(tx, j.c.BusinessID, []crm.Link{link})
			store.InvoicesOfRecords(tx, j.c.BusinessID, j.c.ID, []string{k.ID})
		}
		return j.s.moved(tx, j.c)
	})
}

// Pushes is a page of what was sent, refused or waits, the newest first. Admins only.
func (s *Accounts) Pushes(ctx context.Context, who crm.Actor, id, before crm.ID, limit int) (list []crm.Pushed, err error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.Connection(tx, who.BusinessID, id); err != nil {
			return err
		}
		list, err = store.Pushes(tx, who.BusinessID, id, before, limit)
		return err
	})
	return list, err
}

// CheckPushed reports NotFound for what a connection did not send. Admins only.
func (s *Accounts) CheckPushed(ctx context.Context, who crm.Actor, id, pushed crm.ID) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := store.PushedByID(tx, who.BusinessID, id, pushed)
		return err
	})
}

// Resend sends what was refused once more, over there under another name where one is given.
// Admins only. Errors: NotFound, Conflicting when it was not refused.
func (s *Accounts) Resend(ctx context.Context, who crm.Actor, id, pushed crm.ID, name string) error {
	return s.change(ctx, who, id, func(tx *db.Tx, c *crm.Connection) error {
		p, err := store.PushedByID(tx, c.BusinessID, id, pushed)
		if err != nil {
			return err
		}
		if p.State != crm.PushRefused || !c.Push {
			return crm.Errorf(crm.Conflicting, "wrong_state", "Only what was refused can be sent again, and only while sending is switched on.")
		}
		var problems crm.Problems
		name = crm.CleanLine(&problems, "name", name, 200)
		if err := problems.Err(); err != nil {
			return err
		}
		store.DropPushed(tx, c.BusinessID, id, pushed)
		p.ID, p.State, p.Code, p.Reason, p.Tries, p.At, p.EndedAt = crm.NewID(s.Now()), crm.PushWaiting, "", "", 0, s.Now(), time.Time{}
		if p.Values = (crm.Values{}); name != "" {
			p.Values["as"] = name
		}
		store.AddPushed(tx, c.BusinessID, p)
		store.WakeFeed(tx, c.BusinessID, id, crm.FeedPush, s.Now())
		return nil
	})
}

// OtherName proposes what a record may be called whose name is taken: with the end of
// the number, by which people tell two of one name apart.
func OtherName(c *crm.Contact) string {
	name := cmp.Or(c.BusinessName, c.Name())
	if phone := c.Phone(); len(phone) > 4 {
		return name + " (…" + phone[len(phone)-4:] + ")"
	}
	return strings.TrimSpace(name + " (2)")
}
