// Package connector is the seam to accounting systems and other CRMs whose contacts and
// invoices follow into a business. One is a package below this one with a Kind; wiring
// lists the kinds in a table, nothing registers itself. docs/connector.md says how to
// write the next one.
package connector

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
)

// Kind describes a system: what is asked of it and why, what it can keep, and how fast it
// may be called.
type Kind struct {
	Name   string // as in the API and in addresses: xero
	Title  string // as people call it: Xero
	Source crm.Source
	// Organisation is what it calls one set of books: organisation, company, account.
	Organisation string
	Scopes       []Scope
	// Fields are the fields of a contact that it can keep, in order. The rest is never
	// compared, so that a round trip cannot wipe it.
	Fields []string
	// Extra are those that an organisation can keep, too, where it has made a place for
	// them: Details["fields"] names these, by commas.
	Extra []string
	// Addresses says how it calls the two addresses: ours first.
	Addresses [2]string
	// Phones are its kinds of phone, the likeliest mobile first.
	Phones []string
	// LeftOut is what Options.All takes as well, in words; empty where there is nothing.
	LeftOut  string
	Invoices bool
	Limits   Limits
	// Settings are the operator's, named in the page that is shown without them.
	Settings []string
	Open     func(App) Connector
}

// Of is a kind as an organisation has it: with the fields that this one keeps.
func (k Kind) Of(details map[string]string) Kind {
	made := strings.Split(details["fields"], ",")
	k.Fields = slices.Concat(k.Fields, slices.DeleteFunc(slices.Clone(k.Extra), func(f string) bool { return !slices.Contains(made, f) }))
	return k
}

// Scope is one right that is asked for.
type Scope struct {
	Name string
	Why  string // in words that an admin understands
}

// Limits are how often an organisation may be called; 0 is no limit. All nodes count
// minutes and days together; PerSecond is kept by each for itself.
type Limits struct{ PerSecond, PerMinute, PerDay int }

// App is the operator's registration at the provider.
type App struct {
	ClientID, ClientSecret string
	WebhookKey             string
	BaseURL, IdentityURL   string // empty for the provider's own
	RedirectURL            string
	HTTP                   *http.Client
	Now                    func() time.Time
}

// Ready reports whether connections can be made.
func (a App) Ready() bool { return a.ClientID != "" && a.ClientSecret != "" }

// NotAhead is a provider's time as a place behind which changes are asked for: never later
// than it is here. A clock over there that ran far ahead once would hide what changes
// until then; one that is behind costs that something is read twice.
func NotAhead(at, now time.Time) time.Time {
	if at.After(now) {
		return now
	}
	return at
}

// Connector is one system. It keeps no state; methods may run side by side. Errors are
// *Error.
type Connector interface {
	// AuthorizeURL is where an admin consents. verifier is the secret of PKCE, of which a
	// system that has no PKCE takes no notice.
	AuthorizeURL(state, verifier string) string
	// Exchange makes a grant of what the provider called back with, and says which
	// organisations it opens.
	Exchange(ctx context.Context, callback url.Values, verifier string) (Token, []crm.Organisation, error)
	// Refresh makes a new token of an old one. Dead says that an admin must connect anew.
	Refresh(ctx context.Context, old Token) (Token, error)
	// Revoke gives the grant for one organisation back.
	Revoke(ctx context.Context, token Token, org crm.Organisation) error

	// Changes is one page of what changed behind a cursor; an empty one is the beginning
	// of everything. A record that cannot be read is Damaged; a page that cannot be read
	// is an error, and its cursor stays.
	Changes(ctx context.Context, a Access, feed crm.FeedKind, cursor string) (Page, error)
	// Read is the records of these ids that are there.
	Read(ctx context.Context, a Access, feed crm.FeedKind, ids []string) (Page, error)
	// Find is the record that an earlier try of a write made, whose answer was lost; nil
	// where there is none.
	Find(ctx context.Context, a Access, w Write) (*Record, error)
	// Push writes a contact and answers with what it became.
	Push(ctx context.Context, a Access, w Write) (Record, error)

	// Hints reads a webhook of the provider: which records of which organisations to look
	// at. It returns ErrSignature where it is not the provider's, and believes nothing of
	// what it says.
	Hints(Call) ([]Hint, error)
}

// Numbered is a Connector whose provider numbers its webhooks, over all organisations: what
// did not arrive shows. A webhook without events has no numbers.
type Numbered interface {
	Numbers(Call) (first, last int64)
}

// Token is a grant as it is kept, sealed.
type Token struct {
	Access    string    `json:"access"`
	Refresh   string    `json:"refresh"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Access is the right to call one organisation.
type Access struct {
	Token string
	Org   crm.Organisation
	// Before is asked before each call and may refuse it (Wait); After is told what the
	// provider said of its limits. Both may be nil.
	Before func(context.Context) error
	After  func(context.Context, Told)
}

// Told is what a provider said of its limits in an answer.
type Told struct {
	// RetryAfter is how long it asked to wait, or 0.
	RetryAfter time.Duration
	// DayLeft is how many calls are left today, or -1 where it did not say.
	DayLeft int
}

// Page is a page of changes. Next is the cursor behind it.
type Page struct {
	Contacts []Record
	Invoices []Invoice
	Next     string
	More     bool // there is a page behind it now
}

// Record is a contact as a provider has it.
type Record struct {
	ID        string
	Version   string
	UpdatedAt time.Time
	Name      string     // as it is called over there
	Values    crm.Values // texts by field, without phone and email
	Phones    []Phone
	Emails    []string // the main one first
	OurID     string   // the id that we gave it over there, if any
	URL       string   // its page over there
	Archived  bool
	Erased    bool   // for data protection: it must not be kept here as followed
	Gone      bool   // deleted over there
	MergedTo  string // the record that it became part of
	LeaveOut  string // why it is left out unless asked for: "supplier"
	Damaged   string // why it cannot be read; the rest is empty then but the id
	// Current is the record as the provider wrote it, for Push.
	Current []byte
}

// Phone is a number as somebody typed it over there.
type Phone struct {
	Kind string
	Text string
}

// Invoice is a sales invoice as a provider has it. ID is unique over all organisations of
// the provider.
type Invoice struct {
	ID, ContactID      string
	Number, Currency   string
	Total, AmountDue   string // decimal numbers
	IssuedOn, DueOn    string // days, or ""
	Status             crm.InvoiceStatus
	RemoteStatus, Link string
	Damaged            string
	// Gone is one that was deleted over there, of which nothing is left but its ID.
	Gone bool
}

// Write is a contact to be made or changed over there.
type Write struct {
	// Key makes the write happen once, however often it is sent.
	Key     string
	Current *Record    // as it was just read; nil for a new one
	Set     crm.Values // what is to be; an empty text clears
	Name    string     // what a new one is to be called; of another only where a person chose it
	OurID   string     // kept over there where there is a place for it
	// Phone is the kind that the primary phone was read from; empty where there is none.
	Phone string
}

// Hint says that a record may have changed. An empty ID means that anything may have.
type Hint struct {
	Org  string
	Feed crm.FeedKind
	ID   string
}

// Call is one HTTP request of a provider, its body read whole.
type Call struct {
	Method string
	URL    string // built from the configured public address
	Header http.Header
	Body   []byte
	Now    time.Time
}

// Rename is what a record is to be called when its names are laid over: its own name
// follows where it was made of them, or of the business name, unless a person chose one.
// changed is false where it stays.
func (w Write) Rename(name, first, last string) (renamed string, changed bool) {
	if w.Name != "" {
		return w.Name, w.Name != name
	}
	business, asked := w.Set["business_name"]
	person := crm.FullName(or(w.Set, "first_name", first), or(w.Set, "last_name", last))
	switch {
	case asked && business != "":
		renamed = business
	case asked || crm.FullName(name) == crm.FullName(first, last):
		renamed = person
	default:
		return name, false
	}
	return renamed, renamed != "" && renamed != name
}

func or(set crm.Values, field, text string) string {
	if other, ok := set[field]; ok {
		return other
	}
	return text
}
