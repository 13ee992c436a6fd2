package api

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
)

// humaOnce sets what huma keeps in variables of its package: names of fields are
// compared exactly, lists are never null, and its errors have our shape.
var humaOnce = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	huma.NewError = translated
	huma.NewErrorWithContext = func(_ huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return translated(status, msg, errs...)
	}
})

// translated turns an error of huma's into a Problem. The values it carries are dropped:
// an answer does not repeat what was sent.
func translated(status int, msg string, errs ...error) huma.StatusError {
	p := newProblem(status, "invalid", "Please check what is marked.")
	switch {
	case status == http.StatusBadRequest:
		p.Code, p.Detail = "bad_json", "The body cannot be read as JSON."
	case status >= 500:
		return faultProblem(newFaultID())
	case status != http.StatusUnprocessableEntity:
		p.Code, p.Detail = "refused", msg
	}
	var problems crm.Problems
	for _, err := range errs {
		if d, ok := err.(huma.ErrorDetailer); ok && status == http.StatusUnprocessableEntity {
			addDetail(&problems, d.ErrorDetail())
		}
	}
	slices.SortStableFunc(problems, func(a, b crm.FieldError) int { return strings.Compare(a.Field, b.Field) })
	p.Errors = problems
	return p
}

func addDetail(problems *crm.Problems, d *huma.ErrorDetail) {
	field, message := fieldName(d.Location), d.Message
	if rest, found := strings.CutPrefix(message, "expected required property "); found {
		name, _, _ := strings.Cut(rest, " ")
		problems.Add(strings.TrimPrefix(field+"."+name, "."), "required", "This is needed.")
		return
	}
	for _, known := range complaints {
		if strings.HasPrefix(message, known.begins) {
			problems.Add(field, known.code, "%s", known.detail+strings.TrimPrefix(message, known.begins)+".")
			return
		}
	}
	problems.Add(field, "invalid", "%s.", message)
}

// complaints are huma's messages by how they begin, and ours for them; what follows is
// kept. A longer beginning stands before a shorter one.
var complaints = []struct{ begins, code, detail string }{
	{"unexpected property", "unknown_field", "There is no such field"},
	{"unknown query parameter", "unknown_parameter", "There is no such parameter"},
	{"required query parameter is missing", "required", "This is needed"},
	{"required header parameter is missing", "required", "This is needed"},
	{"expected value to be one of", "unknown_value", "This must be one of"},
	{"expected string to be", "invalid", "This must be"},
	{"expected string", "wrong_type", "This must be text"},
	{"expected boolean", "wrong_type", "This must be true or false"},
	{"invalid boolean", "wrong_type", "This must be true or false"},
	{"expected integer", "wrong_type", "This must be a whole number"},
	{"invalid integer", "wrong_type", "This must be a whole number"},
	{"expected number <=", "out_of_range", "At most"},
	{"expected number >=", "out_of_range", "At least"},
	{"expected number", "wrong_type", "This must be a number"},
	{"expected array length <=", "too_many", "At most this many entries:"},
	{"expected array", "wrong_type", "This must be a list"},
	{"expected object", "wrong_type", "This must be an object"},
	{"json: cannot unmarshal", "out_of_range", "This value does not fit:"},
	{"expected length <=", "too_long", "At most this many characters:"},
	{"expected length >=", "required", "At least this many characters:"},
}
