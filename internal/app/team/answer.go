package team

import (
	"context"
	"fmt"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// answersLast is how long the answer to a call with an Idempotency-Key is kept.
const answersLast = 24 * time.Hour

// ReserveAnswer takes a key of the actor's for a call, or finds what was kept under it: an
// answer with status 0 while nobody knows how the first call ended.
func (s *Team) ReserveAnswer(ctx context.Context, who crm.Actor, key, request string) (kept store.Answer, found bool, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		store.ForgetAnswers(tx, now.Add(-answersLast))
		kept, found, err = store.ReserveAnswer(tx, who.BusinessID, who.UserID, key, request, now)
		return err
	})
	if err != nil || !found || kept.Status == 0 {
		return kept, found, err
	}
	plain, err := s.Sealer.Open(answerPlace(who, key), kept.Body)
	if err != nil {
		return kept, found, fmt.Errorf("kept answer: %w", err)
	}
	kept.Body = string(plain)
	return kept, found, nil
}

// KeepAnswer keeps the answer to a call under its key. It is sealed: an answer may hold a
// token (A5).
func (s *Team) KeepAnswer(ctx context.Context, who crm.Actor, key string, a store.Answer) error {
	a.Body = s.Sealer.Seal(answerPlace(who, key), []byte(a.Body))
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.KeepAnswer(tx, who.BusinessID, who.UserID, key, a)
		return nil
	})
}

// ReleaseAnswer gives a key back that was taken for a call which did not happen.
func (s *Team) ReleaseAnswer(ctx context.Context, who crm.Actor, key string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.ReleaseAnswer(tx, who.BusinessID, who.UserID, key)
		return nil
	})
}

func answerPlace(who crm.Actor, key string) string {
	return "answer/" + string(who.BusinessID) + "/" + string(who.UserID) + "/" + key
}
