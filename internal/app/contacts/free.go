package contacts

import (
	"context"
	"maps"
	"slices"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Free takes a phone or an e-mail from the contact that holds it, which keeps everything
// else, even where that leaves it without any (I6, C9). With to it becomes one more of
// that contact's in the same transaction. value is in any spelling. The holder is
// returned. Errors are of kind NotFound (either contact), Invalid (the value, or one that
// the holder does not have).
func (s *Contacts) Free(ctx context.Context, who crm.Actor, id crm.ID, kind crm.IdentityKind, value string, to crm.ID) (c *crm.Contact, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockContacts(tx, who.BusinessID, []crm.ID{id, to})
		holder, err := store.Contact(tx, who, id)
		if err != nil {
			return err
		}
		b, err := store.Business(tx, who.BusinessID)
		if err != nil {
			return err
		}
		p := prepared{draft: &crm.Draft{Held: true}}
		p.readIdentity("value", crm.Identity{Kind: kind, Value: value}, b)
		if len(p.unread) > 0 {
			return p.unread[0].problems.Err()
		}
		if len(p.problems) == 0 && (len(p.identities) == 0 || !holds(holder, p.identities[0])) {
			p.problems.Add("value", "not_held", "This contact does not have it.")
		}
		if err := p.problems.Err(); err != nil {
			return err
		}
		if c, err = s.free(tx, who, holder, p.identities[0].Key()); err != nil || to == "" {
			return err
		}
		return s.give(tx, who, to, p.identities[0])
	})
	return c, err
}

func holds(c *crm.Contact, i crm.Identity) bool {
	return slices.ContainsFunc(c.Identities, func(o crm.Identity) bool { return o.Key() == i.Key() })
}

// free saves a contact without one of its identities.
func (s *Contacts) free(tx *db.Tx, who crm.Actor, c *crm.Contact, key crm.IdentityKey) (*crm.Contact, error) {
	left := []crm.Identity{}
	for _, i := range c.Identities {
		if i.Key() != key && i.Kind != crm.WhatsAppIdentity {
			left = append(left, i)
		}
	}
	return s.saveOne(tx, who, crm.Draft{ID: c.ID, Identities: &left, Held: true}, "Freed for another contact.")
}

// give adds an identity to a contact.
func (s *Contacts) give(tx *db.Tx, who crm.Actor, to crm.ID, i crm.Identity) error {
	c, err := store.Contact(tx, who, to)
	if err != nil {
		return err
	}
	list := []crm.Identity{}
	for _, o := range c.Identities {
		if o.Kind != crm.WhatsAppIdentity {
			list = append(list, o)
		}
	}
	i.Primary = c.Primary(i.Kind) == ""
	list = append(list, i)
	_, err = s.saveOne(tx, who, crm.Draft{ID: to, Identities: &list, Held: true}, "")
	return err
}

func (s *Contacts) saveOne(tx *db.Tx, who crm.Actor, d crm.Draft, note string) (*crm.Contact, error) {
	list, err := s.Save(tx, who, []*crm.Draft{&d}, Policy{Note: note}, s.Now())
	if err != nil {
		return nil, err
	}
	return list[0].After, list[0].Err
}

// PutTaking is Put that first frees what the draft wants and holder has (I6): all of it in
// one transaction, so that nothing is taken for a save that is refused.
func (s *Contacts) PutTaking(ctx context.Context, who crm.Actor, d crm.Draft, holder crm.ID) (c *crm.Contact, err error) {
	if d.ID == "" && d.Source == "" {
		d.Source = crm.SourceManual
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := store.Business(tx, who.BusinessID)
		if err != nil {
			return err
		}
		store.LockContacts(tx, who.BusinessID, []crm.ID{holder, d.ID})
		draft := d
		draft.Fields = maps.Clone(d.Fields)
		p := prepare(&draft, b)
		for _, i := range p.wanted() {
			other, err := store.Contact(tx, who, holder)
			if err != nil {
				return err
			}
			if holds(other, i) {
				if _, err := s.free(tx, who, other, i.Key()); err != nil {
					return err
				}
			}
		}
		draft = d
		draft.Fields = maps.Clone(d.Fields)
		list, err := s.Save(tx, who, []*crm.Draft{&draft}, Policy{Minimum: true}, s.Now())
		if err != nil {
			return err
		}
		if list[0].Err != nil {
			return list[0].Err
		}
		c = list[0].After
		return nil
	})
	return c, err
}
