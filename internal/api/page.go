package api

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"parley/internal/crm"
	"parley/internal/store"
)

// ListParams are what every list takes.
type ListParams struct {
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The most items of a page."`
	After string `query:"after" doc:"Where to go on: next of the page before."`
	Count bool   `query:"count" doc:"Also count all items. Large counts end at 10000: see count_capped."`
}

// Page is a page of a list.
type Page[T any] struct {
	Items       []T    `json:"items"`
	Next        string `json:"next" doc:"Pass it as after to go on; empty on the last page."`
	Count       *int   `json:"count,omitempty" doc:"How many items there are on all pages, with count=true."`
	CountCapped bool   `json:"count_capped,omitempty" doc:"There are more than count says."`
}

// SearchPage is a page of a list with a search.
type SearchPage[T any] struct {
	Page[T]
	SearchCapped bool `json:"search_capped,omitempty" doc:"Not all hits of q were looked at, and the others are neither listed nor counted: there are more than 200 (narrow it), or very many contacts changed a moment ago (ask again in a minute)."`
}

// cut notes that a search did not look at all hits.
func (p *SearchPage[T]) cut(why store.Cut) {
	p.SearchCapped = why != ""
	p.CountCapped = p.CountCapped || p.SearchCapped && p.Count != nil
}

// counted puts a count that ends at most into a page.
func (p *Page[T]) counted(n, most int) {
	p.CountCapped = n > most
	n = min(n, most)
	p.Count = &n
}

var errCursor = func() error {
	var problems crm.Problems
	problems.Add("after", "bad_cursor", "This is not what next of a page of this list said.")
	return &crm.Error{Kind: crm.Invalid, Code: "bad_cursor", Detail: "The cursor cannot be read. Begin again without it.", Fields: problems}
}()

// cursorOf writes a place in a list. kind keeps the lists apart.
func cursorOf(kind string, parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + "\n" + strings.Join(parts, "\n")))
}

// readCursor reads what cursorOf wrote.
func readCursor(kind, cursor string, parts int) ([]string, error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	list := strings.Split(string(text), "\n")
	if err != nil || len(list) != parts+1 || list[0] != kind {
		return nil, errCursor
	}
	return list[1:], nil
}

// storable reports whether a text can stand in a statement: valid UTF-8 without NUL.
func storable(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

// placeCursor writes a place that is a time and an id.
func placeCursor(kind string, at time.Time, id crm.ID) string {
	return cursorOf(kind, strconv.FormatInt(at.UnixMicro(), 10), id.String())
}

func readPlace(kind, cursor string) (at time.Time, id crm.ID, err error) {
	parts, err := readCursor(kind, cursor, 2)
	if err != nil {
		return at, "", err
	}
	micros, err := strconv.ParseInt(parts[0], 10, 64)
	id, ok := crm.ParseID(parts[1])
	if err != nil || !ok {
		return at, "", errCursor
	}
	return time.UnixMicro(micros).UTC(), id, nil
}

// pageOf is a page of a list that is read whole because it is short: tags, users,
// channels. key orders it.
func pageOf[S, T any](kind string, all []S, p ListParams, key func(S) string, show func(S) T) (*Page[T], error) {
	after := ""
	if p.After != "" {
		parts, err := readCursor(kind, p.After, 1)
		if err != nil {
			return nil, err
		}
		after = parts[0]
	}
	slices.SortFunc(all, func(a, b S) int { return strings.Compare(key(a), key(b)) })
	page := &Page[T]{Items: []T{}}
	for _, item := range all {
		if p.After != "" && key(item) <= after {
			continue
		}
		if len(page.Items) == p.Limit {
			break
		}
		page.Items = append(page.Items, show(item))
		page.Next = cursorOf(kind, key(item))
	}
	if len(all) == 0 || page.Next == cursorOf(kind, key(all[len(all)-1])) {
		page.Next = ""
	}
	if p.Count {
		page.counted(len(all), len(all))
	}
	return page, nil
}

// shownTime is a time as it goes out; "" for one that never was. It has the microseconds that
// the database keeps, so that the answer to a change says what the next look will say.
func shownTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
}
