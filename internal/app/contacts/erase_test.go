package contacts_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// tables are all of the database but River's and the parts of the text index.
func tables(t *testing.T, w *apptest.World) (list []string) {
	t.Helper()
	sql := "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
	if w.DB.Engine() == db.Postgres {
		sql = "select tablename from pg_tables where schemaname = current_schema()"
	}
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		list, err = db.All(tx, db.Column[string], sql)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(name string) bool {
		return strings.HasPrefix(name, "river_") || strings.HasPrefix(name, "contact_fts_")
	})
}

// C10: every table is either erased or has a reason why it need not be.
func TestEveryTableIsErasedOrExempt(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, table := range tables(t, w) {
			if !slices.Contains(store.ErasedTables, table) && store.ExemptTables[table] == "" {
				t.Errorf("%s: add it to store.ErasedTables and store.Erase, or to store.ExemptTables with a reason", table)
			}
		}
	})
}

// C10: after an erasure nothing of the person is found in any row, nor in SQLite's files.
func TestErase(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		marks := []string{"Zebediah", "Quillfeather", "7400777888", "7400777999", "zebediah@quill.example", "Xylophonic", "Brontosaur"}
		other := w.Put(t, "Amir", "Khan", "07400 123456", "")
		twin := w.Put(t, "Zebediah", "Quillfeather", "07400 777999", "")
		c := w.Put(t, "Zebediah", "Quillfeather", "07400 777888", "zebediah@quill.example")
		if _, err := w.Contacts.Put(t.Context(), w.A, crm.Draft{ID: c.ID, Fields: map[crm.Field]string{crm.Notes: "Xylophonic"}}); err != nil {
			t.Fatal(err)
		}
		w.Receive(t, w.SMS, w.Text("+447400777888", "Brontosaur one"))
		w.Receive(t, w.WhatsApp, w.Text("+447400777888", "Brontosaur two"), w.Text("+447400123456", "stays"))
		mergeTwo(t, w, twin.ID, c.ID)
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := store.IndexSome(tx, 100); err != nil {
				return err
			}
			return store.AddUnfiled(tx, store.Unfiled{BusinessID: w.M.BusinessID, ID: crm.NewID(w.Now()), ChannelID: w.SMS.ID, Reason: "failed", Sender: "447400777888", Text: "Brontosaur", At: w.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(found(t, w, marks)) == 0 {
			t.Fatal("the search finds nothing even before: it proves nothing")
		}
		refused(t, w.Contacts.Erase(t.Context(), w.A, c.ID), crm.Forbidden)
		if err := w.Contacts.Erase(t.Context(), w.M, c.ID); err != nil {
			t.Fatal(err)
		}
		if list := found(t, w, marks); len(list) > 0 {
			t.Errorf("left: %v", list)
		}
		if _, err := w.Contacts.Get(t.Context(), w.M, other.ID); err != nil {
			t.Errorf("the other contact: %v", err)
		}
		w.Receive(t, w.SMS, w.Text("+447400777888", "hello"))
		stranger := false
		for _, now := range w.All(t) {
			stranger = stranger || now.Phone() == "+447400777888" && now.NameIsPlaceholder && now.ID != c.ID
		}
		if !stranger {
			t.Error("a later message is not a stranger's")
		}
	})
}

// found says where marks are: in rows of tables, and in the files of SQLite.
func found(t *testing.T, w *apptest.World, marks []string) (list []string) {
	t.Helper()
	look := func(place string, data []byte) {
		for _, mark := range marks {
			if bytes.Contains(bytes.ToLower(data), bytes.ToLower([]byte(mark))) {
				list = append(list, place+": "+mark)
			}
		}
	}
	if w.DB.Engine() == db.Postgres {
		for _, table := range tables(t, w) {
			err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
				rows, err := db.All(tx, db.Column[string], "select cast(x as text) from "+table+" x")
				look(table, []byte(strings.Join(rows, "\n")))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		return list
	}
	var file string
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		file, _, err = db.One(tx, db.Column[string], "select file from pragma_database_list where name = 'main'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(file + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files at %q, %v", file, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		look(filepath.Base(name), data)
	}
	return list
}
