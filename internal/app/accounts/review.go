package accounts

import (
	"context"
	"maps"
	"slices"

	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Review is a page of the records that only a person can place (S2). Admins only.
func (s *Accounts) Review(ctx context.Context, who crm.Actor, id, after crm.ID, limit int) (list []crm.ReviewItem, err error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.Connection(tx, who.BusinessID, id); err != nil {
			return err
		}
		list, err = store.Review(tx, who.BusinessID, id, after, limit)
		return err
	})
	return list, err
}

// CheckReviewed reports NotFound for what is not on the list of a connection. Admins only.
func (s *Accounts) CheckReviewed(ctx context.Context, who crm.Actor, id, item crm.ID) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		there, err := store.ReviewByID(tx, who.BusinessID, id, []crm.ID{item})
		if err == nil && len(there) == 0 {
			err = crm.ErrNotFound
		}
		return err
	})
}

// Resolution is what an admin says of a record under review.
type Resolution struct {
	Action ResolveAction
	// ContactID is the contact to link to; empty for the only one in question.
	ContactID crm.ID
}

// ResolveAction is what is to be done with a record.
type ResolveAction string

// The actions. Ignore is remembered: the record never comes up again.
const (
	ResolveLink   ResolveAction = "link"
	ResolveCreate ResolveAction = "create"
	ResolveIgnore ResolveAction = "ignore"
)

// Resolved is what became of one item of the review list. Err says why it is still on it.
type Resolved struct {
	Item crm.ID
	Err  error
}

// Resolve places a record as an admin says: it is read again over there, so that what is
// taken is what it is now. Errors: NotFound, Invalid, Conflicting.
func (s *Accounts) Resolve(ctx context.Context, who crm.Actor, id, item crm.ID, d Resolution) error {
	list, err := s.ResolveMany(ctx, who, id, []crm.ID{item}, d)
	if err != nil {
		return err
	}
	return list[0].Err
}

// ResolveMany is Resolve for several records of which an admin says the same, each in a
// transaction of its own: one that cannot be placed does not hold up the others.
func (s *Accounts) ResolveMany(ctx context.Context, who crm.Actor, id crm.ID, items []crm.ID, d Resolution) ([]Resolved, error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	var c crm.Connection
	var there map[crm.ID]crm.ReviewItem
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if c, err = store.Connection(tx, who.BusinessID, id); err != nil {
			return err
		}
		there, err = store.ReviewByID(tx, who.BusinessID, id, items)
		return err
	})
	if err != nil {
		return nil, err
	}
	place, err := s.resolver(ctx, who, c, there, d)
	if err != nil {
		return nil, err
	}
	list := make([]Resolved, len(items))
	for n, item := range items {
		r, found := there[item]
		if list[n] = (Resolved{item, crm.ErrNotFound}); found {
			list[n].Err = place(r)
		}
		if err := list[n].Err; err != nil && crm.KindOf(err) == "" {
			return nil, err
		}
	}
	return list, nil
}

// resolver is what places an item as an admin says. What it needs of the records is read,
// many at once.
func (s *Accounts) resolver(ctx context.Context, who crm.Actor, c crm.Connection, items map[crm.ID]crm.ReviewItem, d Resolution) (place func(crm.ReviewItem) error, err error) {
	if len(items) == 0 {
		return nil, nil
	}
	switch d.Action {
	case ResolveIgnore:
		return func(r crm.ReviewItem) error { return s.ignore(ctx, who, c, r) }, nil
	case ResolveLink, ResolveCreate:
	default:
		var p crm.Problems
		p.Add("action", "unknown_action", "Choose link, create or ignore.")
		return nil, p.Err()
	}
	if err := mustBeConnected(c); err != nil {
		return nil, err
	}
	var remotes []string
	for _, r := range items {
		remotes = append(remotes, r.RemoteID)
	}
	j, records, err := s.readThese(ctx, c, remotes)
	if err != nil {
		return nil, err
	}
	return func(r crm.ReviewItem) error {
		record, found := records[r.RemoteID]
		if !found {
			return crm.Errorf(crm.Conflicting, "not_there", "The record is not there any more, or cannot be read.")
		}
		contact := d.ContactID
		if d.Action == ResolveLink && contact == "" && len(r.ContactIDs) == 1 {
			contact = r.ContactIDs[0]
		}
		return s.DB.Write(ctx, func(tx *db.Tx) error {
			still, err := store.ReviewByID(tx, who.BusinessID, c.ID, []crm.ID{r.ID})
			if err != nil {
				return err
			}
			if len(still) == 0 { // somebody was faster
				return crm.ErrNotFound
			}
			if d.Action == ResolveCreate {
				return j.createAs(tx, who, record)
			}
			return j.linkAs(tx, who, record, r, contact)
		})
	}, nil
}

// ignore remembers that a record is not wanted.
func (s *Accounts) ignore(ctx context.Context, who crm.Actor, c crm.Connection, r crm.ReviewItem) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		links, err := store.LinksOf(tx, c.BusinessID, c.ID, []string{r.RemoteID})
		if err != nil {
			return err
		}
		l, linked := links[r.RemoteID]
		switch {
		case l.Erased: // it is ignored already, and nothing of the person is kept
		case linked && l.ContactID != "": // it stays followed, and what is ours as it is
			l.Base = maps.Clone(orEmpty(l.Base))
			for _, f := range r.Fields {
				l.Base[f.Field] = f.Theirs
			}
			store.ReleaseFields(tx, c.BusinessID, l.ContactID, namesOf(r.Fields))
			l.Seen = r.Seen
			store.PutLinks(tx, c.BusinessID, []crm.Link{l})
		default:
			store.PutLinks(tx, c.BusinessID, []crm.Link{{ConnectionID: c.ID, RemoteID: r.RemoteID, State: crm.LinkIgnored, Name: r.Name, URL: r.URL, Base: toldBy(r.Values), UpdatedAt: s.Now()}})
		}
		store.DropReview(tx, c.BusinessID, c.ID, []string{r.RemoteID})
		return s.reviewed(tx, who, c)
	})
}

// toldBy is what tells who a record is of: shown in the list of what is ignored, and found
// there when the person is erased (C10).
func toldBy(v crm.Values) crm.Values {
	told := crm.Values{}
	for _, field := range []string{"phone", "email"} {
		if v[field] != "" {
			told[field] = v[field]
		}
	}
	return told
}

func (s *Accounts) reviewed(tx *db.Tx, who crm.Actor, c crm.Connection) error {
	return s.record(tx, s.connectionEvent(who, crm.ConnectionMoved, c))
}

// readThese reads contacts over there, for somebody who waits: those that are there and can
// be read, by their ids.
func (s *Accounts) readThese(ctx context.Context, c crm.Connection, remotes []string) (*job, map[string]connector.Record, error) {
	j, err := s.asked(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	page, err := j.readAsked(ctx, crm.FeedContacts, slices.DeleteFunc(remotes, isNoContact))
	records := map[string]connector.Record{}
	for _, r := range page.Contacts {
		if r.Damaged == "" {
			records[r.ID] = r
		}
	}
	return j, records, err
}

// asked is a job for somebody who waits.
func (s *Accounts) asked(ctx context.Context, c crm.Connection) (*job, error) {
	conn, kind, err := s.open(c.Provider)
	if err != nil {
		return nil, err
	}
	kind = kind.Of(c.Details)
	j := &job{s: s, c: c, kind: kind, conn: conn, meter: &meter{s: s, c: c, kind: kind, asked: true}}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		b, err := store.Business(tx, c.BusinessID)
		if err != nil {
			return err
		}
		j.home(b)
		return mustNotBeHeld(tx, c.BusinessID)
	})
	return j, err
}

// readAsked reads records of a feed by their ids. A dead grant makes the connection one to
// reconnect.
func (j *job) readAsked(ctx context.Context, feed crm.FeedKind, remotes []string) (all connector.Page, err error) {
	for some := range slices.Chunk(remotes, hintsAtOnce) {
		var p connector.Page
		err = j.s.call(ctx, j.conn, j.c, j.meter, func(a connector.Access) (err error) {
			p, err = j.conn.Read(ctx, a, feed, some)
			return err
		})
		if connector.TroubleOf(err) == connector.Dead {
			if err := j.s.dead(ctx, j.c, err); err != nil {
				return all, err
			}
		}
		if err != nil {
			return all, crm.Errorf(crm.Unavailable, "not_read", "The records could not be read in %s: %s", j.kind.Title, words(err))
		}
		all.Contacts, all.Invoices = append(all.Contacts, p.Contacts...), append(all.Invoices, p.Invoices...)
	}
	return all, nil
}

// createAs makes a contact of a record as an admin says. What of it belongs to others
// stays with them.
func (j *job) createAs(tx *db.Tx, who crm.Actor, r connector.Record) error {
	p := j.one(tx, who, r)
	if err := p.look(); err != nil {
		return err
	}
	k := p.records[0]
	if l := p.links[k.ID]; p.contacts[l.ContactID] != nil {
		return crm.Errorf(crm.Conflicting, "linked_already", "The record has a contact already.")
	}
	var free []crm.Identity
	for _, i := range k.identities() {
		if _, taken := p.holders[i.Key()]; !taken {
			free = append(free, i)
		}
	}
	d := k.draftOf(crm.NewID(p.now), j.kind.Source)
	d.Inbound = free
	if len(free) == 0 {
		d.ID, d.Inbound = "", nil // nothing to know it by: an admin wants it all the same
	}
	base := crm.Values{}
	for field, text := range k.values {
		base[field] = text
	}
	p.outcomes[0] = crm.SyncNew
	p.add(0, d, base)
	return p.resolve()
}

// linkAs ties a record to a contact as an admin says.
func (j *job) linkAs(tx *db.Tx, who crm.Actor, r connector.Record, item crm.ReviewItem, contact crm.ID) error {
	if item.Reason == crm.ReviewConflict || item.Reason == crm.ReviewSwings { // what was asked is answered: theirs
		store.ReleaseFields(tx, who.BusinessID, contact, namesOf(item.Fields))
		own := *j
		own.c.Options.Policies = map[string]crm.SyncPolicy{}
		maps.Copy(own.c.Options.Policies, j.c.Options.Policies)
		for _, f := range item.Fields {
			own.c.Options.Policies[f.Field] = crm.SyncTheirs
		}
		j = &own
	}
	p := j.one(tx, who, r)
	if err := p.look(); err != nil {
		return err
	}
	store.LockContacts(tx, who.BusinessID, []crm.ID{contact})
	c, err := store.Contact(tx, who, contact)
	if crm.KindOf(err) == crm.NotFound {
		var problems crm.Problems
		problems.Add("contact_id", "unknown_contact", "There is no such contact.")
		return problems.Err()
	}
	if err != nil {
		return err
	}
	p.contacts[c.ID] = c
	k := p.records[0]
	l, had := p.links[k.ID]
	if !had || l.ContactID != contact {
		l = crm.Link{ConnectionID: j.c.ID, RemoteID: k.ID}
	}
	p.outcomes[0] = p.follow(0, k, l, c)
	p.reviews, p.waiting = nil, map[string]bool{} // it was looked at
	return p.resolve()
}

func namesOf(list []crm.Disagreement) (fields []string) {
	for _, d := range list {
		fields = append(fields, d.Field)
	}
	return fields
}

func (j *job) one(tx *db.Tx, who crm.Actor, r connector.Record) *placing {
	actor := j.actor()
	actor.UserID, actor.Role, actor.Name = who.UserID, who.Role, who.Name+", from "+j.kind.Title
	return j.placing(tx, actor, j.know(r))
}

// resolve writes what an admin said; a refusal is the admin's to read, not the list's.
func (p *placing) resolve() error {
	if err := p.write(); err != nil {
		return err
	}
	if len(p.reviews) > 0 {
		return crm.Errorf(crm.Conflicting, "refused", "%s", p.reviews[0].Detail)
	}
	store.DropReview(p.tx, p.c.BusinessID, p.c.ID, []string{p.records[0].ID})
	return p.s.reviewed(p.tx, p.who, p.c)
}
