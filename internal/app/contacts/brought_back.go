package contacts

import (
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
// that still is as they left it gets its old value. With dry nothing is written.
func (s *Contacts) RevertBrought(tx *db.Tx, who crm.Actor, list []BroughtBefore, note string, now time.Time, dry bool) ([]Reverting, error) {
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
		store.LockContacts(tx, who.BusinessID, ids)
	}
	there, err := store.ContactsByID(tx, who.BusinessID, ids)
	if err != nil {
		return nil, err
	}
	current := map[crm.ID]*crm.Contact{}
	for _, c := range there {
		current[c.ID] = c
	}
	talked, err := store.Talked(tx, who.BusinessID, ids)
	if err != nil {
		return nil, err
	}
	holdings, err := store.Holders(tx, who.BusinessID, wanted)
	if err != nil {
		return nil, err
	}
	holders := map[crm.IdentityKey]crm.Owner{}
	for _, h := range holdings {
		holders[h.Key()] = h.Owner
	}
	var results []Reverting
	var changes []store.ContactChange
	var events []crm.Event
	for _, b := range list {
		is := current[b.ID]
		if is == nil {
			continue // deleted or merged since: nothing of the import is left to take back
		}
		if b.Was == nil {
			r := revertMade(b, is, talked[b.ID])
			if r.Deleted && !dry {
				if err := store.DeleteContact(tx, who.BusinessID, is.ID); err != nil {
					return nil, err
				}
				event := who.Event(crm.ContactDeleted, now)
				event.ContactID, event.Note = is.ID, note
				events = append(events, event)
			}
			results = append(results, r)
			continue
		}
		c, r := revertChanged(b, is, holders)
		results = append(results, r)
		if difference := diff(is, c); len(difference) > 0 || c.NameIsPlaceholder != is.NameIsPlaceholder {
			c.Version, c.UpdatedAt, c.UpdatedBy = is.Version+1, now, who.Name
			changes = append(changes, store.ContactChange{Before: is, After: c})
			event := who.Event(crm.ContactChanged, now)
			event.ContactID, event.Changes, event.Note = c.ID, difference, note
			events = append(events, event)
		}
	}
	if dry {
		return results, nil
	}
	store.ChangeContacts(tx, who.BusinessID, changes, now)
	return results, s.record(tx, events...)
}

func revertMade(b BroughtBefore, is *crm.Contact, talked bool) Reverting {
	version := int64(1)
	if b.Became != nil {
		version = b.Became.Version
	}
	switch {
	case talked:
		return Reverting{ContactID: is.ID, Kept: "There is a conversation with them, or an invoice."}
	case is.Version != version:
		return Reverting{ContactID: is.ID, Kept: "Changed since by " + is.UpdatedBy + "."}
	}
	return Reverting{ContactID: is.ID, Deleted: true}
}

// revertChanged is a contact with the old values where the import's still stand.
func revertChanged(b BroughtBefore, is *crm.Contact, holders map[crm.IdentityKey]crm.Owner) (*crm.Contact, Reverting) {
	c, stayed := crm.Parted(b.Was, b.Became, is)
	identities, kept := revertIdentities(b, is, holders)
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

// revertIdentities are those from before, where nobody changed the identities since and
// nobody else holds one by now.
func revertIdentities(b BroughtBefore, is *crm.Contact, holders map[crm.IdentityKey]crm.Owner) (list []crm.Identity, stayed []string) {
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
		if owner, taken := holders[i.Key()]; taken && owner.ContactID != is.ID {
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
