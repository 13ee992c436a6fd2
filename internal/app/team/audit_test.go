package team_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"strings"
	"sync"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/store"
)

// write runs a statement as somebody would who got at the database.
func write(t *testing.T, d *db.DB, sql string, args ...any) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		n, err := tx.Affected(sql, args...)
		if err == nil && n == 0 {
			err = errors.New("no row was touched: this checks nothing")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func seal(t *testing.T, w *apptest.World) {
	t.Helper()
	if err := w.Team.Seal(t.Context(), w.M.BusinessID); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, w *apptest.World) team.AuditCheck {
	t.Helper()
	c, err := w.Team.CheckAudit(t.Context(), w.M, true)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A4: whatever is done to an entry by way of the database shows, and an erasure does not.
func TestAuditSaysWhatWasChanged(t *testing.T) {
	const mine = "business_id = $1 and "
	for name, test := range map[string]struct{ sql, kind string }{
		"who":          {"update event set actor_name = 'Eve' where " + mine + "type = 'tag.created'", "changed"},
		"when":         {"update event set at = at + 1 where " + mine + "type = 'tag.created'", "changed"},
		"from where":   {"update event set address = '192.0.2.1' where " + mine + "type = 'tag.created'", "changed"},
		"what it says": {"update event set note = 'Silver' where " + mine + "type = 'tag.created'", "changed"},
		"emptied":      {"update event set note = '' where " + mine + "type = 'tag.created'", "changed"},
		"kind":         {"update event set audit = 'users' where " + mine + "type = 'tag.created'", "changed"},
		"hidden":       {"update event set audit = '' where " + mine + "type = 'tag.created'", "missing"},
		"deleted":      {"delete from event where " + mine + "type = 'tag.created'", "missing"},
		"newest":       {"delete from event where " + mine + "type = 'tag.deleted'", "missing"},
		"put in": {`insert into event (business_id, tx, seq, type, at, actor_name, via, address, changes, note, audit)
			select business_id, tx, seq - 10000, type, at, 'Eve', via, address, changes, note, audit from event where ` + mine + "type = 'tag.created'", "inserted"},
		"seal and all": {"delete from event_seal where " + mine + "n = 3", "missing"},
		"seal":         {"update event_seal set mac = 'x' where " + mine + "n = 3", "changed"},
		"head":         {"update event_seal_head set n = n - 1, tx = -1 where " + mine + "n > 0", "seal"},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, w *apptest.World) {
				tag := w.Tag(t, "Gold")
				w.Tag(t, "Platinum")
				if err := w.Team.DeleteTag(t.Context(), w.M, tag.ID); err != nil {
					t.Fatal(err)
				}
				seal(t, w)
				if c := check(t, w); len(c.Findings) != 0 || c.Entries < 6 || c.Checked != c.Entries || c.Waiting {
					t.Fatalf("before anything was done: %+v", c)
				}
				write(t, w.DB, test.sql, w.M.BusinessID)
				c := check(t, w)
				if len(c.Findings) == 0 {
					t.Fatalf("nothing was found: %+v", c)
				}
				if c.Findings[0].Kind != test.kind {
					t.Errorf("found %+v, want %q first", c.Findings, test.kind)
				}
			})
		})
	}
}

// C10: what an erasure or a deletion takes out of entries before it is no tampering; taking
// out more afterwards is.
func TestAuditOutlivesErasure(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Priya", "Shah", "+447400000001", "")
		for _, mode := range []crm.VisibilityMode{crm.Chosen, crm.Everyone} {
			if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Visibility: &crm.Visibility{Mode: mode, UserIDs: []crm.ID{w.M.UserID}}}); err != nil {
				t.Fatal(err)
			}
		}
		seal(t, w)
		if _, err := w.Contacts.Delete(t.Context(), w.M, c.ID); err != nil {
			t.Fatal(err)
		}
		write(t, w.DB, "update event set changes = '[]', note = '' where business_id = $1 and contact_id = $2", w.M.BusinessID, c.ID)
		w.Tag(t, "Gold")
		seal(t, w)
		if got := check(t, w); len(got.Findings) != 0 || got.Emptied != 2 {
			t.Errorf("after a deletion: %+v", got)
		}
		write(t, w.DB, "update event set changes = '[]', note = '' where business_id = $1 and type = 'tag.created'", w.M.BusinessID)
		if got := check(t, w); len(got.Findings) != 1 {
			t.Errorf("emptied without a deletion: %+v", got)
		}
	})
}

// Several nodes seal beside each other: each entry once, in one chain, across chunks.
func TestSealingBesideEachOther(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			var events []crm.Event
			for range 1300 {
				events = append(events, w.M.Event(crm.TagChanged, w.Now()))
			}
			return store.AddEvents(tx, events)
		})
		if err != nil {
			t.Fatal(err)
		}
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				if err := w.Team.Seal(context.WithoutCancel(t.Context()), w.M.BusinessID); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		if c := check(t, w); len(c.Findings) != 0 || c.Entries < 1300 {
			t.Errorf("%+v", c)
		}
		quick, err := w.Team.CheckAudit(t.Context(), w.M, false)
		if err != nil || len(quick.Findings) != 0 || quick.Checked != 1000 {
			t.Errorf("the newest: %+v (%v)", quick, err)
		}
		write(t, w.DB, "update event set note = 'x' where business_id = $1 and type = 'business.created'", w.M.BusinessID)
		if quick, _ := w.Team.CheckAudit(t.Context(), w.M, false); len(quick.Findings) != 0 {
			t.Errorf("the newest thousand hold what is older: %+v", quick)
		}
		if c := check(t, w); len(c.Findings) != 1 {
			t.Errorf("all: %+v", c)
		}
	})
}

// A restore counts events anew, and the seals go with them, onto the other engine too. With
// another secret key the old ones cannot be checked, and that is said.
func TestSealsOutliveARestore(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Tag(t, "Gold")
		seal(t, w)
		w.Tag(t, "Silver") // not sealed when the copy is made
		var copied bytes.Buffer
		if _, err := w.DB.Backup(t.Context(), &copied); err != nil {
			t.Fatal(err)
		}
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			if _, err := d.Restore(t.Context(), bytes.NewReader(copied.Bytes())); err != nil {
				t.Fatal(err)
			}
			there := &team.Team{DB: d, Now: w.Now, Sealer: w.Team.Sealer, Wake: func(crm.ID) {}}
			if err := there.Seal(t.Context(), w.M.BusinessID); err != nil {
				t.Fatal(err)
			}
			before := check(t, w)
			c, err := there.CheckAudit(t.Context(), w.M, true)
			if err != nil || len(c.Findings) != 0 || c.Entries != before.Entries+1 {
				t.Errorf("restored: %+v (%v), before %+v", c, err, before)
			}
			there.Sealer = apptest.NewSealer(t)
			c, err = there.CheckAudit(t.Context(), w.M, true)
			if err != nil || len(c.Findings) != 0 || c.OtherKey != c.Entries {
				t.Errorf("with another key: %+v (%v)", c, err)
			}
		})
	})
}

// The log is filtered, paged without gaps, and not for agents; what the reader may not see
// is told without to whom (V2).
func TestAuditLog(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		secret := apptest.Draft("Secret", "Person", "+447400000001", "")
		c, err := w.Contacts.Put(t.Context(), w.A, secret)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Contacts.Put(t.Context(), w.A, crm.Draft{ID: c.ID, Visibility: &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID}}})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			w.Tag(t, "T"+crm.NewID(w.Now()).String()[20:])
		}
		if _, _, err := w.Team.Audit(t.Context(), w.A, store.AuditFilter{}, nil, 10); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent reads it: %v", err)
		}
		read := func(f store.AuditFilter) (list []team.AuditEntry) {
			t.Helper()
			var before *store.AuditPlace
			for more := true; more; {
				var page []team.AuditEntry
				var err error
				if page, more, err = w.Team.Audit(t.Context(), w.M, f, before, 2); err != nil {
					t.Fatal(err)
				}
				for _, e := range page {
					if n := len(list); n > 0 && !e.At.Before(list[n-1].At) {
						t.Errorf("%s after %s", e.Type, list[n-1].Type)
					}
					list = append(list, e)
					place := store.AuditPlaceOf(e.Event)
					before = &place
				}
			}
			return list
		}
		all := read(store.AuditFilter{})
		if len(all) != 11 { // business, two users, two channels, visibility, five tags
			t.Errorf("%d entries", len(all))
		}
		if tags := read(store.AuditFilter{Kind: crm.AuditTags, Actor: w.M.UserID}); len(tags) != 5 {
			t.Errorf("%d of tags", len(tags))
		}
		seen := read(store.AuditFilter{Actor: w.A.UserID})
		if len(seen) != 1 || !seen[0].Hidden || seen[0].ContactID != "" || seen[0].Contact != "" || seen[0].Changes != nil || seen[0].ActorName != "A" {
			t.Errorf("M reads of what only A may see: %+v", seen)
		}
		if list := read(store.AuditFilter{Contact: c.ID}); len(list) != 0 {
			t.Errorf("asked for by its id: %+v", list)
		}
		if list := read(store.AuditFilter{From: all[3].At, To: all[0].At}); len(list) != 3 {
			t.Errorf("%d between two times", len(list))
		}
		if n, err := w.Team.CountAudit(t.Context(), w.M, store.AuditFilter{}); err != nil || n != 11 {
			t.Errorf("counted %d (%v)", n, err)
		}
	})
}

// Cells of the export that a spreadsheet would run are made harmless.
func TestAuditExport(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Tag(t, "=HYPERLINK(1)")
		var out bytes.Buffer
		if err := w.Team.ExportAudit(t.Context(), w.A, store.AuditFilter{}, &out); crm.KindOf(err) != crm.Forbidden || out.Len() > 0 {
			t.Errorf("an agent exports: %v", err)
		}
		if err := w.Team.ExportAudit(t.Context(), w.M, store.AuditFilter{}, &out); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != 8 || rows[1][2] != "audit.exported" {
			t.Fatalf("%v (%v)", rows, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.HasPrefix(cell, "=") {
					t.Errorf("%q would be run", cell)
				}
			}
		}
	})
}
