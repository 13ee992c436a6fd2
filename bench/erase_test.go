package bench

import (
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/crm"
)

// erasing removes people and all that is kept of them (C10) from a large business, and reports
// how long one takes and how long others that write waited at most.
func erasing(b *testing.B, w *apptest.World) {
	page, err := w.Contacts.List(b.Context(), w.M, crm.Filter{}, crm.ByName, nil, 5, false)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		watch := newWatch(b, w.DB, true)
		begun := time.Now()
		for _, c := range page.Contacts {
			if err := w.Contacts.Erase(b.Context(), w.M, c.ID); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(ms(time.Since(begun))/float64(len(page.Contacts)), "erase-ms")
		b.ReportMetric(ms(watch.lap()), "ms-others-wait")
		watch.end()
		b.ReportMetric(0, "ns/op")
	}
}
