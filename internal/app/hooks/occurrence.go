package hooks

import (
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Occurrence is an event with the records it is about, as they are when it is told: nil
// where there is none any more.
type Occurrence struct {
	Event        crm.Event
	Contact      *crm.Contact
	Conversation *store.ConversationRow
	Message      *crm.Message
}

// occurrence reads the event of a delivery and the records it names. They belong to the
// business: who of the team may see them does not matter here.
func occurrence(tx *db.Tx, business crm.ID, d store.HookDelivery) (o Occurrence, err error) {
	var found bool
	if o.Event, found, err = store.EventAt(tx, business, d.At); err != nil {
		return o, err
	}
	if !found { // events are never deleted; a restored table may lack one
		o.Event = crm.Event{BusinessID: business, Type: d.EventType, At: d.CreatedAt, Cursor: d.At.String()}
	}
	if o.Event.ContactID != "" {
		list, err := store.ContactsByID(tx, business, []crm.ID{o.Event.ContactID})
		if err != nil {
			return o, err
		}
		if len(list) > 0 {
			o.Contact = list[0]
		}
	}
	if o.Event.ConversationID != "" {
		row, err := store.ConversationRowOf(tx, business, o.Event.ConversationID)
		if err == nil {
			o.Conversation = &row
		} else if crm.KindOf(err) != crm.NotFound {
			return o, err
		}
	}
	if o.Event.MessageID != "" {
		m, err := store.MessageByID(tx, business, o.Event.MessageID)
		if err == nil {
			o.Message = &m
		} else if crm.KindOf(err) != crm.NotFound {
			return o, err
		}
	}
	return o, nil
}
