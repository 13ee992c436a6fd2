package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"parley/internal/crm"
)

// Form is what was typed and what is wrong with it. Field names are those of crm.Field and
// crm.FieldError; the error under "" is about the form as a whole.
type Form struct {
	Values map[string]string
	Errors map[string]string
	Hints  map[string]string // advice that stops nothing, such as a landline (C2)
}

// Value is what stands in a field.
func (f Form) Value(name string) string { return f.Values[name] }

// Error is what is wrong with a field, or "".
func (f Form) Error(name string) string { return f.Errors[name] }

// Hint is advice about a field, or "".
func (f Form) Hint(name string) string { return f.Hints[name] }

// Fail marks what err says about the fields; it reports whether err is an answer for this
// form. Problems of fields that the form does not show are said at its top.
func (f *Form) Fail(err error, shown ...string) bool {
	var e *crm.Error
	if !errors.As(err, &e) {
		return false
	}
	if f.Errors == nil {
		f.Errors = map[string]string{}
	}
	var rest []string
	for _, problem := range e.Fields {
		if len(shown) > 0 && !slices.Contains(shown, problem.Field) {
			rest = append(rest, problem.Detail)
			continue
		}
		f.Errors[problem.Field] = joinSentences(f.Errors[problem.Field], problem.Detail)
	}
	switch {
	case len(rest) > 0:
		f.Errors[""] = strings.Join(rest, " ")
	case len(e.Fields) == 0:
		f.Errors[""] = e.Detail
	}
	return true
}

func joinSentences(a, b string) string { return strings.TrimSpace(a + " " + b) }

// Input is one labelled field, drawn by the template "input".
type Input struct {
	Name, Label, Type   string
	Value, Error, Hint  string
	Help                string
	Note                string // a word more beside the label
	Autocomplete        string
	Class               string // w2, w3, w4: how much of the row it takes
	Required, Autofocus bool
	Rows                int // more than 0 makes it a text of several lines
	Options             []Option
}

// Option is one choice of a drop-down.
type Option struct{ Value, Label string }

// ID is the id of the element.
func (i Input) ID() string { return "f-" + strings.ReplaceAll(i.Name, ".", "-") }

// Noted puts a word more beside the label.
func (i Input) Noted(note string) Input {
	i.Note = note
	return i
}

// DescribedBy lists the ids of what explains the field.
func (i Input) DescribedBy() string {
	var ids []string
	if i.Error != "" {
		ids = append(ids, i.ID()+"-error")
	}
	if i.Hint != "" {
		ids = append(ids, i.ID()+"-hint")
	}
	if i.Help != "" {
		ids = append(ids, i.ID()+"-help")
	}
	return strings.Join(ids, " ")
}

// Input makes a field of the form. kind is the type of the input, "textarea" or "select".
func (f Form) Input(name, label, kind string) Input {
	i := Input{Name: name, Label: label, Type: kind, Value: f.Value(name), Error: f.Error(name), Hint: f.Hint(name)}
	if kind == "textarea" {
		i.Rows = 3
	}
	return i
}

// With sets what a field has beyond its label: {{(.Input …).With "required" "w3" "autocomplete:email"}}.
func (i Input) With(settings ...string) Input {
	for _, s := range settings {
		name, value, _ := strings.Cut(s, ":")
		switch name {
		case "required":
			i.Required = true
		case "autofocus":
			i.Autofocus = true
		case "autocomplete":
			i.Autocomplete = value
		case "help":
			i.Help = value
		default:
			i.Class = name
		}
	}
	return i
}

// Choose gives a drop-down its choices.
func (i Input) Choose(options []Option) Input {
	i.Options = options
	return i
}

// Lines makes a text field of n lines.
func (i Input) Lines(n int) Input {
	i.Rows = n
	return i
}

// readForm takes fields from what was posted, with line breaks as we keep them.
func readForm(r *http.Request, names ...string) Form {
	form := Form{Values: map[string]string{}}
	for _, name := range names {
		form.Values[name] = cleanBreaks(r.PostFormValue(name))
	}
	return form
}

// cleanBreaks turns the line breaks of a browser's form into ours and trims the text.
func cleanBreaks(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}
