package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"parley/internal/crm"
)

// T2: from the list over the question to the receipt and back, as plain forms.
func TestBulkPages(t *testing.T) {
	s := newSite(t)
	a, b, m := s.signIn(t, s.A), s.signIn(t, s.B), s.signIn(t, s.M)
	gold := s.Tag(t, "Gold")
	for _, first := range []string{"Priya", "Prudence", "Omar"} {
		s.Put(t, first, "Shah", "", strings.ToLower(first)+"@shah.example")
	}
	list := a.get(t, "/contacts?q=pr", http.StatusOK)
	wants(t, list, `action="/contacts/chosen"`, `value="add_tags"`, `value="restore"`)
	if strings.Contains(list, `value="delete"`) || !strings.Contains(m.get(t, "/contacts", http.StatusOK), `value="delete"`) {
		t.Error("deleting many is offered to whom it is refused, or not to admins")
	}
	a.get(t, "/contacts/bulk?all=1&action=delete", http.StatusForbidden)
	wants(t, a.get(t, "/contacts/bulk?all=1&action=add_tags&query=q%3Dpr", http.StatusOK), "2 contacts", "All that match the list")
	form := url.Values{"all": {"1"}, "action": {"add_tags"}, "query": {"q=pr&sort=name"}}
	wants(t, a.post(t, "/contacts/bulk", form, http.StatusUnprocessableEntity), "Choose at least one tag.")
	form.Set("tags", gold.ID.String())
	page := a.post(t, "/contacts/bulk", form, http.StatusOK)
	wants(t, page, "Add tags: Gold", "0 of 2", "/cancel")
	id := regexp.MustCompile(`/bulk/([0-9a-v]{26})`).FindStringSubmatch(page)[1]
	work := func(id string) {
		t.Helper()
		if err := s.Contacts.FinishBulk(t.Context(), s.A.BusinessID, crm.ID(id)); err != nil {
			t.Fatal(err)
		}
	}
	work(id)
	wants(t, a.get(t, "/bulk/"+id, http.StatusOK), "Tagged 2 contacts.", "Priya Shah", "Prudence Shah", "/undo")
	wants(t, a.get(t, "/bulk/"+id+"?outcome=not_done", http.StatusOK), "Nobody.")
	wants(t, m.get(t, "/bulk/"+id, http.StatusOK), "Tagged 2 contacts.", "A, <time")
	if page := m.get(t, "/bulk/"+id, http.StatusOK); strings.Contains(page, "/undo\"") {
		t.Error("an admin is offered to take back what is another's")
	}
	m.post(t, "/bulk/"+id+"/undo", url.Values{}, http.StatusForbidden)
	b.get(t, "/bulk/"+id, http.StatusNotFound)
	wants(t, a.get(t, "/bulk", http.StatusOK), "/bulk/"+id, "Add tags: Gold", "2 done", "Can be undone")
	wants(t, m.get(t, "/bulk", http.StatusOK), "/bulk/"+id, "A, <time", ">Done<")
	wants(t, b.get(t, "/bulk", http.StatusOK), "Nothing yet")
	page = a.post(t, "/bulk/"+id+"/undo", url.Values{}, http.StatusOK)
	undo := regexp.MustCompile(`/bulk/([0-9a-v]{26})/progress`).FindStringSubmatch(page)[1]
	work(undo)
	wants(t, a.get(t, "/bulk/"+undo, http.StatusOK), "Put back 2 contacts.", "/bulk/"+id)
	if page := a.get(t, "/bulk/"+id, http.StatusOK); strings.Contains(page, "/undo\"") || !strings.Contains(page, "taken back") {
		t.Error("what was taken back can be taken back again")
	}
	wants(t, a.get(t, "/bulk", http.StatusOK), "Undo of “Add tags: Gold”", "Taken back")
}
