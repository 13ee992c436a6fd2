package twilio

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"parley/internal/channel"
	"parley/internal/crm"
)

// maxText is the longest text Twilio takes, in characters ("Message resource", Body).
const maxText = 1600

// clientParameter carries our own id of a message in the address for its states, since
// Twilio has no field for it.
const clientParameter = "message"

// Send creates a message ("Message resource"). Twilio knows no key for repeats, so an
// unclear end is Unknown and stays so until a state with our id tells more.
func (c *Channel) Send(ctx context.Context, m crm.Outbound) (string, error) {
	if n := utf8.RuneCountInString(m.Text); n > maxText {
		return "", tooLong.Failed("21617", channel.Reply{})
	} else if n == 0 {
		return "", &channel.SendError{Outcome: refused, Code: "21602", Reason: "The message has no text."}
	}
	reply, err := c.exchange(ctx, http.MethodPost, "/Messages.json", c.outbound(m))
	if err != nil {
		return "", err
	}
	if !reply.OK() {
		return "", refusal(reply)
	}
	var body struct {
		Sid channel.Word `json:"sid"`
	}
	if err := json.Unmarshal(reply.Body, &body); err != nil || body.Sid == "" {
		return "", &channel.SendError{Outcome: channel.Unknown, Code: "no id", Err: err,
			Reason: "Twilio answered without saying what became of the message. It may or may not have gone out."}
	}
	return string(body.Sid), nil
}

func (c *Channel) outbound(m crm.Outbound) url.Values {
	values := url.Values{"To": {m.Address}, "Body": {m.Text}}
	if strings.HasPrefix(c.from, "MG") {
		values.Set("MessagingServiceSid", c.from)
	} else {
		values.Set("From", c.from)
	}
	if callback, err := url.Parse(c.callback); err == nil && c.callback != "" {
		query := callback.Query()
		query.Set(clientParameter, m.ID.String())
		callback.RawQuery = query.Encode()
		values.Set("StatusCallback", callback.String())
	}
	return values
}

// Check asks for the account itself.
func (c *Channel) Check(ctx context.Context) (string, error) {
	reply, err := c.exchange(ctx, http.MethodGet, ".json", nil)
	if err != nil {
		return "", err
	}
	if !reply.OK() {
		return "", refusal(reply)
	}
	var body struct {
		Name   channel.Word `json:"friendly_name"`
		Status channel.Word `json:"status"`
	}
	if err := json.Unmarshal(reply.Body, &body); err != nil || body.Status == "" {
		return "", &channel.SendError{Outcome: refused, Code: "not twilio", Err: err,
			Reason: "The answer did not come from Twilio. Ask whoever runs Parley to check the address of the provider."}
	}
	if body.Status != "active" {
		return "", &channel.SendError{Outcome: dead, Code: string(body.Status),
			Reason: "The Twilio account is " + string(body.Status) + ". An admin must look at it in the Twilio console."}
	}
	return "Connected to the Twilio account " + string(body.Name) + ".", nil
}

// Fetch opens a file by the address that came with its message; it wants the account's
// keys, which go only to Twilio by https or to the address the operator configured.
func (c *Channel) Fetch(ctx context.Context, reference string) (io.ReadCloser, string, error) {
	return channel.Files{
		Client: c.client, Base: c.base, Authorize: c.authorize, Domains: []string{"twilio.com"},
	}.Open(ctx, reference)
}

// exchange makes one call about the account with its keys; path follows the account.
func (c *Channel) exchange(ctx context.Context, method, path string, values url.Values) (channel.Reply, error) {
	contentType := ""
	if values != nil {
		contentType = "application/x-www-form-urlencoded"
	}
	address := c.base + "/2010-04-01/Accounts/" + url.PathEscape(c.accountSid) + path
	request, err := channel.Request(ctx, method, address, contentType, []byte(values.Encode()))
	if err != nil {
		return channel.Reply{}, err
	}
	c.authorize(request)
	return channel.Exchange(c.client, request)
}

func (c *Channel) authorize(request *http.Request) {
	request.SetBasicAuth(c.accountSid, c.authToken)
}
