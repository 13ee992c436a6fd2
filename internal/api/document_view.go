package api

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// document is as much of an OpenAPI document as the page shows.
type document struct {
	Info struct {
		Title, Version, Description string
	}
	Servers []struct {
		URL string `json:"url"`
	}
	Paths      map[string]map[string]docOperation
	Components struct {
		Schemas map[string]docSchema
	}
}

// docOperation is one call.
type docOperation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Description string
	Tags        []string
	Security    []map[string][]string
	Parameters  []struct {
		Name, In, Description string
		Required              bool
		Schema                docSchema
	}
	RequestBody struct {
		Required bool
		Content  map[string]docMedia
	}
	Responses map[string]struct {
		Description string
		Content     map[string]docMedia
	}
}

type docMedia struct{ Schema docSchema }

// docSchema describes a value.
type docSchema struct {
	Ref         string `json:"$ref"`
	Type        any
	Format      string
	Description string
	Enum        []any
	Items       *docSchema
	Properties  map[string]docSchema
	Required    []string
}

// Kind is the type in words.
func (s docSchema) Kind() string {
	text, _ := s.Type.(string)
	if s.Items != nil {
		return "list of " + cmp.Or(s.Items.Kind(), "values")
	}
	return cmp.Or(s.Format, text)
}

// Target is the name of the schema that a value or the items of a list refer to.
func (s docSchema) Target() string {
	if s.Items != nil {
		return s.Items.Target()
	}
	return strings.TrimPrefix(s.Ref, "#/components/schemas/")
}

// Values are the words that are allowed.
func (s docSchema) Values() []any {
	if s.Items != nil {
		return s.Items.Enum
	}
	return s.Enum
}

// docGroup is a section of the page.
type docGroup struct {
	Name  string
	Calls []docCall
}

// docCall is a call and where it is found.
type docCall struct {
	Method, Path string
	docOperation
}

// groups are the calls by their tag, in the order of paths.
func (d *document) groups() []docGroup {
	var list []docGroup
	base := ""
	if len(d.Servers) > 0 {
		base = d.Servers[0].URL
	}
	order := []string{"get", "post", "patch", "delete"}
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range order {
			op, ok := d.Paths[path][method]
			if !ok {
				continue
			}
			at := slices.IndexFunc(list, func(g docGroup) bool { return g.Name == op.Tags[0] })
			if at < 0 {
				list = append(list, docGroup{Name: op.Tags[0]})
				at = len(list) - 1
			}
			list[at].Calls = append(list[at].Calls, docCall{strings.ToUpper(method), base + path, op})
		}
	}
	slices.SortFunc(list, func(a, b docGroup) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
