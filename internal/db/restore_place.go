package db

import (
	"cmp"
	"fmt"
	"slices"
)

// eventPlaces knows where the events of a backup stand once a restore has counted them anew:
// whoever keeps a place in the events goes on there.
type eventPlaces struct {
	byBusiness map[string][]eventRun
	lost       int64
}

// eventRun is a run of events of one transaction with numbers that follow each other, in the
// backup as after the restore.
type eventRun struct{ tx, seq, now, n int64 }

// add notes an event, in the order in which they are counted anew.
func (p *eventPlaces) add(business string, tx, seq, now int64) {
	if p.byBusiness == nil {
		p.byBusiness = map[string][]eventRun{}
	}
	runs := p.byBusiness[business]
	if i := len(runs) - 1; i >= 0 && runs[i].tx == tx && runs[i].seq+runs[i].n == seq && runs[i].now+runs[i].n == now {
		runs[i].n++
		return
	}
	p.byBusiness[business] = append(runs, eventRun{tx, seq, now, 1})
}

// upTo is the place now of the last event of a business up to an old place: 0, before all of
// them, where there is none.
func (p *eventPlaces) upTo(business string, tx, seq int64) int64 {
	run, ok := p.run(business, tx, seq)
	if !ok {
		return 0
	}
	if run.tx < tx || run.seq+run.n <= seq {
		return run.now + run.n - 1
	}
	return run.now + seq - run.seq
}

// of is the place now of the event at an old place. One that is not in the backup stands
// where none is.
func (p *eventPlaces) of(business string, tx, seq int64) int64 {
	if run, ok := p.run(business, tx, seq); ok && run.tx == tx && seq < run.seq+run.n {
		return run.now + seq - run.seq
	}
	p.lost--
	return p.lost
}

// run is the last one that begins at or before an old place.
func (p *eventPlaces) run(business string, tx, seq int64) (eventRun, bool) {
	runs := p.byBusiness[business]
	at, found := slices.BinarySearchFunc(runs, [2]int64{tx, seq}, func(r eventRun, to [2]int64) int {
		return cmp.Or(cmp.Compare(r.tx, to[0]), cmp.Compare(r.seq, to[1]))
	})
	if !found {
		at--
	}
	if at < 0 {
		return eventRun{}, false
	}
	return runs[at], true
}

// moved moves a place in the events that a row of another table holds.
func (p *eventPlaces) moved(table string, values []any, columns []string) {
	business, _ := at(values, columns, "business_id").(string)
	old := place(values, columns)
	switch table {
	case "hook_endpoint", "duplicate_progress":
		set(values, columns, "tx", int64(0))
		set(values, columns, "seq", p.upTo(business, old[0], old[1]))
	case "hook_delivery":
		set(values, columns, "tx", int64(0))
		set(values, columns, "seq", p.of(business, old[0], old[1]))
	case "connection":
		text, _ := at(values, columns, "pushed_to").(string)
		if n, err := fmt.Sscanf(text, "%d.%d", &old[0], &old[1]); err == nil && n == 2 {
			set(values, columns, "pushed_to", fmt.Sprintf("0.%d", p.upTo(business, old[0], old[1])))
		}
	}
}
