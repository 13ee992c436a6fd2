package db_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// Tags of a database from before, and those of its backup, are compared as tags are now.
func TestTagsAreKeyedAnew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		keys := func(d *db.DB) (list []string) {
			must(d.Read(t.Context(), func(tx *db.Tx) (err error) {
				list, err = db.All(tx, db.Column[string], "select name_key from tag order by id")
				return err
			}))
			return list
		}
		must(d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Exec(newBusiness, "b", "B", time.Now())
			for id, tag := range map[string][2]string{"1": {"Café", "cafe"}, "2": {"VIP", "vip"}, "3": {"Été 2024", "ete 2024"}} {
				tx.Exec("insert into tag (business_id, id, name, name_key, colour, created_at) values ('b', $1, $2, $3, 'grey', $4)", id, tag[0], tag[1], time.Now())
			}
			tx.Exec("delete from goose_db_version where version_id = 48")
			return nil
		}))
		want := []string{"café", "vip", "été 2024"}
		before, err := d.Migrations(t.Context())
		must(err)
		step := slices.IndexFunc(before, func(m db.Migration) bool { return m.Version == 48 })
		if step < 0 || before[step].Applied || before[step].Name != "00048_tag_key.go" || slices.Equal(keys(d), want) {
			t.Fatalf("nothing is to be done: %v, %v", before, keys(d))
		}
		must(d.Step(t.Context(), 48))
		if got := keys(d); !slices.Equal(got, want) {
			t.Errorf("after the step the keys are %q", got)
		}

		must(d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Exec("update tag set name_key = 'cafe' where business_id = 'b' and id = '1'")
			return nil
		}))
		var backup bytes.Buffer
		_, err = d.Backup(t.Context(), &backup)
		must(err)
		copied := dbtest.NewSQLite(t)
		_, err = copied.Restore(t.Context(), &backup)
		must(err)
		if got := keys(copied); !slices.Equal(got, want) {
			t.Errorf("after a restore the keys are %q", got)
		}
	})
}
