package web

import (
	"net/http"
	"net/url"

	"parley/internal/crm"
)

// addressRoom is how long what follows the ? of an address may be: proxies in front take a
// line of 8 kB.
const addressRoom = 4 << 10

// chosen handles POST /contacts/chosen: the bar of the table of contacts, with action and
// all with query, or id. It leads to the page that asks the rest. Where an address has no
// room for those who were chosen, it answers with that page itself.
func chosen(s *Server, w http.ResponseWriter, r *http.Request) error {
	if r.PostForm.Get("action") == broadcastAction && !crm.MayBroadcast(actor(r)) {
		return crm.ErrForbidden
	}
	path, values, page := afterChosen(r.PostForm)
	var problems crm.Problems
	if crm.CheckChosen(&problems, "id", knownIDs(values["id"])); len(problems) > 0 {
		return crm.Errorf(crm.Invalid, "too_many", "%s", problems[0].Detail)
	}
	if query := values.Encode(); len(query) > addressRoom {
		return page(s, w, asked(r, path, values))
	} else if query != "" {
		path += "?" + query
	}
	return seeOther(w, r, path)
}

// afterChosen is the address of the page that a choice leads to, and the page.
func afterChosen(form url.Values) (path string, values url.Values, page handler) {
	all := form.Get("all") != ""
	values = url.Values{"id": form["id"]}
	if all {
		values = url.Values{"all": {"1"}, "query": {form.Get("query")}}
	}
	switch action := form.Get("action"); action {
	case exportAction:
		if all {
			values, _ = url.ParseQuery(form.Get("query"))
		}
		return "/contacts/export", values, (*Server).exportPage
	case broadcastAction:
		return broadcastsPath + "/new", values, (*Server).newBroadcast
	default:
		values.Set("action", action)
		values.Set("query", form.Get("query"))
		return "/contacts/bulk", values, (*Server).askBulk
	}
}

// asked is a request as if it had asked for a page with these values in its address.
func asked(r *http.Request, path string, values url.Values) *http.Request {
	inner := r.Clone(r.Context())
	inner.Method, inner.Body, inner.URL = get, http.NoBody, &url.URL{Path: path, RawQuery: values.Encode()}
	inner.Form, inner.PostForm = values, url.Values{}
	return inner
}
