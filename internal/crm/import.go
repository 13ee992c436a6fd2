package crm

import "time"

// Import is one file on its way to contacts, and the receipt of it afterwards (M1–M6).
type Import struct {
	BusinessID ID
	ID         ID
	Name       string // of the file
	Size       int64
	SHA256     string
	Status     ImportStatus
	UserID     ID // who brought it
	ByName     string
	File       ImportFile
	Choices    ImportChoices
	Counts     ImportCounts
	// Problem is why the file could not be read to its end; nil when it could.
	Problem  *FieldError
	Reverted ImportUndo
	Total    int // rows
	Place    int // how many of them the work at hand is done with
	// Written is how many rows were written to contacts, once it runs.
	Written int
	Round   int
	// CreatedAt is when the file came; the other times are zero until they are reached.
	CreatedAt time.Time
	MovedAt   time.Time
	StartedAt time.Time
	EndedAt   time.Time
	UndoneAt  time.Time
}

// ImportStatus is how far an import has come.
type ImportStatus string

// The statuses. An import is in mapping until its choices are made, previewed once it is
// known what becomes of each row, and running from its start on.
const (
	ImportUploading  ImportStatus = "uploading"
	ImportMapping    ImportStatus = "mapping"
	ImportPreviewing ImportStatus = "previewing"
	ImportPreviewed  ImportStatus = "previewed"
	ImportRunning    ImportStatus = "running"
	ImportDone       ImportStatus = "done"
	ImportCancelled  ImportStatus = "cancelled"
	ImportUndoing    ImportStatus = "undoing"
	ImportUndone     ImportStatus = "undone"
)

// Working reports whether something is being done in the background.
func (s ImportStatus) Working() bool {
	return s == ImportPreviewing || s == ImportRunning || s == ImportUndoing
}

// Began reports whether rows may have been written.
func (s ImportStatus) Began() bool {
	return s == ImportRunning || s == ImportDone || s == ImportCancelled || s == ImportUndoing || s == ImportUndone
}

// CancelledFrom is the position of the first row that was not written because the import
// was cancelled; 0 when none was left out.
func (i *Import) CancelledFrom() int {
	if i.Status.Began() && i.Status != ImportRunning && i.Written < i.Total {
		return i.Written + 1
	}
	return 0
}

// ImportFile is what was found out about a file.
type ImportFile struct {
	Format      string         `json:"format"`
	Encoding    string         `json:"encoding"`
	Delimiter   string         `json:"delimiter"`
	HeaderLine  int            `json:"header_line"`
	Sheet       string         `json:"sheet"`
	Sheets      []string       `json:"sheets"`
	System      string         `json:"system"`
	Columns     []ImportColumn `json:"columns"`
	Doubts      []FieldError   `json:"doubts"`
	Fingerprint string         `json:"fingerprint"`
	// Remembered says that the mapping is that of an earlier file with these columns.
	Remembered bool `json:"remembered"`
}

// ImportColumn is one column of the table and the field that is proposed for it.
type ImportColumn struct {
	Index      int      `json:"index"`
	Header     string   `json:"header"`
	Samples    []string `json:"samples"`
	Field      string   `json:"field"`
	Confidence float64  `json:"confidence"`
	Doubtful   bool     `json:"doubtful"`
	Label      string   `json:"label"`
}

// ImportChoices are what a person chose (M4). Encoding, Delimiter, HeaderLine and Sheet
// are empty where what was found out stands.
type ImportChoices struct {
	Encoding   string         `json:"encoding,omitempty"`
	Delimiter  string         `json:"delimiter,omitempty"`
	HeaderLine *int           `json:"header_line,omitempty"`
	Sheet      string         `json:"sheet,omitempty"`
	Country    string         `json:"country"` // whose local numbers these are
	Mapping    map[int]string `json:"mapping"`
	Existing   Existing       `json:"existing"`
	Tags       []string       `json:"tags"` // names; put on everyone
	CreateTags bool           `json:"create_tags"`
}

// Existing says what an import does with a contact that is there already (M4).
type Existing string

// The ways. An empty cell never erases.
const (
	FillExisting      Existing = "fill"      // empty fields only
	OverwriteExisting Existing = "overwrite" // what the file has takes the place of what is there
	SkipExisting      Existing = "skip"      // it stays as it is
)

// RowOutcome is what becomes of a row (M3).
type RowOutcome string

// The outcomes.
const (
	RowCreate    RowOutcome = "create"
	RowUpdate    RowOutcome = "update"
	RowUnchanged RowOutcome = "unchanged"
	RowSame      RowOutcome = "same_in_file" // the person of an earlier row
	RowRefused   RowOutcome = "refused"
	RowSkipped   RowOutcome = "skipped"
)

// RowOutcomes are all of them in the order in which they are shown.
var RowOutcomes = []RowOutcome{RowCreate, RowUpdate, RowUnchanged, RowSame, RowSkipped, RowRefused}

// ImportCounts says how many rows have which outcome. They add up to the rows.
type ImportCounts map[RowOutcome]int

// ImportRow is a row of a file and what becomes of it.
type ImportRow struct {
	Position int // from 1
	Line     int // where it starts in the file
	Cells    []string
	// Phones are numbers that were read in cells, by the cell.
	Phones   map[string]string
	Outcome  RowOutcome
	SameLine int // of an earlier row of the same person; 0 without
	// ContactID is whom it is about. Before the run, that of a row which makes a contact is
	// the id that the contact will have.
	ContactID ID
	// Version is that of the contact when the row was found to add nothing to it: as long
	// as it stands, nobody need look again. 0 when that cannot be said.
	Version int64
	RowSaid
}

// RowSaid is what is to be said of a row.
type RowSaid struct {
	Reasons  []FieldError `json:"reasons,omitempty"` // why it is refused, or the same as another
	Warnings []FieldError `json:"warnings,omitempty"`
	Changes  []Change     `json:"changes,omitempty"` // of an existing contact
}

// Empty reports whether nothing is to be said.
func (s RowSaid) Empty() bool { return len(s.Reasons)+len(s.Warnings)+len(s.Changes) == 0 }

// ImportUndo is what undoing an import did.
type ImportUndo struct {
	Deleted  int `json:"deleted"`  // contacts that the import had made
	Restored int `json:"restored"` // contacts that are as they were before
	Kept     int `json:"kept"`     // contacts left as they are, wholly or in part
}

// Unusual is a phone number in a file of our own that nobody could type (I3): it is kept
// where somebody has it already.
type Unusual struct {
	Identity Identity
	Else     *Identity  // what is read of it where nobody has it; nil: nothing
	Warning  FieldError // why that is nothing
}
