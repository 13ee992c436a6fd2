// Package channel is the seam to the providers of messages. A provider is one package
// below this one with a Kind; wiring lists the kinds in a table, nothing registers itself.
package channel

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parley/internal/crm"
)

// Kind describes a provider: what an admin is asked for and shown, and how to open an
// account at it.
type Kind struct {
	Name   string     // as in the API: whatsapp, twilio_sms, vonage_sms, simulator
	Title  string     // as people call it: "WhatsApp (Cloud API)"
	Family crm.Family // what contacts opt out of
	// MaxPerSecond is the provider's usual limit for one sender.
	MaxPerSecond float64
	Settings     []Setting
	// Steps say what to do at the provider, one paragraph each. {webhook_url} and
	// {setting_key} in them stand for this channel's values.
	Steps []string
	// Open makes a Channel of complete settings. It does no I/O.
	Open func(Config) (Channel, error)
}

// Setting is one value a Kind needs.
type Setting struct {
	Key      string
	Label    string
	Help     string // where to find it
	Secret   bool   // sealed when stored and shown never again (A5)
	Optional bool
}

// Config is what a Channel is opened with.
type Config struct {
	Settings map[string]string // by Setting.Key, secrets opened
	BaseURL  string            // of the provider's API; set by the operator, never by a business
	// WebhookURL is the public address at which the provider calls this channel.
	WebhookURL string
	HTTP       *http.Client // nil stands for http.DefaultClient
}

// Setting is one value by its key, without the spaces that come along when it is pasted.
func (c Config) Setting(key string) string { return strings.TrimSpace(c.Settings[key]) }

// Base is the address of the provider's API without a slash at its end.
func (c Config) Base(standard string) string {
	return strings.TrimRight(cmp.Or(c.BaseURL, standard), "/")
}

// Channel is one account at a provider. It keeps no state; methods may run side by side.
type Channel interface {
	// Verify checks the signature of a call on its raw bytes. It returns ErrSignature
	// when it is missing or wrong, and reads nothing else.
	Verify(Call) error
	// Parse reads a verified call into its items in their order. What cannot be read
	// among them becomes an item with Unreadable set; an error means that the call as
	// a whole is not of this provider's making (an *crm.Error of kind Invalid).
	Parse(Call) ([]crm.Inbound, error)
	// Answer is what the provider wants to hear once the items are stored.
	Answer() Answer
	// Send hands one message over and returns the provider's id for it. A *SendError
	// tells what is known when that failed. It says so by HandingOver right before the
	// message leaves.
	Send(context.Context, crm.Outbound) (externalID string, err error)
	// Check asks the provider whether the account works, without sending anything. The
	// note says in words what was found; the error is a *SendError.
	Check(context.Context) (note string, err error)
	// Scope is the portfolio within which WhatsApp user ids mean something (I5), or "".
	Scope() string
}

// Challenger is a Channel whose provider asks for proof before it calls.
type Challenger interface {
	// Challenge answers the provider's GET with what it wants to read back, or
	// ErrSignature.
	Challenge(url.Values) (string, error)
}

// MediaSource is a Channel that hands out the files of messages on demand.
type MediaSource interface {
	// Fetch opens the file that crm.Media.Reference names. The caller closes it, sets
	// its own limit on what it reads and compares the hash; contentType is the
	// provider's word. The error is a *SendError: NotSent may be tried again later,
	// Refused means that the file is gone.
	Fetch(ctx context.Context, reference string) (body io.ReadCloser, contentType string, err error)
}

// FileSender is a Channel that can send files, or says why it cannot.
type FileSender interface {
	Files() crm.FileRules
}

// FilesOf are the files that a channel takes.
func FilesOf(c Channel) crm.FileRules {
	if sender, ok := c.(FileSender); ok {
		return sender.Files()
	}
	return crm.FileRules{Refusal: "This channel carries text only."}
}

// Reactor is a Channel on which an emoji can be put on a message.
type Reactor interface {
	// Reacts says that Send takes Outbound.Reaction.
	Reacts() bool
}

// Rehearser is a Channel without a provider behind it: it makes the signed calls that a
// provider would make, so that a page can post them to the channel's own webhook.
type Rehearser interface {
	// Family is the kind of channel that is played, which the Kind cannot know.
	Family() crm.Family
	// Incoming is the call for a message from somebody, with the provider's id of it.
	Incoming(from crm.Sender, text, externalID string, at time.Time) (Call, error)
	// Status is the call for news of a message that Send handed over to an address.
	Status(externalID string, status crm.MessageStatusValue, to string, at time.Time) (Call, error)
}

// Call is one HTTP request of a provider, its body read whole.
type Call struct {
	Method string
	Header http.Header
	Query  url.Values
	// URL is the address the provider called, built from the configured public address
	// and not from what the request claims, with the query exactly as it was called:
	// Twilio signs it.
	URL  string
	Body []byte
	Now  time.Time
}

// Answer is the body of the 200.
type Answer struct {
	ContentType string
	Body        string
}

// ErrSignature says that a call is not from the provider, or that the channel lacks the
// secret to tell.
var ErrSignature = errors.New("channel: wrong or missing signature")

// SendError tells how a send failed and what may be done about it.
type SendError struct {
	Outcome Outcome
	Code    string // the provider's own code, or "http 503"
	Reason  string // in words that an agent understands, with what to do
	Own     string // the provider's own words, where it gave some
	// RetryAfter is how long the provider asked to wait, or 0.
	RetryAfter time.Duration
	Err        error // the cause, for the log; may be nil
}

func (e *SendError) Error() string { return "send: " + e.Code + ": " + e.Reason }
func (e *SendError) Unwrap() error { return e.Err }

// FailureOf is what is known of a send that ended with an error, nil without one. An error
// that says nothing leaves it Unknown.
func FailureOf(err error) *SendError {
	var failure *SendError
	if err != nil && !errors.As(err, &failure) {
		failure = &SendError{Outcome: Unknown, Code: "fault", Err: err,
			Reason: "Something went wrong while sending, and it is not known whether the message arrived."}
	}
	return failure
}

// Outcome is what is known of a message after a failed send.
type Outcome string

// The outcomes.
const (
	// NotSent: the provider did not take it; sending again later is safe.
	NotSent Outcome = "not_sent"
	// Refused: the provider will never take it; sending again is pointless.
	Refused Outcome = "refused"
	// Unknown: the provider may have taken it; it must not be sent again by itself.
	Unknown Outcome = "unknown"
	// Dead: the account itself does not work any more; NotSent, and admins must act.
	Dead Outcome = "dead"
	// OptedOut: Refused because the person said stop (B5).
	OptedOut Outcome = "opted_out"
)
