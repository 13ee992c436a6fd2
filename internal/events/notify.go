package events

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"parley/internal/crm"
)

// topic is the channel of LISTEN and NOTIFY on which nodes wake each other.
const topic = "parley_events"

// gather is how long notices are gathered: PostgreSQL takes one lock for all commits that
// notify, so we tell others outside of our transactions and seldom.
const gather = 10 * time.Millisecond

// Run tells other nodes of our events and hears of theirs, until ctx ends. On SQLite
// there are no other nodes.
func (f *Feed) Run(ctx context.Context) {
	pool := f.db.Pool()
	if pool == nil {
		for {
			select {
			case <-f.notify:
			case <-ctx.Done():
				return
			}
		}
	}
	go f.hear(ctx, pool)
	for {
		select {
		case first := <-f.notify:
			f.tell(ctx, pool, f.gathered(ctx, first))
		case <-ctx.Done():
			return
		}
	}
}

func (f *Feed) gathered(ctx context.Context, first crm.ID) map[crm.ID]bool {
	businesses := map[crm.ID]bool{first: true}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for {
		select {
		case b := <-f.notify:
			businesses[b] = true
		case <-timer.C:
			return businesses
		case <-ctx.Done():
			return businesses
		}
	}
}

func (f *Feed) tell(ctx context.Context, pool *pgxpool.Pool, businesses map[crm.ID]bool) {
	for b := range businesses {
		if _, err := pool.Exec(ctx, "select pg_notify($1, $2)", topic, string(b)); err != nil && ctx.Err() == nil {
			f.log.WarnContext(ctx, "other nodes could not be told of news; they will look by themselves", "error", err)
		}
	}
}

// hear wakes this node for what others tell, and connects again when it must.
func (f *Feed) hear(ctx context.Context, pool *pgxpool.Pool) {
	for ctx.Err() == nil {
		err := f.listen(ctx, pool)
		if err != nil && !errors.Is(err, context.Canceled) && ctx.Err() == nil {
			f.log.WarnContext(ctx, "listening for news of other nodes was interrupted", "error", err)
		}
		select {
		case <-time.After(atLeast):
		case <-ctx.Done():
		}
	}
}

func (f *Feed) listen(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer func() {
		// A connection that listens must not go back among the others.
		_ = conn.Hijack().Close(context.WithoutCancel(ctx))
	}()
	if _, err := conn.Exec(ctx, "listen "+topic); err != nil {
		return err
	}
	for {
		n, err := conn.Conn().WaitForNotification(ctx)
		if err != nil {
			return err
		}
		f.wakeHere(crm.ID(n.Payload))
	}
}
