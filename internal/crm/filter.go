package crm

import (
	"slices"
	"time"
)

// Filter says which contacts are meant, in the same words everywhere: in the address of a
// page, in GET /contacts of the API, and as the JSON object of a saved view, a bulk action
// or a broadcast. ParseFilter reads it, Values writes it. The zero value is all active
// contacts.
//
// Tags, users and fields are kept by id or key, so that a filter follows when one of them
// is renamed. What a filter names and is not there any more is in Problems, and such a
// filter matches nobody: it never becomes "everyone" (B3).
type Filter struct {
	Query     string // see store.Contacts: names, business name, e-mail, or phone in any spelling
	Status    Status // Active when empty; AnyStatus for both
	Tags      []ID   // all of them
	AnyTags   []ID   // at least one
	NotTags   []ID   // none of them
	Assignees []ID   // one of them; NobodyID stands for nobody
	Sources   []Source
	Countries []string // of the contact address; NoCountry stands for none
	// The last message was at or after After, and before Before. With NoMessage those who
	// never wrote and were never written to match too, or alone.
	After, Before time.Time
	NoMessage     bool
	Has, HasNot   []IdentityKind // a phone, an e-mail
	OptOuts       []Family       // opted out of all of these
	NotOptOuts    []Family       // opted out of none of these
	Custom        []CustomCondition
	Problems      Problems
}

// AnyStatus stands for contacts of every status in a filter.
const AnyStatus Status = "any"

// NobodyID stands for "assigned to nobody" among a filter's assignees.
const NobodyID ID = "nobody"

// NoCountry stands for contacts without a country.
const NoCountry = "none"

// CustomCondition is what a filter wants of one custom field. Values, Min and Max are keys
// as SortKey makes them; the shown texts are what a person wrote.
type CustomCondition struct {
	Key      string
	Values   []string // one of them
	Min, Max string   // at least and at most; empty for no bound
	Set      *bool    // has a value at all, or has none

	ShownValues        []string
	ShownMin, ShownMax string
}

// Err is what is wrong with the filter as it was written; nil for a good one.
func (f Filter) Err() error { return f.Problems.Err() }

// Contradicts reports whether the filter asks for what nobody can be: to have a thing and
// not to have it.
func (f Filter) Contradicts() bool {
	return overlap(f.Has, f.HasNot) || overlap(f.OptOuts, f.NotOptOuts) || overlap(f.Tags, f.NotTags)
}

func overlap[T comparable](a, b []T) bool {
	return slices.ContainsFunc(a, func(x T) bool { return slices.Contains(b, x) })
}

// Narrows reports whether the filter leaves out anybody but the archived.
func (f Filter) Narrows() bool {
	v := f.Values()
	if f.Status == Active {
		delete(v, "status")
	}
	return len(v) > 0 || len(f.Problems) > 0
}

// Values writes the filter by the names under which ParseFilter reads it.
func (f Filter) Values() map[string][]string {
	v := map[string][]string{}
	put := func(name string, texts ...string) {
		for _, text := range texts {
			if text != "" {
				v[name] = append(v[name], text)
			}
		}
	}
	put("q", f.Query)
	put("status", string(f.Status))
	put("tag", texts(f.Tags)...)
	put("any_tag", texts(f.AnyTags)...)
	put("not_tag", texts(f.NotTags)...)
	put("assignee", texts(f.Assignees)...)
	put("source", texts(f.Sources)...)
	put("country", f.Countries...)
	put("last_message_after", writeMoment(f.After))
	put("last_message_before", writeMoment(f.Before))
	if f.NoMessage {
		put("last_message", "never")
	}
	put("has", texts(f.Has)...)
	put("has_not", texts(f.HasNot)...)
	put("opt_out", texts(f.OptOuts)...)
	put("not_opt_out", texts(f.NotOptOuts)...)
	for _, c := range f.Custom {
		put("custom."+c.Key, c.ShownValues...)
		put("custom."+c.Key+".min", c.ShownMin)
		put("custom."+c.Key+".max", c.ShownMax)
		if c.Set != nil {
			put("custom."+c.Key+".set", map[bool]string{true: "yes", false: "no"}[*c.Set])
		}
	}
	return v
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func writeMoment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// Sort is the order of a list of contacts.
type Sort string

// The orders. A contact without any message stands at the time when it was made.
const (
	LastActiveFirst Sort = "-last_message" // the default
	LastActiveLast  Sort = "last_message"
	ByName          Sort = "name"
	ByNameBackwards Sort = "-name"
	NewestFirst     Sort = "-created"
	OldestFirst     Sort = "created"
)

// Sorts are all of them in the order in which they are offered.
var Sorts = []Sort{LastActiveFirst, LastActiveLast, ByName, ByNameBackwards, NewestFirst, OldestFirst}

// ParseSort reads the name of an order; an empty one is the default.
func ParseSort(text string, problems *Problems) Sort {
	switch s := Sort(text); {
	case text == "":
		return LastActiveFirst
	case slices.Contains(Sorts, s):
		return s
	}
	problems.Add("sort", "unknown_sort", "The order is one of last_message, name, created, with - before it for the other way round.")
	return LastActiveFirst
}
