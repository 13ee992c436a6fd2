package accounts

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Overview is a connection with all that is told of it.
type Overview struct {
	crm.Connection
	Kind     connector.Kind
	Feeds    map[crm.FeedKind]store.Feed
	Linked   int // records that have a contact
	Invoices int
	Review   int // records that wait for a person
	Ignored  int // records that an admin chose to ignore
	Erased   int // records of people who were erased, ignored for good
	// CallsToday are the calls of the day so far, of all nodes.
	CallsToday int
}

// LastRun is the round of a feed that ended last or runs.
func (o Overview) LastRun(kind crm.FeedKind) crm.SyncRun { return o.Feeds[kind].Run }

// NextRun is when changes are looked for next; the zero time is never.
func (o Overview) NextRun() time.Time {
	var next time.Time
	if o.State != crm.Connected || !o.Following {
		return next
	}
	for _, kind := range []crm.FeedKind{crm.FeedContacts, crm.FeedInvoices} {
		if f, ok := o.Feeds[kind]; ok && !f.PollAt.IsZero() && (next.IsZero() || f.PollAt.Before(next)) {
			next = f.PollAt
		}
	}
	return next
}

// Running reports whether something is being done at the connection.
func (o Overview) Running() bool {
	for _, f := range o.Feeds {
		if f.Running || f.Wanted != "" {
			return true
		}
	}
	return false
}

// Previewed reports whether the last round of contacts was a preview, and ended.
func (o Overview) Previewed() bool {
	f := o.Feeds[crm.FeedContacts]
	return f.Run.Mode == crm.SyncPreview && !f.Running && f.Wanted == ""
}

// Trouble is why something does not work, in words; empty while all does.
func (o Overview) Trouble() string {
	if o.Problem != "" {
		return o.Problem
	}
	for _, kind := range []crm.FeedKind{crm.FeedContacts, crm.FeedInvoices, crm.FeedPush} {
		if text := o.Feeds[kind].Problem; text != "" {
			return text
		}
	}
	return ""
}

// Kind is a kind by its name.
func (s *Accounts) Kind(name string) (connector.Kind, bool) {
	for _, k := range s.Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return connector.Kind{}, false
}

// Ready reports whether the operator has registered with a provider.
func (s *Accounts) Ready(kind string) bool { return s.App(kind).Ready() }

// open is the connector of a connection's kind.
func (s *Accounts) open(provider string) (connector.Connector, connector.Kind, error) {
	kind, known := s.Kind(provider)
	if !known {
		var p crm.Problems
		p.Add("provider", "unknown_provider", "There is no %q to connect.", provider)
		return nil, kind, p.Err()
	}
	app := s.App(provider)
	if !app.Ready() {
		return nil, kind, crm.Errorf(crm.Unavailable, "no_app", "Whoever runs this Parley has not registered it with %s yet: %s are not set.", kind.Title, join(kind.Settings))
	}
	app.Now = s.Now
	return kind.Open(app), kind, nil
}

func join(list []string) string {
	text := ""
	for n, item := range list {
		switch {
		case n == 0:
		case n == len(list)-1:
			text += " and "
		default:
			text += ", "
		}
		text += item
	}
	return text
}

// Connections are those of a business, oldest first. Admins only.
func (s *Accounts) Connections(ctx context.Context, who crm.Actor) (list []Overview, err error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		connections, err := store.Connections(tx, who.BusinessID)
		if err != nil {
			return err
		}
		list, err = s.overviews(tx, who.BusinessID, connections)
		return err
	})
	return list, err
}

// Connection is one of them. Admins only. Errors are of kind NotFound.
func (s *Accounts) Connection(ctx context.Context, who crm.Actor, id crm.ID) (o Overview, err error) {
	if !who.IsAdmin() {
		return o, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		c, err := store.Connection(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		list, err := s.overviews(tx, who.BusinessID, []crm.Connection{c})
		if err == nil {
			o = list[0]
		}
		return err
	})
	return o, err
}

func (s *Accounts) overviews(tx *db.Tx, business crm.ID, list []crm.Connection) ([]Overview, error) {
	feeds, err := store.Feeds(tx, business)
	if err != nil {
		return nil, err
	}
	all := make([]Overview, len(list))
	for n, c := range list {
		kind, _ := s.Kind(c.Provider)
		if kind.Name == "" {
			kind.Name, kind.Title = c.Provider, c.Provider
		}
		kind = kind.Of(c.Details)
		o := Overview{Connection: c, Kind: kind, Feeds: feeds[c.ID]}
		if o.Linked, err = store.CountLinks(tx, business, c.ID); err != nil {
			return nil, err
		}
		if o.Invoices, err = store.CountSyncedInvoices(tx, business, c.ID); err != nil {
			return nil, err
		}
		if o.Review, err = store.CountReview(tx, business, c.ID); err != nil {
			return nil, err
		}
		if o.Ignored, o.Erased, err = store.CountIgnored(tx, business, c.ID); err != nil {
			return nil, err
		}
		if o.CallsToday, err = store.CallsOf(tx, business, c.ID, s.Now().Unix()/(24*60*60)); err != nil {
			return nil, err
		}
		all[n] = o
	}
	return all, nil
}

// change runs f on a connection under its lock and writes what f made of it. Admins only.
func (s *Accounts) change(ctx context.Context, who crm.Actor, id crm.ID, f func(tx *db.Tx, c *crm.Connection) error) error {
	return s.changeAs(ctx, who, id, "", f)
}

// changeAs is change of which the audit log says what was asked for.
func (s *Accounts) changeAs(ctx context.Context, who crm.Actor, id crm.ID, asked string, f func(tx *db.Tx, c *crm.Connection) error) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := store.LockConnection(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		before := c
		if err := f(tx, &c); err != nil {
			return err
		}
		store.ChangeConnection(tx, c)
		event := s.connectionEvent(who, crm.ConnectionChanged, c)
		if asked != "" {
			event.Note += ": " + asked
		}
		add := func(field string, old, now any) {
			if old != now {
				event.Changes = append(event.Changes, crm.Change{Field: field, Old: old, New: now})
			}
		}
		add("state", before.State, c.State)
		add("push", before.Push, c.Push)
		add("following", before.Following, c.Following)
		was, now := before.Options, c.Options
		for _, field := range now.Fields(was) {
			add("wins."+field, string(was.Policy(field)), string(now.Policy(field)))
		}
		add("swap_addresses", was.SwapAddresses, now.SwapAddresses)
		add("phones", strings.Join(was.Phones, ", "), strings.Join(now.Phones, ", "))
		add("all", was.All, now.All)
		return s.record(tx, event)
	})
}

func (s *Accounts) connectionEvent(who crm.Actor, t crm.EventType, c crm.Connection) crm.Event {
	event := who.Event(t, s.Now())
	event.SubjectID, event.Note = c.ID, s.title(c)
	return event
}

// title is how a connection is called: Xero, Rosas Flowers Ltd.
func (s *Accounts) title(c crm.Connection) string {
	kind, _ := s.Kind(c.Provider)
	if c.Name == "" {
		return kind.Title
	}
	return kind.Title + ", " + c.Name
}

// Sync has everything that changed looked at now. On a new connection it begins the first
// run. Admins only. Errors: Conflicting where it is not connected.
func (s *Accounts) Sync(ctx context.Context, who crm.Actor, id crm.ID) error {
	return s.want(ctx, who, id, crm.SyncPoll)
}

// Sweep is Sync for everything, changed or not. Admins only.
func (s *Accounts) Sweep(ctx context.Context, who crm.Actor, id crm.ID) error {
	return s.want(ctx, who, id, crm.SyncSweep)
}

// Preview has a first run planned, without writing anything (S1, M3). Admins only.
func (s *Accounts) Preview(ctx context.Context, who crm.Actor, id crm.ID) error {
	return s.want(ctx, who, id, crm.SyncPreview)
}

func (s *Accounts) want(ctx context.Context, who crm.Actor, id crm.ID, mode crm.SyncMode) error {
	asked := map[crm.SyncMode]string{crm.SyncPreview: "a preview", crm.SyncPoll: "a look at what changed", crm.SyncSweep: "a look at everything"}[mode]
	return s.changeAs(ctx, who, id, asked, func(tx *db.Tx, c *crm.Connection) error {
		if err := mustBeConnected(*c); err != nil {
			return err
		}
		if err := mustNotBeHeld(tx, c.BusinessID); err != nil {
			return err
		}
		kinds := []crm.FeedKind{crm.FeedContacts}
		if mode == crm.SyncPreview {
			if c.Following {
				return crm.Errorf(crm.Conflicting, "wrong_state", "It is followed already; there is no first run to look at.")
			}
			store.ClearPreview(tx, c.BusinessID, id)
		} else {
			c.Following = true
			kinds = append(kinds, crm.FeedInvoices)
		}
		for _, kind := range kinds {
			if err := s.wantFeed(tx, c, kind, mode); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Accounts) wantFeed(tx *db.Tx, c *crm.Connection, kind crm.FeedKind, mode crm.SyncMode) error {
	f, err := store.LockFeed(tx, c.BusinessID, c.ID, kind)
	if crm.KindOf(err) == crm.NotFound {
		return nil // it has no invoices
	}
	if err != nil {
		return err
	}
	if f.Running && f.Run.Mode == crm.SyncPreview {
		f.Running, f.Round = false, f.Round+1 // whoever is at it stops
		f.WorkedUntil = time.Time{}
	}
	f.Wanted, f.DueAt, f.Failures, f.Problem, f.QueuedUntil = mode, s.Now(), 0, "", s.Now().Add(queuedFor)
	store.ChangeFeed(tx, c.BusinessID, f)
	return s.Enqueue(tx, c.BusinessID, c.ID, kind)
}

func mustBeConnected(c crm.Connection) error {
	switch c.State {
	case crm.Connected:
		return nil
	case crm.Reconnect:
		return crm.Errorf(crm.Conflicting, "reconnect", "The permission was taken back or has expired. Connect it again first.")
	}
	return crm.Errorf(crm.Conflicting, "not_connected", "It is not connected.")
}

// mustNotBeHeld refuses to call a provider from a restored copy: a token that the copy
// makes anew would end the original's.
func mustNotBeHeld(tx *db.Tx, business crm.ID) error {
	b, err := store.Business(tx, business)
	if err == nil && b.Held {
		err = crm.Errorf(crm.Conflicting, "held", "This is a restored copy, and it calls nobody. Release it under Settings > Business once the original is off.")
	}
	return err
}

// Broken are the connections that an admin must connect again, by their names (S6).
func (s *Accounts) Broken(ctx context.Context, who crm.Actor) (names []string, err error) {
	if !who.IsAdmin() {
		return nil, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := store.BrokenConnections(tx, who.BusinessID)
		for _, c := range list {
			names = append(names, s.title(c))
		}
		return err
	})
	return names, err
}

// Settings are what an admin changes of a connection. What is nil stays as it is.
type Settings struct {
	Push    *bool
	Options *crm.SyncOptions
}

// Configure changes how a connection is followed. Admins only. Errors: Invalid, NotFound.
func (s *Accounts) Configure(ctx context.Context, who crm.Actor, id crm.ID, d Settings) error {
	return s.change(ctx, who, id, func(tx *db.Tx, c *crm.Connection) error {
		kind, _ := s.Kind(c.Provider)
		if d.Options != nil {
			if err := checkOptions(*d.Options, kind.Of(c.Details)); err != nil {
				return err
			}
			c.Options = *d.Options
		}
		if d.Push == nil || *d.Push == c.Push {
			return nil
		}
		if c.Push = *d.Push; !c.Push {
			return nil
		}
		last, err := store.LastEvent(tx, c.BusinessID) // what is changed from now on
		if err != nil {
			return err
		}
		c.PushedTo = last.String()
		store.WakeFeed(tx, c.BusinessID, id, crm.FeedPush, s.Now())
		return nil
	})
}

func checkOptions(o crm.SyncOptions, kind connector.Kind) error {
	var p crm.Problems
	for field, policy := range o.Policies {
		if !slices.Contains(kind.Fields, field) {
			p.Add("options.policies."+field, "unknown_field", "%s keeps no such field.", kind.Title)
		}
		if !slices.Contains(crm.SyncPolicies, policy) {
			p.Add("options.policies."+field, "unknown_policy", "Choose theirs, ours, newest or ask.")
		}
	}
	for _, phone := range o.Phones {
		if !slices.Contains(kind.Phones, phone) {
			p.Add("options.phones", "unknown_phone", "%s has no kind of phone called %q.", kind.Title, phone)
		}
	}
	return p.Err()
}

// PreviewRows is a page of what a first run would do. Admins only.
func (s *Accounts) PreviewRows(ctx context.Context, who crm.Actor, id crm.ID, outcome crm.SyncOutcome, after, limit int) (list []crm.PreviewRow, err error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.Connection(tx, who.BusinessID, id); err != nil {
			return err
		}
		list, err = store.PreviewRows(tx, who.BusinessID, id, outcome, after, limit)
		return err
	})
	return list, err
}

// Record is a contact's record in a system that is followed, as far as it is shown with the
// contact.
type Record struct {
	System, Name, URL string
	Archived          bool // over there
}

// RecordsOf are the records of a contact that who may see, and the fields of it that no
// system changes, because two did in turn.
func (s *Accounts) RecordsOf(ctx context.Context, who crm.Actor, contact crm.ID) (list []Record, frozen []string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list = nil
		if _, err := store.Contact(tx, who, contact); err != nil {
			return err
		}
		links, err := store.LinksOfContact(tx, who.BusinessID, contact)
		if err != nil || len(links) == 0 {
			return err
		}
		all, err := store.FrozenFields(tx, who.BusinessID, []crm.ID{contact})
		if err != nil {
			return err
		}
		frozen = all[contact]
		connections, err := store.Connections(tx, who.BusinessID)
		for _, l := range links {
			for _, c := range connections {
				if c.ID == l.ConnectionID && c.State != crm.Disconnected {
					list = append(list, Record{s.title(c), l.Name, Original(l.URL), l.State != crm.LinkFollowed})
				}
			}
		}
		return err
	})
	return list, frozen, err
}

// Original is the address of a record over there as a page may lead to it, or "": what
// another system says is no address of ours.
func Original(url string) string {
	if !strings.HasPrefix(url, "https://") {
		return ""
	}
	return url
}
