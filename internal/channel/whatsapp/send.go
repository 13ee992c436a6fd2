package whatsapp

import (
	"context"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"parley/internal/channel"
	"parley/internal/crm"
)

// maxText is the longest text WhatsApp takes, in characters ("Text messages").
const maxText = 4096

// Send posts a text ("Messages"). There is no key by which Meta would know a repeat, so
// an unclear end is Unknown and stays so until a status with our id tells more.
func (c *Channel) Send(ctx context.Context, m crm.Outbound) (string, error) {
	if n := utf8.RuneCountInString(m.Text); n == 0 || n > maxText {
		return "", &channel.SendError{Outcome: refused, Code: "length",
			Reason: "A WhatsApp message has between 1 and 4,096 characters. Split this one."}
	}
	reply, err := c.exchange(ctx, http.MethodPost, "/"+c.phoneNumberID+"/messages", outbound(m))
	if err != nil {
		return "", err
	}
	if !reply.OK() {
		return "", refusal(reply)
	}
	var body struct {
		Messages []struct {
			ID channel.Word `json:"id"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(reply.Body, &body); err != nil || len(body.Messages) == 0 || body.Messages[0].ID == "" {
		return "", &channel.SendError{Outcome: channel.Unknown, Code: "no id", Err: err,
			Reason: "WhatsApp answered without saying what became of the message. It may or may not have gone out."}
	}
	return string(body.Messages[0].ID), nil
}

// outbound is the request body. A number carries its plus sign: without it Meta puts the
// business's own country in front. A user id goes into recipient ("Business-scoped user IDs").
func outbound(m crm.Outbound) []byte {
	body := map[string]any{
		"messaging_product":        "whatsapp",
		"recipient_type":           "individual",
		"type":                     "text",
		"text":                     map[string]any{"body": m.Text, "preview_url": false},
		"biz_opaque_callback_data": m.ID,
	}
	if userID.MatchString(m.Address) {
		body["recipient"] = m.Address
	} else {
		body["to"] = address(crm.Sender{Phone: m.Address})
	}
	if m.QuotedID != "" {
		body["context"] = map[string]any{"message_id": m.QuotedID}
	}
	encoded, _ := json.Marshal(body) // strings and maps always encode
	return encoded
}

// Check asks for the number itself.
func (c *Channel) Check(ctx context.Context) (string, error) {
	reply, err := c.exchange(ctx, http.MethodGet, "/"+c.phoneNumberID+"?fields=display_phone_number,verified_name", nil)
	if err != nil {
		return "", err
	}
	if !reply.OK() {
		return "", refusal(reply)
	}
	var body struct {
		Number channel.Word `json:"display_phone_number"`
		Name   channel.Word `json:"verified_name"`
	}
	if err := json.Unmarshal(reply.Body, &body); err != nil || body.Number == "" {
		return "", &channel.SendError{Outcome: refused, Code: "not meta", Err: err,
			Reason: "The answer did not come from WhatsApp. Ask whoever runs Parley to check the address of the provider."}
	}
	return "Connected to " + join(", ", string(body.Number), string(body.Name)) + ".", nil
}

// exchange makes one call to the Graph API with the access token.
func (c *Channel) exchange(ctx context.Context, method, path string, body []byte) (channel.Reply, error) {
	contentType := ""
	if body != nil {
		contentType = "application/json"
	}
	request, err := channel.Request(ctx, method, c.base+path, contentType, body)
	if err != nil {
		return channel.Reply{}, err
	}
	c.authorize(request)
	return channel.Exchange(c.client, request)
}

func (c *Channel) authorize(request *http.Request) {
	request.Header.Set("Authorization", "Bearer "+c.accessToken)
}
