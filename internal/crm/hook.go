package crm

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// HookEndpoint is an address of a business's own systems that follows its events. It is
// told of everything in the business, whoever may see it there.
type HookEndpoint struct {
	BusinessID   ID
	ID           ID
	URL          string
	Events       []string // groups (contact) and types (contact.created); none: all groups
	Active       bool
	Problem      string    // why it was ended or fails; empty while it works
	FailingSince time.Time // zero while it works
	CreatedAt    time.Time
}

// HookGroups are the groups of events that an endpoint can follow.
var HookGroups = []string{"contact", "conversation", "message", "broadcast"}

// HookTypes are the types of events that an endpoint is told of, by group. What one user
// has read, and what was given out, is nobody else's matter.
func HookTypes() []EventType {
	return []EventType{ContactCreated, ContactChanged, ContactReactivated, ContactArchived, ContactRestored, ContactDeleted, ContactErased,
		ContactMerged, ContactMergedAway, ContactParted, ContactRetagged, ContactOptedOut, ContactOptedIn,
		ConversationOpened, ConversationReopened, ConversationAssigned, ConversationClosed, ConversationVisible, ConversationMoved,
		MessageReceived, MessageQueued, MessageStatus, MessageReaction,
		BroadcastCreated, BroadcastChanged, BroadcastDeleted, BroadcastStarted, BroadcastHalted, BroadcastResumed, BroadcastRetried, BroadcastEnded, BroadcastDropped}
}

// Follows reports whether the endpoint is told of a type of event.
func (h HookEndpoint) Follows(t EventType) bool {
	if !slices.Contains(HookTypes(), t) {
		return false
	}
	group, _, _ := strings.Cut(string(t), ".")
	return len(h.Events) == 0 || slices.Contains(h.Events, group) || slices.Contains(h.Events, string(t))
}

// Normalise trims the endpoint and says what is wrong with it. Addresses without
// encryption are for the operator's own networks.
func (h *HookEndpoint) Normalise(plainAllowed bool) Problems {
	var p Problems
	h.URL = strings.TrimSpace(h.URL)
	u, err := url.Parse(h.URL)
	switch {
	case h.URL == "":
		p.Add("url", "required", "This is needed.")
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || len(h.URL) > 2000 || strings.ContainsAny(h.URL, " \t\r\n\x00"):
		p.Add("url", "bad_url", "This is no address: https://…")
	case u.User != nil:
		p.Add("url", "bad_url", "Leave the name and password out of the address: calls are signed.")
	case u.Fragment != "":
		p.Add("url", "bad_url", "Leave out what follows the #.")
	case u.Scheme == "http" && !plainAllowed:
		p.Add("url", "not_https", "The address must begin with https://, for what is sent is about people.")
	case !plainAllowed && ownAddress(u.Hostname()):
		p.Add("url", "private_address", "This address is not reachable from the internet. Whoever runs Parley can allow it with --allow-outbound.")
	}
	known := HookTypes()
	for i, e := range h.Events {
		if !slices.Contains(HookGroups, e) && !slices.Contains(known, EventType(e)) {
			p.Add("events["+strconv.Itoa(i)+"]", "unknown_event", "There is no event %q. Give a group (%s) or a type such as contact.created.", brief(e, 40), strings.Join(HookGroups, ", "))
		}
	}
	return p
}

// ownAddress reports whether a host is by its very name of a machine's own or a private
// network. Whoever calls looks at where other names lead.
func ownAddress(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return !ip.IsGlobalUnicast() || ip.IsPrivate()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// HookDelivery is one event that an endpoint is told of.
type HookDelivery struct {
	ID        ID // stays over all attempts: webhook-id
	EventType EventType
	Status    HookStatus
	Attempts  int
	NextAt    time.Time // of the next attempt; zero: none
	Answer    int       // the status of the last answer; 0: there was none
	Problem   string    // why the last attempt failed
	CreatedAt time.Time
	EndedAt   time.Time
}

// HookStatus says how a delivery stands.
type HookStatus string

// The statuses.
const (
	HookWaiting   HookStatus = "waiting"
	HookDelivered HookStatus = "delivered"
	HookFailed    HookStatus = "failed"
)

// hookWaits are how long to wait after each failed attempt: three days in all.
var hookWaits = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 3 * time.Hour, 8 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour}

// HookBlocking is for how many attempts a delivery holds up those after it, so that they
// arrive in their order; later ones go on without it.
const HookBlocking = 3

// HookEndsAfter is how long an endpoint may fail without a break before it is ended.
const HookEndsAfter = 5 * 24 * time.Hour

// HookWait is how long to wait after a number of failed attempts; more is false when there
// is no other.
func HookWait(attempts int) (wait time.Duration, more bool) {
	if attempts < 1 || attempts > len(hookWaits) {
		return 0, false
	}
	return hookWaits[attempts-1], true
}

// hookPrefix marks a secret as the Standard Webhooks specification writes it.
const hookPrefix = "whsec_"

// HookSecret writes random bytes as a secret.
func HookSecret(random []byte) string { return hookPrefix + base64.StdEncoding.EncodeToString(random) }

// SignHook is the header webhook-signature of a body (Standard Webhooks, symmetric): one
// signature for each secret, for while one takes the place of another there are two.
func SignHook(id ID, at time.Time, body []byte, secrets ...string) string {
	var signatures []string
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, hookPrefix))
		if err != nil || len(key) == 0 {
			continue
		}
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(string(id) + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		_, _ = mac.Write(body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(signatures, " ")
}
