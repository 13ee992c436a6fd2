package web

import (
	"strconv"
	"strings"
	"time"

	"parley/internal/crm"
)

// A place is where a page of a list ended, as it stands in an address: a time and an id.

func placeText(at time.Time, id crm.ID) string {
	return strconv.FormatInt(at.UnixMicro(), 36) + "." + id.String()
}

// parsePlace reads what placeText wrote; ok is false for anything else.
func parsePlace(s string) (at time.Time, id crm.ID, ok bool) {
	left, right, found := strings.Cut(s, ".")
	micros, err := strconv.ParseInt(left, 36, 64)
	id, isID := crm.ParseID(right)
	if !found || err != nil || !isID {
		return at, "", false
	}
	return time.UnixMicro(micros).UTC(), id, true
}
