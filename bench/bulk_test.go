package bench

import (
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"parley/internal/app/apptest"
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

// manyAtOnce tags many contacts of a large business and takes it back, and reports how
// long freezing the set, the act and its undo took; and the 95th percentile of opening and of
// saving a contact. One right after another the goals are 10 and 15 ms. A few a second, as
// people do, takes longer where a machine goes to rest meanwhile: beside the act that should
// be no more than twice as long as before it.
func manyAtOnce(b *testing.B, w *apptest.World) {
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
	for some := range slices.Chunk(ids, crm.MaxChosen) {
		act(contacts.BulkDraft{IDs: some, Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{one.ID}}})
	}
	filter.Tags = []crm.ID{one.ID}
	for b.Loop() {
		open, save := oneByOne(b, w, ids, 0, nil)
		b.ReportMetric(ms(open), "open-ms")
		b.ReportMetric(ms(save), "save-ms")
		open, save = oneByOne(b, w, ids, betweenClicks, nil)
		b.ReportMetric(ms(open), "open-paused-ms")
		b.ReportMetric(ms(save), "save-paused-ms")
		over := make(chan struct{})
		beside := make(chan struct{})
		go func() {
			defer close(beside)
			open, save := oneByOne(b, w, ids, betweenClicks, over)
			b.ReportMetric(ms(open), "open-beside-ms")
			b.ReportMetric(ms(save), "save-beside-ms")
		}()
		frozen, took, job := act(contacts.BulkDraft{Filter: &filter, Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{tag.ID}}})
		close(over)
		<-beside
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
}

// betweenClicks is shorter than anybody's.
const betweenClicks = 100 * time.Millisecond

// oneByOne opens contacts and saves them with another name, two hundred times or until over is
// closed, with a pause after each, and answers with the 95th percentile of each.
func oneByOne(b *testing.B, w *apptest.World, ids []crm.ID, pause time.Duration, over <-chan struct{}) (open, save time.Duration) {
	var opened, saved []time.Duration
	for n := 0; over != nil || n < 200; n++ {
		select {
		case <-over:
			return percentile95(opened), percentile95(saved)
		default:
		}
		id := ids[n*7919%len(ids)]
		begun := time.Now()
		c, err := w.Contacts.Get(b.Context(), w.M, id)
		if err == nil {
			_, err = w.Inbox.List(b.Context(), w.M, store.ConversationFilter{Contact: id}, nil, 20)
		}
		if err == nil {
			_, err = w.Contacts.History(b.Context(), w.M, id, nil, 20)
		}
		if err == nil {
			_, err = w.Broadcasts.Got(b.Context(), w.M, id, 5)
		}
		if err == nil {
			_, _, err = w.Accounts.RecordsOf(b.Context(), w.M, id)
		}
		opened = append(opened, time.Since(begun))
		if err == nil {
			begun = time.Now()
			_, err = w.Contacts.Put(b.Context(), w.M, crm.Draft{ID: id, Fields: map[crm.Field]string{crm.LastName: c.LastName + strconv.Itoa(n)}})
			saved = append(saved, time.Since(begun))
		}
		if err != nil {
			b.Error(err)
			return 0, 0
		}
		time.Sleep(pause)
	}
	return percentile95(opened), percentile95(saved)
}

func percentile95(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[(len(took)-1)*95/100]
}
