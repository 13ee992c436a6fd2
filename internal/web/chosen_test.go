package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"parley/internal/crm"
)

// T2: what was ticked goes on to its page, however many were; an address names a few only.
func TestChosen(t *testing.T) {
	s := newSite(t)
	a, m := s.signIn(t, s.A), s.signIn(t, s.M)
	gold := s.Tag(t, "Gold")
	priya := s.Put(t, "Priya", "Shah", "+447400123456", "")
	ids := []string{priya.ID.String()}
	choose := func(action string, ids ...string) url.Values {
		return url.Values{"action": {action}, "id": {strings.Join(ids, ",")}} // as the script of the page sends them
	}
	for action, address := range map[string]string{"add_tags": "/contacts/bulk", "export": "/contacts/export", "broadcast": "/broadcasts/new"} {
		_, page, answer := m.do(t, "POST", "/contacts/chosen", choose(action, ids...), false)
		if got := answer.Request.URL; got.Path != address || got.Query().Get("id") != ids[0] {
			t.Errorf("%s leads to %s", action, got)
		}
		wants(t, page, "1 contact")
	}
	for len(ids) < crm.MaxChosen {
		ids = append(ids, crm.NewID(s.Now()).String())
	}
	for action, want := range map[string]string{"add_tags": "Add tags: 1 contact", "export": "Export 1 contact", "broadcast": "10,000 contacts, chosen"} {
		_, page, answer := m.do(t, "POST", "/contacts/chosen", choose(action, ids...), false)
		if answer.StatusCode != http.StatusOK || answer.Request.URL.RawQuery != "" {
			t.Fatalf("%s of many: %d at %.80s", action, answer.StatusCode, answer.Request.URL)
		}
		wants(t, page, want)
		held := regexp.MustCompile(`name="id" value="([^"]*)"`).FindStringSubmatch(page)[1]
		if n := len(strings.Split(held, ",")); n != len(ids) {
			t.Errorf("%s: the page holds %d of %d ids", action, n, len(ids))
		}
	}
	wants(t, m.post(t, "/contacts/export/file", url.Values{"format": {"csv"}, "id": {strings.Join(ids, ",")}}, http.StatusOK), "Priya")
	form := choose("add_tags", ids...)
	form.Set("tags", gold.ID.String())
	wants(t, a.post(t, "/contacts/bulk", form, http.StatusOK), "0 of 10,000")

	// More than can be named one by one: said, and nothing is done.
	ids = append(ids, crm.NewID(s.Now()).String())
	form.Set("id", strings.Join(ids, ","))
	for _, path := range []string{"/contacts/chosen", "/contacts/bulk"} {
		wants(t, a.post(t, path, form, http.StatusUnprocessableEntity), "At most "+strconv.Itoa(crm.MaxChosen)+" contacts")
	}
	a.post(t, "/contacts/export/file", choose("", ids...), http.StatusUnprocessableEntity)
	wants(t, a.post(t, "/contacts/chosen", url.Values{"action": {"export"}, "id": ids}, http.StatusUnprocessableEntity), "no form that can be read")
	for len(ids) < 80_000 {
		ids = append(ids, ids...)
	}
	wants(t, a.post(t, "/contacts/chosen", choose("export", ids...), http.StatusRequestEntityTooLarge), "too large")
	if acts := regexp.MustCompile(`/bulk/[0-9a-v]{26}`).FindAllString(a.get(t, "/bulk", http.StatusOK), -1); len(acts) != 1 {
		t.Errorf("%d acts began, want the one", len(acts))
	}

	// V5: an address is not the only way there.
	for _, action := range []string{"broadcast", "delete"} {
		a.post(t, "/contacts/chosen", choose(action, ids[:1]...), http.StatusForbidden)
		a.post(t, "/contacts/chosen", choose(action, ids[:1000]...), http.StatusForbidden)
	}
	wants(t, a.post(t, "/contacts/chosen", choose("add_tags"), http.StatusOK), "0 contacts")
}
