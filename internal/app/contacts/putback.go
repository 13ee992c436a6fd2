package contacts

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Earlier names one field of one entry of a contact's history.
type Earlier struct {
	Event string // the cursor of the entry
	Field string // as the entry calls it
	// Version is that of the contact on which the choice was made (C4); 0 when none is
	// claimed.
	Version int64
}

// PutBack gives a field the value that it had before an entry of the contact's history
// (C5). It is a save like any other: a number that somebody else holds by now is refused
// with who (I6), a stale version with what changed (C4). Errors are of kind Invalid (no
// such entry or field, a tag or a user that is gone), Conflicting, Stale, NotFound.
func (s *Contacts) PutBack(ctx context.Context, who crm.Actor, id crm.ID, earlier Earlier) (c *crm.Contact, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockContacts(tx, who.BusinessID, []crm.ID{id})
		c, err = store.Contact(tx, who, id)
		if err != nil {
			return err
		}
		event, change, err := findChange(tx, who.BusinessID, id, earlier)
		if err != nil {
			return err
		}
		if change.Field == "status" {
			return s.putStatusBack(tx, who, c, change)
		}
		draft, err := earlierDraft(tx, c, event, change)
		if err != nil {
			return err
		}
		draft.ID, draft.Version = id, earlier.Version
		list, err := s.Save(tx, who, []*crm.Draft{&draft}, Policy{Minimum: true, Note: putBackNote}, s.Now())
		if err != nil {
			return err
		}
		if list[0].Err != nil {
			return list[0].Err
		}
		c, err = store.Contact(tx, who, id)
		if crm.KindOf(err) == crm.NotFound {
			c, err = list[0].After, nil // put back, and hidden from the one who did it
		}
		return err
	})
	return c, err
}

const putBackNote = "Put back as it was before."

// findChange is one field of one entry of a contact's history.
func findChange(tx *db.Tx, business, contact crm.ID, earlier Earlier) (event crm.Event, change crm.Change, err error) {
	var problems crm.Problems
	found := false
	if cursor, ok := store.ParseCursor(earlier.Event); ok {
		if event, found, err = store.ContactEvent(tx, business, contact, cursor); err != nil {
			return event, change, err
		}
	}
	if !found {
		problems.Add("event", "unknown_event", "This contact's history has no such entry.")
		return event, change, problems.Err()
	}
	at := slices.IndexFunc(event.Changes, func(c crm.Change) bool { return c.Field == earlier.Field })
	switch {
	case at < 0:
		problems.Add("field", "unknown_field", "This entry changed no field %q.", earlier.Field)
	case !CanPutBack(event.Changes[at].Field):
		problems.Add("field", "cannot_put_back", "This field says what others told us, and is not put back by hand.")
	default:
		change = event.Changes[at]
	}
	return event, change, problems.Err()
}

// CanPutBack reports whether a field of the history can be put back. What a provider or
// the person themselves said cannot: a WhatsApp user id, the name chosen there, consent.
func CanPutBack(field string) bool {
	switch field {
	case "phone", "email", "other_phones", "other_emails", "tags", "visibility", "visible_to", "assignee_id", "status":
		return true
	}
	return new(crm.Contact).Text(crm.Field(field)) != nil || strings.HasPrefix(field, "custom.")
}

// IsBack reports whether a contact has the old value of a change already.
func IsBack(c *crm.Contact, change crm.Change) bool {
	if change.Field == "status" {
		return equalValues(change.Old, string(c.Status))
	}
	for _, now := range diff(&crm.Contact{}, c) {
		if now.Field == change.Field {
			return equalValues(change.Old, now.New)
		}
	}
	return isNothing(change.Old)
}

// equalValues compares a value as the history keeps it with one of now.
func equalValues(old, now any) bool {
	return reflect.DeepEqual(plain(old), plain(now)) || isNothing(old) && isNothing(now)
}

func plain(v any) any {
	switch list := reflect.ValueOf(v); {
	case v == nil:
		return nil
	case list.Kind() == reflect.String:
		return list.String()
	case list.Kind() == reflect.Slice:
		texts := []any{}
		for n := range list.Len() {
			texts = append(texts, plain(list.Index(n).Interface()))
		}
		return texts
	case list.CanInt():
		return float64(list.Int())
	}
	return v
}

func isNothing(v any) bool {
	switch v := plain(v).(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

func (s *Contacts) putStatusBack(tx *db.Tx, who crm.Actor, c *crm.Contact, change crm.Change) error {
	if crm.Status(text(change.Old)) == crm.Archived {
		if !who.IsAdmin() {
			return crm.ErrForbidden
		}
		return s.setStatus(tx, who, c, crm.Archived, crm.ContactArchived)
	}
	return s.setStatus(tx, who, c, crm.Active, crm.ContactRestored)
}

// earlierDraft is the draft that gives one field its old value.
func earlierDraft(tx *db.Tx, c *crm.Contact, event crm.Event, change crm.Change) (d crm.Draft, err error) {
	d = crm.Draft{Fields: map[crm.Field]string{}, Held: true}
	switch change.Field {
	case "phone":
		d.Phone = new(text(change.Old))
	case "email":
		d.Email = new(text(change.Old))
	case "other_phones":
		d.Identities = new(withOthers(c, crm.PhoneIdentity, list(change.Old)))
	case "other_emails":
		d.Identities = new(withOthers(c, crm.EmailIdentity, list(change.Old)))
	case "tags":
		ids, err := tagsNamed(tx, c.BusinessID, list(change.Old))
		d.Tags = &ids
		return d, err
	case "visibility", "visible_to":
		d.Visibility = new(earlierVisibility(c, event))
	case "assignee_id":
		d.AssigneeID = new(crm.ID(text(change.Old)))
	default:
		if key, custom := strings.CutPrefix(change.Field, "custom."); custom {
			d.Custom = map[string]any{key: change.Old}
		} else {
			d.Fields[crm.Field(change.Field)] = text(change.Old)
		}
	}
	return d, nil
}

// withOthers are all phones and e-mails of a contact with the others of one kind
// replaced by values.
func withOthers(c *crm.Contact, kind crm.IdentityKind, values []string) []crm.Identity {
	var result []crm.Identity
	for _, i := range c.Identities {
		if i.Kind != crm.WhatsAppIdentity && (i.Kind != kind || i.Primary) {
			result = append(result, crm.Identity{Kind: i.Kind, Value: i.Shown(), Label: i.Label, Primary: i.Primary})
		}
	}
	for _, value := range values {
		label := ""
		for _, i := range c.Identities {
			if i.Kind == kind && i.Shown() == value {
				label = i.Label
			}
		}
		result = append(result, crm.Identity{Kind: kind, Value: value, Label: label})
	}
	return result
}

// tagsNamed finds the tags that the history names. One that is gone by now is said.
func tagsNamed(tx *db.Tx, business crm.ID, names []string) ([]crm.ID, error) {
	ids := []crm.ID{}
	var problems crm.Problems
	for _, name := range names {
		t, found, err := store.TagByName(tx, business, name)
		switch {
		case err != nil:
			return nil, err
		case !found:
			problems.Add("tags", "tag_gone", "There is no tag %q any more. Nothing was put back: put the other tags on by hand, or ask an admin to make it again.", name)
		default:
			ids = append(ids, t.ID)
		}
	}
	return ids, problems.Err()
}

// earlierVisibility is who saw the contact before an entry: what the entry does not
// mention is as it is now.
func earlierVisibility(c *crm.Contact, event crm.Event) crm.Visibility {
	v := c.Visibility
	for _, change := range event.Changes {
		switch change.Field {
		case "visibility":
			v.Mode = crm.VisibilityMode(text(change.Old))
		case "visible_to":
			v.UserIDs = nil
			for _, id := range list(change.Old) {
				v.UserIDs = append(v.UserIDs, crm.ID(id))
			}
		}
	}
	return v
}

// text and list read values as the history keeps them.
func text(v any) string {
	s, _ := plain(v).(string)
	return s
}

func list(v any) []string {
	texts := []string{}
	values, _ := plain(v).([]any)
	for _, value := range values {
		if s, ok := value.(string); ok {
			texts = append(texts, s)
		}
	}
	return texts
}
