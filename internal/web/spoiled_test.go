package web

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// What is no form, or an upload that is cut off or spoiled, is said to be so: it is nobody's
// fault here.
func TestSpoiledForms(t *testing.T) {
	s := newSite(t)
	a := s.signIn(t, s.A)
	const file = "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n"
	for _, spoiled := range []struct{ path, kind, body, says string }{
		{"/contacts", "application/x-www-form-urlencoded", "first_name=%zz", "no form that can be read"},
		{"/contacts", ";;;", "x", "no form that can be read"},
		{"/contacts/bulk", "application/x-www-form-urlencoded", strings.Repeat("id=1&", 20_000), "no form that can be read"},
		{"/imports", "multipart/form-data; boundary=X", file + "\r\nFirst name,Last", "did not arrive whole"},
		{"/imports", "multipart/form-data; boundary=X", "--X\r\nno header\r\n\r\nx\r\n--X--", "did not arrive whole"},
		{"/imports", "multipart/form-data; boundary=X", file, "Choose a file"},
		{"/imports", "multipart/form-data", "x", "Choose a file"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", a.URL+spoiled.path, strings.NewReader(spoiled.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", spoiled.kind)
		answer, err := a.browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		page, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(page), spoiled.says) {
			t.Errorf("%s of %.60q: %d\n%s", spoiled.path, spoiled.body, answer.StatusCode, clipBody(string(page)))
		}
	}
}

// A program that comes back from a provider is refused in JSON, as it is answered.
func TestProgramIsRefusedInJSON(t *testing.T) {
	s := newSite(t)
	token, err := s.Team.NewToken(t.Context(), s.M, s.M.UserID, "program")
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/oauth/callback/xero?state=another", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var said struct{ Detail string }
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil || said.Detail == "" || answer.StatusCode/100 != 4 || answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %v: %v", answer.StatusCode, answer.Header, err)
	}
}
