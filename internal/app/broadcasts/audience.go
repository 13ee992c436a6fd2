package broadcasts

import (
	"context"
	"errors"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Preflight is who would get a broadcast if it started now (B2).
type Preflight struct {
	WillSend int
	Skipped  map[crm.SkipReason]int
	// Problems say what else keeps it from starting.
	Problems crm.Problems
}

// All is how many people the audience has.
func (p Preflight) All() int {
	n := p.WillSend
	for _, m := range p.Skipped {
		n += m
	}
	return n
}

// Preflight counts who would get a broadcast now, and who would not and why. Admins only.
func (s *Broadcasts) Preflight(ctx context.Context, who crm.Actor, id crm.ID) (p Preflight, err error) {
	b, err := s.Get(ctx, who, id)
	if err != nil {
		return p, err
	}
	return s.PreflightOf(ctx, who, b.Broadcast)
}

// PreflightOf is Preflight of what is not saved yet.
func (s *Broadcasts) PreflightOf(ctx context.Context, who crm.Actor, b *crm.Broadcast) (p Preflight, err error) {
	if !crm.MayBroadcast(who) {
		return p, crm.ErrForbidden
	}
	p.Skipped = map[crm.SkipReason]int{}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		c, err := contentOf(tx, b)
		if err != nil {
			return err
		}
		p.Problems = append(missing(b), c.problems...)
		return s.audience(tx, who, b, &c, func(_ store.Candidate, skip crm.SkipReason) error {
			if skip == "" {
				p.WillSend++
			} else {
				p.Skipped[skip]++
			}
			return nil
		})
	})
	return p, err
}

func contentOf(tx *db.Tx, b *crm.Broadcast) (content, error) {
	business, err := store.Business(tx, b.BusinessID)
	if err != nil {
		return content{}, err
	}
	return readContent(tx, business, b)
}

func messageOf(tx *db.Tx, b *crm.Broadcast) (content, error) {
	business, err := store.Business(tx, b.BusinessID)
	if err != nil {
		return content{}, err
	}
	return readMessage(tx, business, b)
}

// WouldSkip lists, a page at a time behind a contact, those who would be left out for a
// reason, or with an empty one those who would get it; next is where to go on, empty at
// the end. Those whom the sender may not see are named by nothing (V2).
func (s *Broadcasts) WouldSkip(ctx context.Context, who crm.Actor, id crm.ID, reason crm.SkipReason, after crm.ID, limit int) (list []Person, next crm.ID, err error) {
	b, err := s.Get(ctx, who, id)
	if err != nil {
		return nil, "", err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, next = nil, ""
		var last crm.ID
		c, err := contentOf(tx, b.Broadcast)
		if err != nil {
			return err
		}
		err = s.audience(tx, who, b.Broadcast, &c, func(a store.Candidate, skip crm.SkipReason) error {
			if skip != reason || a.ContactID <= after {
				return nil
			}
			p := Person{Recipient: crm.Recipient{ContactID: a.ContactID, Address: a.Address, Status: crm.Queued}}
			if skip != "" {
				p.Status, p.Skip = crm.Skipped, skip
			}
			if skip == crm.SkipNotVisible {
				p.ContactID, p.Address = "", ""
			}
			if len(list) == limit { // there is one more
				next = last
				return errEnough
			}
			list, last = append(list, p), a.ContactID
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return err
		}
		return named(tx, who, list)
	})
	return list, next, err
}

var errEnough = errors.New("enough")

// audience hands each contact of an audience on, with why it is left out.
func (s *Broadcasts) audience(tx *db.Tx, who crm.Actor, b *crm.Broadcast, c *content, each func(store.Candidate, crm.SkipReason) error) error {
	if !b.Audience.Named() || c.channel.ID == "" {
		return nil
	}
	q := store.AudienceQuery{Who: who, Filter: c.filter, ContactIDs: b.Audience.ContactIDs, Channel: c.channel, Scope: s.scopeOf(c.channel)}
	if c.inWindow(b) {
		q.OpenSince = crm.WindowSince(s.Now())
	}
	seen := map[string]bool{}
	return store.Candidates(tx, q, func(a store.Candidate) error { return each(a, skipReason(a, seen)) })
}

// scopeOf is the portfolio of a channel's WhatsApp user ids (I5).
func (s *Broadcasts) scopeOf(ch store.Channel) string {
	if ch.Family != crm.WhatsApp {
		return ""
	}
	open, err := s.Open(ch)
	if err != nil {
		return ""
	}
	return open.Scope()
}

// skipReason says why somebody is left out; empty for who gets it. What comes first counts.
func skipReason(a store.Candidate, seen map[string]bool) crm.SkipReason {
	switch {
	case !a.Seen:
		return crm.SkipNotVisible
	case a.Archived:
		return crm.SkipArchived
	case a.OptedOut:
		return crm.SkipOptedOut
	case a.Address == "":
		return crm.SkipNoAddress
	case !a.Open:
		return crm.SkipWindow
	case twice(a.Address, seen):
		return crm.SkipDuplicate
	}
	return ""
}

// twice reports whether a number was met before in another spelling. Only Argentina's
// mobiles have two that are not known to be one (I3): any other number has one holder (I1).
func twice(address string, seen map[string]bool) bool {
	national, argentine := strings.CutPrefix(address, "+54")
	if !argentine {
		return false
	}
	national = strings.TrimPrefix(national, "9")
	if seen[national] {
		return true
	}
	seen[national] = true
	return false
}
