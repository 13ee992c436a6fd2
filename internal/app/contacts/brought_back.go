package contacts

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Reverting is how it goes with one contact when what rows made of it is taken back (M6).
type Reverting struct {
	ContactID crm.ID
	Deleted   bool
	Restored  bool   // wholly
	Kept      string // why it is left as it is, wholly or in part; empty when it is not
}

// BroughtBefore is a contact that rows made (Was is nil) or changed.
type BroughtBefore struct {
	ID          crm.ID
	Was, Became *crm.Contact // Became is nil for one that was made and not changed again
}

// RevertBrought takes back what rows made of contacts. One that they made is deleted where
// nobody changed it since and nothing hangs on it. Of one that they changed, each field
// that still is as they left it gets its old value. A number that rows took from one
// contact and gave to another goes back only with the other, whom whose finds: it is
// called with contacts and says what the rows made of them, if anything. They are taken
// back as well, and are among the results. With dry nothing is written.
func (s *Contacts) RevertBrought(tx *db.Tx, who crm.Actor, list []BroughtBefore, whose func([]crm.ID) ([]BroughtBefore, error), note string, now time.Time, dry bool) ([]Reverting, error) {
	r := &reverting{tx: tx, business: who.BusinessID, current: map[crm.ID]*crm.Contact{}, talked: map[crm.ID]bool{}, restored: map[crm.ID]bool{}, holders: map[crm.IdentityKey]crm.ID{}}
	for more := list; len(more) > 0; {
		if err := r.take(more, dry); err != nil {
			return nil, err
		}
		others := r.outside()
		if len(others) == 0 || len(r.list) > mostAtOnce {
			break
		}
		var err error
		if more, err = whose(others); err != nil {
			return nil, err
		}
	}
	r.settle()
	var deleted []crm.ID
	var changes []store.ContactChange
	var events []crm.Event
	for n, result := range r.results {
		is, c := r.current[result.ContactID], r.after[n]
		switch {
		case result.Deleted:
			deleted = append(deleted, is.ID)
			event := who.Event(crm.ContactDeleted, now)
			event.ContactID, event.Note = is.ID, note
			events = append(events, event)
		case c == nil:
		default:
			if difference := diff(is, c); len(difference) > 0 || c.NameIsPlaceholder != is.NameIsPlaceholder {
				c.Version, c.UpdatedAt, c.UpdatedBy = is.Version+1, now, who.Name
				changes = append(changes, store.ContactChange{Before: is, After: c})
				event := who.Event(crm.ContactChanged, now)
				event.ContactID, event.Changes, event.Note = c.ID, difference, note
				events = append(events, event)
			}
		}
	}
	if dry {
		return r.results, nil
	}
	if err := store.DeleteContacts(tx, who.BusinessID, deleted...); err != nil {
		return nil, err
	}
	store.ChangeContacts(tx, who.BusinessID, changes, now)
	return r.results, s.record(tx, events...)
}

// mostAtOnce is how many contacts are taken back at once, should one lead to another for
// ever.
const mostAtOnce = 5000

// reverting is what is known of the contacts that are being taken back together.
type reverting struct {
	tx       *db.Tx
	business crm.ID
	list     []BroughtBefore
	current  map[crm.ID]*crm.Contact
	talked   map[crm.ID]bool
	restored map[crm.ID]bool            // changed since they were made, and back
	holders  map[crm.IdentityKey]crm.ID // of what they had before; "" for a user
	asked    map[crm.ID]bool            // others who were looked for already
	results  []Reverting                // as settle leaves them, for those who are there
	after    []*crm.Contact             // the same; nil for one that was made
}

// take adds contacts, with who they are now and who holds what they had.
func (r *reverting) take(list []BroughtBefore, dry bool) error {
	ids := make([]crm.ID, len(list))
	var wanted []crm.Identity
	for n, b := range list {
		ids[n] = b.ID
		if b.Was != nil {
			wanted = append(wanted, b.Was.Identities...)
		}
	}
	if !dry {
		slices.Sort(ids)
		store.LockContacts(r.tx, r.business, ids)
	}
	there, err := store.ContactsByID(r.tx, r.business, ids)
	if err != nil {
		return err
	}
	for _, c := range there {
		r.current[c.ID] = c
	}
	if err := r.findRestored(list); err != nil {
		return err
	}
	talked, err := store.Talked(r.tx, r.business, ids)
	if err != nil {
		return err
	}
	for id := range talked {
		r.talked[id] = true
	}
	holdings, err := store.Holders(r.tx, r.business, wanted)
	for _, h := range holdings {
		r.holders[h.Key()] = h.ContactID
	}
	for _, b := range list {
		if r.current[b.ID] != nil { // else deleted or merged since: nothing is left to take back
			r.list = append(r.list, b)
		}
	}
	return err
}

// outside are contacts that hold what one of these had, and are none of these.
func (r *reverting) outside() (ids []crm.ID) {
	if r.asked == nil {
		r.asked = map[crm.ID]bool{}
	}
	for _, b := range r.list {
		r.asked[b.ID] = true
	}
	for _, holder := range r.holders {
		if holder != "" && !r.asked[holder] {
			r.asked[holder] = true
			ids = append(ids, holder)
		}
	}
	return ids
}

// settle finds who goes back to what. It begins with everybody having back what they had,
// and takes that away from whom somebody stands in the way, until nothing changes.
func (r *reverting) settle() {
	r.results, r.after = make([]Reverting, len(r.list)), make([]*crm.Contact, len(r.list))
	barred := map[crm.ID]map[crm.IdentityKey]bool{}
	for {
		keeps := map[crm.IdentityKey]crm.ID{} // who has what afterwards, of these
		for n, b := range r.list {
			is := r.current[b.ID]
			if b.Was == nil {
				r.results[n] = r.revertMade(b, is)
				if !r.results[n].Deleted {
					for _, i := range is.Identities {
						keeps[i.Key()] = is.ID
					}
				}
				continue
			}
			r.after[n], r.results[n] = revertChanged(b, is, barred[b.ID])
			for _, i := range r.after[n].Identities {
				if _, kept := keeps[i.Key()]; !kept || slices.ContainsFunc(is.Identities, func(h crm.Identity) bool { return h.Key() == i.Key() }) {
					keeps[i.Key()] = is.ID
				}
			}
		}
		again := false
		for n, b := range r.list {
			if r.after[n] == nil {
				continue
			}
			for _, i := range r.after[n].Identities {
				holder, held := r.holders[i.Key()]
				outsider := held && holder != b.ID && r.current[holder] == nil
				if (outsider || keeps[i.Key()] != b.ID) && !barred[b.ID][i.Key()] {
					if barred[b.ID] == nil {
						barred[b.ID] = map[crm.IdentityKey]bool{}
					}
					barred[b.ID][i.Key()], again = true, true
				}
			}
		}
		if !again {
			return
		}
	}
}

func (r *reverting) revertMade(b BroughtBefore, is *crm.Contact) Reverting {
	asMade := is.Version == 1 || r.restored[b.ID]
	if b.Became != nil {
		asMade = is.Version == b.Became.Version || len(diff(b.Became, is)) == 0
	}
	switch {
	case r.talked[b.ID]:
		return Reverting{ContactID: is.ID, Kept: "There is a conversation with them, or an invoice."}
	case !asMade:
		return Reverting{ContactID: is.ID, Kept: "Changed since by " + is.UpdatedBy + "."}
	}
	return Reverting{ContactID: is.ID, Deleted: true}
}

// findRestored finds those that rows made whose history comes back to where it began: a later
// import changed them, and was taken back.
func (r *reverting) findRestored(list []BroughtBefore) error {
	var ids []crm.ID
	for _, b := range list {
		if is := r.current[b.ID]; is != nil && b.Was == nil && b.Became == nil && is.Version > 1 {
			ids = append(ids, b.ID)
		}
	}
	histories, err := store.Histories(r.tx, r.business, ids)
	for id, history := range histories {
		r.restored[id] = comesBack(history)
	}
	return err
}

// comesBack reports whether all that happened to a contact since it was made left it as it
// was then.
func comesBack(history []crm.Event) bool {
	if len(history) == 0 || history[0].Type != crm.ContactCreated {
		return false
	}
	first, last := map[string]any{}, map[string]any{}
	for _, e := range history {
		switch e.Type {
		case crm.ContactCreated, crm.ContactLookalike, crm.ContactDistinct, crm.ContactExported:
			continue
		case crm.ContactChanged:
		default:
			return false
		}
		for _, c := range e.Changes {
			if _, seen := first[c.Field]; !seen {
				first[c.Field] = c.Old
			}
			last[c.Field] = c.New
		}
	}
	return reflect.DeepEqual(first, last)
}

// revertChanged is a contact with the old values where the import's still stand.
func revertChanged(b BroughtBefore, is *crm.Contact, barred map[crm.IdentityKey]bool) (*crm.Contact, Reverting) {
	c, stayed := crm.Parted(b.Was, b.Became, is)
	identities, kept := revertIdentities(b, is, barred)
	c.Identities = identities
	stayed = append(stayed, kept...)
	var fields []string
	for _, change := range diff(b.Was, b.Became) {
		if slices.Contains(stayed, change.Field) {
			fields = append(fields, change.Field)
		}
	}
	r := Reverting{ContactID: is.ID, Restored: len(fields) == 0}
	if len(fields) > 0 {
		r.Kept = "Changed since: " + strings.ReplaceAll(strings.Join(fields, ", "), "_", " ") + "."
	}
	return c, r
}

// revertIdentities are those from before, where nobody changed the identities since, but
// for those that are barred: somebody else holds them.
func revertIdentities(b BroughtBefore, is *crm.Contact, barred map[crm.IdentityKey]bool) (list []crm.Identity, stayed []string) {
	fields := []string{"phone", "email", "other_phones", "other_emails", "labels"}
	if len(is.Identities) != len(b.Became.Identities) {
		return is.Identities, fields
	}
	for _, i := range b.Became.Identities {
		if !slices.Contains(is.Identities, i) {
			return is.Identities, fields
		}
	}
	for _, i := range b.Was.Identities {
		if barred[i.Key()] {
			stayed = fields
			continue
		}
		list = append(list, i)
	}
	if len(list) == 0 {
		return is.Identities, fields
	}
	return onePrimary(list), stayed
}
