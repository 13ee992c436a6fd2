package team

import (
	"context"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Guessing is slowed in three ways (A2), each by a wait that doubles with every further
// failure up to a quarter of an hour. An account lets five wrong passwords pass from one
// address, then that address waits for this account. An address lets thirty pass over all
// accounts. And an account lets twenty pass from wherever they come; then every address
// waits but those at which its owner is signed in, so that a crowd of guessers does not
// lock the owner out.
const (
	freePerAccount = 5
	freePerAddress = 30
	freeFromAll    = 20
	longestWait    = 15 * time.Minute
	forgetAfter    = 24 * time.Hour
)

func subjects(email, address string) (account, from, all string) {
	return "account " + email + " from " + address, "address " + address, "account " + email
}

// checkGuessing refuses an attempt that comes too soon after failures.
func (s *Team) checkGuessing(ctx context.Context, email, address string) error {
	account, from, all := subjects(email, address)
	var list []store.Guess
	var known bool
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if list, err = store.Guesses(tx, []string{account, from, all}); err != nil {
			return err
		}
		known, err = store.SignedInFrom(tx, email, address)
		return err
	})
	if err != nil {
		return err
	}
	now := s.Now()
	for _, g := range list {
		if now.Before(g.BlockedTo) && !(g.Subject == all && known) {
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
	account, from, all := subjects(email, try.Address)
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		store.ForgetOldGuesses(tx, now.Add(-forgetAfter))
		list, err := store.Guesses(tx, []string{account, from, all})
		if err != nil {
			return err
		}
		failures := map[string]int{}
		for _, g := range list {
			failures[g.Subject] = g.Failures
		}
		count(tx, account, failures[account]+1, freePerAccount, now)
		count(tx, from, failures[from]+1, freePerAddress, now)
		count(tx, all, failures[all]+1, freeFromAll, now)
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
