package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/store"
)

// BenchmarkLists reads pages of contacts and conversations of a large business, inside
// the server, and reports the 95th percentile of each kind in milliseconds. The goal is
// at most 20 at a million contacts.
func BenchmarkLists(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			w := full(b, e.open(b), people(), false)
			if err := w.DB.Analyze(b.Context()); err != nil {
				b.Fatal(err)
			}
			sample := pageAt(b, w, crm.Filter{}, nil)
			deep := deepest(b, w)
			for _, c := range []struct {
				name string
				ask  func(n int) error
			}{
				{"contacts/first", func(int) error { return list(b, w, crm.Filter{}, nil) }},
				{"contacts/deepest", func(int) error { return list(b, w, crm.Filter{}, deep) }},
				{"contacts/tag", func(int) error { return list(b, w, crm.Filter{Tags: []crm.ID{sample[0].id(b, w)}}, nil) }},
				{"contacts/tag-deep", func(int) error { return list(b, w, crm.Filter{Tags: []crm.ID{sample[0].id(b, w)}}, deep) }},
				{"search/number", func(n int) error { return search(b, w, sample[n%len(sample)].phone) }},
				{"search/last-digits", func(n int) error { p := sample[n%len(sample)].phone; return search(b, w, p[len(p)-6:]) }},
				{"search/last-3-digits", func(n int) error { return search(b, w, fmt.Sprintf("%03d", n%1000)) }},
				{"search/e-mail", func(n int) error { return search(b, w, sample[n%len(sample)].email) }},
				{"search/domain", func(int) error { return search(b, w, "@example.com") }},
				{"search/one-letter", func(n int) error { return search(b, w, string(rune('a'+n%26))) }},
				{"search/common-name", func(int) error { return search(b, w, "müller") }},
				{"search/common-part", func(int) error { return search(b, w, "ann") }},
				{"search/first-and-last", func(int) error { return search(b, w, "priya shah") }},
				{"search/firm", func(int) error { return search(b, w, "northside dental") }},
				{"search/two-firms", func(int) error { return search(b, w, "otter dental") }},
				{"search/rare", func(n int) error { return search(b, w, fmt.Sprintf("%s%d", sample[0].word, n)) }},
				{"search/nobody", func(n int) error { return search(b, w, fmt.Sprintf("zzyzx%d", n)) }},
				{"inbox/open", func(int) error { return conversations(b, w, store.ConversationFilter{View: store.ViewOpen}) }},
				{"inbox/mine", func(int) error { return conversations(b, w, store.ConversationFilter{View: store.ViewMine}) }},
				{"everything/name", func(int) error { return find(b, w, "garcia") }},
				{"everything/number", func(n int) error { return find(b, w, sample[n%len(sample)].phone) }},
				{"inbox/search", func(int) error {
					return conversations(b, w, store.ConversationFilter{View: store.ViewOpen, Query: "garcia"})
				}},
				{"inbox/counts", func(int) error { _, err := w.Inbox.Counts(b.Context(), w.M); return err }},
			} {
				b.Run(c.name, func(b *testing.B) { report95(b, c.ask) })
			}
		})
	}
}

// report95 asks two hundred times and reports the 95th percentile.
func report95(b *testing.B, ask func(n int) error) {
	b.Helper()
	for b.Loop() {
		var took []time.Duration
		for n := range 200 {
			start := time.Now()
			if err := ask(n); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[190].Microseconds())/1000, "p95-ms")
		b.ReportMetric(0, "ns/op")
	}
}

type someone struct{ phone, email, word string }

// id is the tag that most contacts carry.
func (someone) id(b *testing.B, w *apptest.World) crm.ID {
	b.Helper()
	tags, err := w.Team.TagNames(b.Context(), w.M)
	if err != nil {
		b.Fatal(err)
	}
	return tags[0].ID
}

func pageAt(b *testing.B, w *apptest.World, f crm.Filter, after *store.ContactPlace) (list []someone) {
	b.Helper()
	page, err := w.Contacts.List(b.Context(), w.M, f, "", after, 200, false)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range page.Contacts {
		if c.Phone() != "" && c.Email() != "" {
			list = append(list, someone{c.Phone(), c.Email(), store.Fold(c.LastName)})
		}
	}
	return list
}

// deepest is a place one page from the end of all contacts.
func deepest(b *testing.B, w *apptest.World) *store.ContactPlace {
	b.Helper()
	return &store.ContactPlace{ActiveAt: w.Now().Add(-2*365*24*time.Hour + time.Hour), ID: "v"}
}

func list(b *testing.B, w *apptest.World, f crm.Filter, after *store.ContactPlace) error {
	_, err := w.Contacts.List(b.Context(), w.M, f, "", after, 50, false)
	return err
}

func search(b *testing.B, w *apptest.World, q string) error {
	return list(b, w, crm.Filter{Query: q}, nil)
}

func conversations(b *testing.B, w *apptest.World, f store.ConversationFilter) error {
	_, err := w.Inbox.List(b.Context(), w.M, f, nil, 50)
	return err
}

func find(b *testing.B, w *apptest.World, q string) error {
	_, err := w.Contacts.Find(b.Context(), w.M, q, 6)
	return err
}
