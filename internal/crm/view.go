package crm

import (
	"slices"
	"strings"
)

// View is a filter saved under a name together with an order and columns.
type View struct {
	ID      ID
	OwnerID ID // who sees it alone; empty for all
	Name    string
	Filter  map[string][]string // as Filter.Values writes it
	Sort    Sort
	Columns []string // empty: those of whoever looks
}

// Shared reports whether everybody in the business has the view.
func (v View) Shared() bool { return v.OwnerID == "" }

// ListColumns are the columns that a list of contacts can have beside the name and custom
// fields (custom.KEY), in the order in which they are offered.
var ListColumns = []string{"phone", "email", "tags", "assignee", "last_message", "business_name", "country", "city", "source", "opt_outs", "created"}

// DefaultColumns are those of who has chosen none.
var DefaultColumns = []string{"phone", "email", "tags", "assignee", "last_message"}

const maxColumns = 20

// ParseColumns reads names of columns, parted by commas or repeated. Custom fields that
// are not there are a problem.
func ParseColumns(list []string, fields []CustomField, problems *Problems) []string {
	var columns []string
	for _, name := range parted(list) {
		if !IsColumn(name, fields) {
			problems.Add("columns", "unknown_column", "There is no column %q.", name)
			continue
		}
		columns = append(columns, name)
	}
	if len(columns) > maxColumns {
		problems.Add("columns", "too_many", "At most %d columns.", maxColumns)
	}
	return columns
}

// IsColumn reports whether there is such a column.
func IsColumn(name string, fields []CustomField) bool {
	key, custom := strings.CutPrefix(name, "custom.")
	return slices.Contains(ListColumns, name) || custom && slices.ContainsFunc(fields, func(f CustomField) bool { return f.Key == key })
}
