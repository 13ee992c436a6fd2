package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"parley/internal/crm"
)

// call is what the guard found out about a call, for the handlers.
type call struct {
	who     crm.Actor
	base    string       // the public address
	contact *crm.Contact // what {id} names, on routes of a contact
	token   string
	upload  *upload // the file of a call that takes one
}

type callKey struct{}

// callOf is the call that a handler answers.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil {
		return &call{}
	}
	return c
}

// guard checks a call in the order of the contract: signed in, allowed, there and
// visible, well-formed. Only then does huma read parameters and body.
func (a *API) guard(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	op := ctx.Operation()
	rule := ruleOf(op)
	c := &call{base: a.PublicURL(r), token: bearer(r)}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	if err := a.allow(r, c, rule); err != nil {
		a.problem(r.Context(), err).write(w, r)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	var body []byte
	var bodyErr error
	if rule.upload {
		limit := a.Imports.Limit()
		if rule.media {
			limit = crm.MaxFile
		}
		if c.upload, bodyErr = a.openUpload(w, r, key != "", limit); bodyErr == nil {
			defer c.upload.done()
		}
		body = c.upload.body()
	} else {
		body, bodyErr = a.read(w, r, op)
	}
	check := func(r *http.Request) error {
		if err := a.find(r.Context(), c, rule.of, r.PathValue("id")); err != nil {
			return err
		}
		if err := a.findWithin(r.Context(), c, rule.within, r.PathValue); err != nil {
			return err
		}
		if bodyErr != nil {
			return bodyErr
		}
		if err := checkQuery(r); err != nil {
			return err
		}
		return checkMatch(r, c)
	}
	answer := func(w http.ResponseWriter, r *http.Request) { next(humago.NewContext(op, r, w)) }
	if key != "" && r.Method == http.MethodPost && rule.access != Anyone {
		a.once(w, r, c, key, body, check, answer)
		return
	}
	if err := check(r); err != nil {
		a.problem(r.Context(), err).write(w, r)
		return
	}
	answer(w, r)
}

var errNoToken = crm.Errorf(crm.Unauthenticated, "no_token", "Send a token: Authorization: Bearer TOKEN.")

// allow finds out who calls and whether the role reaches.
func (a *API) allow(r *http.Request, c *call, rule rule) error {
	if rule.access == Anyone {
		return nil
	}
	if c.token == "" {
		return errNoToken
	}
	who, err := a.Team.WhoByToken(r.Context(), c.token)
	if err != nil {
		return err
	}
	who.Address = a.Address(r)
	c.who = who
	if who.IsAdmin() {
		return nil
	}
	if rule.access == Admin || rule.self && r.PathValue("id") != who.UserID.String() {
		return crm.ErrForbidden
	}
	return nil
}

// checkQuery refuses parameters that are no text: no database takes them.
func checkQuery(r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return newProblem(http.StatusBadRequest, "bad_query", "The part after ? cannot be read: write special characters as %XX.")
	}
	var problems crm.Problems
	for name, values := range query {
		if text := name + strings.Join(values, ""); !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			problems.Add(strings.ToValidUTF8(name, "?"), "not_text", "This is not valid text (UTF-8).")
		}
	}
	return problems.Err()
}

// checkMatch honours If-Match where it is welcome: on calls about a contact. PATCH checks
// it in its transaction.
func checkMatch(r *http.Request, c *call) error {
	text := r.Header.Get("If-Match")
	if c.contact == nil || text == "" || text == "*" || r.Method == http.MethodPatch || r.Method == http.MethodGet {
		return nil
	}
	if parseETag(text) == c.contact.Version {
		return nil
	}
	return &crm.Error{Kind: crm.Stale, Code: "stale_version", Current: c.contact, ChangedBy: c.contact.UpdatedBy,
		Detail: "Somebody changed this contact in the meantime: " + c.contact.UpdatedBy + "."}
}
