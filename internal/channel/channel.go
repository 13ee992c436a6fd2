// Package channel is the seam to the providers of messages. A provider is one package
// below this one with a Kind; wiring lists the kinds in a table, nothing registers itself.
package channel

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
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
	HTTP       *http.Client
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
	// tells what is known when that failed.
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
	// Fetch opens a file. The caller closes it. At most maximum bytes are read by the
	// caller; contentType is the provider's word.
	Fetch(ctx context.Context, reference string) (body io.ReadCloser, contentType string, err error)
}

// Call is one HTTP request of a provider, its body read whole.
type Call struct {
	Method string
	Header http.Header
	Query  url.Values
	// URL is the address the provider called, built from the configured public address
	// and not from what the request claims.
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
	// RetryAfter is how long the provider asked to wait, or 0.
	RetryAfter time.Duration
	Err        error // the cause, for the log; may be nil
}

func (e *SendError) Error() string { return "send: " + e.Code + ": " + e.Reason }
func (e *SendError) Unwrap() error { return e.Err }

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
