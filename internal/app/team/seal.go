package team

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// sealChunk is how many entries are sealed in one transaction, and checked in one look.
const sealChunk = 500

// sealEvery is how soon what was written is sealed; sealAll how often every business is
// looked at, for what a node left behind that stopped.
const (
	sealEvery = time.Second
	sealAll   = time.Minute
)

// due are the businesses that wrote events since they were looked at. The zero value is
// empty.
type due struct {
	mu  sync.Mutex
	ids map[crm.ID]bool
}

func (d *due) add(business crm.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ids == nil {
		d.ids = map[crm.ID]bool{}
	}
	d.ids[business] = true
}

func (d *due) take() map[crm.ID]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := d.ids
	d.ids = nil
	return ids
}

// SealSoon says that a business has new events, some of which may be for the audit log. It
// never waits.
func (s *Team) SealSoon(business crm.ID) { s.unsealed.add(business) }

// KeepSealed seals the audit log as it grows, until ctx ends. Any number of nodes may do so.
func (s *Team) KeepSealed(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(sealEvery)
	defer tick.Stop()
	var last time.Time
	for {
		if now := time.Now(); now.Sub(last) >= sealAll {
			last = now
			if err := s.sealNewsOfAll(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
		for business := range s.unsealed.take() {
			if err := s.Seal(ctx, business); err != nil && ctx.Err() == nil {
				s.unsealed.add(business)
				failed(err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Team) sealNewsOfAll(ctx context.Context) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		ids, err := store.BusinessIDs(tx)
		for _, id := range ids {
			s.unsealed.add(id)
		}
		return err
	})
}

// Seal seals what a business has in its audit log and is settled.
func (s *Team) Seal(ctx context.Context, business crm.ID) error {
	for {
		var waits bool
		err := s.DB.Read(ctx, func(tx *db.Tx) error {
			head, found, err := store.SealHeadOf(tx, business)
			if err != nil {
				return err
			}
			if !found {
				head.Place = store.Cursor{Tx: -1, Seq: -1}
			}
			list, err := store.Unsealed(tx, business, head.Place, 1)
			waits = len(list) > 0
			return err
		})
		if err != nil || !waits {
			return err
		}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error { return s.sealSome(tx, business) }); err != nil {
			return fmt.Errorf("seal the audit log: %w", err)
		}
	}
}

func (s *Team) sealSome(tx *db.Tx, business crm.ID) error {
	head, err := store.LockSealHead(tx, business)
	if err != nil {
		return err
	}
	list, err := store.Unsealed(tx, business, head.Place, sealChunk)
	if err != nil || len(list) == 0 {
		return err
	}
	last, err := store.Seals(tx, business, head.N, head.N)
	if err != nil {
		return err
	}
	before := ""
	if len(last) > 0 {
		before = last[0].MAC
	}
	seals := make([]store.Seal, len(list))
	for i, e := range list {
		place, _ := store.ParseCursor(e.Cursor)
		seals[i] = s.seal(business, head.N+int64(i)+1, before, e)
		seals[i].Place, before = place, seals[i].MAC
	}
	end := seals[len(seals)-1]
	store.AddSeals(tx, business, seals, store.SealHead{N: end.N, Place: end.Place, KeyID: end.KeyID, MAC: s.headMAC(business, end.N)})
	return nil
}

// seal makes the seal of an entry. Its MAC covers its number, the seal before it, all that
// never changes of the event, and Details; Details covers apart what an erasure takes away
// (C10). Places are left out, for a restore counts events anew: the order is that of N.
func (s *Team) seal(business crm.ID, n int64, before string, e crm.Event) store.Seal {
	kept := store.Seal{N: n, KeyID: s.Sealer.KeyID(), Details: s.details(business, e)}
	kept.MAC = s.sealMAC(business, kept, before, e)
	return kept
}

// sealMAC is the MAC of an entry with the details that its seal says it has.
func (s *Team) sealMAC(business crm.ID, kept store.Seal, before string, e crm.Event) string {
	whole, _ := json.Marshal([]any{kept.N, before, kept.Details, e.Type, e.At.UnixMicro(), e.ActorID, e.ActorName, e.Via, e.Address,
		e.ContactID, e.ConversationID, e.MessageID, e.UserID, e.SubjectID, e.Kind}) // of texts and numbers alone
	return s.Sealer.MAC("audit/"+business.String(), whole)
}

func (s *Team) details(business crm.ID, e crm.Event) string {
	if e.Changes == nil {
		e.Changes = []crm.Change{}
	}
	text, _ := json.Marshal([]any{e.Changes, e.Note}) // as read from JSON
	return s.Sealer.MAC("audit details/"+business.String(), text)
}

func (s *Team) headMAC(business crm.ID, n int64) string {
	return s.Sealer.MAC("audit head/"+business.String(), fmt.Append(nil, n))
}
