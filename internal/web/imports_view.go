package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"parley/internal/app/imports"
	"parley/internal/crm"
)

// ImportsPage takes a file, and lists the imports so far. It posts to /imports.
type ImportsPage struct {
	Shell
	ImportList
	Error string
	MaxMB int
}

func (ImportsPage) template() string { return "imports" }

// ImportSettings lists the imports of everybody.
type ImportSettings struct {
	Settings
	ImportList
}

func (ImportSettings) template() string { return "import-settings" }

// ImportList is a page of imports.
type ImportList struct {
	Items []ImportLine
	Next  string // address of the next page; empty on the last
}

// ImportLine is an import in a list.
type ImportLine struct {
	Clock
	*crm.Import
}

// State is how far it is in a word or two.
func (l ImportLine) State() string { return importStates[l.Status] }

// Totals is what came of it in a few words.
func (l ImportLine) Totals() string {
	var list []string
	for _, o := range crm.RowOutcomes {
		if n := l.Counts[o]; n > 0 {
			list = append(list, number(n)+" "+strings.ToLower(outcomeWords[o]))
		}
	}
	if len(list) == 0 {
		return plural(l.Total, "row", "rows")
	}
	return strings.Join(list, ", ")
}

var importStates = map[crm.ImportStatus]string{
	crm.ImportMapping: "Not started", crm.ImportPreviewing: "Preview is being made", crm.ImportPreviewed: "Not started", crm.ImportRunning: "Running",
	crm.ImportDone: "Done", crm.ImportCancelled: "Cancelled", crm.ImportUndoing: "Being undone", crm.ImportUndone: "Undone",
}

// ImportColumnsPage shows the columns of a file and lets somebody say what they hold. It
// posts to /imports/{id}.
type ImportColumnsPage struct {
	Shell
	ImportColumns
}

func (ImportColumnsPage) template() string { return "import-columns-page" }

// ImportColumns is the part of it that changes with the choices.
type ImportColumns struct {
	Import *crm.Import
	Error  string
	Same   *imports.SameFile // the newest earlier import of the same file
	Groups []FieldGroup
}

func (ImportColumns) template() string { return "import-columns" }

// FieldGroup is some of the fields that a column can hold.
type FieldGroup struct {
	Label  string
	Fields []Option
}

// importFields are the fields that a column can hold, in groups.
func importFields(custom []crm.CustomField) []FieldGroup {
	groups := []FieldGroup{{Label: "Contact"}, {Label: "Contact address"}, {Label: "Billing address"}}
	for _, field := range imports.Fields() {
		label := fieldLabel(field)
		switch {
		case field == "full_name":
			label = "Full name (is split)"
		case field == "ignore":
			continue
		case strings.HasPrefix(field, "contact_address."):
			groups[1].Fields = append(groups[1].Fields, Option{field, label})
			continue
		case strings.HasPrefix(field, "billing_address."):
			groups[2].Fields = append(groups[2].Fields, Option{field, label})
			continue
		}
		groups[0].Fields = append(groups[0].Fields, Option{field, label})
	}
	if len(custom) > 0 {
		own := FieldGroup{Label: "Your fields"}
		for _, f := range custom {
			own.Fields = append(own.Fields, Option{"custom." + f.Key, f.Label})
		}
		groups = append(groups, own)
	}
	return groups
}

// Field is what a column holds as things are.
func (p ImportColumns) Field(index int) string {
	if field := p.Import.Choices.Mapping[index]; field != "" {
		return field
	}
	return "ignore"
}

// Doubtful reports whether somebody should look at a column.
func (p ImportColumns) Doubtful(c crm.ImportColumn) bool {
	return c.Doubtful && p.Field(c.Index) == c.Field
}

// Missing says what needs a column yet; empty when nothing does (M2).
func (p ImportColumns) Missing() string {
	words := map[string]string{"first_name": "the first name", "last_name": "the last name", "phone_or_email": "a phone number or an e-mail"}
	var list []string
	for _, field := range imports.Missing(p.Import) {
		list = append(list, words[field])
	}
	if len(list) == 0 {
		return ""
	}
	return "To go on, choose the column for " + joinAnd(list) + "."
}

func joinAnd(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// Encodings are the choices of how letters are written.
func (p ImportColumns) Encodings() []Option {
	var list []Option
	for _, name := range imports.Encodings() {
		list = append(list, Option{name, name})
	}
	return list
}

// Delimiters are the choices of what parts values.
func (p ImportColumns) Delimiters() []Option {
	list := []Option{{",", "comma"}, {";", "semicolon"}, {"\t", "tab"}, {"|", "bar |"}}
	if !slices.ContainsFunc(list, func(o Option) bool { return o.Value == p.Import.File.Delimiter }) {
		list = append(list, Option{p.Import.File.Delimiter, p.Import.File.Delimiter})
	}
	return list
}

// Countries are the choices of whose local numbers these are.
func (ImportColumns) Countries() []Option { return countries() }

// ImportReview is the preview of an import, its progress or its receipt.
type ImportReview struct {
	Shell
	ImportState
	Rows     ImportRows
	Error    string
	Undone   *imports.UndoPlan
	Same     *imports.SameFile // the newest earlier import of the same file
	TagNames []crm.Tag
}

func (ImportReview) template() string { return "import-review" }

// Tags are the names that go on everyone, as they are typed.
func (p ImportReview) Tags() string { return strings.Join(p.Import.Choices.Tags, ", ") }

// Countries are the choices of whose local numbers these are.
func (ImportReview) Countries() []Option { return countries() }

// ImportState is how far an import is.
type ImportState struct {
	Import  *crm.Import
	CanUndo bool
	Admin   bool
}

func (ImportState) template() string { return "import-state" }

// Percent is how much of the work at hand is done.
func (s ImportState) Percent() int { return percent(s.Import) }

func percent(i *crm.Import) int {
	if i.Total == 0 {
		return 0
	}
	return min(imports.Done(i)*100/i.Total, 100)
}

// Doing is what is being done.
func (s ImportState) Doing() string {
	switch s.Import.Status {
	case crm.ImportPreviewing:
		return "Looking what becomes of each row"
	case crm.ImportUndoing:
		return "Undoing"
	}
	return "Importing"
}

// Progress is how many rows are done with.
func (s ImportState) Progress() string {
	return number(imports.Done(s.Import)) + " of " + plural(s.Import.Total, "row", "rows")
}

// Writes is how many rows change something.
func (s ImportState) Writes() int {
	return s.Import.Counts[crm.RowCreate] + s.Import.Counts[crm.RowUpdate] + s.Import.Counts[crm.RowSame]
}

// Refused is how many rows are refused.
func (s ImportState) Refused() int { return s.Import.Counts[crm.RowRefused] }

// ImportMark says in the menu of every page what is being imported.
type ImportMark struct{ Import *crm.Import }

func (ImportMark) template() string { return "import-mark" }

// Percent is how much of it is done.
func (m ImportMark) Percent() int { return percent(m.Import) }

// ImportRows is a page of rows.
type ImportRows struct {
	Import  *crm.Import
	Rows    []ImportRow
	Outcome crm.RowOutcome // empty: all
	Query   string
	Next    string
}

func (ImportRows) template() string { return "import-rows" }

// Filters are the outcomes that rows have, with how many.
func (p ImportRows) Filters() []OutcomeFilter {
	list := []OutcomeFilter{{"", "All", p.Import.Total, p.Outcome == ""}}
	for _, o := range crm.RowOutcomes {
		if n := p.Import.Counts[o]; n > 0 || p.Outcome == o {
			list = append(list, OutcomeFilter{o, outcomeWords[o], n, p.Outcome == o})
		}
	}
	return list
}

// OutcomeFilter is one of the ways to narrow the rows.
type OutcomeFilter struct {
	Outcome crm.RowOutcome
	Label   string
	Count   int
	Current bool
}

var outcomeWords = map[crm.RowOutcome]string{
	crm.RowCreate: "New", crm.RowUpdate: "Updated", crm.RowUnchanged: "Unchanged", crm.RowSame: "Same person", crm.RowRefused: "Refused", crm.RowSkipped: "Skipped",
}

var outcomeTones = map[crm.RowOutcome]string{
	crm.RowCreate: "green", crm.RowUpdate: "blue", crm.RowUnchanged: "grey", crm.RowSame: "violet", crm.RowRefused: "red", crm.RowSkipped: "grey",
}

// ImportRow is a row of a file and what becomes of it.
type ImportRow struct {
	imports.Row
	Import *crm.Import
}

// Word is the outcome.
func (r ImportRow) Word() string { return outcomeWords[r.Outcome] }

// Tone is its colour.
func (r ImportRow) Tone() string { return outcomeTones[r.Outcome] }

// Name is what the row calls the person.
func (r ImportRow) Name() string {
	return crm.FullName(r.text("first_name"), r.text("middle_name"), r.text("last_name"))
}

// Sub is by what else the person is known.
func (r ImportRow) Sub() string {
	var list []string
	for _, text := range []string{crm.ShowPhone(r.text("phone")), r.text("email"), r.text("business_name")} {
		if text != "" {
			list = append(list, text)
		}
	}
	if len(list) == 0 && r.Name() == "" {
		return strings.Join(strings.Fields(strings.Join(r.Cells, " ")), " ")
	}
	return strings.Join(list, " · ")
}

func (r ImportRow) text(field string) string {
	text, _ := r.Fields[field].(string)
	return text
}

// Link is whether there is a contact to look at.
func (r ImportRow) Link() bool { return r.ContactID != "" && !r.Hidden }

// ShownChanges are the changes as people read them.
func (r ImportRow) ShownChanges() []ShownChange {
	var list []ShownChange
	for _, c := range r.Changes {
		list = append(list, ShownChange{Label: fieldLabel(c.Field), Old: importValue(c.Old), New: importValue(c.New)})
	}
	return list
}

func importValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if strings.HasPrefix(v, "+") {
			return crm.ShowPhone(v)
		}
		return v
	case []any:
		var list []string
		for _, one := range v {
			list = append(list, importValue(one))
		}
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(v)
}

// CanMend reports whether the cells can be changed: before the start, where there is
// something to mend.
func (r ImportRow) CanMend() bool {
	return r.Import.Status == crm.ImportPreviewed && !r.Hidden && (r.Outcome == crm.RowRefused || len(r.Warnings) > 0)
}

// MendCells are the cells of mapped columns.
func (r ImportRow) MendCells() []Input {
	var list []Input
	for _, c := range r.Import.File.Columns {
		if field := r.Import.Choices.Mapping[c.Index]; field == "" || field == "ignore" {
			continue
		}
		text := ""
		if c.Index < len(r.Cells) {
			text = r.Cells[c.Index]
		}
		label := c.Header
		if label == "" {
			label = "Column " + strconv.Itoa(c.Index+1)
		}
		list = append(list, Input{Name: "cell." + strconv.Itoa(c.Index), Label: label, Type: "text", Value: text})
	}
	return list
}

// FormID names the form in which the row is mended.
func (r ImportRow) FormID() string { return "mend-" + strconv.Itoa(r.Row.Line) }

// ImportUndoPage says what undoing an import would do. It posts to
// /imports/{id}/undo.
type ImportUndoPage struct {
	Shell
	Import *crm.Import
	Plan   imports.UndoPlan
}

func (ImportUndoPage) template() string { return "import-undo" }
