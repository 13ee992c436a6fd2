package team

import (
	"context"
	"fmt"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// AuditCheck is what looking through the seals of the audit log found.
type AuditCheck struct {
	Entries  int64 // sealed ones there are
	Checked  int64 // of them, the newest, looked at just now
	Since    time.Time
	Waiting  bool  // newer ones are not sealed yet
	Emptied  int64 // without details since an erasure or a deletion
	OtherKey int64 // sealed with another secret key: they cannot be checked here
	Findings []AuditFinding
	More     bool // there are more findings than these
}

// AuditFinding is one sign that somebody changed the log in the database.
type AuditFinding struct {
	N    int64 // which entry; 0 where it has no number
	At   time.Time
	Kind string // changed, missing, inserted, seal
	Text string
}

// maxFindings is how many are told apart.
const maxFindings = 50

// checkQuick is how many entries are looked at each time the log is opened.
const checkQuick = 1000

// CheckAudit looks whether the newest entries of the audit log, or with all every one, stand
// as they were sealed: none changed, none missing, none put in. Admins only.
func (s *Team) CheckAudit(ctx context.Context, who crm.Actor, all bool) (c AuditCheck, err error) {
	if !who.IsAdmin() {
		return c, crm.ErrForbidden
	}
	k := &checker{Team: s, business: who.BusinessID, AuditCheck: &c, place: store.Cursor{Tx: -1, Seq: -1}}
	if err := s.DB.Read(ctx, k.begin); err != nil || k.head.N == 0 {
		return c, err
	}
	next := int64(1)
	if !all && k.head.N > checkQuick {
		next = k.head.N - checkQuick + 1
		if err := s.DB.Read(ctx, func(tx *db.Tx) error { return k.enter(tx, next-1) }); err != nil {
			return c, err
		}
	}
	c.Checked = k.head.N - next + 1
	for ; next <= k.head.N; next += sealChunk {
		last := min(next+sealChunk-1, k.head.N)
		if err := s.DB.Read(ctx, func(tx *db.Tx) error { return k.look(tx, next, last) }); err != nil {
			return c, err
		}
	}
	return c, nil
}

// checker walks the seals and the events beside each other.
type checker struct {
	*Team
	*AuditCheck
	business crm.ID
	head     store.SealHead
	erased   store.Cursor // the newest erasure or deletion: what is older may lack details
	before   string       // the MAC of the seal before
	place    store.Cursor // of the last event that was looked at
}

func (k *checker) find(n int64, at time.Time, kind, text string, args ...any) {
	if len(k.Findings) == maxFindings {
		k.More = true
		return
	}
	k.Findings = append(k.Findings, AuditFinding{n, at, kind, fmt.Sprintf(text, args...)})
}

func (k *checker) begin(tx *db.Tx) error {
	var found bool
	var err error
	if k.head, found, err = store.SealHeadOf(tx, k.business); err != nil {
		return err
	}
	if !found {
		k.head.Place = k.place
	}
	k.Entries = k.head.N
	waiting, err := store.Unsealed(tx, k.business, k.head.Place, 1)
	if err != nil {
		return err
	}
	k.Waiting = len(waiting) > 0
	if k.head.N > 0 && k.head.KeyID == k.Sealer.KeyID() && k.head.MAC != k.headMAC(k.business, k.head.N) {
		k.find(0, time.Time{}, "seal", "The count of sealed entries was changed.")
	}
	k.erased, err = store.LastErasure(tx, k.business)
	return err
}

// enter begins after a seal that is not looked at itself.
func (k *checker) enter(tx *db.Tx, n int64) error {
	list, err := store.Seals(tx, k.business, n, n)
	if err == nil && len(list) == 1 {
		k.before, k.place = list[0].MAC, list[0].Place
	}
	return err
}

// look compares the seals from one number to another with the events beside them.
func (k *checker) look(tx *db.Tx, from, to int64) error {
	seals, err := store.Seals(tx, k.business, from, to)
	if err != nil {
		return err
	}
	end := k.head.Place
	if to < k.head.N && len(seals) > 0 {
		end = seals[len(seals)-1].Place
	}
	events, err := store.Sealable(tx, k.business, k.place, end)
	if err != nil {
		return err
	}
	next := from
	for _, seal := range seals {
		if seal.N > next {
			k.missing(next, seal.N-1)
		}
		next = seal.N + 1
		for len(events) > 0 && placeOf(events[0]).Before(seal.Place) {
			k.find(0, events[0].At, "inserted", "An entry was put in or its seal was taken away: %s.", events[0].Type)
			events = events[1:]
		}
		if len(events) == 0 || placeOf(events[0]) != seal.Place {
			k.missing(seal.N, seal.N)
		} else {
			k.compare(seal, events[0])
			events = events[1:]
		}
		k.before, k.place = seal.MAC, seal.Place
	}
	if next <= to {
		k.missing(next, to)
	}
	for _, e := range events {
		k.find(0, e.At, "inserted", "An entry was put in or its seal was taken away: %s.", e.Type)
	}
	k.place = end
	return nil
}

func placeOf(e crm.Event) store.Cursor { return store.AuditPlaceOf(e).Cursor }

func (k *checker) missing(from, to int64) {
	if from == to {
		k.find(from, time.Time{}, "missing", "Entry %d was taken away.", from)
		return
	}
	k.find(from, time.Time{}, "missing", "Entries %d to %d were taken away.", from, to)
}

// compare looks at one entry under its seal.
func (k *checker) compare(seal store.Seal, e crm.Event) {
	if k.Since.IsZero() {
		k.Since = e.At
	}
	if seal.KeyID != k.Sealer.KeyID() {
		k.OtherKey++
		return
	}
	emptied := len(e.Changes) == 0 && e.Note == "" && !k.erased.Before(seal.Place)
	switch details := k.details(k.business, e); {
	case k.sealMAC(k.business, seal, k.before, e) != seal.MAC:
		k.find(seal.N, e.At, "changed", "Entry %d was changed: %s.", seal.N, e.Type)
	case details != seal.Details && emptied:
		k.Emptied++
	case details != seal.Details:
		k.find(seal.N, e.At, "changed", "What entry %d says was changed: %s.", seal.N, e.Type)
	}
}
