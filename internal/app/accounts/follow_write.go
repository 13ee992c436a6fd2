package accounts

import (
	"cmp"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// write does what was decided.
func (p *placing) write() error {
	plans, err := p.saveDrafts()
	if err != nil {
		return err
	}
	kept := map[crm.ID][]crm.Change{}
	for at, plan := range plans {
		n := p.of[at]
		k := p.records[n]
		if plan.Outcome == contacts.Refused {
			p.outcomes[n] = p.review(k, crm.ReviewRefused, words(plan.Err))
			continue
		}
		p.linkTo(k, plan.After.ID, p.bases[n])
		for _, d := range p.disputes[n] {
			if d.Winner == crm.SyncOurs {
				kept[plan.After.ID] = append(kept[plan.After.ID], crm.Change{Field: d.Field, Old: d.Theirs, New: d.Ours})
			}
		}
	}
	if err := p.s.Contacts.NoteKept(p.tx, p.who, kept, p.kind.Title+" had other values; ours were kept.", p.c.ID, p.now); err != nil {
		return err
	}
	store.PutLinks(p.tx, p.c.BusinessID, p.changed)
	store.AddLinks(p.tx, p.c.BusinessID, p.made)
	store.InvoicesOfRecords(p.tx, p.c.BusinessID, p.c.ID, p.bound)
	for _, f := range p.freezes {
		store.FreezeField(p.tx, p.c.BusinessID, f.contact, f.field, p.now)
	}
	for _, w := range p.cleared {
		store.AddPushed(p.tx, p.c.BusinessID, w)
		store.WakeFeed(p.tx, p.c.BusinessID, p.c.ID, crm.FeedPush, p.now)
	}
	p.writeReviews()
	return p.writeStatuses()
}

// saveDrafts saves what is changed, then what is new: who holds what that brings was
// looked up, and is not again.
func (p *placing) saveDrafts() ([]contacts.Planned, error) {
	plans := make([]contacts.Planned, len(p.drafts))
	for _, free := range []bool{false, true} {
		var drafts []*crm.Draft
		var at []int
		for n, d := range p.drafts {
			if (p.contacts[d.ID] == nil) == free {
				drafts, at = append(drafts, d), append(at, n)
			}
		}
		if len(drafts) == 0 {
			continue
		}
		saved, err := p.s.Contacts.Save(p.tx, p.who, drafts, contacts.Policy{Seen: true, Unlocked: true, Free: free, Subject: p.c.ID}, p.now)
		if err != nil {
			return nil, err
		}
		for n, plan := range saved {
			plans[at[n]] = plan
		}
	}
	return plans, nil
}

// linkTo ties a record to a contact, with what both agreed on.
func (p *placing) linkTo(k *known, contact crm.ID, base crm.Values) {
	link := crm.Link{ConnectionID: p.c.ID, RemoteID: k.ID, ContactID: contact, State: crm.LinkFollowed, Version: k.Version, Name: k.Name, URL: k.URL, Base: base,
		Seen: k.seen, UpdatedAt: p.now}
	if p.waiting[k.ID] {
		link.Seen = "" // it is looked at again whenever it is read
	}
	l, had := p.links[k.ID]
	if had {
		p.changed = append(p.changed, link)
	} else {
		p.made = append(p.made, link)
	}
	if !had || l.ContactID != contact {
		p.bound = append(p.bound, k.ID)
	}
}

// writeReviews keeps what waits for a person and takes off the list what does not.
func (p *placing) writeReviews() {
	var placed []string // records that need nobody any more
	for _, r := range p.reviews {
		store.PutReview(p.tx, p.c.BusinessID, r)
	}
	for n, k := range p.records {
		_, linked := p.links[k.ID]
		settled := p.outcomes[n] == crm.SyncNew || p.outcomes[n] == crm.SyncUpdated || p.outcomes[n] == crm.SyncArchived && !linked
		if settled && !p.waiting[k.ID] {
			placed = append(placed, k.ID)
		}
	}
	store.DropReview(p.tx, p.c.BusinessID, p.c.ID, placed)
}

// writeStatuses archives contacts and makes them active again as their records are. One
// that another record still speaks for stays active.
func (p *placing) writeStatuses() error {
	if len(p.statuses) == 0 {
		return nil
	}
	var ids []crm.ID
	to := map[crm.ID]crm.Status{}
	for _, change := range p.statuses {
		ids = append(ids, change.contact)
		to[change.contact] = change.to
	}
	list, err := store.ContactsByID(p.tx, p.c.BusinessID, ids) // their versions may have moved
	if err != nil {
		return err
	}
	followed, err := store.FollowedContacts(p.tx, p.c.BusinessID, ids)
	if err != nil {
		return err
	}
	var active, archived []*crm.Contact
	for _, c := range list {
		switch {
		case to[c.ID] == crm.Active:
			active = append(active, c)
		case !followed[c.ID]:
			archived = append(archived, c)
		}
	}
	if err := p.s.Contacts.RestoreFollowed(p.tx, p.who, active, "Active again in "+p.kind.Title+"."); err != nil {
		return err
	}
	return p.s.Contacts.ArchiveFollowed(p.tx, p.who, archived, "Archived in "+p.kind.Title+".")
}

// keepPreview keeps what would become of the records.
func (p *placing) keepPreview(position int) error {
	plans, err := contacts.Plan(p.tx, p.who, p.drafts, contacts.Policy{Seen: true, Unlocked: true}, p.now)
	if err != nil {
		return err
	}
	details := map[string]string{}
	for _, r := range p.reviews {
		details[r.RemoteID] = r.Detail
	}
	rows := make([]crm.PreviewRow, len(p.records))
	for n, k := range p.records {
		rows[n] = crm.PreviewRow{Position: position + n + 1, RemoteID: k.ID, Name: k.Name, Outcome: p.outcomes[n], Reason: cmp.Or(details[k.ID], p.reasons[n])}
	}
	for at, plan := range plans {
		row := &rows[p.of[at]]
		switch plan.Outcome {
		case contacts.Refused:
			row.Outcome, row.Reason = crm.SyncReview, words(plan.Err)
			p.outcomes[p.of[at]] = crm.SyncReview
		case contacts.Update, contacts.Unchanged:
			row.ContactID, row.Changes = plan.After.ID, plan.Changes
		case contacts.Create:
			for _, field := range p.kind.Fields {
				if text := p.records[p.of[at]].values[field]; text != "" {
					row.Changes = append(row.Changes, crm.Change{Field: field, Old: "", New: text})
				}
			}
		}
	}
	store.AddPreview(p.tx, p.c.BusinessID, p.c.ID, rows)
	return nil
}
