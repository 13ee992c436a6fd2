package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// M7: from the list, its filter or selected rows, over the choice of a format to the file.
func TestExportPages(t *testing.T) {
	s := newSite(t)
	a := s.signIn(t, s.A)
	priya := s.Put(t, "Priya", "Shah", "+447400123456", "")
	s.Put(t, "Omar", "Khan", "", "omar@khan.example")
	wants(t, a.get(t, "/contacts?q=pri", http.StatusOK), `href="/contacts/export?q=pri"`, `value="export"`)
	wants(t, a.get(t, "/contacts/export?q=pri&sort=name", http.StatusOK), "Export 1 contact", `name="q" value="pri"`, "vCard 4.0")
	wants(t, a.post(t, "/contacts/chosen", url.Values{"action": {"export"}, "all": {"1"}, "query": {"q=pri&columns=phone"}}, http.StatusOK), "Export 1 contact", `method="get"`)
	wants(t, a.post(t, "/contacts/chosen", url.Values{"action": {"export"}, "id": {priya.ID.String()}}, http.StatusOK), "Export 1 contact", "Those that you selected", `method="post"`)
	wants(t, a.get(t, "/contacts/export", http.StatusOK), "Export 2 contacts")
	wants(t, a.get(t, "/contacts/export?tag=nope", http.StatusUnprocessableEntity), "tag")
	a.get(t, "/contacts/export/file?format=pdf", http.StatusNotFound)
	a.get(t, "/contacts/export/file?format=csv&tag=nope", http.StatusUnprocessableEntity)
	answer, err := a.browser.Get(a.URL + "/contacts/export/file?format=csv&q=pri")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, _ := io.ReadAll(answer.Body)
	if !strings.Contains(string(body), "Priya") || strings.Contains(string(body), "Omar") || !strings.Contains(answer.Header.Get("Content-Disposition"), ".csv") {
		t.Errorf("%v\n%s", answer.Header, body)
	}
}
