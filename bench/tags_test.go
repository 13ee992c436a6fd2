package bench

import (
	"fmt"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// BenchmarkMergeTags merges a tag that 100,000 contacts carry into one that a third of
// them carry too, and tells how long the merge took, how long the entries in their
// histories took after it, and how long another write waited at the longest meanwhile.
func BenchmarkMergeTags(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			w := apptest.New(b, e.open(b))
			silver, gold := w.Tag(b, "Silver"), w.Tag(b, "Gold")
			const many = 100_000
			for from := 0; from < many; from += 5000 {
				list := make([]*crm.Contact, 5000)
				for n := range list {
					now := w.Now()
					list[n] = &crm.Contact{ID: crm.NewID(now), FirstName: "N", LastName: fmt.Sprint(from + n), Status: crm.Active, Source: "manual",
						Visibility: crm.Visibility{Mode: crm.Everyone}, Version: 1, CreatedAt: now, UpdatedAt: now, Tags: []crm.Tag{silver}}
					if n%3 == 0 {
						list[n].Tags = append(list[n].Tags, gold)
					}
				}
				if err := w.DB.Write(b.Context(), func(tx *db.Tx) error {
					store.AddContacts(tx, w.M.BusinessID, list)
					return store.IndexNew(tx, w.M.BusinessID, list)
				}); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				done, waited := make(chan struct{}), make(chan time.Duration)
				go func() {
					longest := time.Duration(0)
					for {
						select {
						case <-done:
							waited <- longest
							return
						default:
							start := time.Now()
							_ = w.DB.Write(b.Context(), func(tx *db.Tx) error { return nil })
							longest = max(longest, time.Since(start))
						}
					}
				}()
				start := time.Now()
				if _, err := w.Team.MergeTags(b.Context(), w.M, silver.ID, gold.ID); err != nil {
					b.Fatal(err)
				}
				merged := time.Now()
				if err := w.Contacts.Tidy(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(merged.Sub(start).Milliseconds()), "merge-ms")
				b.ReportMetric(float64(time.Since(merged).Milliseconds()), "histories-ms")
				close(done)
				b.ReportMetric(float64((<-waited).Milliseconds()), "longest-wait-ms")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}
