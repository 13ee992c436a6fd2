package contacts

import (
	"context"
	"maps"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Save plans drafts and writes what the plan says: one or ten thousand in the caller's
// transaction. A draft that is refused is not written and does not hold up the others.
func (s *Contacts) Save(tx *db.Tx, who crm.Actor, drafts []*crm.Draft, policy Policy, now time.Time) ([]Planned, error) {
	list, err := Plan(tx, who, drafts, policy, now)
	if err != nil {
		return nil, err
	}
	var created []*crm.Contact
	var changed []store.ContactChange
	var events []crm.Event
	for n, p := range list {
		if d := drafts[n]; p.Outcome != Refused && d.ID != "" && d.AlsoOpen && d.Visibility != nil {
			applied, err := applyToOpen(tx, who, p.After, now)
			if err != nil {
				return nil, err
			}
			events = append(events, applied...)
		}
		switch p.Outcome {
		case Create:
			created = append(created, p.After)
			event := who.Event(crm.ContactCreated, now)
			event.ContactID, event.SubjectID, event.Note = p.After.ID, policy.Subject, policy.Note
			events = append(events, event)
		case Update:
			changed = append(changed, store.ContactChange{Before: p.Before, After: p.After})
			if events = append(events, writeOptOuts(tx, who, p, now)...); onlyOptOuts(p) {
				continue // they have entries of their own
			}
			event := who.Event(crm.ContactChanged, now)
			event.ContactID, event.SubjectID, event.Changes, event.Note = p.After.ID, policy.Subject, p.Changes, policy.Note
			events = append(events, event)
		}
	}
	store.ChangeContacts(tx, who.BusinessID, changed, now)
	store.AddContacts(tx, who.BusinessID, created)
	if err := store.IndexNew(tx, who.BusinessID, created); err != nil {
		return nil, err
	}
	for _, c := range created {
		events = append(events, writeOptOuts(tx, who, Planned{Before: &crm.Contact{}, After: c}, now)...)
	}
	return list, s.record(tx, events...)
}

// Put saves one draft of a person's: a form or an API call. It answers with the contact
// as it is now; errors are of kind Invalid (C2), Conflicting (I6), Stale (C4), NotFound.
func (s *Contacts) Put(ctx context.Context, who crm.Actor, d crm.Draft) (*crm.Contact, error) {
	if d.ID == "" && d.Source == "" {
		d.Source = crm.SourceManual
	}
	return s.put(ctx, who, d, Policy{Minimum: true})
}

func (s *Contacts) put(ctx context.Context, who crm.Actor, d crm.Draft, policy Policy) (c *crm.Contact, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		draft := d // preparing changes it, and the transaction may run again
		draft.Fields = maps.Clone(d.Fields)
		list, err := s.Save(tx, who, []*crm.Draft{&draft}, policy, s.Now())
		if err != nil {
			return err
		}
		if list[0].Err != nil {
			return list[0].Err
		}
		c, err = store.Contact(tx, who, list[0].After.ID)
		if crm.KindOf(err) == crm.NotFound {
			c, err = list[0].After, nil // saved, and hidden from the one who saved it
		}
		return err
	})
	return c, err
}

// TakeProfileName makes the name a sender chose on WhatsApp the contact's name (C3), even
// where it is one word only.
func (s *Contacts) TakeProfileName(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Contact, error) {
	c, err := s.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if c.ProfileName == "" {
		return nil, crm.Errorf(crm.Conflicting, "no_profile_name", "This contact has chosen no name on WhatsApp.")
	}
	first, last := crm.SplitName(c.ProfileName)
	return s.put(ctx, who, crm.Draft{ID: id, Version: c.Version, Fields: map[crm.Field]string{crm.FirstName: first, crm.LastName: last}}, Policy{})
}
