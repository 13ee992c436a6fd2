package hubspotemulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type filter struct{ PropertyName, Operator, Value string }

// search answers a search: one group of filters, one order, at most 10,000 results.
func (e *Emulator) search(w http.ResponseWriter, o *account, body []byte) {
	var in struct {
		FilterGroups []struct{ Filters []filter }
		Sorts        []struct{ PropertyName, Direction string }
		Properties   []string
		Limit        int
		After        string
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.FilterGroups) != 1 || len(in.Sorts) > 1 || len(in.FilterGroups[0].Filters) > 6 {
		fail(w, http.StatusBadRequest, "VALIDATION_ERROR", "There was a problem with the request.")
		return
	}
	limit, ok := e.size(w, in.Limit, 200)
	if !ok {
		return
	}
	from, _ := strconv.Atoi(in.After)
	if from+limit > 10_000 {
		fail(w, http.StatusBadRequest, "VALIDATION_ERROR", "The requested offset is too large: 10000 results at most")
		return
	}
	var list []*Contact
	for _, c := range o.contacts {
		if c.Archived || c.Updated.After(e.Now().Add(-e.IndexLag)) && e.IndexLag > 0 {
			continue
		}
		takes := true
		for _, f := range in.FilterGroups[0].Filters {
			fits, known := f.fits(c)
			if !known {
				fail(w, http.StatusBadRequest, "VALIDATION_ERROR", "There was a problem with the request: "+f.PropertyName+" "+f.Operator)
				return
			}
			takes = takes && fits
		}
		if takes {
			list = append(list, c)
		}
	}
	if len(in.Sorts) == 1 && in.Sorts[0].PropertyName == "lastmodifieddate" {
		slices.SortStableFunc(list, func(a, b *Contact) int { return a.Updated.Compare(b.Updated) })
	} else {
		slices.SortFunc(list, byID)
	}
	results := []json.RawMessage{}
	for _, c := range list[min(from, len(list)):min(from+limit, len(list))] {
		results = append(results, c.shown(in.Properties))
	}
	answer := map[string]any{"total": len(list), "results": results}
	if from+limit < len(list) {
		answer["paging"] = map[string]any{"next": map[string]string{"after": strconv.Itoa(from + limit)}}
	}
	reply(w, http.StatusOK, answer)
}

func (f filter) fits(c *Contact) (fits, known bool) {
	switch f.PropertyName {
	case "lastmodifieddate":
		ms, err := strconv.ParseInt(f.Value, 10, 64)
		if err != nil {
			return false, false
		}
		return compare(f.Operator, c.Updated.Compare(time.UnixMilli(ms)))
	case "hs_object_id":
		want, err := strconv.Atoi(f.Value)
		id, _ := strconv.Atoi(c.ID)
		if err != nil {
			return false, false
		}
		return compare(f.Operator, id-want)
	}
	return strings.EqualFold(c.Properties[f.PropertyName], f.Value), f.Operator == "EQ" && slices.Contains(writable, f.PropertyName)
}

func compare(operator string, n int) (fits, known bool) {
	switch operator {
	case "EQ":
		return n == 0, true
	case "GT":
		return n > 0, true
	case "GTE":
		return n >= 0, true
	}
	return false, false
}
