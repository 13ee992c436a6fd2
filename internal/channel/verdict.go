package channel

import (
	"cmp"
	"net/http"
	"strconv"
	"time"
)

// Verdict is one line of a provider's error table: what a code means for a message and
// in which words an agent reads it.
type Verdict struct {
	Outcome Outcome
	Reason  string // without whether it is tried again, which follows from the outcome
	// Wait is how long to wait before the next try when the provider names no time.
	Wait time.Duration
}

// Failed is the error for a message that got this verdict by a provider's code.
func (v Verdict) Failed(code string, reply Reply) *SendError {
	wait := reply.RetryAfter()
	if wait == 0 {
		wait = v.Wait
	}
	reason := v.Reason
	if v.Outcome == NotSent {
		reason += " The message will be tried again."
	}
	return &SendError{Outcome: v.Outcome, Code: code, Reason: reason, RetryAfter: wait}
}

// Ended are the words for a message whose end the provider tells afterwards: nothing is
// tried again by itself then, whatever the same code means in answer to a send.
func (v Verdict) Ended() string {
	if v.Outcome == NotSent {
		return v.Reason + " The message is not tried again by itself."
	}
	return v.Reason
}

// Refusal is what an answer says that names a code. Where the code is not in the
// provider's table, its status decides, and own are the provider's words for it.
func Refusal(verdict Verdict, known bool, code, own string, reply Reply) *SendError {
	if known {
		return verdict.Failed(code, reply)
	}
	failed := reply.Failed()
	failed.Code = cmp.Or(code, failed.Code)
	if failed.Outcome == Refused {
		failed.Reason = cmp.Or(own, failed.Reason)
	}
	return failed
}

// Unclear is the error of a send that a provider answered without an id for the message.
func Unclear() *SendError {
	return &SendError{Outcome: Unknown, Code: "no id",
		Reason: "The provider answered without saying what became of the message. It may or may not have gone out."}
}

// NoTemplates is the error of a channel that has neither templates nor reactions.
func NoTemplates() *SendError {
	return &SendError{Outcome: Refused, Code: "template", Reason: "Templates and reactions go out on WhatsApp only. Send this one there."}
}

// NotTheProvider is the error of a check that something else answered.
func NotTheProvider() *SendError {
	return &SendError{Outcome: Refused, Code: "not the provider",
		Reason: "The answer did not come from the provider. Ask whoever runs Parley to check the address they set for it."}
}

// Failed is what the status of an answer says by itself, where the provider gave no code
// that is known. Only 429 says for sure that the request was not taken; a server error
// may hide that it was.
func (r Reply) Failed() *SendError {
	verdict := Verdict{Refused, "The provider refused the message and gave no reason that is known. Ask an admin to look at the channel.", 0}
	switch {
	case r.Status == http.StatusTooManyRequests:
		verdict = Verdict{NotSent, "The provider asks to send more slowly.", time.Second}
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
		verdict = Verdict{Dead, "The provider does not accept this channel's keys any more. An admin must enter new ones under Settings > Channels.", 0}
	case r.Status == http.StatusPaymentRequired:
		verdict = Verdict{Dead, "The account at the provider has a payment problem. An admin must settle it there.", 0}
	case r.Status/100 != 4:
		verdict = Verdict{Unknown, "The provider had a fault while it took the message. It may or may not have gone out, so it is not sent again by itself.", 0}
	}
	return verdict.Failed("http "+strconv.Itoa(r.Status), r)
}
