package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Access says who may call a route.
type Access string

// The words for it. Agents are users of either role; what an agent sees is V2's.
const (
	Anyone   Access = "anyone"
	SignedIn Access = "signed-in"
	Agent    Access = "agent"
	Admin    Access = "admin"
	Provider Access = "provider" // whoever signs as the channel's provider does
)

// Route is one HTTP route.
type Route struct {
	Method  string `json:"method"`
	Pattern string `json:"pattern"`
	Access  Access `json:"access"`
}

// rule is what is checked of a call before its body is looked at.
type rule struct {
	access Access
	// of is what {id} names; it must be there and visible.
	of resource
	// within is what a second part of the path names within that.
	within resource
	// self lets agents call only for their own id.
	self bool
	// open lets parameters pass that the operation does not name: it checks them itself.
	open bool
	// upload has the body read as a file, while it is worked at.
	upload bool
	// media is the same for the file of a message: of another size, and read whole.
	media bool
}

const ruleKey = "parley-rule"

// ruleOf is the rule that an operation was added with.
func ruleOf(op *huma.Operation) rule {
	r, ok := op.Metadata[ruleKey].(rule)
	if !ok {
		panic("api: " + op.OperationID + " has no rule")
	}
	return r
}

// add registers an operation under its rule. Its errors are turned into problems.
func add[I, O any](a *API, op huma.Operation, r rule, f func(context.Context, *I) (*O, error)) {
	op.Metadata = map[string]any{ruleKey: r}
	op.RejectUnknownQueryParameters = !r.open
	op.BodyReadTimeout = -1       // the guard has read it
	op.MaxBodyBytes = 2 * maxBody // the guard has refused what is too large
	op.Errors = slices.Concat(r.statuses(), op.Errors)
	if r.access != Anyone {
		op.Security = []map[string][]string{{"token": {}}}
	}
	if op.Method == http.MethodPost || op.Method == http.MethodPatch {
		op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if op.Method == http.MethodPost {
		op.Errors = append(op.Errors, http.StatusConflict)
		op.Parameters = append(op.Parameters, idempotencyKey)
	}
	op.Errors = slices.Compact(slices.Sorted(slices.Values(op.Errors)))
	a.routes = append(a.routes, Route{op.Method, Prefix + op.Path, r.access})
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// statuses are the refusals that a rule can lead to.
func (r rule) statuses() []int {
	if r.access == Anyone {
		return nil
	}
	list := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}
	if r.access == Admin || r.self {
		list = append(list, http.StatusForbidden)
	}
	if r.of != nothing {
		list = append(list, http.StatusNotFound)
	}
	return list
}

// bearer is the token of a call, or "". Cookies do not count here.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

var idempotencyKey = &huma.Param{
	Name: "Idempotency-Key", In: "header",
	Description: "Up to 200 printable characters. The same key with the same body gets the same answer for 24 hours; with another body it is refused with 422 idempotency_mismatch. A call waits while the first one runs; where that takes too long or runs on another node, it is refused with 409 idempotency_in_progress. A repeated answer has the header Idempotency-Replayed.",
	Schema:      &huma.Schema{Type: huma.TypeString},
}
