package team

import (
	"context"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Guessing is slowed in two ways (A2). An account lets five wrong passwords pass, then
// each further one from a stranger's address makes that address wait for this account,
// longer each time up to a quarter of an hour; the owner, who comes from elsewhere, is not
// locked out. An address lets thirty pass over all accounts.
const (
	freePerAccount = 5
	freePerAddress = 30
	longestWait    = 15 * time.Minute
	forgetAfter    = 24 * time.Hour
)

func subjects(email, address string) (account, from string) {
	return "account " + email + " from " + address, "address " + address
}

// checkGuessing refuses an attempt that comes too soon after failures.
func (s *Team) checkGuessing(ctx context.Context, email, address string) error {
	account, from := subjects(email, address)
	var list []store.Guess
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = store.Guesses(tx, []string{account, from})
		return err
	})
	if err != nil {
		return err
	}
	now := s.Now()
	for _, g := range list {
		if now.Before(g.BlockedTo) {
			return crm.Errorf(crm.Limited, "slow_down", "Too many wrong attempts. Please try again in %s.", roundUp(g.BlockedTo.Sub(now)))
		}
	}
	return nil
}

func roundUp(d time.Duration) string {
	if d <= time.Minute {
		return (d.Truncate(time.Second) + time.Second).String()
	}
	return (d.Truncate(time.Minute) + time.Minute).String()
}

// noteFailure counts a failed attempt and answers with the one error for all of them.
func (s *Team) noteFailure(ctx context.Context, accounts []store.Account, email string, try SignIn) error {
	account, from := subjects(email, try.Address)
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		store.ForgetOldGuesses(tx, now.Add(-forgetAfter))
		list, err := store.Guesses(tx, []string{account, from})
		if err != nil {
			return err
		}
		failures := map[string]int{}
		for _, g := range list {
			failures[g.Subject] = g.Failures
		}
		count(tx, account, failures[account]+1, freePerAccount, now)
		count(tx, from, failures[from]+1, freePerAddress, now)
		for _, a := range accounts {
			event := crm.Actor{BusinessID: a.BusinessID, Name: "Somebody", Via: crm.ViaPage, Address: try.Address}.Event(crm.SignInFailed, now)
			event.UserID = a.UserID
			if err := s.record(tx, event); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return errSignIn
}

func count(tx *db.Tx, subject string, failures, free int, now time.Time) {
	blocked := now
	if over := failures - free; over > 0 {
		blocked = now.Add(min(time.Second<<min(over, 20), longestWait))
	}
	store.SetGuess(tx, store.Guess{Subject: subject, Failures: failures, BlockedTo: blocked, LastAt: now})
}
