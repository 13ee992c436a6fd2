package vonage

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"parley/internal/channel"
)

// problem is an error as Vonage writes it: by type, title and detail in version 1 of the
// API and in answers, by code and reason before ("Messages API errors").
type problem struct {
	Type   channel.Word `json:"type"` // an address that ends in #1120
	Title  channel.Word `json:"title"`
	Detail channel.Word `json:"detail"`
	Code   channel.Word `json:"code"`
	Reason channel.Word `json:"reason"`
}

// code is the number of an error: its own, the end of its type, or its title.
func (p *problem) code() string {
	if p == nil {
		return ""
	}
	_, end, _ := strings.Cut(string(p.Type), "#")
	for _, code := range []string{string(p.Code), end, string(p.Title)} {
		if code != "" && strings.Trim(code, "0123456789") == "" {
			return code
		}
	}
	return ""
}

// failure is the code and the reason of a message that failed.
func (p *problem) failure() (code, reason string) {
	code = p.code()
	if verdict, known := verdicts[code]; known {
		return code, verdict.Ended()
	}
	if p != nil {
		if own := cmp.Or(p.Detail, p.Reason, p.Title); own != "" {
			return code, "Vonage says: " + string(own)
		}
	}
	return code, "Vonage could not deliver the message and gave no reason."
}

// refusal is what an answer says that is not a success.
func refusal(reply channel.Reply) *channel.SendError {
	var body problem
	_ = json.Unmarshal(reply.Body, &body) // an answer that is not Vonage's has no code
	code, reason := body.failure()
	verdict, known := verdicts[code]
	// A server error with a code is still one: what became of the message is not said.
	return channel.Refusal(verdict, known && reply.Status/100 != 5, code, reason, reply)
}

var (
	tooFast  = channel.Verdict{Outcome: channel.NotSent, Reason: "Vonage asks to send more slowly.", Wait: time.Second}
	noMoney  = channel.Verdict{Outcome: channel.Dead, Reason: "The Vonage account has no credit left. An admin must top it up in the Vonage dashboard."}
	noNumber = channel.Verdict{Outcome: channel.Refused, Reason: "This is not a number that SMS can be sent to. Check it on the contact."}
	noRoute  = channel.Verdict{Outcome: channel.Refused, Reason: "Vonage has no route to this number at the moment. Try again later or call."}
	away     = channel.Verdict{Outcome: channel.Refused, Reason: "The phone could not be reached; it may be off or out of coverage. Try again later."}
)

// verdicts is Vonage's table of errors in an agent's words.
var verdicts = map[string]channel.Verdict{
	"1000": tooFast,
	"1040": noNumber,
	"1050": {Outcome: channel.Refused, Reason: "Vonage does not send to this number."},
	"1060": {Outcome: channel.Dead, Reason: "Vonage barred the account from sending. An admin must ask Vonage's support."},
	"1070": noMoney,
	"1080": {Outcome: channel.Dead, Reason: "The Vonage account may not send by this API. An admin must ask Vonage's support."},
	"1090": {Outcome: channel.Refused, Reason: "The text is too long for an SMS. Split it."},
	"1120": {Outcome: channel.Refused, Reason: "The network does not accept the From of this channel in that country. An admin can enter another one under Settings > Channels."},
	"1140": {Outcome: channel.Dead, Reason: "The Vonage account may not send this kind of message. An admin must ask Vonage's support."},
	"1160": {Outcome: channel.Refused, Reason: "A Vonage trial account can write only to its test numbers. Add this one in the dashboard or upgrade the account."},
	"1170": noNumber,
	"1180": away,
	"1190": {Outcome: channel.Refused, Reason: "The number is not in use any more. Check it on the contact."},
	"1200": noRoute,
	"1210": {Outcome: channel.Refused, Reason: "The network filtered the message out as unwanted. Change its words; links are often the cause."},
	"1220": away,
	"1230": noRoute,
	"1240": {Outcome: channel.OptedOut, Reason: "The customer replied STOP. They do not want messages from you by SMS."},
	"1241": tooFast,
	"1250": noRoute,
	"1260": noRoute,
	"1270": {Outcome: channel.Refused, Reason: "The network blocked the message because of the customer's age limit."},
	"1280": {Outcome: channel.Refused, Reason: "The network blocked the number; its plan may have no SMS."},
	"1290": {Outcome: channel.Refused, Reason: "The customer's phone has no credit to receive messages."},
	"1300": noNumber,
	"1310": {Outcome: channel.Refused, Reason: "The customer's phone cannot show this message."},
	"1330": {Outcome: channel.Refused, Reason: "The network did not deliver the message and gave no reason. Try again later."},
}
