package whatsapp

import (
	"cmp"
	"encoding/json"

	"parley/internal/channel"
	"parley/internal/crm"
)

// Parse reads a webhook of up to 1000 items ("Webhooks overview"): every entry, change
// and item in its order. Fields that Parley does not follow, such as account_update,
// hold no items. An item for another phone number is unreadable here.
func (c *Channel) Parse(call channel.Call) ([]crm.Inbound, error) {
	var body struct {
		Object string            `json:"object"`
		Entry  []json.RawMessage `json:"entry"`
	}
	if err := json.Unmarshal(call.Body, &body); err != nil {
		return nil, channel.Malformed(err)
	}
	if body.Object != "whatsapp_business_account" || body.Entry == nil {
		return nil, crm.Errorf(crm.Invalid, "not_whatsapp", "The call is not a WhatsApp notification.")
	}
	var items []crm.Inbound
	for _, raw := range body.Entry {
		items = append(items, c.entry(raw)...)
	}
	return items, nil
}

func (c *Channel) entry(raw json.RawMessage) []crm.Inbound {
	var entry struct {
		Changes []json.RawMessage `json:"changes"`
	}
	if err := decode(raw, &entry); err != nil {
		return []crm.Inbound{channel.Finish(crm.Inbound{}, raw, err)}
	}
	var items []crm.Inbound
	for _, raw := range entry.Changes {
		items = append(items, c.change(raw)...)
	}
	return items
}

// change reads one change: a list of items of one or two sorts with what they share.
func (c *Channel) change(raw json.RawMessage) []crm.Inbound {
	var change struct {
		Field string          `json:"field"`
		Value json.RawMessage `json:"value"`
	}
	if err := decode(raw, &change); err != nil {
		return []crm.Inbound{channel.Finish(crm.Inbound{}, raw, err)}
	}
	switch change.Field {
	case "messages", "user_preferences", "user_id_update":
	case "message_template_status_update", "message_template_quality_update", "template_category_update":
		return each(change.Value, nil, templateNews.inbound)
	case "":
		return []crm.Inbound{channel.Finish(crm.Inbound{}, raw, channel.Problem("The change does not say what it is about."))}
	default:
		return nil
	}
	var value struct {
		Metadata        metadata        `json:"metadata"`
		Contacts        profiles        `json:"contacts"`
		Messages        json.RawMessage `json:"messages"`
		Statuses        json.RawMessage `json:"statuses"`
		UserPreferences json.RawMessage `json:"user_preferences"`
		UserIDUpdate    json.RawMessage `json:"user_id_update"`
	}
	if err := decode(change.Value, &value); err != nil {
		return []crm.Inbound{channel.Finish(crm.Inbound{}, raw, err)}
	}
	senders := directory{value.Contacts, count(value.Messages) == 1}
	elsewhere := c.misrouted(value.Metadata)
	return concat(
		each(value.Messages, elsewhere, func(m message) (crm.Inbound, error) { return m.inbound(senders) }),
		each(value.Statuses, elsewhere, status.inbound),
		each(value.UserPreferences, elsewhere, preference.inbound),
		each(value.UserIDUpdate, elsewhere, userIDUpdate.inbound),
	)
}

// metadata says at which of the business's numbers items arrived.
type metadata struct{ phoneNumberID string }

// UnmarshalJSON never fails: what cannot be read names no number.
func (m *metadata) UnmarshalJSON(data []byte) error {
	var fields struct {
		PhoneNumberID channel.Word `json:"phone_number_id"`
	}
	_ = json.Unmarshal(data, &fields)
	m.phoneNumberID = string(fields.PhoneNumberID)
	return nil
}

// misrouted says why items at a number are not this channel's, or nil.
func (c *Channel) misrouted(at metadata) error {
	switch {
	case at.phoneNumberID == "":
		return channel.Problem("It does not say at which of your numbers it arrived.")
	case at.phoneNumberID != c.phoneNumberID:
		return channel.Problem("It arrived at another WhatsApp number (phone number ID %s), which this channel is not set up for.", at.phoneNumberID)
	}
	return nil
}

// each reads a list of items one by one, so that a bad one harms no other. A problem
// that all share makes each of them unreadable.
func each[T any](raw json.RawMessage, shared error, read func(T) (crm.Inbound, error)) []crm.Inbound {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		list = []json.RawMessage{raw} // Meta writes some single items without a list
	}
	items := make([]crm.Inbound, 0, len(list))
	for _, raw := range list {
		var item T
		problem := decode(raw, &item) // as far as it goes: the id is still worth having
		inbound, err := read(item)
		items = append(items, channel.Finish(inbound, raw, cmp.Or(problem, err, shared)))
	}
	return items
}

// decode reads one JSON object.
func decode(raw json.RawMessage, into any) error {
	if err := channel.Object(raw); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return channel.Misread(err)
	}
	return nil
}

func count(raw json.RawMessage) int {
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list)
	return len(list)
}

func concat(lists ...[]crm.Inbound) []crm.Inbound {
	var all []crm.Inbound
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}
