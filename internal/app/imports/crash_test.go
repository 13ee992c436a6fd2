package imports_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/app/imports"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// mortal is what a process that is going to be killed works at.
type mortal struct {
	Config   db.Config
	Business crm.ID
	Import   crm.ID
}

const mortalEnv = "PARLEY_TEST_MORTAL"

// TestMortal is no test: it is the process that TestKilledImport kills. It says "ready"
// and works at an import until that has ended.
func TestMortal(t *testing.T) {
	text := os.Getenv(mortalEnv)
	if text == "" {
		return // only TestKilledImport means this
	}
	var m mortal
	must(t, json.Unmarshal([]byte(text), &m))
	d, err := db.Open(context.Background(), m.Config)
	must(t, err)
	wake := func(crm.ID) {}
	s := &imports.Imports{DB: d, Now: time.Now, Wake: wake, Enqueue: func(*db.Tx, crm.ID, crm.ID) error { return nil },
		Contacts: &contacts.Contacts{DB: d, Now: time.Now, Wake: wake}}
	fmt.Println("ready")
	must(t, s.Finish(context.Background(), m.Business, m.Import))
	must(t, d.Close())
}

// live lets a process work at an import, and kills it so long after it got on with it, or
// without waiting for that; a negative time lets it come to its end. It reports whether the
// process was killed.
func (m mortal) live(t *testing.T, span time.Duration, gotOn func() bool) bool {
	t.Helper()
	text, err := json.Marshal(m)
	must(t, err)
	cmd := exec.Command(os.Args[0], "-test.run=^TestMortal$", "-test.count=1")
	cmd.Env = append(cmd.Environ(), mortalEnv+"="+string(text))
	var said, failed strings.Builder
	out, err := cmd.StdoutPipe()
	must(t, err)
	cmd.Stderr = &failed
	must(t, cmd.Start())
	buffer := make([]byte, 5)
	_, err = out.Read(buffer)
	must(t, err)
	ended := make(chan error, 1)
	go func() {
		rest := make([]byte, 4096)
		for {
			n, err := out.Read(rest)
			said.Write(rest[:n])
			if err != nil {
				break
			}
		}
		ended <- cmd.Wait()
	}()
	if span < 0 {
		if err := <-ended; err != nil {
			t.Fatalf("%v\n%s%s", err, said.String(), failed.String())
		}
		return false
	}
	due := time.NewTimer(time.Hour)
	if gotOn == nil {
		due.Reset(span)
	}
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for alive := true; alive; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v\n%s%s", err, said.String(), failed.String())
			}
			return false
		case <-due.C:
			alive = false
		case <-look.C:
			if gotOn != nil && gotOn() {
				gotOn = nil
				due.Reset(span)
			}
		}
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); !errors.Is(err, os.ErrProcessDone) {
		must(t, err)
	}
	return <-ended != nil // else it was done already
}

// TestKilledImport kills the process twenty times at random moments of a preview and of a
// run: each time another one goes on, and at the end no row was done twice, none was left
// out, and the counts are those of the file. PARLEY_TEST_ROWS makes the file larger.
func TestKilledImport(t *testing.T) {
	n := 8000
	if text := os.Getenv("PARLEY_TEST_ROWS"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		must(t, err)
	}
	for _, engine := range dbtest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			config := db.Config{}
			if engine == "sqlite" {
				config.File = filepath.Join(t.TempDir(), "parley.db")
			} else {
				config.URL = dbtest.PostgresURL(t, false)
			}
			d, err := db.Open(t.Context(), config)
			must(t, err)
			t.Cleanup(func() { _ = d.Close() })
			must(t, d.Migrate(t.Context()))
			killImport(t, apptest.New(t, d), config, n)
		})
	}
}

func killImport(t *testing.T, w *apptest.World, config db.Config, n int) {
	const thereBefore = 50
	for k := range thereBefore { // every hundredth row is about somebody who is there
		w.Put(t, "First", fmt.Sprintf("Last%d", k*100), fmt.Sprintf("+447400%06d", k*100), "")
	}
	var file strings.Builder
	file.WriteString("First name,Last name,Phone,Email,Business name,City\n")
	want := map[crm.RowOutcome]int{}
	for k := range n {
		phone, outcome := fmt.Sprintf("07400 %06d", k), crm.RowCreate
		switch {
		case k%100 == 0 && k/100 < thereBefore:
			outcome = crm.RowUpdate
		case k%97 == 1:
			phone, outcome = "none at all", crm.RowRefused
		case k%89 == 2 && k > 100:
			phone, outcome = fmt.Sprintf("07400 %06d", k-2), crm.RowSame // the row two lines before
		}
		if outcome == crm.RowSame && ((k-2)%97 == 1) {
			outcome, phone = crm.RowCreate, fmt.Sprintf("07400 %06d", k)
		}
		want[outcome]++
		name := k
		if outcome == crm.RowSame {
			name = k - 2
		}
		fmt.Fprintf(&file, "First,Last%d,%s,,Firm %d,Leeds\n", name, phone, k%7)
	}
	i := bring(t, w, w.M, file.String())
	m := mortal{config, w.M.BusinessID, i.ID}
	longest := 25 * time.Millisecond * time.Duration(max(n/6000, 1))
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	places := map[int]bool{}
	lives := func(kills int) (killed int) {
		for k := range kills {
			now, err := w.Imports.Get(t.Context(), w.M, i.ID)
			must(t, err)
			round, place := now.Round, now.Place
			if now.Status == crm.ImportPreviewing { // begins anew each time
				place = 0
			}
			gotOn := func() bool {
				now, err := w.Imports.Get(t.Context(), w.M, i.ID)
				must(t, err)
				return now.Round > round && now.Place > place
			}
			if k%4 == 3 {
				gotOn = nil // at any moment of its life, its first included
			}
			if m.live(t, time.Duration(random.Int64N(int64(longest))), gotOn) {
				killed++
			}
			now, err = w.Imports.Get(t.Context(), w.M, i.ID)
			must(t, err)
			if now.Status.Working() && now.Place > 0 {
				places[now.Place] = true
			}
		}
		m.live(t, -1, nil)
		return killed
	}
	_, err := w.Imports.Preview(t.Context(), w.M, i.ID)
	must(t, err)
	killed := lives(5)
	i, err = w.Imports.Get(t.Context(), w.M, i.ID)
	must(t, err)
	if i.Status != crm.ImportPreviewed {
		t.Fatalf("after the preview: %s", i.Status)
	}
	check := func(when string) {
		t.Helper()
		for _, o := range crm.RowOutcomes {
			if i.Counts[o] != want[o] {
				t.Errorf("%s: %d rows %s, want %d", when, i.Counts[o], o, want[o])
			}
		}
	}
	check("foreseen")
	_, err = w.Imports.Start(t.Context(), w.M, i.ID)
	must(t, err)
	killed += lives(15)
	i, err = w.Imports.Get(t.Context(), w.M, i.ID)
	must(t, err)
	if i.Status != crm.ImportDone || i.Written != n || i.Total != n {
		t.Fatalf("%s after %d of %d rows", i.Status, i.Written, i.Total)
	}
	check("done")
	number := func(sql string, args ...any) (n int) {
		t.Helper()
		must(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
			list, err := db.All(tx, db.Column[int], sql, append([]any{w.M.BusinessID}, args...)...)
			if err == nil {
				n = list[0]
			}
			return err
		}))
		return n
	}
	created, updated := want[crm.RowCreate], want[crm.RowUpdate]
	for _, one := range []struct {
		what string
		sql  string
		want int
	}{
		{"contacts", "select count(*) from contact where business_id = $1", created + thereBefore},
		{"people by their name", "select count(*) from (select last_name from contact where business_id = $1 group by last_name) as names", created + thereBefore},
		{"phones", "select count(*) from identity where business_id = $1 and kind = 'phone' and contact_id is not null", created + thereBefore},
		{"rows", "select count(*) from import_row where business_id = $1", n},
		{"lines", "select count(*) from (select line from import_row where business_id = $1 group by line) as lines", n},
		{"entries in histories of new ones", "select count(*) from event where business_id = $1 and type = 'contact.created' and note like 'Line %'", created},
		{"entries in histories of others", "select count(*) from event where business_id = $1 and type = 'contact.changed' and note like 'Line %'", updated},
		{"contacts of rows that are not there", "select count(*) from import_row r where r.business_id = $1 and r.outcome <> 'refused' and not exists (select 1 from contact c where c.business_id = r.business_id and c.id = r.contact_id)", 0},
	} {
		if got := number(one.sql); got != one.want {
			t.Errorf("%d %s, want %d", got, one.what, one.want)
		}
	}
	t.Logf("%d rows through %d kills, which found it at %d places", n, killed, len(places))
	if len(places) < 5 {
		t.Errorf("%d kills found the import at %d places in its middle: make the file larger", killed, len(places))
	}
}
