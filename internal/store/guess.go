package store

import (
	"time"

	"parley/internal/db"
)

// Guess counts failed sign-ins of one subject: an account or a network address (A2).
type Guess struct {
	Subject   string
	Failures  int
	BlockedTo time.Time
	LastAt    time.Time
}

// Guesses reads the counts of subjects; one without failures is missing.
func Guesses(tx *db.Tx, subjects []string) ([]Guess, error) {
	return db.All(tx, func(row db.Row) (g Guess, err error) {
		err = row.Scan(&g.Subject, &g.Failures, &g.BlockedTo, &g.LastAt)
		return g, err
	}, "select subject, failures, blocked_to, last_at from guess where subject = any($1)", subjects)
}

// SetGuess writes a count.
func SetGuess(tx *db.Tx, g Guess) {
	tx.Exec(`insert into guess (subject, failures, blocked_to, last_at) values ($1, $2, $3, $4)
		on conflict (subject) do update set failures = excluded.failures, blocked_to = excluded.blocked_to, last_at = excluded.last_at`,
		g.Subject, g.Failures, g.BlockedTo, g.LastAt)
}

// ForgetGuesses clears a subject after a success.
func ForgetGuesses(tx *db.Tx, subject string) {
	tx.Exec("delete from guess where subject = $1", subject)
}

// ForgetOldGuesses clears what has not failed since before.
func ForgetOldGuesses(tx *db.Tx, before time.Time) {
	tx.Exec("delete from guess where last_at < $1", before)
}
