package api

import (
	"encoding/json"

	"parley/internal/app/hooks"
	"parley/internal/crm"
)

// HookBody is what an endpoint is told: the event, and the records it is about as they are
// when it is told. The records are those of the API as an admin reads them.
type HookBody struct {
	Type      crm.EventType `json:"type"`
	Timestamp string        `json:"timestamp"`
	Data      HookData      `json:"data"`
}

// HookData is the event itself.
type HookData struct {
	BusinessID     crm.ID        `json:"business_id"`
	Cursor         string        `json:"cursor"`
	By             string        `json:"by"`
	Via            crm.Via       `json:"via"`
	ContactID      crm.ID        `json:"contact_id,omitempty"`
	ConversationID crm.ID        `json:"conversation_id,omitempty"`
	MessageID      crm.ID        `json:"message_id,omitempty"`
	UserID         crm.ID        `json:"user_id,omitempty"`
	SubjectID      crm.ID        `json:"subject_id,omitempty"`
	Changes        []crm.Change  `json:"changes,omitempty"`
	Note           string        `json:"note,omitempty"`
	Contact        *Contact      `json:"contact"`
	Conversation   *Conversation `json:"conversation,omitempty"`
	Message        *Message      `json:"message,omitempty"`
}

// BodyOf writes an occurrence for an endpoint.
func BodyOf(o hooks.Occurrence) ([]byte, error) {
	e := o.Event
	body := HookBody{e.Type, shownTime(e.At), HookData{BusinessID: e.BusinessID, Cursor: e.Cursor, By: e.ActorName, Via: e.Via, ContactID: e.ContactID,
		ConversationID: e.ConversationID, MessageID: e.MessageID, UserID: e.UserID, SubjectID: e.SubjectID, Changes: e.Changes, Note: e.Note}}
	if o.Contact != nil {
		c := contactOf(o.Contact)
		body.Data.Contact = &c
	}
	if o.Conversation != nil {
		v := conversationOf(*o.Conversation)
		v.Unread = false // it is nobody's in particular
		body.Data.Conversation = &v
	}
	if o.Message != nil {
		m := messageOf(*o.Message)
		body.Data.Message = &m
	}
	return json.Marshal(body)
}
