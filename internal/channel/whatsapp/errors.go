package whatsapp

import (
	"cmp"
	"encoding/json"
	"strconv"
	"time"

	"parley/internal/channel"
)

// problem is an error as Meta writes it in a status, beside an unsupported message, and
// in the answer to a send ("Error codes"). The code decides; the words change.
type problem struct {
	Code      channel.Word `json:"code"`
	Title     channel.Word `json:"title"`
	Message   channel.Word `json:"message"`
	ErrorData struct {
		Details channel.Word `json:"details"`
	} `json:"error_data"`
}

// words are the verdict on a code, or Meta's own words for one that is not known.
func (p problem) words() string {
	if v, known := verdict(string(p.Code)); known {
		return v.Ended()
	}
	if own := p.own(); own != "" {
		return "WhatsApp says: " + own
	}
	return "WhatsApp did not deliver the message and gave no reason."
}

// own are Meta's own words.
func (p problem) own() string { return string(cmp.Or(p.ErrorData.Details, p.Message, p.Title)) }

// failure is the code and the reason of a message that failed.
func failure(problems []problem) (code, reason string) {
	if len(problems) == 0 {
		return "", problem{}.words()
	}
	return string(problems[0].Code), problems[0].words()
}

// refusal is what an answer to a send says, or to anything else we ask Meta for.
func refusal(reply channel.Reply) *channel.SendError {
	var body struct {
		Error problem `json:"error"`
	}
	_ = json.Unmarshal(reply.Body, &body) // an answer that is not Meta's has no code
	code := string(body.Error.Code)
	v, known := verdict(code)
	failed := channel.Refusal(v, known, code, body.Error.words(), reply)
	failed.Own = body.Error.own()
	return failed
}

// verdict finds a code in the table.
func verdict(code string) (channel.Verdict, bool) {
	if v, ok := verdicts[code]; ok {
		return v, true
	}
	if n, err := strconv.Atoi(code); err == nil && n >= 200 && n <= 299 {
		return noPermission, true
	}
	return channel.Verdict{}, false
}

var (
	noPermission = channel.Verdict{Outcome: channel.Dead, Reason: "Meta has taken away the permission to send from this channel. An admin must check the access token and the app under Settings > Channels."}
	wrongRequest = channel.Verdict{Outcome: channel.Refused, Reason: "WhatsApp could not read the message as Parley sent it. Please tell an admin."}
	badTemplate  = channel.Verdict{Outcome: channel.Refused, Reason: "The template does not fit: its name, language or number of values is not what was approved. Ask an admin to check it."}
	tooFast      = channel.Verdict{Outcome: channel.NotSent, Reason: "WhatsApp asks to send more slowly.", Wait: 2 * time.Second}
	faulty       = channel.Verdict{Outcome: channel.NotSent, Reason: "WhatsApp has a fault at the moment.", Wait: 10 * time.Second}
	noRetry      = channel.Verdict{Outcome: channel.Refused, Reason: "WhatsApp does not deliver this message to this person. Try SMS or a call."}
)

// verdicts is Meta's error table ("Error codes") in an agent's words.
var verdicts = map[string]channel.Verdict{
	"131047": {Outcome: channel.Refused, Reason: "The 24 hours since the customer's last message are over. Send a template instead."},
	"131026": {Outcome: channel.Refused, Reason: "The message cannot be delivered on WhatsApp: the number may not use it, or has an old version. Try SMS."},
	"131049": {Outcome: channel.Refused, Reason: "WhatsApp held the message back because this person got many marketing messages lately. Try again after 24 hours."},
	"131050": {Outcome: channel.OptedOut, Reason: "The customer stopped marketing messages from you in WhatsApp."},
	"131056": {Outcome: channel.NotSent, Reason: "Too many messages to this person in a short time.", Wait: 6 * time.Second},
	"130429": tooFast,
	"4":      tooFast,
	"80007":  tooFast,
	"131048": {Outcome: channel.Dead, Reason: "WhatsApp restricted this number because people reported its messages. An admin must look at it in WhatsApp Manager."},
	"131064": {Outcome: channel.Refused, Reason: "WhatsApp does not take this template at the moment because of its category. Ask an admin to check it."},
	"130472": noRetry,
	"130403": {Outcome: channel.Refused, Reason: "The customer blocked your business on WhatsApp."},
	"132000": badTemplate,
	"132001": badTemplate,
	"132005": {Outcome: channel.Refused, Reason: "The template is too long with the values filled in. Shorten them."},
	"132007": {Outcome: channel.Refused, Reason: "The template breaks WhatsApp's policy. Ask an admin to change it."},
	"132012": badTemplate,
	"132018": badTemplate,
	"132015": {Outcome: channel.Refused, Reason: "WhatsApp paused this template because of low quality. Use another one."},
	"132016": {Outcome: channel.Refused, Reason: "WhatsApp switched this template off for good. Use another one."},
	"131008": wrongRequest,
	"131009": wrongRequest,
	"100":    wrongRequest,
	"131051": {Outcome: channel.Refused, Reason: "WhatsApp does not take this kind of message."},
	"131052": {Outcome: channel.Refused, Reason: "WhatsApp could not fetch the file. Send it again."},
	"131053": {Outcome: channel.Refused, Reason: "WhatsApp does not take this file. Check its type and size."},
	"131042": {Outcome: channel.Dead, Reason: "Meta reports a payment problem for this WhatsApp account. An admin must settle it in Meta's billing settings."},
	"131021": {Outcome: channel.Refused, Reason: "A number cannot write to itself."},
	"131030": {Outcome: channel.Refused, Reason: "A test number can write only to the phones on its list. Add this one under WhatsApp > API Setup."},
	"131062": {Outcome: channel.Refused, Reason: "This kind of message cannot go to somebody whose phone number WhatsApp hides."},
	"131057": faulty,
	"131016": faulty,
	"133004": faulty,
	"131000": faulty,
	"2":      faulty,
	"1":      faulty,
	"190":    {Outcome: channel.Dead, Reason: "Meta no longer accepts the access token of this channel. An admin must enter a new one under Settings > Channels."},
	"10":     noPermission,
	"131005": noPermission,
	"368":    {Outcome: channel.Dead, Reason: "Meta blocked this account for a while because of its policies. An admin must look at it in WhatsApp Manager."},
	"131031": {Outcome: channel.Dead, Reason: "Meta locked this WhatsApp account. An admin must look at it in WhatsApp Manager."},
}
