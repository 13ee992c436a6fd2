package web

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
)

// Chip is one condition of the list in words, and the address of the list without it.
type Chip struct {
	Label, Text string
	Missing     bool // it asks for what is not there any more
	Without     string
}

var filterLabels = map[string]string{"tag": "Tag", "any_tag": "Any of the tags", "not_tag": "Without tag", "assignee": "Assigned to", "source": "Source",
	"country": "Country", "status": "Status", "last_message_after": "Last message since", "last_message_before": "Last message before", "last_message": "Last message",
	"has": "Has", "has_not": "Has no", "opt_out": "Opted out of", "not_opt_out": "Not opted out of"}

// chips says the conditions of a list but its search, one a chip; what names several of
// which one is enough is one chip.
func chips(l contactList) []Chip {
	var list []Chip
	for _, name := range slices.Sorted(maps.Keys(l.values)) {
		if slices.Contains([]string{"q", "sort", "columns", "view"}, name) {
			continue
		}
		wrong := slices.ContainsFunc(l.filter.Problems, func(p crm.FieldError) bool { return p.Field == name })
		groups := [][]string{l.values[name]}
		if slices.Contains([]string{"tag", "not_tag", "has", "has_not", "opt_out", "not_opt_out"}, name) {
			groups = nil
			for _, v := range l.values[name] {
				groups = append(groups, []string{v})
			}
		}
		for _, group := range groups {
			var words []string
			missing := false
			for _, v := range group {
				word, known := inWords(l, name, v)
				words, missing = append(words, word), missing || !known
			}
			rest := maps.Clone(l.values)
			rest[name] = slices.DeleteFunc(slices.Clone(rest[name]), func(v string) bool { return slices.Contains(group, v) })
			list = append(list, Chip{labelOf(l, name), strings.Join(words, " or "), missing || wrong && len(groups) == 1, listAddress(rest)})
		}
	}
	return list
}

func listAddress(values url.Values) string {
	if query := values.Encode(); query != "" {
		return "/contacts?" + query
	}
	return "/contacts"
}

func labelOf(l contactList, name string) string {
	key, custom := strings.CutPrefix(name, "custom.")
	if !custom {
		return firstText(filterLabels[name], name)
	}
	key, part, _ := strings.Cut(key, ".")
	label := key
	for _, f := range l.words.Fields {
		if f.Key == key {
			label = f.Label
		}
	}
	return label + map[string]string{"min": " at least", "max": " at most", "set": " filled in"}[part]
}

// inWords is one value as people read it; known is false for what is not there any more.
func inWords(l contactList, name, v string) (word string, known bool) {
	switch name {
	case "tag", "any_tag", "not_tag":
		for _, t := range l.words.Tags {
			if t.ID.String() == v {
				return t.Name, true
			}
		}
		if t, ok := crm.TagByName(l.words.Tags, v); ok {
			return t.Name, true
		}
		if _, isID := crm.ParseID(v); isID {
			return "a tag that was deleted", false
		}
		return v, strings.Contains(v, ",")
	case "assignee":
		for _, u := range l.words.Users {
			if u.ID.String() == v {
				return u.Name, true
			}
		}
		return v, v == string(crm.NobodyID)
	case "country":
		for _, c := range countries() {
			if c.Value == strings.ToUpper(v) {
				return c.Label, true
			}
		}
	case "has", "has_not":
		return map[string]string{"phone": "phone", "email": "e-mail"}[v], true
	case "opt_out", "not_opt_out", "source":
		return firstText(map[string]string{"sms": "SMS", "whatsapp": "WhatsApp", "manual": "by hand"}[v], v), true
	case "last_message_after", "last_message_before":
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t.In(l.words.Zone).Format("2 January 2006, 15:04"), true
		}
		if t, err := time.Parse(time.DateOnly, v); err == nil {
			return t.Format("2 January 2006"), true
		}
	}
	if key, custom := strings.CutPrefix(name, "custom."); custom {
		key, _, _ = strings.Cut(key, ".")
		for _, f := range l.words.Fields {
			if f.Key == key {
				return f.Show(v), true
			}
		}
		return v, false
	}
	return v, slices.Contains(crm.FilterNames, name)
}

// FilterMenu is the form "Add filter". What it does not show goes along hidden.
type FilterMenu struct {
	Form
	Selects []Input // several may be chosen, one after another
	Dates   []Input
	Customs []Input
	Hidden  []Option
}

func filterMenu(l contactList) FilterMenu {
	m := FilterMenu{Form: Form{Values: map[string]string{}}}
	single := []string{"status", "last_message", "last_message_after", "last_message_before"}
	for _, f := range l.words.Fields {
		single = append(single, "custom."+f.Key+".min", "custom."+f.Key+".max", "custom."+f.Key+".set")
	}
	for _, name := range slices.Sorted(maps.Keys(l.values)) {
		for _, v := range l.values[name] {
			if slices.Contains(single, name) {
				m.Values[name] = v
			} else {
				m.Hidden = append(m.Hidden, Option{name, v})
			}
		}
	}
	choose := func(name string, options ...Option) Input {
		i := m.Input(name, filterLabels[name], "select").Choose(append([]Option{{"", ""}}, options...))
		return i.With("f-" + name)
	}
	var tags []Option
	for _, t := range l.words.Tags {
		tags = append(tags, Option{t.ID.String(), t.Name})
	}
	people := []Option{{string(crm.NobodyID), "Nobody"}}
	for _, u := range active(l.words.Users) {
		people = append(people, Option{u.ID.String(), u.Name})
	}
	reach := []Option{{"phone", "Phone"}, {"email", "E-mail"}}
	families := []Option{{"sms", "SMS"}, {"whatsapp", "WhatsApp"}}
	m.Selects = []Input{choose("tag", tags...), choose("any_tag", tags...), choose("not_tag", tags...), choose("assignee", people...),
		choose("status", Option{"archived", "Archived"}, Option{"any", "Active and archived"}),
		choose("source", Option{"manual", "By hand"}, Option{"whatsapp", "WhatsApp"}, Option{"sms", "SMS"}, Option{"import", "Import"}),
		choose("country", append([]Option{{crm.NoCountry, "None given"}}, countries()...)...),
		choose("has", reach...), choose("has_not", reach...), choose("opt_out", families...), choose("not_opt_out", families...),
		m.Input("last_message", "Last message", "select").Choose([]Option{{"", ""}, {"never", "Never"}})}
	m.Dates = []Input{m.date("last_message_after", l.words.Zone), m.date("last_message_before", l.words.Zone)}
	for _, f := range l.words.Fields {
		m.Customs = append(m.Customs, m.custom(f)...)
	}
	return m
}

func (m FilterMenu) date(name string, zone *time.Location) Input {
	i := m.Input(name, filterLabels[name], "date")
	if t, err := time.Parse(time.RFC3339, i.Value); err == nil {
		i.Value = t.In(zone).Format(time.DateOnly)
	}
	return i
}

func (m FilterMenu) custom(f crm.CustomField) []Input {
	name := "custom." + f.Key
	switch f.Kind {
	case crm.CustomNumber, crm.CustomDate:
		kind := map[crm.CustomKind]string{crm.CustomNumber: "text", crm.CustomDate: "date"}[f.Kind]
		return []Input{m.Input(name+".min", f.Label+" at least", kind), m.Input(name+".max", f.Label+" at most", kind)}
	case crm.CustomChoice:
		options := []Option{{"", ""}}
		for _, o := range f.Options {
			options = append(options, Option{o.Value, o.Label})
		}
		return []Input{m.Input(name, f.Label, "select").Choose(options)}
	case crm.CustomBoolean:
		return []Input{m.Input(name, f.Label, "select").Choose([]Option{{"", ""}, {"yes", "Yes"}, {"no", "No"}})}
	}
	return []Input{m.Input(name, f.Label, "text")}
}
