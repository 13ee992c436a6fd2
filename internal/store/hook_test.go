package store_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/store"
)

// The next delivery is the oldest that is due and that no older one holds up.
func TestNextHookDelivery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
		ctx := t.Context()
		write := func(t rapid.TB, f func(*db.Tx)) {
			if err := d.Write(ctx, func(tx *db.Tx) error { f(tx); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		write(t, func(tx *db.Tx) {
			tx.Exec("insert into business (id, name, country, time_zone, created_at) values ('b', 'B', 'GB', 'UTC', $1)", now)
			store.PutHook(tx, store.HookEndpoint{HookEndpoint: crm.HookEndpoint{BusinessID: "b", ID: "e", URL: "https://hooks.example", Active: true, CreatedAt: now}})
		})
		rapid.Check(t, func(t *rapid.T) {
			var rows [][]any
			want, held := int64(0), false
			for seq := range rapid.Int64Range(0, 8).Draw(t, "deliveries") {
				seq++
				status := rapid.SampledFrom([]crm.HookStatus{crm.HookWaiting, crm.HookWaiting, crm.HookDelivered, crm.HookFailed}).Draw(t, "status")
				attempts := rapid.IntRange(0, 5).Draw(t, "attempts")
				due := rapid.Bool().Draw(t, "due")
				next := now
				if !due {
					next = now.Add(time.Minute)
				}
				rows = append(rows, []any{"b", "e", 0, seq, crm.NewID(now), crm.ContactCreated, status, attempts, next, now})
				switch {
				case status != crm.HookWaiting:
				case due && want == 0 && !held:
					want = seq
				case !due && attempts < crm.HookBlocking:
					held = true
				}
			}
			write(t, func(tx *db.Tx) {
				tx.Exec("delete from hook_delivery where business_id = 'b'")
				tx.Insert("hook_delivery", []string{"business_id", "endpoint_id", "tx", "seq", "id", "event_type", "status", "attempts", "next_at", "created_at"}, rows)
			})
			if err := d.Read(ctx, func(tx *db.Tx) error {
				got, found, err := store.NextHookDelivery(tx, "b", "e", now, crm.HookBlocking)
				if err == nil && (found != (want > 0) || got.At.Seq != want) {
					t.Errorf("%d, %v; want %d of %v", got.At.Seq, found, want, rows)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		})
	})
}
