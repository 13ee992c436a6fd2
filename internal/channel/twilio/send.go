package twilio

import (
	"context"
	"io"
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
	if m.Template != nil || m.Reaction != nil {
		return "", channel.NoTemplates()
	}
	if m.File != nil && m.File.URL == "" {
		return "", &channel.SendError{Outcome: channel.Refused, Code: "no address", Reason: c.Files().Refusal}
	}
	if n := utf8.RuneCountInString(m.Text); n > maxText {
		return "", tooLong.Failed("21617", channel.Reply{})
	} else if n == 0 && m.File == nil {
		return "", &channel.SendError{Outcome: channel.Refused, Code: "21602", Reason: "The message has no text."}
	}
	var taken struct {
		Sid channel.Word `json:"sid"`
	}
	form := []byte(c.outbound(m).Encode())
	if err := c.api.Post(ctx, c.account()+"/Messages.json", "application/x-www-form-urlencoded", form, &taken); err != nil {
		return "", err
	}
	if taken.Sid == "" {
		return "", channel.Unclear()
	}
	return string(taken.Sid), nil
}

// account is the path of the account.
func (c *Channel) account() string { return "/2010-04-01/Accounts/" + url.PathEscape(c.accountSid) }

func (c *Channel) outbound(m crm.Outbound) url.Values {
	values := url.Values{"To": {m.Address}}
	if m.Text != "" {
		values.Set("Body", m.Text)
	}
	if m.File != nil {
		values.Set("MediaUrl", m.File.URL)
	}
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
	var account struct {
		Name   channel.Word `json:"friendly_name"`
		Status channel.Word `json:"status"`
	}
	if err := c.api.Get(ctx, c.account()+".json", &account); err != nil {
		return "", err
	}
	if account.Status == "" {
		return "", channel.NotTheProvider()
	}
	if account.Status != "active" {
		return "", &channel.SendError{Outcome: channel.Dead, Code: string(account.Status),
			Reason: "The Twilio account is " + string(account.Status) + ". An admin must look at it in the Twilio console."}
	}
	return "Connected to the Twilio account " + string(account.Name) + ".", nil
}

// Fetch opens a file by the address that came with its message; it wants the account's
// keys, which go only to Twilio by https or to the address the operator configured.
func (c *Channel) Fetch(ctx context.Context, reference string) (io.ReadCloser, string, error) {
	return c.api.Download(ctx, reference, "twilio.com")
}
