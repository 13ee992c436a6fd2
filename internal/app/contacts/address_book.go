package contacts

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"strconv"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// BookCard is a contact in an address book.
type BookCard struct {
	Contact *crm.Contact
	Name    string // of its resource, without an ending
	UID     string // empty for one that no client chose
}

// CardState is a text that changes whenever the card of a contact does: its version, and
// what its tags are called. A tag gets another name, or becomes part of another, without a
// new version of those who carry it; a client that kept the old name would take the tag off
// with the next card that it writes.
func CardState(version int64, tags []crm.Tag) string {
	state := strconv.FormatInt(version, 10)
	if len(tags) > 0 {
		state += "-" + tagState(tags)
	}
	return state
}

// tagState is a text that changes with the names of tags.
func tagState(tags []crm.Tag) string {
	h := fnv.New64a()
	for _, t := range tags {
		_, _ = h.Write([]byte(t.Name + "\n")) // a name is one line
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// BookEntries are the contacts of who's address book: the active ones that they may see
// (V2, C7), in the order of their ids, behind one of them.
func (s *Contacts) BookEntries(ctx context.Context, who crm.Actor, after crm.ID, limit int) (list []store.BookEntry, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.BookEntries(tx, who, after, limit)
		return err
	})
	return list, err
}

// BookState is a text that changes when anything in who's address book does. A new name of
// any tag changes it too: the states of the cards then tell whom it is about.
func (s *Contacts) BookState(ctx context.Context, who crm.Actor) (state string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		count, versions, newest, err := store.BookState(tx, who)
		if err != nil {
			return err
		}
		tags, err := store.Tags(tx, who.BusinessID)
		state = fmt.Sprintf("%d-%d-%s-%s", count, versions, newest, tagState(tags))
		return err
	})
	return state, err
}

// BookCards reads contacts of who's address book by the names of their resources, in no
// order. Those that are not there are left out.
func (s *Contacts) BookCards(ctx context.Context, who crm.Actor, names []string) (list []BookCard, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = bookCards(tx, who, names, false)
		return err
	})
	return list, err
}

// bookCards is BookCards; with archived also those that are archived.
func bookCards(tx *db.Tx, who crm.Actor, names []string, archived bool) ([]BookCard, error) {
	named, err := store.AddressCardsNamed(tx, who.BusinessID, names)
	if err != nil {
		return nil, err
	}
	of := map[crm.ID]BookCard{}
	var ids []crm.ID
	for _, name := range names {
		if id, ok := crm.ParseID(name); ok {
			of[id] = BookCard{Name: name}
			ids = append(ids, id)
		}
	}
	for _, c := range named {
		of[c.ContactID] = BookCard{Name: c.Name, UID: c.UID}
		ids = append(ids, c.ContactID)
	}
	seen, err := store.ContactsSeen(tx, who, ids)
	if err != nil {
		return nil, err
	}
	chosen, err := store.AddressCardsOf(tx, who.BusinessID, ids)
	if err != nil {
		return nil, err
	}
	moved := map[crm.ID]string{}
	for _, c := range chosen {
		moved[c.ContactID] = c.Name
	}
	var list []BookCard
	for _, c := range seen {
		card := of[c.ID]
		if name, elsewhere := moved[c.ID]; elsewhere && name != card.Name {
			continue // it has one address, and this is another
		}
		if c.Status == crm.Active || archived {
			card.Contact = c
			list = append(list, card)
		}
	}
	return list, nil
}

// BookMatch is what a client says of the card that it means to write (C4): with New there
// must be none, with There one, and State, when it is not empty, must be that of the one
// there is. Shown is the state that stands in the card itself. It counts, for a card that
// is there, where the client says nothing else: Thunderbird never does.
type BookMatch struct {
	New, There   bool
	State, Shown string
}

func (m BookMatch) check(c *crm.Contact) error {
	based := m.State
	if based == "" && !m.There {
		based = m.Shown
	}
	switch {
	case c == nil && (m.State != "" || m.There):
		return &crm.Error{Kind: crm.Stale, Code: "gone", Detail: "This contact is not in the address book any more."}
	case c != nil && m.New:
		return &crm.Error{Kind: crm.Stale, Code: "there_already", Detail: "There is a card of this name already.", Current: c}
	case c != nil && based != "" && based != CardState(c.Version, c.Tags):
		return &crm.Error{Kind: crm.Stale, Code: "stale_version", Current: c, ChangedBy: c.UpdatedBy,
			Detail: "Somebody changed this contact in the meantime: " + c.UpdatedBy + "."}
	}
	return nil
}

// PutBookCard saves a card of who's address book by the rules of Put. lay says what the
// card makes of the contact as it is now, or of none; the tags are those that there are. A
// contact that it makes is kept under the name and the UID that the client chose. Errors
// are those of Put; Stale also when match does not hold.
func (s *Contacts) PutBookCard(ctx context.Context, who crm.Actor, name, uid string, match BookMatch, lay func(now *crm.Contact, tags []crm.Tag) crm.Draft) (card BookCard, created bool, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		cards, err := bookCards(tx, who, []string{name}, true)
		if err != nil {
			return err
		}
		var now *crm.Contact
		if len(cards) > 0 {
			card = cards[0]
			if now = card.Contact; now.Status != crm.Active {
				return crm.Errorf(crm.Conflicting, "archived", "%s is archived. Restore the contact in Parley first.", now.Name())
			}
		}
		if err := match.check(now); err != nil {
			return err
		}
		tags, err := store.Tags(tx, who.BusinessID)
		if err != nil {
			return err
		}
		draft := lay(now, tags)
		draft.Fields = maps.Clone(draft.Fields)
		draft.Source = crm.SourceManual
		if created = now == nil; !created {
			draft.ID, draft.Version = now.ID, now.Version
		}
		list, err := s.Save(tx, who, []*crm.Draft{&draft}, Policy{Minimum: true}, s.Now())
		if err != nil {
			return err
		}
		if list[0].Err != nil {
			return list[0].Err
		}
		card.Contact = list[0].After
		if created {
			card.Name, card.UID = name, uid
			if name != card.Contact.ID.String() {
				store.AddAddressCard(tx, who.BusinessID, store.AddressCard{ContactID: card.Contact.ID, Name: name, UID: uid})
			}
		}
		return nil
	})
	return card, created, err
}

// DeleteBookCard deletes the contact of a card, or archives it (C6). Admins only (V5).
func (s *Contacts) DeleteBookCard(ctx context.Context, who crm.Actor, name string, match BookMatch) (d Deletion, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		cards, err := bookCards(tx, who, []string{name}, false)
		if err != nil {
			return err
		}
		if len(cards) == 0 {
			return crm.ErrNotFound
		}
		if !who.IsAdmin() {
			return crm.ErrForbidden
		}
		store.LockContacts(tx, who.BusinessID, []crm.ID{cards[0].Contact.ID})
		now, err := store.Contact(tx, who, cards[0].Contact.ID)
		if err != nil {
			return err
		}
		if err := match.check(now); err != nil {
			return err
		}
		d, err = s.deleteOrArchive(tx, who, now, Policy{})
		return err
	})
	return d, err
}
