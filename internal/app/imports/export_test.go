package imports_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/app/imports"
	"parley/internal/crm"
	"parley/internal/store"
)

// export writes contacts as a file.
func export(t testing.TB, w *apptest.World, who crm.Actor, format string, d imports.ExportDraft) []byte {
	t.Helper()
	var ok bool
	if d.Format, ok = imports.ExportFormatOf(format); !ok {
		t.Fatalf("no format %s", format)
	}
	var b bytes.Buffer
	if err := w.Imports.Export(t.Context(), who, d, &b, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// texts are what people type, and what no rule that tidies up may touch on the way back.
var texts = rapid.OneOf(
	rapid.SampledFrom([]string{"None", "n/a", "-", "'t Hooft", "'=1+1", "''=x", "=HYPERLINK(\"http://x\",\"y\")", "+44 7400 123456", "-5", "@SUM(A1)", "O'Brien", "Dr.", "a;b", "a,b", `a"b`, `"q"`,
		`back\slash`, `\n`, "a|b", "a\\;b", "_x0041_", "Null", "van der Berg", "Smith, John", "ACME Ltd", "x@y.example", "0123", "1e5", "TRUE", "é", "e\u0301", "\u200fعلي", "名前", "  in  between", "sep=;", "END:VCARD", "BEGIN:VCARD"}),
	rapid.StringOfN(rapid.RuneFrom([]rune(`abcXYZ09 '"=+-@,;|:\/_.é日<>&#%()*`)), 1, 20, -1))

var manyLines = rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(texts, 1, 4).Draw(t, "lines"), rapid.SampledFrom([]string{"\n", "\n\n", "\n\t"}).Draw(t, "break"))
})

// TestExportComesBack: whatever a contact is, an export of it imports without a
// difference (M7).
func TestExportComesBack(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, f := range []crm.CustomField{{Label: "Size", Kind: crm.CustomNumber}, {Label: "Since", Kind: crm.CustomDate}, {Label: "Notes", Kind: crm.CustomText}, {Label: "=VIP", Kind: crm.CustomBoolean},
			{Label: "Plan", Kind: crm.CustomChoice, Options: []crm.CustomOption{{Value: "A", Label: "B"}, {Value: "b", Label: "A"}, {Label: "Yes, please"}}}} {
			_, err := w.Contacts.PutCustomField(t.Context(), w.M, f)
			must(t, err)
		}
		fields, err := w.Contacts.CustomFields(t.Context(), w.M)
		must(t, err)
		var tags []crm.ID
		for _, name := range []string{"Gold", "a, b", `says "hi"`, "'=x", "* star", "x;y|z", "None"} {
			tags = append(tags, w.Tag(t, name).ID)
		}
		n, spell := 0, newSpell()
		rapid.Check(t, func(rt *rapid.T) {
			defer spell.note(rt)
			if spell.over() {
				return
			}
			var ids []crm.ID
			for range rapid.IntRange(1, 6).Draw(rt, "contacts") {
				n++
				d := crm.Draft{Fields: map[crm.Field]string{crm.FirstName: texts.Draw(rt, "first"), crm.LastName: texts.Draw(rt, "last")}}
				for _, f := range []crm.Field{crm.MiddleName, crm.BusinessName, crm.ContactCity, crm.ContactRegion, crm.BillingPostalCode, crm.BillingCity} {
					if rapid.Bool().Draw(rt, "has") {
						d.Fields[f] = texts.Draw(rt, string(f))
					}
				}
				for _, f := range []crm.Field{crm.Notes, crm.ContactStreet, crm.BillingStreet} {
					if rapid.Bool().Draw(rt, "has") {
						d.Fields[f] = manyLines.Draw(rt, string(f))
					}
				}
				d.Fields[crm.ContactCountry] = rapid.SampledFrom([]string{"", "GB", "DE"}).Draw(rt, "country")
				list := []crm.Identity{}
				for k := range rapid.IntRange(0, 5).Draw(rt, "phones") {
					list = append(list, crm.Identity{Kind: crm.PhoneIdentity, Value: fmt.Sprintf("+4474%02d%06d", k, n), Label: rapid.SampledFrom([]string{"", "mobile", "work", "Büro: 2", "=x"}).Draw(rt, "label")})
				}
				for k := range rapid.IntRange(0, 5).Draw(rt, "emails") {
					list = append(list, crm.Identity{Kind: crm.EmailIdentity, Value: fmt.Sprintf("%s%d.%d@X.example", rapid.SampledFrom([]string{"P", "+", "=", "a|b", "-"}).Draw(rt, "local"), k, n)})
				}
				if len(list) == 0 {
					list = append(list, crm.Identity{Kind: crm.EmailIdentity, Value: fmt.Sprintf("only%d@x.example", n)})
				}
				d.Identities = &list
				some := rapid.SliceOfNDistinct(rapid.SampledFrom(tags), 0, 4, rapid.ID).Draw(rt, "tags")
				d.Tags = &some
				d.Custom = map[string]any{}
				for _, f := range fields {
					if !rapid.Bool().Draw(rt, "has") {
						continue
					}
					switch f.Kind {
					case crm.CustomNumber:
						d.Custom[f.Key] = rapid.SampledFrom([]string{"-5", "0.1", "12345678901234567890.5", "1000000"}).Draw(rt, "number")
					case crm.CustomDate:
						d.Custom[f.Key] = "2026-02-03"
					case crm.CustomBoolean:
						d.Custom[f.Key] = rapid.Bool().Draw(rt, "yes")
					case crm.CustomText:
						d.Custom[f.Key] = manyLines.Draw(rt, "text")
					case crm.CustomChoice:
						d.Custom[f.Key] = f.Options[rapid.IntRange(0, 2).Draw(rt, "option")].Value
					}
				}
				c, err := w.Contacts.Put(t.Context(), w.M, d)
				if crm.KindOf(err) == crm.Invalid {
					continue // nobody can be called that
				}
				must(t, err)
				ids = append(ids, c.ID)
			}
			if len(ids) == 0 {
				return
			}
			for _, format := range rapid.SampledFrom([][]string{{"csv"}, {"xlsx"}, {"vcard3"}, {"vcard4"}}).Draw(rt, "format") {
				file := export(t, w, w.M, format, imports.ExportDraft{IDs: ids})
				existing := rapid.SampledFrom([]crm.Existing{crm.FillExisting, crm.OverwriteExisting}).Draw(rt, "existing")
				i := previewed(t, w, w.M, string(file), imports.Draft{Existing: &existing})
				if i.Total != len(ids) || i.Counts[crm.RowUnchanged] != len(ids) {
					for _, row := range rows(t, w, w.M, i, "") {
						rt.Logf("%s line %d: %s %v %v %v %q", format, row.Line, row.Outcome, row.Reasons, row.Changes, row.Warnings, row.Cells)
					}
					rt.Fatalf("%s of %d contacts comes back as %v of %d\n%s", format, len(ids), i.Counts, i.Total, file)
				}
				for _, row := range rows(t, w, w.M, i, "") {
					if len(row.Warnings) > 0 {
						rt.Fatalf("%s: %v", format, row.Warnings)
					}
				}
				must(t, w.Imports.Delete(t.Context(), w.M, i.ID))
			}
		})
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestExportOfSenders: contacts that messages made have no name, and perhaps numbers that
// nobody could type. They come back as they are too, and into an empty book with what they
// have.
func TestExportOfSenders(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Receive(t, w.SMS, w.Text("60123", "short"), w.Text("+447400999888", "hello"), w.Text("+4400000000", "odd"))
		archived := w.Put(t, "Ann", "Away", "+447400123987", "")
		_, err := w.Contacts.Archive(t.Context(), w.M, archived.ID)
		must(t, err)
		for _, format := range []string{"csv", "xlsx", "vcard3", "vcard4"} {
			file := export(t, w, w.M, format, imports.ExportDraft{Filter: &crm.Filter{Status: crm.AnyStatus}})
			i := run(t, w, w.M, string(file), imports.Draft{})
			if i.Counts[crm.RowUnchanged] != 4 || i.Total != 4 {
				t.Errorf("%s: %v of %d\n%s", format, i.Counts, i.Total, file)
			}
		}
		for _, c := range w.All(t) {
			if c.ID != archived.ID && !c.NameIsPlaceholder {
				t.Errorf("%s got a name", c.Name())
			}
		}
	})
}

// TestExportHides: V2 and the audit log (A4), the filter, and cells that would be formulas.
func TestExportHides(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		gold := w.Tag(t, "Gold")
		secret := apptest.Draft("=cmd", "Secret", "+447400123401", "")
		secret.Visibility = &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.B.UserID}}
		hidden, err := w.Contacts.Put(t.Context(), w.M, secret)
		must(t, err)
		formula := apptest.Draft("=cmd|' /C calc'!A0", "@x", "+447400123402", "")
		formula.Tags = &[]crm.ID{gold.ID}
		shown, err := w.Contacts.Put(t.Context(), w.M, formula)
		must(t, err)
		w.Put(t, "Un", "Tagged", "+447400123403", "")
		for _, d := range []imports.ExportDraft{{Filter: &crm.Filter{}}, {IDs: []crm.ID{hidden.ID, shown.ID}}, {Filter: &crm.Filter{Tags: []crm.ID{gold.ID}}, By: []string{"tag"}}} {
			file := string(export(t, w, w.A, "csv", d))
			if strings.Contains(file, "Secret") {
				t.Errorf("an export for A holds what only B sees:\n%s", file)
			}
			table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff"))).ReadAll()
			must(t, err)
			found := false
			for _, row := range table[1:] {
				found = found || row[0] == shown.ID.String()
				for n, cell := range row {
					if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && table[0][n] != "Phone" {
						t.Errorf("%s: %q would be run", table[0][n], cell)
					}
				}
			}
			if !found || d.Filter != nil && d.Filter.Tags != nil && len(table) != 2 {
				t.Errorf("%+v: %v", d, table)
			}
		}
		log, _, err := w.Team.Audit(t.Context(), w.M, store.AuditFilter{Kind: crm.AuditExports}, nil, 10)
		must(t, err)
		if len(log) != 3 || log[0].Note != "CSV of 1 contacts, by tag" || log[0].ActorID != w.A.UserID {
			t.Errorf("audit: %+v", log)
		}
	})
}

// TestExportOfSearch: a list shows the first few hundred whom a search means; what is done
// with all of them leaves out nobody.
func TestExportOfSearch(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		var file strings.Builder
		file.WriteString("First name,Last name,Phone\n")
		const n = 450
		for k := range n {
			fmt.Fprintf(&file, "Commoner,Number%d,+447400%06d\n", k, k)
		}
		run(t, w, w.M, file.String()+"Other,Person,+447411000000\n", imports.Draft{})
		for _, query := range []string{"commoner", "co", "0740000"} {
			f := crm.Filter{Query: query}
			count, err := w.Contacts.CountForBulk(t.Context(), w.M, contacts.BulkDraft{Filter: &f})
			must(t, err)
			lines := strings.Count(string(export(t, w, w.A, "csv", imports.ExportDraft{Filter: &f})), "\n") - 1
			b, err := w.Contacts.StartBulk(t.Context(), w.M, contacts.BulkDraft{Filter: &f, Action: crm.BulkAssign, What: crm.BulkWhat{AssigneeID: w.A.UserID}})
			must(t, err)
			if count != n || lines != n || b.Total != n {
				t.Errorf("%s: counted %d, exported %d, acted on %d of %d", query, count, lines, b.Total, n)
			}
		}
	})
}
