package jobs_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/jobs"
	"parley/internal/store"
)

// log keeps what was logged.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// C10: jobs know people by ids alone, so that nothing has to be erased from the queue: not
// from those that were worked off, nor from those that failed, nor from the log.
func TestJobsNameNobody(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const phone = "+447400777888"
		var logged log
		queue, err := jobs.New(w.DB, jobs.Rooms{Inbox: w.Inbox}, slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
		if err != nil {
			t.Fatal(err)
		}
		w.Inbox.Deliver = queue.Deliver
		w.Put(t, "Zebediah", "Quillfeather", phone, "")
		w.Receive(t, w.SMS, w.Text(phone, "Brontosaur"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		if _, err := w.Inbox.Reply(t.Context(), w.M, inbox.Reply{Conversation: v.ID, Text: "Brontosaur"}); err != nil {
			t.Fatal(err)
		}
		write(t, w, "alter table message rename to message_away") // the first attempt fails
		if err := queue.Start(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = queue.Stop(context.WithoutCancel(t.Context())) }()
		wait(t, "an attempt that failed", func() bool { return strings.Contains(rows(t, w), "retryable") })
		write(t, w, "alter table message_away rename to message")
		wait(t, "the message is sent", func() bool {
			thread := w.Thread(t, v.ID)
			return thread[len(thread)-1].Status.Rank() >= crm.Sent.Rank()
		})
		for _, mark := range []string{"Zebediah", "Quillfeather", "7400777888", "Brontosaur"} {
			if strings.Contains(rows(t, w), mark) {
				t.Errorf("a job holds %s: %s", mark, rows(t, w))
			}
			if strings.Contains(logged.String(), mark) {
				t.Errorf("the log holds %s: %s", mark, logged.String())
			}
		}
	})
}

// rows are the jobs with all that the queue keeps of them.
func rows(t *testing.T, w *apptest.World) string {
	t.Helper()
	var list []string
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		errors := "cast(errors as text)"
		if w.DB.Engine() == db.Postgres {
			errors = "array_to_string(errors, ' ')"
		}
		list, err = db.All(tx, db.Column[string], "select state || ' ' || cast(args as text) || ' ' || cast(metadata as text) || ' ' || coalesce("+errors+", '') from river_job")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, "\n")
}

func write(t *testing.T, w *apptest.World, sql string) {
	t.Helper()
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { tx.Exec(sql); return nil }); err != nil {
		t.Fatal(err)
	}
}

// wait waits for something that another goroutine brings about.
func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen: %s", what)
		}
	}
}
