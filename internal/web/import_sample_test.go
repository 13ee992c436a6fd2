package web

import (
	"time"

	"parley/internal/app/imports"
	"parley/internal/crm"
	"parley/internal/store"
)

func sampleImport(status crm.ImportStatus) *crm.Import {
	return &crm.Import{ID: sampleID(700), Name: "customers " + hostile + ".csv", Size: 1 << 20, Status: status, UserID: ana.ID, ByName: ana.Name, Total: 1204, Place: 301, Written: 301,
		CreatedAt: ago(time.Hour), StartedAt: ago(30 * time.Minute), EndedAt: ago(20 * time.Minute),
		Counts:  crm.ImportCounts{crm.RowCreate: 1000, crm.RowUpdate: 150, crm.RowUnchanged: 40, crm.RowSame: 9, crm.RowRefused: 5},
		Choices: crm.ImportChoices{Country: "GB", Existing: crm.FillExisting, Tags: []string{"VIP"}, Mapping: map[int]string{0: "first_name", 1: "last_name", 2: "ignore"}},
		File: crm.ImportFile{Format: "text", Encoding: "windows-1252", Delimiter: ";", HeaderLine: 3, System: "Outlook", Remembered: true,
			Doubts: []crm.FieldError{{Code: "header_looks_like_data", Detail: "The names of the columns look like data."}},
			Columns: []crm.ImportColumn{{Index: 0, Header: "Vorname", Samples: []string{"Hiro", hostile}, Field: "first_name", Confidence: 0.97},
				{Index: 1, Header: "Nachname", Samples: []string{"Fischer"}, Field: "last_name", Confidence: 0.5, Doubtful: true}, {Index: 2, Header: ""}}}}
}

func sampleImportRows(i *crm.Import) ImportRows {
	row := func(line int, outcome crm.RowOutcome, said crm.RowSaid, contact crm.ID) ImportRow {
		return ImportRow{Import: i, Row: imports.Row{ImportRow: crm.ImportRow{Line: line, Cells: []string{"Hiro", hostile}, Outcome: outcome, ContactID: contact, RowSaid: said},
			Fields: map[string]any{"first_name": "Hiro", "last_name": hostile, "phone": "+447700900123"}}}
	}
	hidden := row(9, crm.RowUpdate, crm.RowSaid{}, "")
	hidden.Hidden = true
	return ImportRows{Import: i, Query: hostile, Next: "/imports/x/rows?after=50", Rows: []ImportRow{
		row(4, crm.RowCreate, crm.RowSaid{Warnings: []crm.FieldError{{Field: "email", Code: "email_shape", Detail: "no@ is not an e-mail address."}}}, ""),
		row(5, crm.RowUpdate, crm.RowSaid{Changes: []crm.Change{{Field: "notes", Old: "a", New: hostile}, {Field: "phone", Old: "", New: "+447700900123"}, {Field: "tags", Old: []any{}, New: []any{"VIP"}}}}, sampleID(101)),
		row(6, crm.RowRefused, crm.RowSaid{Reasons: []crm.FieldError{{Code: "two_contacts", Detail: "Its phone numbers and e-mails belong to different people: " + hostile + " and Jo."}}}, ""),
		hidden,
	}}
}

func sampleReview(status crm.ImportStatus) ImportReview {
	i := sampleImport(status)
	return ImportReview{Shell: sampleShell("contacts", "Import"), ImportState: ImportState{Import: i, CanUndo: status == crm.ImportDone, Admin: true},
		Rows: sampleImportRows(i), TagNames: sampleTags, Same: &imports.SameFile{Import: sampleImport(crm.ImportDone), Taken: 2}}
}

func importSamples() map[string]view {
	list := ImportList{Items: []ImportLine{{clock, sampleImport(crm.ImportDone)}, {clock, sampleImport(crm.ImportRunning)}, {clock, sampleImport(crm.ImportMapping)}}, Next: "/imports?after=x"}
	columns := ImportColumns{Import: sampleImport(crm.ImportMapping), Error: "Columns 1 and 2 cannot both be first_name.", Same: &imports.SameFile{Import: sampleImport(crm.ImportDone)},
		Groups: importFields([]crm.CustomField{{Key: "size", Label: "Shoe size"}})}
	kept := []store.ImportKept{{Contact: sampleID(101), Name: hostile, Reason: "Changed since: notes."}}
	undone := sampleReview(crm.ImportUndone)
	undone.Undone = &imports.UndoPlan{ImportUndo: crm.ImportUndo{Deleted: 1000, Restored: 149, Kept: 1}, Kept: kept}
	return map[string]view{
		"imports":          ImportsPage{Shell: sampleShell("contacts", "Import contacts"), ImportList: list, Error: "The file is empty.", MaxMB: 200},
		"import-settings":  ImportSettings{Settings: sampleSettings("settings", "imports", "Imports"), ImportList: list},
		"import-none":      ImportSettings{Settings: sampleSettings("settings", "imports", "Imports")},
		"import-columns":   ImportColumnsPage{Shell: sampleShell("contacts", "Import"), ImportColumns: columns},
		"import-part":      columns,
		"import-preview":   sampleReview(crm.ImportPreviewed),
		"import-running":   sampleReview(crm.ImportRunning),
		"import-done":      sampleReview(crm.ImportDone),
		"import-cancelled": sampleReview(crm.ImportCancelled),
		"import-undone":    undone,
		"import-state":     sampleReview(crm.ImportPreviewing).ImportState,
		"import-rows":      sampleImportRows(sampleImport(crm.ImportDone)),
		"import-mark":      ImportMark{sampleImport(crm.ImportRunning)},
		"import-mark-none": ImportMark{},
		"import-undo":      ImportUndoPage{Shell: sampleShell("contacts", "Undo"), Import: sampleImport(crm.ImportDone), Plan: *undone.Undone},
	}
}
