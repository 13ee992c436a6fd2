package whatsapp

import (
	"regexp"

	"parley/internal/channel"
	"parley/internal/crm"
)

// system is a message by WhatsApp itself about a person ("System messages webhook
// reference"). No contacts[] stand beside it.
type system struct {
	Body         channel.Word `json:"body"`
	Type         channel.Word `json:"type"`
	WaID         channel.Word `json:"wa_id"`
	UserID       channel.Word `json:"user_id"`
	ParentUserID channel.Word `json:"parent_user_id"`
}

// moves reports whether it says that a person has a new number or user id.
func (s *system) moves() bool {
	return s.Type == "user_changed_number" || s.Type == "user_changed_user_id"
}

// changedIDs finds both user ids in the words of a system message, where the old one may
// stand nowhere else.
var changedIDs = regexp.MustCompile(`changed from ([A-Z]{2}\.[A-Za-z0-9.]{1,132}) to ([A-Z]{2}\.[A-Za-z0-9.]{1,132})\.?$`)

// move is where the sender went. The new number and ids are the system message's; the
// old ones the message's sender.
func (s *system) move(from *crm.Sender) (*crm.InboundMove, error) {
	to := sender(profile{}, s.WaID, s.UserID, s.ParentUserID)
	if ids := changedIDs.FindStringSubmatch(string(s.Body)); ids != nil && from.UserID == "" && ids[2] == to.UserID {
		from.UserID = ids[1]
		from.Address = address(*from)
	}
	if from.UserID != "" && from.UserID == to.UserID {
		// Meta may name the sender by the new id already: then only the number is old.
		from.UserID = ""
		from.Address = address(*from)
	}
	switch {
	case to.Address == "":
		return nil, channel.Problem("Somebody has a new number or user id, but it is not named.")
	case from.Address == "":
		return nil, channel.Problem("Somebody has a new number or user id (%s), but the old one is not named.", to.Address)
	}
	return &crm.InboundMove{To: to}, nil
}

func (s *system) read(m *crm.InboundMessage) error {
	m.Type = crm.SystemMessage
	if s == nil || s.Body == "" {
		return missing("a notice")
	}
	m.Text = string(s.Body)
	return nil
}

// userIDUpdate says that a person's user id is another now ("Business-scoped user IDs").
type userIDUpdate struct {
	WaID         channel.Word `json:"wa_id"`
	UserID       replaced     `json:"user_id"`
	ParentUserID replaced     `json:"parent_user_id"`
	Timestamp    channel.Word `json:"timestamp"`
}

type replaced struct {
	Previous channel.Word `json:"previous"`
	Current  channel.Word `json:"current"`
}

func (u userIDUpdate) inbound() (crm.Inbound, error) {
	item := crm.Inbound{
		At:     u.Timestamp.Time(),
		Sender: sender(profile{}, u.WaID, u.UserID.Previous, u.ParentUserID.Previous),
	}
	to := sender(profile{}, u.WaID, u.UserID.Current, u.ParentUserID.Current)
	if u.UserID.Previous == "" && u.ParentUserID.Previous == "" || u.UserID.Current == "" && u.ParentUserID.Current == "" {
		return item, channel.Problem("A user id changed, but the old and the new one are not both named.")
	}
	item.ExternalID = join(":", "user_id_update", string(u.UserID.Previous), string(u.UserID.Current),
		string(u.ParentUserID.Previous), string(u.ParentUserID.Current), string(u.Timestamp))
	item.Moved = &crm.InboundMove{To: to}
	return item, nil
}

// preference is a choice somebody made in WhatsApp about a business's messages ("user_preferences").
type preference struct {
	WaID      channel.Word `json:"wa_id"`
	UserID    channel.Word `json:"user_id"`
	Category  channel.Word `json:"category"`
	Value     channel.Word `json:"value"`
	Timestamp channel.Word `json:"timestamp"`
}

func (p preference) inbound() (crm.Inbound, error) {
	item := crm.Inbound{At: p.Timestamp.Time(), Sender: sender(profile{}, p.WaID, p.UserID, "")}
	if item.Sender.Address == "" {
		return item, channel.Problem("Somebody changed a preference, but it is not said who.")
	}
	item.ExternalID = join(":", "user_preferences", item.Sender.Address, string(p.Category), string(p.Value), string(p.Timestamp))
	switch p.Value {
	case "stop", "resume":
		item.Consent = &crm.InboundConsent{Stop: p.Value == "stop", Category: string(p.Category)}
		return item, nil
	}
	return item, channel.Problem("Somebody changed a preference to %q, which is neither stop nor resume.", string(p.Value))
}
