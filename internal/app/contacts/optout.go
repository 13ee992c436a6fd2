package contacts

import (
	"context"
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// checkOptOuts refuses families of channels that there are not.
func checkOptOuts(p *prepared) {
	if p.draft.OptOuts == nil {
		return
	}
	for _, f := range *p.draft.OptOuts {
		if f != crm.SMS && f != crm.WhatsApp {
			p.problems.Add("opt_outs", "unknown_family", "%q is neither sms nor whatsapp.", string(f))
		}
	}
}

// writeOptOuts writes what a plan changes of a contact's opt-outs, and answers with the
// entries for its history (B5).
func writeOptOuts(tx *db.Tx, who crm.Actor, p Planned, now time.Time) (events []crm.Event) {
	entry := func(t crm.EventType, f crm.Family) {
		e := who.Event(t, now)
		e.ContactID, e.Note = p.After.ID, f.Title()
		events = append(events, e)
	}
	for _, f := range p.After.OptOuts {
		if !slices.Contains(p.Before.OptOuts, f) {
			store.OptOut(tx, who.BusinessID, p.After.ID, f, now, "hand", "by "+who.Name)
			entry(crm.ContactOptedOut, f)
		}
	}
	for _, f := range p.Before.OptOuts {
		if !slices.Contains(p.After.OptOuts, f) {
			store.OptIn(tx, who.BusinessID, p.After.ID, f)
			entry(crm.ContactOptedIn, f)
		}
	}
	return events
}

// onlyOptOuts reports whether a plan changes nothing else.
func onlyOptOuts(p Planned) bool {
	return len(p.Changes) == 0 && p.Before.NameIsPlaceholder == p.After.NameIsPlaceholder
}

// SetOptOut notes by hand that a contact wants no broadcasts on a family of channels, or
// that it wants them again (B5).
func (s *Contacts) SetOptOut(ctx context.Context, who crm.Actor, id crm.ID, family crm.Family, out bool) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockContacts(tx, who.BusinessID, []crm.ID{id})
		c, err := store.Contact(tx, who, id)
		if err != nil {
			return err
		}
		list := slices.DeleteFunc(slices.Clone(c.OptOuts), func(f crm.Family) bool { return f == family })
		if out {
			list = append(list, family)
		}
		planned, err := s.Save(tx, who, []*crm.Draft{{ID: id, OptOuts: &list}}, Policy{}, s.Now())
		if err != nil {
			return err
		}
		return planned[0].Err
	})
}

// OptOuts are a contact's opt-outs with when and from where they came.
func (s *Contacts) OptOuts(ctx context.Context, who crm.Actor, id crm.ID) (list []store.SaidStop, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.Contact(tx, who, id); err != nil {
			return err
		}
		list, err = store.OptOutsOf(tx, who.BusinessID, id)
		return err
	})
	return list, err
}
