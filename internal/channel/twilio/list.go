package twilio

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
)

// listed is how many messages Twilio lists at once.
const listed = 200

// Taken lists the messages for a number ("Message resource", read multiple). It does not
// ask by the day of sending, which what still waits at Twilio has none of; what is older
// is left out here. A page that does not reach back far enough tells nothing.
func (c *Channel) Taken(ctx context.Context, address string, since time.Time) ([]channel.Taken, error) {
	query := url.Values{"To": {address}, "PageSize": {strconv.Itoa(listed)}}
	var page struct {
		Messages []struct {
			Sid       channel.Word `json:"sid"`
			Body      channel.Word `json:"body"`
			To        channel.Word `json:"to"`
			Status    channel.Word `json:"status"`
			Direction channel.Word `json:"direction"`
			Created   channel.Word `json:"date_created"`
			ErrorCode channel.Word `json:"error_code"`
			Error     channel.Word `json:"error_message"`
		} `json:"messages"`
	}
	if err := c.api.Get(ctx, c.account()+"/Messages.json?"+query.Encode(), &page); err != nil {
		return nil, err
	}
	if page.Messages == nil {
		return nil, channel.NotTheProvider()
	}
	if len(page.Messages) >= listed {
		return nil, &channel.SendError{Outcome: channel.NotSent, Code: "too many", Reason: "Twilio has too many messages to this number to tell which one it is."}
	}
	var list []channel.Taken
	for _, m := range page.Messages {
		created, err := time.Parse(time.RFC1123Z, string(m.Created))
		if m.Direction == "inbound" || string(m.To) != address || err == nil && created.Before(since.Truncate(time.Second)) {
			continue
		}
		status := states[string(m.Status)]
		if status == "" {
			status = crm.Sent
		}
		t := channel.Taken{Text: string(m.Body), InboundStatus: crm.InboundStatus{ExternalID: string(m.Sid), Status: status}}
		if status == crm.Failed {
			t.ErrorCode, t.Error = string(m.ErrorCode), words(string(m.ErrorCode), string(m.Error), string(m.Status))
		}
		list = append(list, t)
	}
	return list, nil
}
