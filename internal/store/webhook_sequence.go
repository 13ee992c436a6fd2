package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// WebhookSequence is how far the webhooks of a provider were heard that numbers them over
// all organisations, and when all were looked at because one was missing.
type WebhookSequence struct {
	Last     int64
	LookedAt time.Time
}

// LockWebhookSequence reads one for a transaction that is going to change it.
func LockWebhookSequence(tx *db.Tx, provider string) (WebhookSequence, error) {
	tx.Exec("insert into webhook_sequence (provider, last) values ($1, 0) on conflict (provider) do nothing", provider)
	s, _, err := db.One(tx, func(row db.Row) (s WebhookSequence, err error) {
		err = row.Scan(&s.Last, &s.LookedAt)
		return s, err
	}, "select last, looked_at from webhook_sequence where provider = $1 for update", provider)
	return s, err
}

// ChangeWebhookSequence writes what LockWebhookSequence read.
func ChangeWebhookSequence(tx *db.Tx, provider string, s WebhookSequence) {
	tx.Exec("update webhook_sequence set last = $2, looked_at = $3 where provider = $1", provider, s.Last, s.LookedAt)
}

// FollowedOf are the feeds of all businesses that follow a provider.
func FollowedOf(tx *db.Tx, provider string) ([]ConnectionPlace, error) {
	return db.All(tx, func(row db.Row) (p ConnectionPlace, err error) {
		err = row.Scan(&p.Business, &p.ID, &p.Kind)
		return p, err
	}, `select f.business_id, f.connection_id, f.kind from connection c join sync_feed f on f.business_id = c.business_id and f.connection_id = c.id
		where c.provider = $1 and c.state = 'connected' and c.following and f.kind <> $2`, provider, crm.FeedPush)
}
