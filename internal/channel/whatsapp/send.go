package whatsapp

import (
	"context"
	"encoding/json"
	"unicode/utf8"

	"parley/internal/channel"
	"parley/internal/crm"
)

// maxText is the longest text WhatsApp takes, in characters ("Text messages").
const maxText = 4096

// Send posts a text, a template, a file or a reaction ("Messages"). There is no key by which Meta would know a repeat, so
// an unclear end is Unknown and stays so until a status with our id tells more.
func (c *Channel) Send(ctx context.Context, m crm.Outbound) (string, error) {
	if n := utf8.RuneCountInString(m.Text); m.Template == nil && m.File == nil && m.Reaction == nil && (n == 0 || n > maxText) {
		return "", &channel.SendError{Outcome: channel.Refused, Code: "length",
			Reason: "A WhatsApp message has between 1 and 4,096 characters. Split this one."}
	}
	var taken struct {
		Messages []struct {
			ID channel.Word `json:"id"`
		} `json:"messages"`
	}
	mediaID := ""
	if m.File != nil {
		var err error
		if mediaID, err = c.upload(ctx, *m.File); err != nil {
			return "", err
		}
	}
	if err := c.api.Post(ctx, "/"+c.phoneNumberID+"/messages", "application/json", outbound(m, mediaID), &taken); err != nil {
		return "", err
	}
	if len(taken.Messages) == 0 || taken.Messages[0].ID == "" {
		return "", channel.Unclear()
	}
	return string(taken.Messages[0].ID), nil
}

// outbound is the request body. A number carries its plus sign: without it Meta puts the
// business's own country in front. A user id goes into recipient ("Business-scoped user IDs").
func outbound(m crm.Outbound, mediaID string) []byte {
	body := map[string]any{
		"messaging_product":        "whatsapp",
		"recipient_type":           "individual",
		"biz_opaque_callback_data": m.ID,
	}
	switch {
	case m.Template != nil:
		body["type"], body["template"] = "template", templateBody(*m.Template)
	case m.Reaction != nil:
		body["type"], body["reaction"] = "reaction", map[string]any{"message_id": m.QuotedID, "emoji": *m.Reaction}
	case m.File != nil:
		body["type"], body[string(m.File.As)] = string(m.File.As), fileBody(m, mediaID)
	default:
		body["type"], body["text"] = "text", map[string]any{"body": m.Text, "preview_url": false}
	}
	if userID.MatchString(m.Address) {
		body["recipient"] = m.Address
	} else {
		body["to"] = address(crm.Sender{Phone: m.Address})
	}
	if m.QuotedID != "" && m.Reaction == nil {
		body["context"] = map[string]any{"message_id": m.QuotedID}
	}
	encoded, _ := json.Marshal(body) // strings and maps always encode
	return encoded
}

// Check asks for the number itself.
func (c *Channel) Check(ctx context.Context) (string, error) {
	var number struct {
		Number channel.Word `json:"display_phone_number"`
		Name   channel.Word `json:"verified_name"`
	}
	if err := c.api.Get(ctx, "/"+c.phoneNumberID+"?fields=display_phone_number,verified_name", &number); err != nil {
		return "", err
	}
	if number.Number == "" {
		return "", channel.NotTheProvider()
	}
	return "Connected to " + join(", ", string(number.Number), string(number.Name)) + ".", nil
}
