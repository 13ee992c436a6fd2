package crm

import (
	"maps"
	"slices"
	"time"
)

// Connection is an accounting system or another CRM whose contacts and invoices follow
// into a business (S1). Its tokens are kept apart, sealed (A5).
type Connection struct {
	BusinessID ID
	ID         ID
	Provider   string // xero, quickbooks, hubspot
	State      ConnectionState
	// Account is the organisation over there, and Details what is known of it: country,
	// currency, and what its provider needs to name it.
	Account   string
	Name      string
	Details   map[string]string
	Choices   []Organisation // to choose among, while connecting
	Options   SyncOptions
	Push      bool   // our changes are sent back (S4)
	Following bool   // the first run was begun: changes are followed
	Problem   string // why it does not work, in words; empty while it does
	// PushedTo is the place in the events up to which changes of ours were looked at.
	PushedTo  string
	StartedBy ID // the user who connects
	Begun     string
	CreatedAt time.Time
	CreatedBy string
	// ConnectedAt and EndedAt are zero until then.
	ConnectedAt time.Time
	EndedAt     time.Time
}

// Organisation is one of several books that a grant opens.
type Organisation struct {
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Details map[string]string `json:"details,omitempty"`
}

// ConnectionState is how far a connection is.
type ConnectionState string

// The states. Reconnect is a connection whose grant is dead: an admin must connect anew.
const (
	Connecting   ConnectionState = "connecting"
	Connected    ConnectionState = "connected"
	Reconnect    ConnectionState = "reconnect"
	Disconnected ConnectionState = "disconnected"
)

// SyncOptions are the choices of an admin for one connection. The zero value is what most
// want.
type SyncOptions struct {
	// Policies say who wins, by field; see DefaultSyncPolicy for those that are left out.
	Policies map[string]SyncPolicy `json:"policies,omitempty"`
	// SwapAddresses pairs the other side's two addresses with ours the other way round.
	SwapAddresses bool `json:"swap_addresses,omitempty"`
	// Phones is the order in which kinds of phone are looked at for the primary one.
	Phones []string `json:"phones,omitempty"`
	// All takes suppliers, sub-customers and projects as well.
	All bool `json:"all,omitempty"`
}

// Policy is who wins in a field.
func (o SyncOptions) Policy(field string) SyncPolicy {
	if p, chosen := o.Policies[field]; chosen {
		return p
	}
	return DefaultSyncPolicy(field)
}

// Fields are those for which these options or others say who wins, in order.
func (o SyncOptions) Fields(other SyncOptions) []string {
	all := maps.Clone(o.Policies)
	if all == nil {
		all = map[string]SyncPolicy{}
	}
	maps.Copy(all, other.Policies)
	return slices.Sorted(maps.Keys(all))
}

// Link ties a contact to a record over there. Base is what both sides last agreed on.
type Link struct {
	ConnectionID ID
	RemoteID     string
	ContactID    ID // empty for one that is ignored, or whose contact is gone
	State        LinkState
	Version      string
	Name         string // as it is called over there
	URL          string
	Base         Values
	Seen         string // a digest of the record as it was last taken
	MergedInto   string // the record that it became part of over there
	Erased       bool   // ignored, because its person was erased, here or over there (C10)
	UpdatedAt    time.Time
}

// LinkState is what a link stands for.
type LinkState string

// The states of a link.
const (
	LinkFollowed LinkState = "followed"
	LinkArchived LinkState = "archived" // over there
	LinkIgnored  LinkState = "ignored"  // an admin said so
	LinkParted   LinkState = "parted"   // its contact was deleted here
	LinkMerged   LinkState = "merged"   // it became part of MergedInto over there
	LinkGone     LinkState = "gone"     // it is gone over there
)

// ReviewItem is a record that only a person can place (S2).
type ReviewItem struct {
	ID           ID
	ConnectionID ID
	RemoteID     string
	Reason       ReviewReason
	Detail       string // in words, with what can be done
	Name         string
	URL          string // its page over there, if any
	Values       Values // of the record
	ContactIDs   []ID   // those in question
	Fields       []Disagreement
	Seen         string // a digest of the record
	At           time.Time
}

// ReviewReason is why a record waits for a person.
type ReviewReason string

// The reasons.
const (
	ReviewAmbiguous  ReviewReason = "two_contacts"
	ReviewShared     ReviewReason = "shared_identity" // the contact is another record's already
	ReviewTeam       ReviewReason = "team_member"
	ReviewNoIdentity ReviewReason = "no_identity"
	ReviewDamaged    ReviewReason = "damaged"
	ReviewDeleted    ReviewReason = "deleted_here"
	ReviewConflict   ReviewReason = "changed_on_both"
	ReviewSwings     ReviewReason = "changed_in_turn" // by two systems: the field is frozen
	ReviewMerged     ReviewReason = "merged_there"
	ReviewRefused    ReviewReason = "refused"
)

// FeedKind is what of a connection is followed, each with a place of its own.
type FeedKind string

// The feeds.
const (
	FeedContacts FeedKind = "contacts"
	FeedInvoices FeedKind = "invoices"
	FeedPush     FeedKind = "push"
)

// SyncRun is one round of a feed.
type SyncRun struct {
	ID        ID         `json:"id"`
	Mode      SyncMode   `json:"mode"`
	Counts    SyncCounts `json:"counts"`
	Calls     int        `json:"calls"`
	StartedAt time.Time  `json:"started_at"`
	EndedAt   time.Time  `json:"ended_at"`
	Problem   string     `json:"problem,omitempty"`
	// Page is the digest of the page that was read last, so that one that repeats is seen.
	Page string `json:"page,omitempty"`
	// Mark is the digest of the page before which 1, 2, 4, 8 … were read, Pages how many were,
	// so that pages that go round in a circle are seen, however long it is.
	Mark  string `json:"mark,omitempty"`
	Pages int    `json:"pages,omitempty"`
	// Done is how many records of the page at hand are done with.
	Done int `json:"done,omitempty"`
}

// SyncMode is why a round is made.
type SyncMode string

// The modes.
const (
	SyncPreview SyncMode = "preview" // nothing is written
	SyncPoll    SyncMode = "poll"    // what changed since the last one
	SyncSweep   SyncMode = "sweep"   // everything
)

// SyncCounts count records by outcome.
type SyncCounts map[SyncOutcome]int

// SyncOutcome is what became of a record, or would.
type SyncOutcome string

// The outcomes. They add up to the records read.
const (
	SyncNew       SyncOutcome = "create"
	SyncUpdated   SyncOutcome = "update"
	SyncUnchanged SyncOutcome = "unchanged"
	SyncReview    SyncOutcome = "review"
	SyncIgnored   SyncOutcome = "ignored"
	SyncLeftOut   SyncOutcome = "left_out" // a supplier, a sub-customer, a project
	SyncArchived  SyncOutcome = "archived"
)

// SyncOutcomes are all of them in the order in which they are shown.
var SyncOutcomes = []SyncOutcome{SyncNew, SyncUpdated, SyncUnchanged, SyncReview, SyncArchived, SyncLeftOut, SyncIgnored}

// Total is how many records were counted.
func (c SyncCounts) Total() int {
	n := 0
	for _, k := range c {
		n += k
	}
	return n
}

// PreviewRow is what a first run would do with one record (S1, M3).
type PreviewRow struct {
	Position  int
	RemoteID  string
	Name      string
	Outcome   SyncOutcome
	ContactID ID
	Changes   []Change
	Reason    string
}

// Pushed is a change of ours that was sent to a connection, or is to be (S4).
type Pushed struct {
	ID           ID
	ConnectionID ID
	ContactID    ID
	RemoteID     string // empty for one that is made over there
	Values       Values
	State        PushState
	Code, Reason string // why it was refused
	Tries        int
	At           time.Time // when it was first tried
	EndedAt      time.Time
}

// PushState is how far such a change is.
type PushState string

// The states. Waiting is also one whose answer never came: it goes out again under the
// same key, so that it is done once.
const (
	PushWaiting PushState = "waiting"
	PushSent    PushState = "sent"
	PushRefused PushState = "refused"
)

// Add counts the outcomes of records behind the first skip of them.
func (c SyncCounts) Add(outcomes []SyncOutcome, skip int) {
	for n, o := range outcomes {
		if n >= skip {
			c[o]++
		}
	}
}
