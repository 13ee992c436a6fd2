package broadcasts_test

import (
	"io"
	"slices"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/broadcasts"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/store"
)

// A4: what people do with a broadcast is in the audit log, under their names; that it went
// on is not.
func TestAudited(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		list := people(t, w, 3, tag)
		sendWith(w, func(m crm.Outbound) (string, error) {
			switch m.Address {
			case list[0].Phone(), list[1].Phone():
				return "", &channel.SendError{Outcome: channel.Unknown, Code: "no answer", Reason: "Lost."}
			}
			return "", &channel.SendError{Outcome: channel.Refused, Code: "30003", Reason: "Out of reach."}
		})
		b := make1(t, w, draft(w, tag))
		_, err := w.Broadcasts.Put(t.Context(), w.M, b.ID, broadcasts.Draft{Name: new("Summer")})
		must(t, err)
		_, err = w.Broadcasts.Try(t.Context(), w.M, b.ID, "+447400123456")
		if crm.KindOf(err) != crm.Conflicting {
			t.Errorf("tried: %v", err)
		}
		for _, act := range []func() (*crm.Broadcast, error){
			func() (*crm.Broadcast, error) { return w.Broadcasts.Start(t.Context(), w.M, b.ID, false) },
			func() (*crm.Broadcast, error) { return w.Broadcasts.Start(t.Context(), w.M, b.ID, false) }, // pressed twice
			func() (*crm.Broadcast, error) { return w.Broadcasts.Pause(t.Context(), w.M, b.ID) },
			func() (*crm.Broadcast, error) { return w.Broadcasts.Resume(t.Context(), w.M, b.ID) },
		} {
			_, err := act()
			must(t, err)
		}
		work(t, w)
		unknown, err := w.Broadcasts.People(t.Context(), w.M, b.ID, store.RecipientFilter{Status: crm.Unknown}, 0, 10)
		must(t, err)
		must(t, w.Broadcasts.Decide(t.Context(), w.M, b.ID, unknown[0].ID, true))
		must(t, w.Broadcasts.Decide(t.Context(), w.M, b.ID, unknown[1].ID, false))
		w.Sleep(time.Hour)
		_, err = w.Broadcasts.Retry(t.Context(), w.M, b.ID, false)
		must(t, err)
		must(t, w.Broadcasts.Export(t.Context(), w.M, b.ID, store.RecipientFilter{}, io.Discard))
		_, err = w.Broadcasts.Cancel(t.Context(), w.M, b.ID)
		must(t, err)
		other := make1(t, w, draft(w, tag))
		must(t, w.Broadcasts.Delete(t.Context(), w.M, other.ID))

		read := func(kind crm.AuditKind) (kinds []crm.EventType) {
			entries, _, err := w.Team.Audit(t.Context(), w.M, store.AuditFilter{Kind: kind}, nil, 100)
			must(t, err)
			for _, e := range slices.Backward(entries) {
				kinds = append(kinds, e.Type)
				if e.SubjectID != b.ID && e.SubjectID != other.ID || e.Note == "" || e.Via != crm.ViaSystem && e.ActorID != w.M.UserID {
					t.Errorf("%+v", e)
				}
			}
			return kinds
		}
		want := []crm.EventType{crm.BroadcastCreated, crm.BroadcastChanged, crm.BroadcastTried, crm.BroadcastStarted, crm.BroadcastHalted, crm.BroadcastResumed, crm.BroadcastEnded,
			crm.BroadcastDecided, crm.BroadcastDecided, crm.BroadcastRetried, crm.BroadcastDropped, crm.BroadcastCreated, crm.BroadcastDeleted}
		if got := read(crm.AuditBroadcasts); !slices.Equal(got, want) {
			t.Errorf("the log says\n%v, want\n%v", got, want)
		}
		if got := read(crm.AuditExports); !slices.Equal(got, []crm.EventType{crm.BroadcastExported}) {
			t.Errorf("exports: %v", got)
		}
		if err := w.Broadcasts.Export(t.Context(), w.A, b.ID, store.RecipientFilter{}, io.Discard); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent exports: %v", err)
		}
	})
}
