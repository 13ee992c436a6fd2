package twilio

import (
	"net/http"
	"net/url"
	"strconv"

	"parley/internal/channel"
	"parley/internal/crm"
)

// The functions here write webhooks as Twilio would. The simulator and the tests'
// emulator speak through them.

// Signed is the call that brings a form to an address.
func Signed(authToken, address string, form url.Values) channel.Call {
	call := channel.Call{
		Method: http.MethodPost,
		Header: http.Header{
			"Content-Type":  {"application/x-www-form-urlencoded; charset=UTF-8"},
			signatureHeader: {Sign(authToken, address, form)},
		},
		URL:  address,
		Body: []byte(form.Encode()),
	}
	if parsed, err := url.Parse(address); err == nil {
		call.Query = parsed.Query()
	}
	return call
}

// MessageForm is the webhook for a message that came in.
func MessageForm(accountSid, sid, from, to, text string) url.Values {
	return url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "AccountSid": {accountSid},
		"From": {from}, "To": {to}, "Body": {text}, "NumMedia": {"0"}, "NumSegments": {"1"},
		"SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
}

// StatusForm is the webhook for the state of a message we sent; code is the reason of a
// failure.
func StatusForm(accountSid, sid string, state crm.MessageStatusValue, from, to string, code int) url.Values {
	form := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {accountSid},
		"MessageStatus": {string(state)}, "SmsStatus": {string(state)},
		"From": {from}, "To": {to}, "ApiVersion": {"2010-04-01"},
	}
	if state == crm.Failed {
		form.Set("ErrorCode", strconv.Itoa(code))
	}
	return form
}
