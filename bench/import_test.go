package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// importRows is how many rows a benchmark imports: PARLEY_BENCH_ROWS, or a hundred
// thousand.
func importRows() int {
	if n, err := strconv.Atoi(os.Getenv("PARLEY_BENCH_ROWS")); err == nil {
		return n
	}
	return 100_000
}

// BenchmarkImport brings a file of twelve columns with phone, e-mail and address into an
// empty book, as the pages do: upload, preview, run, the search index kept up. Then it
// brings the same file again, and undoes the first. The bare load writes the same people
// into the same tables from a stage, before that, in the same run, and nobody else writes during
// either. rows/s of import is from the upload to the end; share is its part of the bare rate.
func BenchmarkImport(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			n := importRows()
			for b.Loop() {
				bare := bareLoad(b, e.open(b), n)
				rate := importAndBack(b, e.open(b), n, false)
				b.ReportMetric(rate, "import-rows/s")
				b.ReportMetric(bare.rate, "bare-rows/s")
				b.ReportMetric(100*rate/bare.rate, "%-share")
				b.ReportMetric(bare.cpu, "bare-CPU-µs/row")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkImportBeside does the same while somebody else writes something small every five
// milliseconds, and says how long that waited at most.
func BenchmarkImportBeside(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			n := importRows()
			for b.Loop() {
				b.ReportMetric(importAndBack(b, e.open(b), n, true), "import-rows/s")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// importAndBack imports n rows, again, and undoes the first import. It answers with the rows a
// second of the first.
func importAndBack(b *testing.B, d *db.DB, n int, beside bool) float64 {
	w := apptest.New(b, d)
	go w.DB.KeepAnalyzed(b.Context(), func(error) {}) // as every node does
	idle := inUse(true)
	debug.FreeOSMemory()
	resident := memory(b, os.Getpid())
	watch := newWatch(b, w.DB, beside)
	waited := func(during string) {
		if beside {
			b.ReportMetric(float64(watch.lap().Milliseconds()), "ms-others-wait"+during)
		}
	}
	total := newClock(b)
	i := kept(b, w, "people.csv", importFile(n))
	uploaded := total.lap()
	seen := preview(b, w, i.ID)
	previewed := total.lap()
	waited("-for-preview")
	done := start(b, w, i.ID)
	ran := total.lap()
	waited("-for-run")
	if seen.Counts[crm.RowCreate] != n || done.Counts[crm.RowCreate] != n {
		b.Fatalf("%v, then %v", seen.Counts, done.Counts)
	}
	b.ReportMetric(previewed.took.Seconds(), "preview-s")
	b.ReportMetric(previewed.cpu(n), "preview-CPU-µs/row")
	b.ReportMetric(ran.cpu(n), "run-CPU-µs/row")
	b.ReportMetric(float64(n)/ran.took.Seconds(), "run-rows/s")
	again := kept(b, w, "again.csv", importFile(n))
	preview(b, w, again.ID)
	unchanged := start(b, w, again.ID)
	if unchanged.Counts[crm.RowUnchanged] != n {
		b.Fatalf("again: %v", unchanged.Counts)
	}
	b.ReportMetric(float64(n)/total.lap().took.Seconds(), "again-rows/s")
	waited("-again")
	if _, err := w.Imports.Undo(b.Context(), w.M, i.ID); err != nil {
		b.Fatal(err)
	}
	undone := finish(b, w, i.ID)
	if undone.Reverted.Deleted != n {
		b.Fatalf("undone: %+v", undone.Reverted)
	}
	b.ReportMetric(float64(n)/total.lap().took.Seconds(), "undo-rows/s")
	waited("-for-undo")
	peak := watch.end()
	b.ReportMetric(float64(peak-min(peak, idle))/(1<<20), "MB-heap-above-idle")
	b.ReportMetric(watch.resident-resident, "MB-above-idle") // with what SQLite keeps
	return float64(n) / (uploaded.took + previewed.took + ran.took).Seconds()
}

// importFile is such a file. It is made as it is read: in memory it would let the collector leave
// as much again lying about.
func importFile(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		file := bufio.NewWriter(w)
		_, _ = file.WriteString("First name,Middle name,Last name,Company,Mobile,Email,Street,City,Region,Postal code,Country,Notes\n")
		for i := range n {
			_, _ = fmt.Fprintf(file, "Ada%d,M,Müller%d,Firm %d & Co,07%09d,ada.%d@example.com,%d High Street,Leeds,Yorkshire,LS1 1AA,GB,\"said \"\"hello\"\"\"\n",
				i, i%5000, i%1000, 500_000_000+i, i, i%300)
		}
		_ = file.Flush()
		_ = w.Close()
	}()
	return r
}

func kept(b *testing.B, w *apptest.World, name string, file io.Reader) *crm.Import {
	b.Helper()
	i, err := w.Imports.Keep(b.Context(), w.M, name, file)
	if err != nil {
		b.Fatal(err)
	}
	return i
}

func preview(b *testing.B, w *apptest.World, id crm.ID) *crm.Import {
	b.Helper()
	if _, err := w.Imports.Preview(b.Context(), w.M, id); err != nil {
		b.Fatal(err)
	}
	return finish(b, w, id)
}

func start(b *testing.B, w *apptest.World, id crm.ID) *crm.Import {
	b.Helper()
	if _, err := w.Imports.Start(b.Context(), w.M, id); err != nil {
		b.Fatal(err)
	}
	i := finish(b, w, id)
	for more := 1; more > 0; { // the search index is kept up by a job of its own
		if err := w.DB.Write(b.Context(), func(tx *db.Tx) (err error) {
			more, err = store.IndexSome(tx, 200)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	return i
}

func finish(b *testing.B, w *apptest.World, id crm.ID) *crm.Import {
	b.Helper()
	if err := w.Imports.Finish(b.Context(), w.M.BusinessID, id); err != nil {
		b.Fatal(err)
	}
	i, err := w.Imports.Get(b.Context(), w.M, id)
	if err != nil {
		b.Fatal(err)
	}
	if i.Status.Working() {
		b.Fatalf("it is %s", i.Status)
	}
	return i
}

// clock measures laps by the clock and by what this process used of the processors.
type clock struct {
	b     *testing.B
	at    time.Time
	spent time.Duration
}

type lap struct{ took, used time.Duration }

func (l lap) cpu(n int) float64 { return float64(l.used.Nanoseconds()) / 1000 / float64(n) }

func newClock(b *testing.B) *clock { return &clock{b, time.Now(), processorTime(b)} }

func (c *clock) lap() lap {
	now, used := time.Now(), processorTime(c.b)
	l := lap{now.Sub(c.at), used - c.spent}
	c.at, c.spent = now, used
	return l
}

// watch looks at the memory beside the work. It may also be somebody else, who writes something
// small every few milliseconds.
type watch struct {
	stop, stopped chan struct{}
	slowest       atomic.Int64 // how long a write waited at most
	peak          uint64       // of the memory in use; read it when it has stopped
	resident      float64      // likewise, of that of the process, in megabytes
}

func newWatch(b *testing.B, d *db.DB, writes bool) *watch {
	w := &watch{stop: make(chan struct{}), stopped: make(chan struct{})}
	go func() {
		defer close(w.stopped)
		for n := 0; ; n++ {
			select {
			case <-w.stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			if writes {
				begun := time.Now()
				_ = d.Write(b.Context(), func(tx *db.Tx) error {
					tx.Exec("update business set name = name where id = $1", "nobody")
					return nil
				})
				w.slowest.Store(max(w.slowest.Load(), int64(time.Since(begun))))
			}
			if n%20 == 0 {
				w.peak = max(w.peak, inUse(false))
				w.resident = max(w.resident, memory(b, os.Getpid()))
			}
		}
	}()
	return w
}

// lap is how long a write waited at most since the last lap.
func (w *watch) lap() time.Duration { return time.Duration(w.slowest.Swap(0)) }

// end is the most memory that was in use.
func (w *watch) end() uint64 {
	close(w.stop)
	<-w.stopped
	return w.peak
}

type bareRate struct{ rate, cpu float64 }

// bareLoad writes the people of importFile as plainly as the engine lets one: rows into a
// stage in chunks, then from there into the tables of contacts, with all their indexes.
// Nothing is read, parsed, compared or noted in a history.
func bareLoad(b *testing.B, d *db.DB, n int) bareRate {
	b.Helper()
	w := apptest.New(b, d)
	go d.KeepAnalyzed(b.Context(), func(error) {})
	business := w.M.BusinessID
	write := func(f func(tx *db.Tx) error) {
		if err := d.Write(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
	write(func(tx *db.Tx) error {
		tx.Exec("create table stage (business_id text, id text, first text, middle text, last text, firm text, phone text, email text, street text, city text, region text, code text, country text, notes text, name_key text, last_key text, firm_key text, body text, reversed text, at bigint)")
		return nil
	})
	columns := strings.Split("business_id,id,first,middle,last,firm,phone,email,street,city,region,code,country,notes,name_key,last_key,firm_key,body,reversed,at", ",")
	now := time.Now()
	rows := make([][]any, n)
	for i := range rows {
		first, last, firm, phone, email := fmt.Sprintf("Ada%d", i), fmt.Sprintf("Müller%d", i%5000), fmt.Sprintf("Firm %d & Co", i%1000), fmt.Sprintf("+447%09d", 500_000_000+i), fmt.Sprintf("ada.%d@example.com", i)
		back := []byte(phone[1:])
		for l, r := 0, len(back)-1; l < r; l, r = l+1, r-1 {
			back[l], back[r] = back[r], back[l]
		}
		name := store.Fold(first + " M " + last)
		rows[i] = []any{business, crm.NewID(now), first, "M", last, firm, phone, email, fmt.Sprintf("%d High Street", i%300), "Leeds", "Yorkshire", "LS1 1AA", "GB", `said "hello"`,
			name, store.Fold(last + " " + first), store.Fold(firm), name + " " + store.Fold(firm) + " " + email, string(back), now.UnixMicro()}
	}
	const chunk = 2000
	clock := newClock(b)
	for from := 0; from < n; from += chunk {
		part := rows[from:min(from+chunk, n)]
		write(func(tx *db.Tx) error {
			tx.Exec("delete from stage where business_id = $1", business)
			tx.Insert("stage", columns, part)
			tx.Exec(`insert into contact (business_id, id, first_name, middle_name, last_name, business_name, contact_street, contact_city, contact_region, contact_postal_code, contact_country, notes,
				source, created_at, created_by, updated_at, updated_by, active_at, name_key, last_key, business_key)
				select business_id, id, first, middle, last, firm, street, city, region, code, country, notes, 'import', at, 'bare', at, 'bare', at, name_key, last_key, firm_key
				from stage where business_id = $1 on conflict (business_id, id) do nothing`, business)
			for _, kind := range []string{"phone", "email"} {
				backwards := "''"
				if kind == "phone" {
					backwards = "reversed"
				}
				tx.Exec("insert into identity (business_id, kind, scope, value, contact_id, user_id, is_primary, position, label, entered, reversed, created_at) select business_id, '"+kind+"', '', "+kind+
					", id, null, true, 0, '', "+kind+", "+backwards+", at from stage where business_id = $1 on conflict do nothing", business)
			}
			if tx.Engine() == db.Postgres {
				tx.Exec("insert into contact_text (business_id, contact_id, body) select business_id, id, body from stage where business_id = $1 on conflict (business_id, contact_id) do nothing", business)
				return nil
			}
			last, _, err := db.One(tx, db.Column[int64], "select coalesce(max(doc), 0) from contact_text")
			tx.Exec("insert into contact_text (business_id, contact_id, body) select business_id, id, body from stage where business_id = $1", business)
			tx.Exec("insert into contact_fts (rowid, body) select doc, body from contact_text where doc > $1", last)
			return err
		})
	}
	l := clock.lap()
	return bareRate{float64(n) / l.took.Seconds(), l.cpu(n)}
}
