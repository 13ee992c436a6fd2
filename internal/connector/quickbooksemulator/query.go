package quickbooksemulator

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The part of QuickBooks' query language that is understood. All else is refused.
var (
	statement = regexp.MustCompile(`(?i)^select \* from (Customer|Invoice)(?: where (.+?))?(?: order ?by (MetaData\.LastUpdatedTime)(?: asc)?)?(?: STARTPOSITION (\d+))?(?: MAXRESULTS (\d+))?$`)
	condition = regexp.MustCompile(`(?i)^(?:(Active) in \(true, ?false\)|(MetaData\.LastUpdatedTime) >= '([^']+)'|(Id) in \(((?:'\d+'(?:, ?)?)+)\)|(DisplayName) = '((?:[^'\\]|\\.)*)')$`)
	joined    = regexp.MustCompile(`(?i) and `)
)

// ask is a query that was understood.
type ask struct {
	entity      string
	inactive    bool
	since       time.Time
	ids         []string
	name        string
	ordered     bool
	start, most int
}

func (e *Emulator) parse(text string) (a ask, ok bool) {
	m := statement.FindStringSubmatch(text)
	if m == nil {
		return a, false
	}
	a = ask{entity: m[1], ordered: m[3] != "", start: 1, most: 100}
	if m[2] != "" {
		parts := []string{m[2]}
		if !condition.MatchString(m[2]) { // a name may have an "and" of its own
			parts = joined.Split(m[2], -1)
		}
		for _, part := range parts {
			found := condition.FindStringSubmatch(part)
			switch {
			case found == nil:
				return a, false
			case found[1] != "":
				a.inactive = true
			case found[2] != "":
				t, err := time.Parse(time.RFC3339, found[3])
				if err != nil {
					return a, false
				}
				a.since = t
			case found[4] != "":
				for _, id := range strings.Split(found[5], ",") {
					a.ids = append(a.ids, strings.Trim(id, " '"))
				}
			case found[6] != "":
				a.name = regexp.MustCompile(`\\(.)`).ReplaceAllString(found[7], "$1")
			}
		}
	}
	if m[4] != "" {
		a.start, _ = strconv.Atoi(m[4])
	}
	if m[5] != "" {
		a.most, _ = strconv.Atoi(m[5])
	}
	a.most = min(a.most, e.Most)
	return a, a.start >= 1 && (a.entity != "Invoice" || !a.inactive && a.name == "")
}

func (a ask) takes(id, name string, active bool, updated time.Time) bool {
	return (active || a.inactive) && !updated.Before(a.since) && (a.ids == nil || slices.Contains(a.ids, id)) && (a.name == "" || strings.EqualFold(a.name, name))
}

// query answers a query. What is inactive is hidden unless it is asked for, and an answer
// without records has no list at all.
func (e *Emulator) query(w http.ResponseWriter, c *company, text string) {
	a, ok := e.parse(text)
	if !ok {
		fail(w, http.StatusBadRequest, "ValidationFault", "4000", "Error parsing query", "QueryParserError: "+text)
		return
	}
	type row struct {
		at     time.Time
		record any
	}
	var list []row
	for _, k := range c.customers {
		if a.entity == "Customer" && a.takes(k.ID, k.DisplayName, k.Active, k.Updated) {
			list = append(list, row{k.Updated, k})
		}
	}
	for _, i := range c.invoices {
		if a.entity == "Invoice" && a.takes(i.ID, "", true, i.Updated) {
			list = append(list, row{i.Updated, i})
		}
	}
	if a.ordered {
		slices.SortStableFunc(list, func(x, y row) int { return x.at.Compare(y.at) })
	}
	from := min(len(list), a.start-1)
	list = list[from:min(len(list), from+a.most)]
	answer := map[string]any{}
	if len(list) > 0 {
		records := make([]any, len(list))
		for n := range list {
			records[n] = list[n].record
		}
		answer = map[string]any{a.entity: records, "startPosition": a.start, "maxResults": len(list)}
	}
	reply(w, http.StatusOK, map[string]any{"QueryResponse": answer, "time": e.Now().Format(timeForm)})
}
