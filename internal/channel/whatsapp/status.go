package whatsapp

import (
	"parley/internal/channel"
	"parley/internal/crm"
)

// status is one of statuses[]: news of a message we sent. Beside a failure there are no
// contacts[]; without a number the recipient is known by the user id.
type status struct {
	ID                    channel.Word `json:"id"`
	Status                channel.Word `json:"status"`
	Timestamp             channel.Word `json:"timestamp"`
	RecipientID           channel.Word `json:"recipient_id"`
	RecipientUserID       channel.Word `json:"recipient_user_id"`
	RecipientParentUserID channel.Word `json:"recipient_parent_user_id"`
	CallbackData          channel.Word `json:"biz_opaque_callback_data"`
	Errors                []problem    `json:"errors"`
}

// states are Meta's words for the states of a message.
var states = map[channel.Word]crm.MessageStatusValue{
	"sent": crm.Sent, "delivered": crm.Delivered, "read": crm.Read, "played": crm.Read, "failed": crm.Failed,
}

// inbound is the news in our terms. Its id is that of the message with the state, since
// each state comes once.
func (s status) inbound() (crm.Inbound, error) {
	item := crm.Inbound{
		At:     s.Timestamp.Time(),
		Sender: sender(profile{}, s.RecipientID, s.RecipientUserID, s.RecipientParentUserID),
	}
	if s.ID == "" {
		return item, channel.Problem("The status does not say of which message.")
	}
	item.ExternalID = join(":", string(s.ID), string(s.Status))
	state, known := states[s.Status]
	if !known {
		return item, channel.Problem("The message has the status %q, which is not known.", string(s.Status))
	}
	clientID, _ := crm.ParseID(string(s.CallbackData)) // empty when the data is not ours
	item.Status = &crm.InboundStatus{ExternalID: string(s.ID), ClientID: clientID, Status: state}
	if state == crm.Failed {
		item.Status.ErrorCode, item.Status.Error = failure(s.Errors)
		v, _ := verdict(item.Status.ErrorCode)
		item.Status.OptedOut = v.Outcome == channel.OptedOut
	}
	return item, nil
}
