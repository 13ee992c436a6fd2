package bench

import (
	"os"
	"strconv"
	"testing"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// tagged is how many contacts one act is about: PARLEY_BENCH_TAGGED, by default a hundred
// thousand. The goal is at most 20 seconds at a million contacts.
func tagged() int {
	if n, err := strconv.Atoi(os.Getenv("PARLEY_BENCH_TAGGED")); err == nil {
		return n
	}
	return 100_000
}

// BenchmarkBulk tags many contacts of a large business and takes it back, and reports how
// long freezing the set, the act and its undo took.
func BenchmarkBulk(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			w := full(b, e.open(b), people(), true)
			if err := w.DB.Analyze(b.Context()); err != nil {
				b.Fatal(err)
			}
			tag, one := w.Tag(b, "Everybody"), w.Tag(b, "These")
			act := func(d contacts.BulkDraft) (frozen, took time.Duration, job *crm.Bulk) {
				begun := time.Now()
				job, err := w.Contacts.StartBulk(b.Context(), w.M, d)
				if err != nil {
					b.Fatal(err)
				}
				frozen = time.Since(begun)
				if err := w.Contacts.FinishBulk(b.Context(), w.M.BusinessID, job.ID); err != nil {
					b.Fatal(err)
				}
				return frozen, time.Since(begun), job
			}
			// The set: as many as asked for carry a tag of their own.
			var ids []crm.ID
			filter := crm.Filter{Status: crm.AnyStatus}
			var after *store.ContactPlace
			for left := tagged(); left > 0; {
				page, err := w.Contacts.List(b.Context(), w.M, filter, crm.OldestFirst, after, min(left, 10_000), false)
				if err != nil {
					b.Fatal(err)
				}
				for _, c := range page.Contacts {
					ids = append(ids, c.ID)
				}
				if after = page.Next; after == nil {
					break
				}
				left -= len(page.Contacts)
			}
			act(contacts.BulkDraft{IDs: ids, Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{one.ID}}})
			filter.Tags = []crm.ID{one.ID}
			for b.Loop() {
				frozen, took, job := act(contacts.BulkDraft{Filter: &filter, Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{tag.ID}}})
				begun := time.Now()
				undo, err := w.Contacts.UndoBulk(b.Context(), w.M, job.ID)
				if err != nil {
					b.Fatal(err)
				}
				if err := w.Contacts.FinishBulk(b.Context(), w.M.BusinessID, undo.ID); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(ms(frozen), "freeze-ms")
				b.ReportMetric(took.Seconds(), "act-s")
				b.ReportMetric(time.Since(begun).Seconds(), "undo-s")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}
