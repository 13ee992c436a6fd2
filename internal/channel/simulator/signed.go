package simulator

import (
	"net/url"
	"time"

	"parley/internal/channel"
	"parley/internal/channel/twilio"
	"parley/internal/channel/whatsapp"
)

// signedBody is a call as Meta makes it.
func (c *Channel) signedBody(value whatsapp.Value, at time.Time) channel.Call {
	call := whatsapp.Signed(c.secret, c.address, whatsapp.Notification(value))
	call.Now = at
	return call
}

// signedForm is a call as Twilio makes it.
func (c *Channel) signedForm(form url.Values, at time.Time) channel.Call {
	call := twilio.Signed(c.secret, c.address, form)
	call.Now = at
	return call
}
