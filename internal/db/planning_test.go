package db_test

import (
	"testing"

	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// The planner is told what pages and workers cost, unless the address says otherwise.
func TestPlanning(t *testing.T) {
	address := dbtest.PostgresURL(t, true)
	for added, want := range map[string]string{"": "1.1", "&random_page_cost=2": "2"} {
		d, err := db.Open(t.Context(), db.Config{URL: address + added})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			cost, _, err := db.One(tx, db.Column[string], "select current_setting('random_page_cost')")
			workers, _, _ := db.One(tx, db.Column[string], "select current_setting('max_parallel_workers_per_gather')")
			if cost != want || workers != "0" {
				t.Errorf("%q: a page costs %s, and %s workers help", added, cost, workers)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		_ = d.Close()
	}
}
