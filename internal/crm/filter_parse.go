package crm

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// FilterWords are what the names in a filter are looked up in.
type FilterWords struct {
	Tags   []Tag
	Gone   []GoneTag // tags that were: a filter follows to what one became
	Users  []User
	Fields []CustomField
	Zone   *time.Location // in which a day begins; nil is UTC
}

// FilterNames are the names of a filter but those of custom fields: custom.KEY,
// custom.KEY.min, custom.KEY.max and custom.KEY.set.
var FilterNames = []string{"q", "status", "tag", "any_tag", "not_tag", "assignee", "source", "country",
	"last_message_after", "last_message_before", "last_message", "has", "has_not", "opt_out", "not_opt_out"}

const maxFilterValues = 50 // of one name

// ParseFilter reads a filter from its names and values. Several values of a name are given
// by repeating it, for ids and other words also with commas. What cannot be read, and
// names of what is not there, are in the Problems of the filter.
func ParseFilter(values map[string][]string, words FilterWords) Filter {
	p := filterParser{words: words}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list := slices.DeleteFunc(slices.Clone(values[name]), func(v string) bool { return strings.TrimSpace(v) == "" })
		if len(list) > maxFilterValues {
			p.f.Problems.Add(name, "too_many", "At most %d values.", maxFilterValues)
			continue
		}
		switch {
		case len(list) > 0:
			p.read(name, list)
		case !slices.Contains(FilterNames, name) && !strings.HasPrefix(name, "custom."):
			p.read(name, values[name])
		}
	}
	return p.f
}

// FilterValues reads the JSON object of a filter into names and values: a value is a text,
// a number, true or false, or a list of those.
func FilterValues(object map[string]any) (map[string][]string, Problems) {
	var problems Problems
	values := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		list, ok := object[name].([]any)
		if !ok {
			list = []any{object[name]}
		}
		for _, v := range list {
			switch v := v.(type) {
			case string, json.Number, float64, int, int64:
				values[name] = append(values[name], fmt.Sprint(v))
			case bool:
				values[name] = append(values[name], map[bool]string{true: "yes", false: "no"}[v])
			default:
				problems.Add(name, "wrong_type", "This must be a text or a list of texts.")
			}
		}
	}
	return values, problems
}

type filterParser struct {
	words FilterWords
	f     Filter
}

func (p *filterParser) read(name string, list []string) {
	f := &p.f
	switch name {
	case "q":
		f.Query = p.text(name, list)
	case "status":
		f.Status = one(p, name, list, Active, Archived, AnyStatus)
	case "tag":
		f.Tags = p.tags(name, list)
	case "any_tag":
		f.AnyTags = p.tags(name, list)
	case "not_tag":
		f.NotTags = p.tags(name, list)
	case "assignee":
		f.Assignees = p.assignees(name, list)
	case "source":
		f.Sources = p.sources(name, list)
	case "country":
		f.Countries = p.countries(name, list)
	case "last_message_after":
		f.After = p.moment(name, list)
	case "last_message_before":
		f.Before = p.moment(name, list)
	case "last_message":
		f.NoMessage = one(p, name, list, "never") != ""
	case "has":
		f.Has = several(p, name, list, PhoneIdentity, EmailIdentity)
	case "has_not":
		f.HasNot = several(p, name, list, PhoneIdentity, EmailIdentity)
	case "opt_out":
		f.OptOuts = several(p, name, list, SMS, WhatsApp)
	case "not_opt_out":
		f.NotOptOuts = several(p, name, list, SMS, WhatsApp)
	default:
		if rest, ok := strings.CutPrefix(name, "custom."); ok {
			p.custom(name, rest, list)
			return
		}
		f.Problems.Add(name, "unknown_parameter", "There is no such parameter.")
	}
}

func (p *filterParser) text(name string, list []string) string {
	if len(list) > 1 {
		p.f.Problems.Add(name, "too_many", "This can be given once.")
		return ""
	}
	clean, err := cleanText(list[0], 500, false)
	if err != nil {
		p.f.Problems.Add(name, err.code, "%s", err.detail)
	}
	return clean
}

// parted are the values with those that hold commas taken apart.
func parted(list []string) []string {
	var parts []string
	for _, text := range list {
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" && !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

func several[T ~string](p *filterParser, name string, list []string, known ...T) []T {
	var out []T
	for _, part := range parted(list) {
		if !slices.Contains(known, T(part)) {
			p.f.Problems.Add(name, "unknown_value", "This must be one of %s.", strings.Join(texts(known), ", "))
			return nil
		}
		out = append(out, T(part))
	}
	return out
}

func one[T ~string](p *filterParser, name string, list []string, known ...T) T {
	found := several(p, name, list, known...)
	if len(found) > 1 {
		p.f.Problems.Add(name, "too_many", "This can be given once.")
	}
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// tags finds tags by id or name. A text that is neither may be several, parted by commas.
// The id of a tag that was merged stands for what it became.
func (p *filterParser) tags(name string, list []string) []ID {
	find := func(text string) (ID, bool) {
		for _, t := range p.words.Tags {
			if t.ID.String() == text {
				return t.ID, true
			}
		}
		for _, t := range p.words.Gone {
			if t.ID.String() == text && t.Into.ID != "" {
				return t.Into.ID, true
			}
		}
		t, ok := TagByName(p.words.Tags, text)
		return t.ID, ok
	}
	var ids []ID
	for _, text := range list {
		names := []string{text}
		if _, ok := find(text); !ok {
			names = strings.Split(text, ",")
		}
		for _, tag := range names {
			id, ok := find(tag)
			switch {
			case !ok && looksLikeID(tag):
				p.f.Problems.Add(name, "unknown_tag", "%s", p.missingTag(tag))
			case !ok:
				p.f.Problems.Add(name, "unknown_tag", "There is no tag %q.", tag)
			case !slices.Contains(ids, id):
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// missingTag says which tag is not there any more, where that is known.
func (p *filterParser) missingTag(id string) string {
	for _, t := range p.words.Gone {
		if t.ID.String() == id {
			return "This asks for the tag “" + t.Name + "”, which was deleted."
		}
	}
	return "This asks for a tag that is not there any more."
}

func looksLikeID(text string) bool {
	_, ok := ParseID(text)
	return ok
}

func (p *filterParser) assignees(name string, list []string) []ID {
	var ids []ID
	for _, text := range parted(list) {
		id := ID(text)
		if id != NobodyID && !slices.ContainsFunc(p.words.Users, func(u User) bool { return u.ID == id }) {
			p.f.Problems.Add(name, "unknown_user", "There is no such user.")
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

func (p *filterParser) sources(name string, list []string) []Source {
	var sources []Source
	for _, text := range parted(list) {
		if !customKey.MatchString(text) {
			p.f.Problems.Add(name, "unknown_value", "A source is a word such as manual, whatsapp, sms or import.")
			continue
		}
		sources = append(sources, Source(text))
	}
	return sources
}

func (p *filterParser) countries(name string, list []string) []string {
	var countries []string
	for _, text := range parted(list) {
		if text != NoCountry {
			text = strings.ToUpper(text)
			if !IsCountry(text) {
				p.f.Problems.Add(name, "unknown_country", "%q is no country code. Use two letters such as GB, or none.", text)
				continue
			}
		}
		countries = append(countries, text)
	}
	return countries
}

// moment reads a time, or a day as its beginning in the zone of the business.
func (p *filterParser) moment(name string, list []string) time.Time {
	text := p.text(name, list)
	zone := p.words.Zone
	if zone == nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		t, err = time.Parse(time.RFC3339, text)
	}
	if text != "" && (err != nil || t.Year() < 1970 || t.Year() > 9999) {
		p.f.Problems.Add(name, "not_a_date", "This must be a date such as 2026-11-24, or a time such as 2026-11-24T09:00:00Z.")
		return time.Time{}
	}
	return t
}

func (p *filterParser) custom(name, rest string, list []string) {
	key, part, _ := strings.Cut(rest, ".")
	at := slices.IndexFunc(p.words.Fields, func(f CustomField) bool { return f.Key == key })
	if at < 0 {
		p.f.Problems.Add(name, "unknown_field", "There is no custom field %q.", key)
		return
	}
	field, c := p.words.Fields[at], p.condition(key)
	var keys, shown []string
	if part != "set" {
		for _, text := range list {
			v, err := field.Parse(text)
			if err != nil {
				p.f.Problems.Add(name, err.Code, "%s", err.Detail)
				return
			}
			keys = append(keys, SortKey(v))
			shown = append(shown, strings.TrimSpace(text))
		}
	}
	bounded := field.Kind == CustomNumber || field.Kind == CustomDate
	switch {
	case part == "":
		c.Values, c.ShownValues = keys, shown
	case part == "set":
		c.Set = p.yesNo(name, list)
	case (part == "min" || part == "max") && (!bounded || len(list) > 1):
		p.f.Problems.Add(name, "no_order", "Only numbers and dates have a least and a most, one of each.")
	case part == "min":
		c.Min, c.ShownMin = keys[0], shown[0]
	case part == "max":
		c.Max, c.ShownMax = keys[0], shown[0]
	default:
		p.f.Problems.Add(name, "unknown_parameter", "There is no such parameter.")
	}
}

func (p *filterParser) yesNo(name string, list []string) *bool {
	switch one(p, name, list, "yes", "no") {
	case "yes":
		return new(true)
	case "no":
		return new(false)
	}
	return nil
}

// condition is the one for a field, new or begun.
func (p *filterParser) condition(key string) *CustomCondition {
	for i := range p.f.Custom {
		if p.f.Custom[i].Key == key {
			return &p.f.Custom[i]
		}
	}
	p.f.Custom = append(p.f.Custom, CustomCondition{Key: key})
	return &p.f.Custom[len(p.f.Custom)-1]
}
