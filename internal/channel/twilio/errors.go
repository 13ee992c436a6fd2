package twilio

import (
	"encoding/json"
	"time"

	"parley/internal/channel"
)

// refusal is what an answer says that is not a success: {"code","message","status"}.
func refusal(reply channel.Reply) *channel.SendError {
	var body struct {
		Code    channel.Word `json:"code"`
		Message channel.Word `json:"message"`
	}
	_ = json.Unmarshal(reply.Body, &body) // an answer that is not Twilio's has no code
	code := string(body.Code)
	verdict, known := verdicts[code]
	// A server error with a code is still one: what became of the message is not said.
	known = known && reply.Status/100 != 5
	return channel.Refusal(verdict, known, code, words(code, string(body.Message), ""), reply)
}

// words say why a message failed: ours for a code that is known, else Twilio's own.
func words(code, own, state string) string {
	if verdict, known := verdicts[code]; known {
		return verdict.Ended()
	}
	switch {
	case own != "":
		return "Twilio says: " + own
	case state == "canceled":
		return "The message was cancelled at Twilio before it went out."
	}
	return "Twilio could not deliver the message and gave no reason that is known."
}

var (
	wrongKeys   = channel.Verdict{Outcome: channel.Dead, Reason: "Twilio does not accept the Account SID and auth token of this channel. An admin must enter new ones under Settings > Channels."}
	wrongFrom   = channel.Verdict{Outcome: channel.Dead, Reason: "The From of this channel is not a number of this Twilio account that can send SMS. An admin must correct it under Settings > Channels."}
	notAPhone   = channel.Verdict{Outcome: channel.Refused, Reason: "This number cannot get SMS; it may be a landline. Use a mobile number."}
	tooFast     = channel.Verdict{Outcome: channel.NotSent, Reason: "Twilio asks to send more slowly.", Wait: time.Second}
	tooLong     = channel.Verdict{Outcome: channel.Refused, Reason: "The text is longer than the 1,600 characters that an SMS can have. Split it."}
	unreachable = channel.Verdict{Outcome: channel.Refused, Reason: "The phone could not be reached; it may be off or out of coverage. Try again later."}
)

// verdicts is Twilio's error dictionary, as far as it concerns messages, in an agent's
// words. Codes from 30001 come with the state of a message, the others with a send.
var verdicts = map[string]channel.Verdict{
	"21211": {Outcome: channel.Refused, Reason: "This is not a number that SMS can be sent to. Check it on the contact."},
	"21408": {Outcome: channel.Refused, Reason: "SMS to this country is switched off in the Twilio account. An admin can allow it under Messaging > Geo permissions."},
	"21603": wrongFrom,
	"21606": wrongFrom,
	"21608": {Outcome: channel.Refused, Reason: "A Twilio trial account can write only to verified numbers. Verify this one in the Twilio console or upgrade the account."},
	"21610": {Outcome: channel.OptedOut, Reason: "The customer replied STOP. They must send START before they can be written to by SMS again."},
	"21612": {Outcome: channel.Refused, Reason: "Twilio has no route from this channel's number to that one."},
	"21614": notAPhone,
	"21617": tooLong,
	"21635": notAPhone,
	"21660": wrongFrom,
	"20003": wrongKeys,
	"20005": {Outcome: channel.Dead, Reason: "The Twilio account is not active. An admin must look at it in the Twilio console."},
	"20404": wrongKeys,
	"20429": tooFast,
	"14107": tooFast,
	"30001": {Outcome: channel.Refused, Reason: "Too many messages were waiting at Twilio. Send it again later."},
	"30002": {Outcome: channel.Dead, Reason: "The Twilio account is suspended. An admin must look at it in the Twilio console."},
	"30003": unreachable,
	"30004": {Outcome: channel.Refused, Reason: "The message was blocked: the phone or its network does not take messages from this number."},
	"30005": {Outcome: channel.Refused, Reason: "The number is not in use any more. Check it on the contact."},
	"30006": {Outcome: channel.Refused, Reason: "The number is a landline or its network cannot be reached by SMS. Use a mobile number."},
	"30007": {Outcome: channel.Refused, Reason: "The network filtered the message out as unwanted. Change its words; links are often the cause."},
	"30008": {Outcome: channel.Refused, Reason: "The network did not deliver the message and gave no reason. Try again later."},
	"30034": {Outcome: channel.Refused, Reason: "The number is not registered for business SMS in the United States (10DLC). An admin must register it in the Twilio console."},
	"63014": {Outcome: channel.Refused, Reason: "The customer blocked messages from you."},
	"63016": {Outcome: channel.Refused, Reason: "The 24 hours since the customer's last message are over. Send a template instead."},
	"63018": tooFast,
	"63024": {Outcome: channel.Refused, Reason: "This is not a number that can be written to. Check it on the contact."},
}
