package accounts

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// placing is the state in which the records of one chunk are placed, one after another.
type placing struct {
	*job
	tx       *db.Tx
	who      crm.Actor
	now      time.Time
	records  []*known // read before the transaction, which may run twice: nothing is written to them
	links    map[string]crm.Link
	linked   map[crm.ID]string // contact → the record that it is tied to
	contacts map[crm.ID]*crm.Contact
	holders  map[crm.IdentityKey]crm.Owner
	claimed  map[crm.IdentityKey]claim // by records of this chunk
	frozen   map[crm.ID][]string       // fields that no system changes
	recent   map[crm.ID]map[string][]crm.ID

	outcomes []crm.SyncOutcome
	reasons  []string
	drafts   []*crm.Draft
	of       []int // the record that a draft is of
	bases    map[int]crm.Values
	disputes map[int][]crm.Disagreement
	reviews  []crm.ReviewItem
	waiting  map[string]bool // records that are among the reviews
	changed  []crm.Link
	made     []crm.Link // that were not there
	bound    []string   // records that have another contact than before, whose invoices follow
	statuses []statusChange
	freezes  []freeze
	cleared  []crm.Pushed // what was emptied over there, and goes back
}

// freeze is a field of a contact that no system is to change.
type freeze struct {
	contact crm.ID
	field   string
}

// claim is a record of this chunk that has an identity, with the contact that it makes or is
// about.
type claim struct {
	remote, name string
	contact      crm.ID
}

// statusChange is a contact that follows the state of its record.
type statusChange struct {
	contact crm.ID
	to      crm.Status
}

// saveContacts places records: what changed is merged, what is new is matched or made,
// what only a person can place goes to the review list (S2, S3). With preview it writes
// nothing but what it would do.
func (j *job) saveContacts(tx *db.Tx, records []*known, preview bool, position int) ([]crm.SyncOutcome, error) {
	p := j.placing(tx, j.actor(), records...)
	if err := p.look(); err != nil {
		return nil, err
	}
	last := map[string]int{} // a record that changed while it was read may come twice
	for n, k := range p.records {
		last[k.ID] = n
	}
	for n, k := range p.records {
		if p.outcomes[n] = crm.SyncUnchanged; last[k.ID] == n {
			p.outcomes[n] = p.place(n, k)
		}
	}
	if preview {
		return p.outcomes, p.keepPreview(position)
	}
	return p.outcomes, p.write()
}

func (j *job) placing(tx *db.Tx, who crm.Actor, records ...*known) *placing {
	return &placing{job: j, tx: tx, now: j.s.Now(), who: who, records: records, contacts: map[crm.ID]*crm.Contact{}, holders: map[crm.IdentityKey]crm.Owner{},
		claimed: map[crm.IdentityKey]claim{}, bases: map[int]crm.Values{}, disputes: map[int][]crm.Disagreement{},
		waiting: map[string]bool{}, outcomes: make([]crm.SyncOutcome, len(records)), reasons: make([]string, len(records))}
}

// actor is who acts in the history of contacts (C5): the system that the change comes from.
func (j *job) actor() crm.Actor {
	return crm.Actor{BusinessID: j.c.BusinessID, Name: j.kind.Title, Via: crm.ViaSync}
}

// look reads, under lock, what the records may be about.
func (p *placing) look() (err error) {
	business := p.c.BusinessID
	var remotes []string
	var wanted []crm.Identity
	var ids []crm.ID
	for _, k := range p.records {
		remotes = append(remotes, k.ID)
		if k.MergedTo != "" {
			remotes = append(remotes, k.MergedTo)
		}
	}
	if p.links, err = store.LinksOf(p.tx, business, p.c.ID, remotes); err != nil {
		return err
	}
	for _, k := range p.records {
		if p.unchanged(k) {
			continue
		}
		wanted = append(wanted, k.identities()...)
		if id, ok := crm.ParseID(k.OurID); ok {
			ids = append(ids, id)
		}
		for _, remote := range []string{k.ID, k.MergedTo} {
			if l := p.links[remote]; l.ContactID != "" {
				ids = append(ids, l.ContactID)
			}
		}
	}
	if ids, err = p.lock(wanted, ids); err != nil {
		return err
	}
	list, err := store.ContactsByID(p.tx, business, ids)
	if err != nil {
		return err
	}
	for _, c := range list {
		p.contacts[c.ID] = c
	}
	if p.frozen, err = store.FrozenFields(p.tx, business, ids); err != nil {
		return err
	}
	if p.recent, err = store.SyncChanges(p.tx, business, ids, p.now.Add(-crm.SwingTime)); err != nil {
		return err
	}
	to, err := store.LinksTo(p.tx, business, p.c.ID, ids)
	p.linked = map[crm.ID]string{}
	for id, l := range to {
		p.linked[id] = l.RemoteID
	}
	return err
}

// unchanged reports whether a record is as it was when it was last taken. Nothing else is
// read then.
func (p *placing) unchanged(k *known) bool {
	l := p.links[k.ID]
	return l.State == crm.LinkFollowed && l.ContactID != "" && l.Seen == k.seen && k.Damaged == ""
}

// lock locks the contacts in question with those that hold what the records bring, and
// answers with all of them. Who held a number before the lock may have lost it when the
// lock is ours, so the holders are read again.
func (p *placing) lock(wanted []crm.Identity, ids []crm.ID) ([]crm.ID, error) {
	business := p.c.BusinessID
	for range 2 {
		holdings, err := store.Holders(p.tx, business, wanted)
		if err != nil {
			return nil, err
		}
		clear(p.holders)
		for _, h := range holdings {
			p.holders[h.Key()] = h.Owner
			if h.ContactID != "" {
				ids = append(ids, h.ContactID)
			}
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		store.LockContacts(p.tx, business, ids)
		if p.tx.Engine() == db.SQLite || len(ids) == 0 {
			break // nobody else writes
		}
	}
	return ids, nil
}

// place decides what becomes of one record.
func (p *placing) place(n int, k *known) crm.SyncOutcome {
	l, has := p.links[k.ID]
	contact := p.contacts[l.ContactID]
	switch {
	case p.unchanged(k):
		return crm.SyncUnchanged
	case has && l.State == crm.LinkIgnored:
		return crm.SyncIgnored
	case k.Damaged != "":
		p.reasons[n] = k.Damaged
		return p.review(k, crm.ReviewDamaged, k.Damaged)
	case k.Erased:
		return p.erased(k, l, contact)
	case k.MergedTo != "":
		return p.merged(k, l, contact)
	case k.Archived || k.Gone:
		return p.archived(k, l, contact)
	case has && contact != nil:
		return p.follow(n, k, l, contact)
	case has && l.State == crm.LinkParted:
		if l.Version == k.Version {
			return crm.SyncIgnored
		}
		return p.review(k, crm.ReviewDeleted, "This contact was deleted here, and changed over there since.")
	case k.LeaveOut != "" && !p.c.Options.All:
		p.reasons[n] = "A " + k.LeaveOut + "."
		return crm.SyncLeftOut
	}
	return p.match(n, k)
}

// match finds the contact that a record without a link is about: by our id, then phone,
// then e-mail (S2).
func (p *placing) match(n int, k *known) crm.SyncOutcome {
	var found []crm.ID
	if id, ok := crm.ParseID(k.OurID); ok && p.contacts[id] != nil {
		found = append(found, id)
	}
	for _, i := range k.identities() {
		owner, held := p.holders[i.Key()]
		switch {
		case held && owner.UserID != "":
			return p.review(k, crm.ReviewTeam, shown(i)+" belongs to a member of your team.")
		case held && !slices.Contains(found, owner.ContactID):
			found = append(found, owner.ContactID)
		case !held && p.claimed[i.Key()].remote != "":
			first := p.claimed[i.Key()]
			return p.review(k, crm.ReviewShared, fmt.Sprintf("%s has %s as well, and came first.", first.name, shown(i)), first.contact)
		}
	}
	switch {
	case len(found) > 1:
		var names []string
		for _, id := range found {
			names = append(names, named(p.contacts[id]))
		}
		return p.review(k, crm.ReviewAmbiguous, "It fits "+strings.Join(names, " and ")+".", found...)
	case len(found) == 1 && p.linked[found[0]] != "":
		return p.review(k, crm.ReviewShared, fmt.Sprintf("It shares a phone or an e-mail with %s, who is another record of %s already.", named(p.contacts[found[0]]), p.kind.Title), found...)
	case len(found) == 1:
		return p.follow(n, k, crm.Link{ConnectionID: p.c.ID, RemoteID: k.ID}, p.contacts[found[0]])
	case len(k.phones)+len(k.emails) == 0:
		return p.review(k, crm.ReviewNoIdentity, strings.TrimSpace("It has neither a phone nor an e-mail that can be used. "+strings.Join(k.left, " ")))
	}
	return p.create(n, k)
}

// shown is an identity as people read it.
func shown(i crm.Identity) string {
	if i.Kind == crm.PhoneIdentity {
		return crm.ShowPhone(i.Value)
	}
	return i.Shown()
}

func named(c *crm.Contact) string {
	switch {
	case c == nil:
		return "a contact"
	case c.Status == crm.Archived:
		return c.Called() + " (archived)"
	}
	return c.Called()
}

func (p *placing) create(n int, k *known) crm.SyncOutcome {
	id := crm.NewID(p.now)
	for _, i := range k.identities() {
		p.claimed[i.Key()] = claim{k.ID, k.Name, id}
	}
	p.add(n, k.draftOf(id, p.kind.Source), k.values)
	return crm.SyncNew
}

func (p *placing) add(n int, d *crm.Draft, base crm.Values) {
	p.drafts, p.of, p.bases[n] = append(p.drafts, d), append(p.of, n), base
}

// follow merges a record into the contact that it is about (S3).
func (p *placing) follow(n int, k *known, l crm.Link, c *crm.Contact) crm.SyncOutcome {
	restored := (l.State == crm.LinkArchived || l.State == crm.LinkGone) && c.Status == crm.Archived
	if restored {
		p.statuses = append(p.statuses, statusChange{c.ID, crm.Active})
	}
	p.linked[c.ID] = k.ID
	base := l.Base
	if l.State == "" {
		base = nil
	}
	ours := crm.SyncValues(c, p.kind.Fields)
	a := crm.Merge(base, ours, k.values, p.kind.Fields, p.c.Options.Policy, c.UpdatedAt.After(k.UpdatedAt))
	swings := p.hold(c, base, ours, k.values, &a)
	d := &crm.Draft{ID: c.ID, Fields: map[crm.Field]string{}}
	p.layIdentities(k, c, d, &a)
	for field, text := range a.Here {
		if field != "phone" && field != "email" {
			d.Fields[crm.Field(field)] = text
		}
	}
	if c.NameIsPlaceholder && (a.Here["first_name"] != "" || a.Here["last_name"] != "") { // a name takes its place whole (C3)
		d.Fields[crm.FirstName], d.Fields[crm.LastName] = a.Here["first_name"], a.Here["last_name"]
	}
	p.sendBack(k, l, c, ours)
	p.disputes[n] = a.Disagreed
	p.add(n, d, a.Base)
	if asked := slices.DeleteFunc(slices.Clone(a.Disagreed), func(d crm.Disagreement) bool { return d.Winner != crm.SyncAsk }); len(asked) > 0 {
		item := crm.ReviewItem{RemoteID: k.ID, Reason: crm.ReviewConflict, Name: k.Name, URL: k.URL, Values: k.values, ContactIDs: []crm.ID{c.ID}, Fields: asked, Seen: k.seen,
			Detail: "It was changed here and there, to different things."}
		if swings {
			item.Reason, item.Detail = crm.ReviewSwings, "Two systems changed it in turn, again and again. No system changes it now, until you say which is right."
		}
		p.put(item)
		return crm.SyncReview
	}
	if restored || len(a.Here) > 0 || len(d.Inbound) > 0 {
		return crm.SyncUpdated
	}
	return crm.SyncUnchanged
}

// sendBack has fields sent that were emptied over there: nothing of ours changed, so that
// nothing else would.
func (p *placing) sendBack(k *known, l crm.Link, c *crm.Contact, ours crm.Values) {
	back := crm.Values{}
	for f, was := range l.Base {
		if was != "" && k.values[f] == "" && ours[f] != "" {
			back[f] = ours[f]
		}
	}
	if p.c.Push && l.State == crm.LinkFollowed && c.Status == crm.Active && len(back) > 0 {
		p.cleared = append(p.cleared, crm.Pushed{ID: crm.NewID(p.now), ConnectionID: p.c.ID, ContactID: c.ID, RemoteID: k.ID, Values: back, State: crm.PushWaiting, At: p.now})
	}
}

// hold leaves fields as they are that are frozen, and freezes those that this system and
// another one change in turn: neither would ever win (H.3). It reports whether any is held.
func (p *placing) hold(c *crm.Contact, base, ours, theirs crm.Values, a *crm.Agreement) (held bool) {
	for _, f := range p.kind.Fields {
		if _, changed := a.Here[f]; changed && p.who.UserID == "" && crm.Swings(p.recent[c.ID][f], p.c.ID) && !slices.Contains(p.frozen[c.ID], f) {
			p.frozen[c.ID] = append(p.frozen[c.ID], f)
			p.freezes = append(p.freezes, freeze{c.ID, f})
		}
		if slices.Contains(p.frozen[c.ID], f) && ours[f] != theirs[f] && theirs[f] != "" && theirs[f] != base[f] {
			a.Hold(f, base[f], ours[f], theirs[f])
			held = true
		}
	}
	return held
}

// layIdentities puts phones and e-mails of a record onto a draft: the main ones as was
// merged, the others beside them. One that somebody else has stays with them, and a person
// is asked.
func (p *placing) layIdentities(k *known, c *crm.Contact, d *crm.Draft, a *crm.Agreement) {
	for _, i := range k.identities() {
		field := string(i.Kind)
		main := i.Primary && a.Here[field] == i.Value
		held := slices.ContainsFunc(c.Identities, func(had crm.Identity) bool { return had.Key() == i.Key() })
		owner, taken := p.holders[i.Key()]
		other := p.claimed[i.Key()]
		switch {
		case taken && owner.ContactID != c.ID, other.remote != "" && other.contact != c.ID:
			detail := shown(i) + " belongs to " + named(p.contacts[owner.ContactID]) + "."
			if owner.UserID != "" {
				detail = shown(i) + " belongs to a member of your team."
			} else if !taken {
				detail = other.name + " has " + shown(i) + " as well."
			}
			if main { // as if it had not been seen yet
				delete(a.Here, field)
				delete(a.Base, field)
			}
			p.put(crm.ReviewItem{RemoteID: k.ID, Reason: crm.ReviewShared, Name: k.Name, URL: k.URL, Values: k.values, ContactIDs: []crm.ID{c.ID}, Seen: k.seen, Detail: detail + " The rest was taken."})
		case main && i.Kind == crm.PhoneIdentity:
			d.Phone = &i.Value
		case main:
			d.Email = &i.Value
		case !held:
			i.Primary = false
			d.Inbound = append(d.Inbound, i)
		}
		if !taken {
			p.claimed[i.Key()] = claim{k.ID, k.Name, c.ID}
		}
	}
}

// archived follows a record that was archived or deleted over there. Its contact is
// archived with it, unless another record or something open keeps it (H.3).
func (p *placing) archived(k *known, l crm.Link, c *crm.Contact) crm.SyncOutcome {
	if l.RemoteID == "" || c == nil { // nothing is made of what is archived
		return crm.SyncArchived
	}
	to := crm.LinkArchived
	if k.Gone {
		to = crm.LinkGone
	}
	if l.State != to {
		l.State, l.Version, l.Seen = to, k.Version, ""
		p.changed = append(p.changed, l)
		p.statuses = append(p.statuses, statusChange{c.ID, crm.Archived})
	}
	return crm.SyncArchived
}

// erased stops following a record that was blocked for data protection, and says so.
func (p *placing) erased(k *known, l crm.Link, c *crm.Contact) crm.SyncOutcome {
	p.changed = append(p.changed, crm.Link{ConnectionID: p.c.ID, RemoteID: k.ID, State: crm.LinkIgnored, Erased: true, Base: crm.Values{}, UpdatedAt: p.now})
	if c != nil {
		p.put(crm.ReviewItem{RemoteID: k.ID, Reason: crm.ReviewRefused, Name: named(c), ContactIDs: []crm.ID{c.ID},
			Detail: "The record was blocked over there for data protection and is not followed any more. Should this person be erased here as well?"})
	}
	return crm.SyncIgnored
}

// merged follows a record that became part of another over there: the link moves to that
// one. Two contacts here are for a person to merge.
func (p *placing) merged(k *known, l crm.Link, c *crm.Contact) crm.SyncOutcome {
	if c == nil || l.State == crm.LinkMerged {
		return crm.SyncArchived
	}
	into := p.links[k.MergedTo]
	other := p.contacts[into.ContactID]
	moved := l
	l.State, l.MergedInto, l.Seen, l.ContactID = crm.LinkMerged, k.MergedTo, "", ""
	p.changed = append(p.changed, l)
	switch {
	case other == nil && into.State != crm.LinkIgnored:
		moved.RemoteID, moved.Seen, moved.UpdatedAt = k.MergedTo, "", p.now // its state stays: what was taken for gone is restored when the other is read
		p.changed = append(p.changed, moved)
		p.links[k.MergedTo] = moved
		p.linked[c.ID] = k.MergedTo
		p.bound = append(p.bound, k.MergedTo)
	case other != nil && other.ID != c.ID:
		p.put(crm.ReviewItem{RemoteID: k.ID, Reason: crm.ReviewMerged, Name: k.Name, URL: k.URL, ContactIDs: []crm.ID{c.ID, other.ID},
			Detail: named(c) + " became part of " + named(other) + " over there. Merge the two here, if they are one person."})
	}
	return crm.SyncArchived
}

// review puts a record on the list of those that a person must place.
func (p *placing) review(k *known, reason crm.ReviewReason, detail string, ids ...crm.ID) crm.SyncOutcome {
	p.put(crm.ReviewItem{RemoteID: k.ID, Reason: reason, Detail: detail, Name: k.Name, URL: k.URL, Values: k.values, ContactIDs: ids})
	return crm.SyncReview
}

func (p *placing) put(r crm.ReviewItem) {
	r.ID, r.ConnectionID, r.At = crm.NewID(p.now), p.c.ID, p.now
	p.reviews, p.waiting[r.RemoteID] = append(p.reviews, r), true
}
