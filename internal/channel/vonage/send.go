package vonage

import (
	"context"
	"encoding/json"
	"errors"
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
	if m.File != nil {
		return "", &channel.SendError{Outcome: channel.Refused, Code: "file", Reason: c.Files().Refusal}
	}
	if m.Template != nil || m.Reaction != nil {
		return "", channel.NoTemplates()
	}
	if n := utf8.RuneCountInString(m.Text); n == 0 || n > maxText {
		return "", &channel.SendError{Outcome: channel.Refused, Code: "length",
			Reason: "An SMS over Vonage has between 1 and 1,000 characters. Split this one."}
	}
	body, _ := json.Marshal(map[string]any{ // texts always encode
		"message_type": "text", "channel": "sms", "text": m.Text, "client_ref": m.ID,
		"to": strings.TrimPrefix(m.Address, "+"), "from": strings.TrimPrefix(c.from, "+"),
	})
	var taken struct {
		MessageUUID channel.Word `json:"message_uuid"`
	}
	if err := c.api.Post(ctx, "/v1/messages", "application/json", body, &taken); err != nil {
		return "", err
	}
	if taken.MessageUUID == "" {
		return "", channel.Unclear()
	}
	return string(taken.MessageUUID), nil
}

// Check asks for the application, or for any when none is set: both want the keys.
func (c *Channel) Check(ctx context.Context) (string, error) {
	path := "/v2/applications?page_size=1"
	if c.applicationID != "" {
		path = "/v2/applications/" + url.PathEscape(c.applicationID)
	}
	var found map[string]any
	err := c.api.Get(ctx, path, &found)
	var failed *channel.SendError
	switch {
	case errors.As(err, &failed) && failed.Code == "http 404" && c.applicationID != "":
		failed.Outcome = channel.Dead
		failed.Reason = "The Vonage account has no application with this id. Check it under Settings > Channels."
		return "", failed
	case err != nil:
		return "", err
	case found == nil:
		return "", channel.NotTheProvider()
	}
	return "Connected to the Vonage account " + c.apiKey + ".", nil
}
