package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"parley/internal/crm"
)

// Problem is an error as it goes out: RFC 9457 with a stable code, the fields of a 422,
// and what helps to resolve a 409 (I6) or a 412 (C4).
type Problem struct {
	Type      string           `json:"type" doc:"Always about:blank: the code tells what it is."`
	Title     string           `json:"title" doc:"The status in words."`
	Status    int              `json:"status" doc:"The HTTP status."`
	Detail    string           `json:"detail" doc:"A sentence for people that names what to do."`
	Code      string           `json:"code" doc:"A stable word for programs."`
	Instance  string           `json:"instance,omitempty" doc:"With a 500: the id under which the fault was logged."`
	Errors    []crm.FieldError `json:"errors,omitempty" doc:"What is wrong with which field of the input."`
	Line      int              `json:"line,omitempty" doc:"Of a file that cannot be read: the line on which that shows."`
	Conflict  *crm.Conflict    `json:"conflict,omitempty" doc:"Who holds an identity and what can be done about it, as far as the asker may see."`
	Current   *Contact         `json:"current,omitempty" doc:"With a 412: the record as it is now."`
	ChangedBy string           `json:"changed_by,omitempty" doc:"With a 412: who made the version that is there now."`
	// MergedInto stands with a 404 of a contact that became part of another one.
	MergedInto crm.ID `json:"merged_into,omitempty" doc:"With a 404: the contact of which the one asked for became part."`

	header http.Header
}

func newProblem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail, header: http.Header{}}
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is for huma.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders is for huma.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is for huma.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// write sends the problem.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	if r.Method == http.MethodHead {
		return
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(p)
}

// statusOf are the answers to the kinds of crm.Error.
var statusOf = map[crm.Kind]int{
	crm.Invalid:         http.StatusUnprocessableEntity,
	crm.NotFound:        http.StatusNotFound,
	crm.Conflicting:     http.StatusConflict,
	crm.Forbidden:       http.StatusForbidden,
	crm.Unauthenticated: http.StatusUnauthorized,
	crm.Stale:           http.StatusPreconditionFailed,
	crm.Limited:         http.StatusTooManyRequests,
	crm.Unavailable:     http.StatusServiceUnavailable,
}

// problem is the one place where an error becomes an answer. What is none of ours is
// logged under an id and says nothing of its cause.
func (a *API) problem(ctx context.Context, err error) *Problem {
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	var e *crm.Error
	if !errors.As(err, &e) || statusOf[e.Kind] == 0 {
		return a.fault(ctx, err)
	}
	p := newProblem(statusOf[e.Kind], cmp.Or(e.Code, string(e.Kind)), e.Detail)
	p.Errors, p.Conflict, p.ChangedBy, p.Line = e.Fields, e.Conflict, e.ChangedBy, e.Line
	switch e.Kind {
	case crm.Unauthenticated:
		p.header.Set("WWW-Authenticate", `Bearer realm="parley"`)
	case crm.Limited:
		p.header.Set("Retry-After", "30")
	case crm.Unavailable:
		p.header.Set("Retry-After", "5")
		a.Log.WarnContext(ctx, "a part we need is away", "error", err)
	case crm.Stale:
		if e.Current != nil {
			current := contactOf(e.Current)
			p.Current = &current
			p.header.Set("ETag", etag(e.Current.Version))
		}
	}
	return p
}

// fault logs what went wrong with us.
func (a *API) fault(ctx context.Context, err error) *Problem {
	id := newFaultID()
	if ctx.Err() != nil {
		a.Log.DebugContext(ctx, "the caller left", "id", id, "error", err)
	} else {
		a.Log.ErrorContext(ctx, "a call failed", "id", id, "error", err)
	}
	return faultProblem(id)
}

func newFaultID() string { return crm.NewID(time.Now()).String() }

func faultProblem(id string) *Problem {
	p := newProblem(http.StatusInternalServerError, "fault", "Something went wrong on our side. It was logged under "+id+".")
	p.Instance = "urn:parley:fault:" + id
	return p
}

// fieldName is the name of a field as people know it: contact_address.city, limit.
func fieldName(location string) string {
	for _, part := range []string{"body", "query", "header", "path"} {
		if location == part {
			return ""
		}
		location = strings.TrimPrefix(location, part+".")
	}
	return location
}
