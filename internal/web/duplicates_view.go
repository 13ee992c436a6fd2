package web

import "parley/internal/crm"

// DuplicatesPage lists pairs of contacts that seem to be one person (C12).
type DuplicatesPage struct {
	Shell
	Count DuplicatesCount
	Rows  []DuplicateRow
	Next  string // address of the next page; empty on the last
}

func (DuplicatesPage) template() string { return "duplicates" }

// DuplicatesCount is the way to the duplicates with how many there are; the fragment of
// GET /contacts/duplicates/count.
type DuplicatesCount struct{ Text string } // empty: none

func (DuplicatesCount) template() string { return "duplicates-link" }

// DuplicateRow is one pair side by side.
type DuplicateRow struct {
	ID          crm.ID
	Reason      string
	Keep, Other *crm.Contact // the first is kept when they are merged, unless one swaps
	Fields      []ComparedField
	CanMerge    bool
}

// ComparedField is what two contacts have in one field.
type ComparedField struct {
	Label       string
	Keep, Other string
	Same        bool
}

// compare adds a field in which at least one of the two has something.
func (r *DuplicateRow) compare(label, keep, other string) {
	if keep != "" || other != "" {
		r.Fields = append(r.Fields, ComparedField{label, keep, other, keep == other})
	}
}
