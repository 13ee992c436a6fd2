package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// The contacts page: what the address asks for, what it says when that is not there, the
// columns of the reader, and views that come back by their address.
func TestContactsPage(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	wants(t, m.post(t, "/settings/fields", url.Values{"label": {"Plan"}, "kind": {"choice"}, "options": {"Gold\nSilver"}}, http.StatusOK), "Plan", "Gold")
	wants(t, m.post(t, "/settings/fields", url.Values{"label": {"plan"}, "kind": {"text"}}, http.StatusUnprocessableEntity), "already")
	wants(t, m.post(t, "/contacts", url.Values{"first_name": {"Ann"}, "last_name": {"Lee"}, "phone": {"+447400123456"}, "custom.plan": {"gold"}}, http.StatusOK), "Ann Lee")
	wants(t, m.get(t, "/contacts?custom.plan=gold&sort=name", http.StatusOK), "Ann Lee", "1 person", "Plan", `aria-sort="ascending"`)
	wants(t, m.get(t, "/contacts?custom.plan=silver", http.StatusOK), "Nobody matches")
	for query, want := range map[string]string{"nope=1": "no such parameter", "tag=" + strings.Repeat("0", 26): "a tag that was deleted", "assignee=x": "no such user", "sort=size": "The order is one of", "after=x": "not where a page ended"} {
		page := m.get(t, "/contacts?"+query, http.StatusUnprocessableEntity)
		wants(t, page, "This filter cannot be used", want)
		if strings.Contains(page, "Ann Lee") {
			t.Errorf("%s lists somebody", query)
		}
	}
	wants(t, m.post(t, "/contacts/columns", url.Values{"shown": {"phone", "custom.plan"}, "up": {"custom.plan"}, "query": {"sort=name"}}, http.StatusOK), `value="custom.plan" checked`, `column-form`)
	wants(t, m.post(t, "/contacts/columns", url.Values{"shown": {"nope"}}, http.StatusUnprocessableEntity), "no column")
	ann := regexp.MustCompile(`/contacts/[0-9a-z]{26}`).FindString(m.get(t, "/contacts?custom.plan=gold", http.StatusOK))
	m.post(t, ann, url.Values{"version": {"1"}, "first_name": {"Ann"}, "last_name": {"Lee"}, "phone": {"+447400123456"}, "custom.plan": {"silver"}}, http.StatusOK)
	wants(t, m.get(t, ann+"/history", http.StatusOK), "Plan", "silver")
	m.post(t, ann, url.Values{"version": {"2"}, "first_name": {"Ann"}, "last_name": {"Lee"}, "phone": {"+447400123456"}, "custom.plan": {"gold"}}, http.StatusOK)
	wants(t, m.post(t, "/views", url.Values{"name": {"Gold ones"}, "shared": {"1"}, "query": {"custom.plan=gold&sort=name"}}, http.StatusOK), "Gold ones", "Ann Lee", `aria-current="page"`)
}
