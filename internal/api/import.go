package api

import (
	"strconv"

	"parley/internal/app/imports"
	"parley/internal/crm"
)

// Import is one file on its way to contacts, and its receipt afterwards.
type Import struct {
	ID         crm.ID            `json:"id"`
	Name       string            `json:"name" doc:"Of the file."`
	Size       int64             `json:"size" doc:"Of the file, in bytes."`
	Status     crm.ImportStatus  `json:"status" doc:"mapping, previewing, previewed, running, done, cancelled, undoing or undone."`
	Format     string            `json:"format" doc:"text, xlsx or vcard."`
	Encoding   string            `json:"encoding"`
	Delimiter  string            `json:"delimiter"`
	HeaderLine int               `json:"header_line" doc:"The line on which the names of the columns stand; 0 when there are none."`
	Sheet      string            `json:"sheet"`
	Sheets     []string          `json:"sheets"`
	System     string            `json:"system" doc:"Whose export it looks like, such as Outlook; empty when unknown."`
	Rows       int               `json:"rows"`
	Columns    []ImportColumn    `json:"columns"`
	Missing    []string          `json:"missing" doc:"What needs a column before it can start: of first_name, last_name and phone_or_email."`
	Doubts     []crm.FieldError  `json:"doubts" doc:"Questions that somebody should answer before going on."`
	Remembered bool              `json:"remembered" doc:"The mapping is the one that was chosen for an earlier file with these columns."`
	Mapping    map[string]string `json:"mapping" doc:"The field of each column, by its index."`
	Country    string            `json:"country" doc:"Whose local numbers these are."`
	Existing   crm.Existing      `json:"existing" doc:"What becomes of contacts that are there: fill, overwrite or skip."`
	Tags       []string          `json:"tags" doc:"Names of tags that go on everyone."`
	CreateTags bool              `json:"create_tags" doc:"Tags that are not there are made."`
	Counts     ImportCounts      `json:"counts"`
	Done       int               `json:"done" doc:"Rows that the preview, the run or the undoing is done with."`
	Total      int               `json:"total" doc:"Of how many."`
	Problem    *crm.FieldError   `json:"problem,omitempty" doc:"Why the file could not be read to its end."`
	SameFile   *SameFile         `json:"same_file,omitempty" doc:"The newest earlier import of the very same file."`
	By         string            `json:"by"`
	CreatedAt  string            `json:"created_at" format:"date-time"`
	StartedAt  string            `json:"started_at"`
	EndedAt    string            `json:"ended_at"`
	UndoneAt   string            `json:"undone_at"`
	CanUndo    bool              `json:"can_undo"`
}

// ImportColumn is one column of the table and the field that it holds.
type ImportColumn struct {
	Index      int      `json:"index"`
	Header     string   `json:"header"`
	Samples    []string `json:"samples"`
	Field      string   `json:"field" doc:"What it holds as things are: proposed, or chosen."`
	Confidence float64  `json:"confidence" doc:"From 0 to 1, of the proposal."`
	Doubtful   bool     `json:"doubtful" doc:"Somebody should look at it."`
}

// ImportCounts says how many rows have which outcome. They add up to the rows.
type ImportCounts struct {
	Create     int `json:"create"`
	Update     int `json:"update"`
	Unchanged  int `json:"unchanged"`
	SameInFile int `json:"same_in_file"`
	Refused    int `json:"refused"`
	Skipped    int `json:"skipped"`
}

// SameFile is an earlier import of a file.
type SameFile struct {
	ID     crm.ID           `json:"id"`
	Status crm.ImportStatus `json:"status"`
	By     string           `json:"by"`
	At     string           `json:"at" format:"date-time"`
	Taken  int              `json:"taken" doc:"Rows that it refused and this import takes, since what stood in their way is gone: their reasons hold refused_before."`
}

func importOf(i *crm.Import, undoable bool) Import {
	f, c := i.File, i.Choices
	out := Import{ID: i.ID, Name: i.Name, Size: i.Size, Status: i.Status, Format: f.Format, Encoding: f.Encoding, Delimiter: f.Delimiter,
		HeaderLine: f.HeaderLine, Sheet: f.Sheet, Sheets: nonNil(f.Sheets), System: f.System, Rows: i.Total, Columns: []ImportColumn{},
		Missing: nonNil(imports.Missing(i)), Doubts: nonNil(f.Doubts), Remembered: f.Remembered, Mapping: map[string]string{}, Country: c.Country,
		Existing: c.Existing, Tags: nonNil(c.Tags), CreateTags: c.CreateTags, Counts: countsOf(i.Counts), Done: imports.Done(i), Total: i.Total,
		Problem: i.Problem, By: i.ByName, CreatedAt: shownTime(i.CreatedAt), StartedAt: shownTime(i.StartedAt), EndedAt: shownTime(i.EndedAt),
		UndoneAt: shownTime(i.UndoneAt), CanUndo: undoable}
	for _, column := range f.Columns {
		field := c.Mapping[column.Index]
		if field == "" {
			field = "ignore"
		}
		out.Mapping[strconv.Itoa(column.Index)] = field
		out.Columns = append(out.Columns, ImportColumn{column.Index, column.Header, nonNil(column.Samples), field, column.Confidence, column.Doubtful})
	}
	return out
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func countsOf(c crm.ImportCounts) ImportCounts {
	return ImportCounts{c[crm.RowCreate], c[crm.RowUpdate], c[crm.RowUnchanged], c[crm.RowSame], c[crm.RowRefused], c[crm.RowSkipped]}
}

// ImportRow is a row of a file and what becomes of it.
type ImportRow struct {
	Line      int              `json:"line" doc:"Where it starts in the file."`
	Outcome   crm.RowOutcome   `json:"outcome" doc:"create, update, unchanged, same_in_file, refused or skipped."`
	SameLine  int              `json:"same_line,omitempty" doc:"With same_in_file: where the earlier row of the person stands."`
	Reasons   []crm.FieldError `json:"reasons" doc:"Why it is refused, why it is the same as another, or that an earlier import of the file refused it."`
	Warnings  []crm.FieldError `json:"warnings"`
	ContactID crm.ID           `json:"contact_id" doc:"Whom it is about. That of a contact which the row makes is there once it is made."`
	Fields    map[string]any   `json:"fields" doc:"What the row says, by the names of the fields. Texts, but for tags, other_phones and other_emails (lists) and custom values."`
	Changes   []crm.Change     `json:"changes" doc:"What changes of a contact that is there."`
	Cells     []string         `json:"cells" doc:"As they stand in the file."`
	Hidden    bool             `json:"hidden,omitempty" doc:"It is about a contact that the asker may not see."`
}

func importRowOf(r imports.Row) ImportRow {
	return ImportRow{r.Line, r.Outcome, r.SameLine, nonNil(r.Reasons), nonNil(r.Warnings), r.ContactID, r.Fields, nonNil(r.Changes), nonNil(r.Cells), r.Hidden}
}

// ImportUndo is what undoing an import did, or would do.
type ImportUndo struct {
	ID       crm.ID           `json:"id"`
	Status   crm.ImportStatus `json:"status"`
	Deleted  int              `json:"deleted" doc:"Contacts that the import had made and that are gone again."`
	Restored int              `json:"restored" doc:"Contacts that are as they were before."`
	Kept     []crm.ID         `json:"kept" doc:"Contacts that stay as they are, wholly or in part, because somebody changed or needs them."`
	Details  []ImportKept     `json:"details" doc:"The same with the reasons."`
}

// ImportKept is a contact that stays, and why.
type ImportKept struct {
	ContactID crm.ID `json:"contact_id"`
	Name      string `json:"name"`
	Reason    string `json:"reason"`
}

func importUndoOf(id crm.ID, status crm.ImportStatus, p imports.UndoPlan) ImportUndo {
	out := ImportUndo{ID: id, Status: status, Deleted: p.Deleted, Restored: p.Restored, Kept: []crm.ID{}, Details: []ImportKept{}}
	for _, k := range p.Kept {
		out.Kept = append(out.Kept, k.Contact)
		out.Details = append(out.Details, ImportKept{k.Contact, k.Name, k.Reason})
	}
	return out
}
