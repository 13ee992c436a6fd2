package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// BenchmarkDuplicates takes a large business in, then ten thousand more contacts that a
// bulk save made, and reports contacts a second for both, how long another write had to
// wait meanwhile (milliseconds, 99th percentile and longest), and the page of pairs.
func BenchmarkDuplicates(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			n := people()
			w := full(b, e.open(b), n, false)
			if err := w.DB.Analyze(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.Run("take-in", func(b *testing.B) {
				first, _ := takeIn(b, w)
				if err := w.DB.Analyze(b.Context()); err != nil {
					b.Fatal(err)
				}
				const more = 10_000
				saveTwins(b, w, more)
				took, waits := takeIn(b, w)
				b.ReportMetric(float64(n)/first.Seconds(), "first-contacts/s")
				b.ReportMetric(more/took.Seconds(), "changed-contacts/s")
				b.ReportMetric(took.Seconds(), "s/10000")
				b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "wait-p99-ms")
				b.ReportMetric(float64(waits[len(waits)-1].Microseconds())/1000, "wait-max-ms")
				b.ReportMetric(0, "ns/op")
			})
			b.Run("page", func(b *testing.B) {
				report95(b, func(int) error { _, _, err := w.Contacts.Duplicates(b.Context(), w.A, nil, 20); return err })
			})
			b.Run("count", func(b *testing.B) {
				report95(b, func(int) error { _, err := w.Contacts.CountDuplicates(b.Context(), w.A); return err })
			})
		})
	}
}

// takeIn looks through everything that changed, and measures how long a small write waits
// beside it.
func takeIn(b *testing.B, w *apptest.World) (took time.Duration, waits []time.Duration) {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			start := time.Now()
			if err := w.DB.Write(b.Context(), func(tx *db.Tx) error {
				store.TouchChannel(tx, w.M.BusinessID, w.SMS.ID, start)
				return nil
			}); err != nil {
				b.Error(err)
			}
			waits = append(waits, time.Since(start))
			time.Sleep(2 * time.Millisecond)
		}
	})
	start := time.Now()
	if err := w.Contacts.FindDuplicates(b.Context()); err != nil {
		b.Fatal(err)
	}
	took = time.Since(start)
	stop()
	wg.Wait()
	slices.Sort(waits)
	return took, waits
}

// saveTwins makes n contacts, of which every second one has the name and the firm of the
// one before it.
func saveTwins(b *testing.B, w *apptest.World, n int) {
	b.Helper()
	var drafts []*crm.Draft
	for i := range n {
		phone := fmt.Sprintf("+4475%08d", i)
		drafts = append(drafts, &crm.Draft{Source: crm.SourceManual,
			Fields:  map[crm.Field]string{crm.FirstName: fmt.Sprintf("Twin%d", i/2), crm.LastName: fmt.Sprintf("Qwertz%d", i/2), crm.BusinessName: fmt.Sprintf("Firm %d", i/2)},
			Inbound: []crm.Identity{{Kind: crm.PhoneIdentity, Value: phone, Entered: phone}}})
	}
	err := w.DB.Write(b.Context(), func(tx *db.Tx) error {
		_, err := w.Contacts.Save(tx, w.M, drafts, contacts.Policy{Free: true}, w.Now())
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}
