package vonage

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"parley/internal/channel"
	"parley/internal/crm"
)

// maxText is the longest text the Messages API takes for SMS, in characters.
const maxText = 1000

// Send posts a text ("Send a message"); our own id comes back with each status as
// client_ref. An unclear end is Unknown and stays so until such a status tells more.
func (c *Channel) Send(ctx context.Context, m crm.Outbound) (string, error) {
	if n := utf8.RuneCountInString(m.Text); n == 0 || n > maxText {
		return "", &channel.SendError{Outcome: channel.Refused, Code: "length",
			Reason: "An SMS over Vonage has between 1 and 1,000 characters. Split this one."}
	}
	body, _ := json.Marshal(map[string]any{ // texts always encode
		"message_type": "text", "channel": "sms", "text": m.Text, "client_ref": m.ID,
		"to": strings.TrimPrefix(m.Address, "+"), "from": strings.TrimPrefix(c.from, "+"),
	})
	reply, err := c.api.Call(ctx, http.MethodPost, "/v1/messages", "application/json", body)
	if err != nil {
		return "", err
	}
	if !reply.OK() {
		return "", refusal(reply)
	}
	var taken struct {
		MessageUUID channel.Word `json:"message_uuid"`
	}
	if err := json.Unmarshal(reply.Body, &taken); err != nil || taken.MessageUUID == "" {
		return "", channel.Unclear(err)
	}
	return string(taken.MessageUUID), nil
}

// Check asks for the application, or for any when none is set: both want the keys.
func (c *Channel) Check(ctx context.Context) (string, error) {
	path := "/v2/applications?page_size=1"
	if c.applicationID != "" {
		path = "/v2/applications/" + url.PathEscape(c.applicationID)
	}
	reply, err := c.api.Call(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return "", err
	}
	if reply.Status == http.StatusNotFound && c.applicationID != "" {
		return "", &channel.SendError{Outcome: channel.Dead, Code: "http 404",
			Reason: "The Vonage account has no application with this id. Check it under Settings > Channels."}
	}
	if !reply.OK() {
		return "", refusal(reply)
	}
	return "Connected to the Vonage account " + c.apiKey + ".", nil
}
