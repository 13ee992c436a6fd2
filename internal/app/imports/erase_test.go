package imports_test

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/app/imports"
	"parley/internal/crm"
	"parley/internal/db/dbtest"
)

// TestEraseImported: whatever imports keep of a person goes with the person (C10): the
// cells of the rows about them, how they were before, what was mended, and the file that is
// not imported yet. What is kept of others stays.
func TestEraseImported(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		person := w.Put(t, "Zebediah", "Quillfeather", "+447400777888", "")
		overwrite := crm.OverwriteExisting
		const head = "First name,Last name,Phone,Email,Company,Notes\n"
		run(t, w, w.M, head+
			"Zebediah,Quillfeather,07400 777888,zeb@quill.example,Xylophonic,first\n"+ // changes the contact
			"Zebediah,Quillfeather,07400 777888,,Xylophonic,\n"+ // the same person
			"Nobody,,(07400) 777-888,,,\n"+ // refused, with the number in another spelling
			"Amir,Khan,07400 123456,amir@khan.example,Khan & Co,stays\n", imports.Draft{Existing: &overwrite})
		run(t, w, w.M, head+"Zebediah,Quillfeather,07400 777888,zeb@quill.example,Brontosaur,\n", imports.Draft{Existing: &overwrite})
		waiting := previewed(t, w, w.M, head+"Zebediah,Quillfeather,07400 777888,,Brontosaur,\nAmir,Khan,07400 123456,,,\n", imports.Draft{})
		if _, err := w.Imports.Mend(t.Context(), w.M, waiting.ID, map[int]map[int]string{3: {2: "07400 777888"}}); err != nil {
			t.Fatal(err)
		}
		marks := []string{"zebediah", "quillfeather", "7400777888", "7400 777888", "777-888", "zeb@quill", "xylophonic", "brontosaur"}
		left := func() (list []string) {
			for table, rows := range dbtest.Rows(t, w.DB) {
				for _, mark := range marks {
					if strings.Contains(strings.ToLower(strings.Join(rows, "\n")), mark) {
						list = append(list, table+": "+mark)
					}
				}
			}
			return list
		}
		if len(left()) == 0 {
			t.Fatal("the search finds nothing even before: it proves nothing")
		}
		// What is to go is in what the person can be given before (C10), and nobody else's row.
		given := map[string]string{}
		for _, f := range contacts.DossierFormats {
			d, err := w.Contacts.Dossier(t.Context(), w.M, person.ID)
			must(t, err)
			var text strings.Builder
			must(t, f.Write(d, &text))
			given[f.Name] = text.String()
		}
		var list struct {
			Rows []struct {
				Line  int
				Cells []struct{ Column, Text string }
			} `json:"imported_rows"`
		}
		must(t, json.Unmarshal([]byte(given["json"]), &list))
		lines := map[int]int{}
		for _, r := range list.Rows {
			lines[r.Line]++
		}
		if lines[2] != 3 || lines[3] != 1 || lines[4] != 1 || len(list.Rows) != 5 || list.Rows[0].Cells[0].Column != "First name" {
			t.Errorf("given were %+v", list.Rows)
		}
		for _, name := range []string{"json", "html"} {
			if !strings.Contains(given[name], "(07400) 777-888") || strings.Contains(given[name], "amir@") {
				t.Errorf("in %s: %s", name, given[name])
			}
		}
		must(t, w.Contacts.Erase(t.Context(), w.M, person.ID))
		if list := left(); len(list) > 0 {
			t.Errorf("left: %v", list)
		}
		if rows := dbtest.Rows(t, w.DB)["import_row"]; !strings.Contains(strings.Join(rows, "\n"), "amir@khan.example") {
			t.Error("the row of somebody else went as well")
		}
	})
}
