package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	outgoing "parley/internal/app/hooks"
	"parley/internal/app/team"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/events"
	"parley/internal/store"
)

// site is the pages on a real database, with a browser that is nobody yet.
type site struct {
	*apptest.World
	*httptest.Server
	browser *http.Client
}

const password = "correct horse battery"

func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteOn(t, dbtest.NewSQLite(t))
}

func newSiteOn(t *testing.T, d *db.DB) *site {
	t.Helper()
	w := apptest.New(t, d)
	feed := events.New(d, slog.New(slog.DiscardHandler))
	w.Team.Wake, w.Contacts.Wake, w.Inbox.Wake, w.Broadcasts.Wake = feed.Wake, feed.Wake, feed.Wake, feed.Wake
	stop := make(chan struct{})
	webhooks := &outgoing.Hooks{DB: w.DB, Now: w.Now, Sealer: w.Team.Sealer, Wake: feed.Wake, Body: func(outgoing.Occurrence) ([]byte, error) { return []byte("{}"), nil },
		Later: func(*db.Tx, crm.ID, crm.ID) error { return nil }, Post: func(context.Context, outgoing.Call) (int, error) { return 500, nil }}
	handler, err := New(Config{Webhooks: webhooks, Broadcasts: w.Broadcasts, Team: w.Team, Contacts: w.Contacts, Imports: w.Imports, Accounts: w.Accounts, Inbox: w.Inbox, Events: feed, Now: w.Now,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), PublicURL: "https://parley.example", Hooks: providers(w), Stop: stop})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{World: w, Server: httptest.NewServer(handler)}
	t.Cleanup(func() { close(stop); s.Close() })
	s.browser = s.newBrowser(t)
	return s
}

// providers stands in for the API: it verifies, parses and files like the real one.
func providers(w *apptest.World) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id := crm.ID(strings.TrimPrefix(r.URL.Path, "/hooks/"))
		ch, open, err := w.Team.Webhook(r.Context(), id)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusNotFound)
			return
		}
		body, _ := io.ReadAll(r.Body)
		call := channel.Call{Method: r.Method, Header: r.Header, Query: r.URL.Query(), URL: "https://parley.example" + r.URL.RequestURI(), Body: body, Now: w.Now()}
		if err := open.Verify(call); err != nil {
			http.Error(rw, err.Error(), http.StatusUnauthorized)
			return
		}
		items, err := open.Parse(call)
		if err == nil {
			err = w.Inbox.Receive(r.Context(), ch, open.Scope(), items)
		}
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	})
}

func (s *site) newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: plainJar{jar}, Timeout: 10 * time.Second}
}

// plainJar keeps Secure cookies over http: the test has no certificate.
type plainJar struct{ http.CookieJar }

func (j plainJar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	for _, c := range cookies {
		c.Secure = false
	}
	j.CookieJar.SetCookies(u, cookies)
}

// signIn lets a user choose a password by a link and come in.
func (s *site) signIn(t *testing.T, who crm.Actor) *site {
	t.Helper()
	link, err := s.Team.NewLink(t.Context(), s.M, who.UserID)
	if err != nil {
		t.Fatal(err)
	}
	other := &site{World: s.World, Server: s.Server, browser: s.newBrowser(t)}
	other.post(t, "/reset/"+link, url.Values{"password": {password}}, http.StatusOK)
	return other
}

func (s *site) do(t *testing.T, method, path string, form url.Values, fragment bool) (int, string, *http.Response) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if fragment {
		r.Header.Set("HX-Request", "true")
		r.Header.Set("HX-Request-Type", "partial")
	}
	answer, err := s.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body), answer
}

func (s *site) get(t *testing.T, path string, status int) string {
	t.Helper()
	return s.expect(t, "GET", path, nil, false, status)
}

func (s *site) post(t *testing.T, path string, form url.Values, status int) string {
	t.Helper()
	return s.expect(t, "POST", path, form, false, status)
}

// part asks as a script of the page does.
func (s *site) part(t *testing.T, method, path string, form url.Values, status int) string {
	t.Helper()
	return s.expect(t, method, path, form, true, status)
}

func (s *site) expect(t *testing.T, method, path string, form url.Values, fragment bool, status int) string {
	t.Helper()
	got, body, _ := s.do(t, method, path, form, fragment)
	if got != status {
		t.Fatalf("%s %s: %d, want %d\n%s", method, path, got, status, clipBody(body))
	}
	return body
}

func clipBody(s string) string { return s[:min(len(s), 3000)] }

func wants(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("does not contain %q:\n%s", text, clipBody(body))
		}
	}
}

func filled(pattern string) string {
	return regexp.MustCompile(`\{[a-z$]+\}`).ReplaceAllString(strings.ReplaceAll(pattern, "{$}", ""), string(sampleID(77)))
}

// Every route asks who calls: nobody is led to the sign-in page, an agent meets 403 under
// Settings (V5), and what is not there is 404.
func TestRoutesAskWhoCalls(t *testing.T) {
	s := newSite(t)
	agent := s.signIn(t, s.A)
	nobody := s.newBrowser(t)
	nobody.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, route := range Routes() {
		if route.Access == Anyone {
			continue
		}
		path := filled(route.Pattern)
		r, _ := http.NewRequestWithContext(t.Context(), route.Method, s.URL+path, nil)
		answer, err := nobody.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(answer.Header.Get("Location"), "/sign-in") {
			t.Errorf("%s %s for nobody: %d %s", route.Method, path, answer.StatusCode, answer.Header.Get("Location"))
		}
		if route.Access == Admin {
			if status, _, _ := agent.do(t, route.Method, path, nil, false); status != http.StatusForbidden {
				t.Errorf("%s %s for an agent: %d, want 403", route.Method, path, status)
			}
		}
	}
	agent.get(t, "/no/such/page", http.StatusNotFound)
	agent.get(t, "/inbox/"+string(sampleID(77)), http.StatusNotFound)
	agent.get(t, "/contacts/nonsense", http.StatusNotFound)
}

// The whole story: a stranger writes, appears, is answered and named.
func TestStrangerIsAnswered(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	who := url.Values{"channel_id": {s.WhatsApp.ID.String()}, "from": {"+447400333444"}, "name": {"Sheena"}}
	m.get(t, "/simulator", http.StatusOK)
	said := url.Values{"text": {"hello\r\nthere"}}
	for k, v := range who {
		said[k] = v
	}
	wants(t, m.part(t, "POST", "/simulator/messages", said, http.StatusOK), "hello\nthere")

	row := s.Conversations(t, s.M, store.ViewOpen)[0]
	path := "/inbox/" + row.ID.String()
	wants(t, m.get(t, "/inbox", http.StatusOK), `class="conv unread"`, "hello there", "/events?after=")
	wants(t, m.part(t, "GET", path+"/row?view=unassigned", nil, http.StatusOK), "hello there")
	m.part(t, "GET", path+"/row?view=mine", nil, http.StatusNoContent)
	wants(t, m.part(t, "GET", path, nil, http.StatusOK), `id="open"`, "Use this name", "hello\nthere")
	wants(t, m.part(t, "GET", "/inbox/counts", nil, http.StatusOK), `"unread":0`, `"unassigned":1`)

	wants(t, m.part(t, "POST", path+"/messages", url.Values{"text": {"Good morning"}, "channel_id": {s.WhatsApp.ID.String()}}, http.StatusOK), "Good morning", `data-status="queued"`)
	if err := s.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	wants(t, m.part(t, "GET", "/simulator/thread?"+who.Encode(), nil, http.StatusOK), "Good morning")
	for range 2 {
		m.part(t, "POST", "/simulator/receipts", who, http.StatusNoContent)
	}
	wants(t, m.part(t, "GET", path+"/messages", nil, http.StatusOK), `data-status="read"`)

	wants(t, m.part(t, "POST", path+"/take", url.Values{}, http.StatusOK), "yours")
	wants(t, m.part(t, "POST", path+"/assign", url.Values{"user_id": {s.A.UserID.String()}}, http.StatusOK), "· A<")
	wants(t, m.part(t, "POST", path+"/close", url.Values{}, http.StatusOK), `data-status="closed"`)
	wants(t, m.part(t, "GET", path+"/messages", nil, http.StatusOK), "took this", "assigned this to A", "closed this")
	wants(t, m.part(t, "POST", path+"/reopen", url.Values{}, http.StatusOK), `data-status="open"`)
	wants(t, m.part(t, "POST", "/contacts/"+row.ContactID.String()+"/use-profile-name", url.Values{"panel": {row.ID.String()}}, http.StatusOK), `value="Sheena"`)
}

// V6: outside the window the composer says so before anyone types, and a refused text
// comes back whole.
func TestWindowIsSaidBeforeTyping(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	s.Receive(t, s.WhatsApp, s.Text("+447400333444", "hello"))
	row := s.Conversations(t, s.M, store.ViewOpen)[0]
	path := "/inbox/" + row.ID.String()
	if body := m.part(t, "GET", path+"/composer", nil, http.StatusOK); strings.Contains(body, `data-refusal="`+s.WhatsApp.ID.String()) {
		t.Errorf("refuses within the window:\n%s", body)
	}
	s.Sleep(25 * time.Hour)
	wants(t, m.part(t, "GET", path+"/composer", nil, http.StatusOK), "24 hours", "disabled")
	status, body, answer := m.do(t, "POST", path+"/messages", url.Values{"text": {"too late"}, "channel_id": {s.WhatsApp.ID.String()}}, true)
	if status != http.StatusConflict || answer.Header.Get("HX-Retarget") != "#composer" {
		t.Errorf("%d, retarget %q", status, answer.Header.Get("HX-Retarget"))
	}
	wants(t, body, "too late", `role="alert"`)
}

// V2: for whom a conversation is not visible it does not exist, on any page.
func TestHiddenDoesNotExist(t *testing.T) {
	s := newSite(t)
	b := s.signIn(t, s.B)
	c := s.Put(t, "Secret", "Person", "+447400333444", "")
	_, err := s.Contacts.Put(t.Context(), s.M, crm.Draft{ID: c.ID, Version: c.Version, Visibility: &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{s.A.UserID}}})
	if err != nil {
		t.Fatal(err)
	}
	s.Receive(t, s.WhatsApp, s.Text("+447400333444", "hush"))
	row := s.Conversations(t, s.A, store.ViewOpen)[0]
	message := s.messageID(t, row.ID)
	path := "/inbox/" + row.ID.String()
	for _, hidden := range []string{path, path + "/row", path + "/header", path + "/messages", path + "/messages/" + message, path + "/composer", path + "/panel",
		"/contacts/" + c.ID.String(), "/contacts/" + c.ID.String() + "/history"} {
		b.get(t, hidden, http.StatusNotFound)
		b.part(t, "GET", hidden, nil, http.StatusNotFound)
	}
	for _, act := range []string{"/take", "/assign", "/close", "/reopen", "/seen", "/messages"} {
		b.post(t, path+act, url.Values{"text": {"x"}}, http.StatusNotFound)
	}
	for _, list := range []string{"/inbox", "/inbox?view=unassigned", "/inbox?q=Secret", "/contacts", "/contacts?q=Secret", "/simulator?from=%2B447400333444&channel_id=" + s.WhatsApp.ID.String()} {
		if body := b.get(t, list, http.StatusOK); strings.Contains(body, "hush") || strings.Contains(body, "Person") {
			t.Errorf("%s shows what is hidden", list)
		}
	}
	wants(t, b.part(t, "GET", "/inbox/counts", nil, http.StatusOK), `"open":0`, `"unread":0`)
}

func (s *site) messageID(t *testing.T, conversation crm.ID) string {
	t.Helper()
	thread, err := s.Inbox.Messages(t.Context(), s.A, conversation, nil, 1)
	if err != nil || len(thread.Messages) == 0 {
		t.Fatal(err)
	}
	return thread.Messages[0].ID.String()
}

// Another site cannot post with a reader's cookie, and a page cannot be framed.
func TestOtherSitesCannotAct(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	r, _ := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/settings/tags", strings.NewReader("name=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := m.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("cross-site post: %d", answer.StatusCode)
	}
	_, _, page := m.do(t, "GET", "/inbox", nil, false)
	if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	for _, next := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "javascript:alert(1)", ""} {
		if got := localPath(next); got != "/inbox" {
			t.Errorf("localPath(%q) = %q", next, got)
		}
	}
	if got := localPath("/contacts?q=x"); got != "/contacts?q=x" {
		t.Errorf("localPath = %q", got)
	}
}

// The session cookie cannot be read by scripts, sent from other sites, or over plain http
// where the public address is https.
func TestSessionCookie(t *testing.T) {
	s := newSite(t)
	link, err := s.Team.NewLink(t.Context(), s.M, s.A.UserID)
	if err != nil {
		t.Fatal(err)
	}
	s.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	_, _, answer := s.do(t, "POST", "/reset/"+link, url.Values{"password": {password}}, false)
	header := answer.Header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(header, want) {
			t.Errorf("cookie %q lacks %s", header, want)
		}
	}
	s.expect(t, "POST", "/reset/"+link, url.Values{"password": {password}}, false, http.StatusNotFound) // used once
}

// A page weighs at most 80 kB compressed at the first visit, 15 kB after.
func TestPageWeight(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	for i := range 60 {
		s.Put(t, "Person", string(rune('A'+i%26))+"lastname", "", strings.Repeat("x", i+1)+"@example.com")
	}
	s.Receive(t, s.WhatsApp, s.Text("+447400333444", "hello"))
	row := s.Conversations(t, s.M, store.ViewOpen)[0]
	asset := regexp.MustCompile(`/static/[^"#]+`)
	for _, path := range []string{"/inbox", "/inbox/" + row.ID.String(), "/contacts", "/contacts/" + row.ContactID.String(), "/settings/channels", "/simulator"} {
		body := m.get(t, path, http.StatusOK)
		page := gzipped([]byte(body))
		first := page
		seen := map[string]bool{}
		for _, a := range asset.FindAllString(body, -1) {
			if !seen[a] {
				seen[a] = true
				first += gzipped([]byte(m.get(t, a, http.StatusOK)))
			}
		}
		t.Logf("%s: %d kB at first, %d kB after", path, first/1000, page/1000)
		if first > 80_000 || page > 15_000 {
			t.Errorf("%s weighs %d bytes at first and %d after", path, first, page)
		}
	}
}

func gzipped(b []byte) int {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Len()
}

// C2, I6, C4: a refused form comes back as typed, with everything said at once.
func TestContactFormIsRefusedInPlace(t *testing.T) {
	s := newSite(t)
	a := s.signIn(t, s.A)
	body := a.post(t, "/contacts", url.Values{"first_name": {"Only"}, "last_name": {""}, "phone": {""}, "email": {""}, "tags": {""}}, http.StatusUnprocessableEntity)
	wants(t, body, `value="Only"`, `id="f-last_name-error"`, `id="f-phone-error"`, `id="f-email-error"`)

	c := s.Put(t, "Priya", "Shah", "+447400123456", "")
	body = a.post(t, "/contacts", url.Values{"first_name": {"New"}, "last_name": {"One"}, "phone": {"07400 123456"}}, http.StatusConflict)
	wants(t, body, "Priya Shah", "/contacts/"+c.ID.String(), `value="07400 123456"`)
	body = a.post(t, "/contacts", url.Values{"first_name": {"New"}, "last_name": {"One"}, "phone": {"07400 111222"}}, http.StatusConflict)
	wants(t, body, "member of your team")

	// Somebody else saves first.
	if _, err := s.Contacts.Put(t.Context(), s.M, crm.Draft{ID: c.ID, Version: c.Version, Fields: map[crm.Field]string{crm.LastName: "Shah-Jones", crm.Notes: "theirs"}}); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"version": {"1"}, "first_name": {"Priya"}, "was.first_name": {"Priya"}, "last_name": {"Shaw"}, "was.last_name": {"Shah"}, "notes": {""}}
	body = a.post(t, "/contacts/"+c.ID.String(), form, http.StatusPreconditionFailed)
	wants(t, body, "Shah-Jones", "Shaw", "saved this contact while you were editing",
		`name="notes" value="theirs" checked`, `name="last_name" value="Shaw" checked`)

	// Choosing saves on top of what is there now.
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(body)[1]
	form = url.Values{"version": {version}, "last_name": {"Shaw"}, "was.last_name": {"Shah-Jones"}, "notes": {"theirs"}, "was.notes": {"theirs"}}
	wants(t, a.post(t, "/contacts/"+c.ID.String(), form, http.StatusOK), "Priya Shaw", "theirs", "Saved.")
}

// C5: an earlier value is put back with one click; a number that is taken by now says who
// has it (I6).
func TestPutBack(t *testing.T) {
	s := newSite(t)
	a := s.signIn(t, s.A)
	c := s.Put(t, "Priya", "Shah", "+447400123456", "")
	page := "/contacts/" + c.ID.String()
	a.post(t, page, url.Values{"version": {"1"}, "phone": {"07400 123457"}, "was.phone": {"+44 7400 123456"}}, http.StatusOK)
	button := regexp.MustCompile(`name="version" value="(\d+)"><input type="hidden" name="event" value="([^"]+)"><input type="hidden" name="field" value="phone"`)
	found := button.FindStringSubmatch(a.get(t, page, http.StatusOK))
	if found == nil {
		t.Fatal("there is no button")
	}
	back := url.Values{"version": {found[1]}, "event": {found[2]}, "field": {"phone"}}
	holder := s.Put(t, "Omar", "Khan", "+447400123456", "")
	wants(t, a.post(t, page+"/put-back", back, http.StatusConflict), "Omar Khan", "/contacts/"+holder.ID.String())
	if _, err := s.Contacts.Delete(t.Context(), s.M, holder.ID); err != nil {
		t.Fatal(err)
	}
	body := a.post(t, page+"/put-back", back, http.StatusOK)
	wants(t, body, "It was put back", "44 7400 123456", "Put back as it was before.")
}

// C11: two contacts side by side, merged with a choice, and parted again with one click.
func TestMergePages(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(t, s.M)
	from, into := s.Put(t, "Pria", "Shah", "+447400123456", ""), s.Put(t, "Priya", "Shah", "+447400123457", "")
	page := "/contacts/" + from.ID.String() + "/merge"
	wants(t, admin.get(t, page+"?q=priya", http.StatusOK), page+"?into="+into.ID.String())
	wants(t, admin.get(t, page+"?into="+into.ID.String(), http.StatusOK), "Pria", `value="into" checked`, "/contacts/"+into.ID.String()+"/merge?into="+from.ID.String())
	admin.get(t, page+"?into="+from.ID.String(), http.StatusUnprocessableEntity)
	wants(t, admin.post(t, page, url.Values{"into": {into.ID.String()}, "choose.first_name": {"both"}}, http.StatusUnprocessableEntity), "Only notes can be joined.")
	body := admin.post(t, page, url.Values{"into": {into.ID.String()}, "choose.first_name": {"from"}}, http.StatusOK)
	wants(t, body, "The two are one contact now.", "Pria Shah became part of this contact.", "Undo the merge", `value="Pria"`)
	wants(t, admin.get(t, "/contacts/"+from.ID.String(), http.StatusOK), "The contact you asked for became part of this one.", `action="/contacts/`+into.ID.String())
	undo := regexp.MustCompile(`/merges/[0-9a-v]+/undo`).FindString(body)
	wants(t, admin.post(t, undo, nil, http.StatusOK), "They are two contacts again.", `value="Priya"`, "Parted from Pria Shah again.")
	admin.post(t, undo, nil, http.StatusConflict)
	wants(t, admin.get(t, "/contacts/"+from.ID.String(), http.StatusOK), `value="Pria"`)
}

// C12: a pair side by side, the way to merging it for an admin, and "not the same person"
// for whoever sees both.
func TestDuplicatesPage(t *testing.T) {
	s := newSite(t)
	admin, agent := s.signIn(t, s.M), s.signIn(t, s.A)
	a, b := s.Put(t, "Priya", "Shah", "+447400123456", ""), s.Put(t, "Priya", "Shah", "", "priya@shah.example")
	if err := s.Contacts.FindDuplicates(t.Context()); err != nil {
		t.Fatal(err)
	}
	wants(t, admin.get(t, "/contacts", http.StatusOK), `Duplicates<span class="count">1</span>`)
	wants(t, admin.get(t, "/contacts/duplicates", http.StatusOK), "nothing that sets the two apart", "/contacts/"+b.ID.String()+"/merge?into="+a.ID.String())
	body := agent.get(t, "/contacts/duplicates", http.StatusOK)
	if strings.Contains(body, "/merge?into=") {
		t.Error("an agent is led to merging")
	}
	dismiss := regexp.MustCompile(`/duplicates/[0-9a-v]+/dismiss`).FindString(body)
	wants(t, agent.post(t, dismiss, nil, http.StatusOK), "Remembered: they are two people.", "No duplicates")
	wants(t, admin.get(t, "/contacts/"+a.ID.String(), http.StatusOK), "Said not to be the same person as another contact")
}

// Every page of Settings and of the account can be opened and does what it says.
func TestSettings(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	for _, route := range Routes() {
		if route.Method == get && !strings.Contains(route.Pattern, "{") && route.Pattern != "/events" && route.Pattern != "/static/" {
			m.get(t, route.Pattern, http.StatusOK)
		}
	}
	wants(t, m.post(t, "/settings/tags", url.Values{"name": {"VIP"}, "colour": {"violet"}}, http.StatusOK), "VIP", "The tag was saved.")
	wants(t, m.post(t, "/settings/tags", url.Values{"name": {" vip "}}, http.StatusConflict), "VIP already")
	wants(t, m.post(t, "/settings/users", url.Values{"name": {"Carol"}, "email": {"carol@rosas.example"}, "role": {"agent"}}, http.StatusOK), "https://parley.example/invitations/", "Carol")
	wants(t, m.post(t, "/settings/users", url.Values{"name": {""}, "email": {"nonsense"}, "role": {"agent"}}, http.StatusUnprocessableEntity), `id="f-name-error"`, `id="f-email-error"`)
	wants(t, m.post(t, "/settings/users/"+s.B.UserID.String()+"/deactivate", url.Values{}, http.StatusOK), "Deactivated")
	wants(t, m.post(t, "/settings/business", url.Values{"name": {"Rosas & Co"}, "country": {"XX"}, "time_zone": {"Mars/Olympus"}}, http.StatusUnprocessableEntity), `id="f-country-error"`, `id="f-time_zone-error"`)
	wants(t, m.post(t, "/account/tokens", url.Values{"name": {"script"}}, http.StatusOK), "parley_", "not shown again")
	if body := m.get(t, "/account/tokens", http.StatusOK); strings.Contains(body, "parley_") {
		t.Error("a token is shown twice")
	}
	wants(t, m.post(t, "/account/password", url.Values{"old_password": {"wrong"}, "password": {"short"}}, http.StatusUnprocessableEntity), `id="f-old_password-error"`, `id="f-password-error"`)
	wants(t, m.post(t, "/settings/channels", url.Values{"kind": {"simulator"}, "name": {"Second"}, "settings.family": {"sms"}}, http.StatusOK), "Second", "/hooks/")
	wants(t, m.part(t, "POST", "/settings/channels/"+s.SMS.ID.String()+"/check", url.Values{}, http.StatusOK), "callout good")
	body := m.post(t, "/settings/channels/"+s.SMS.ID.String(), url.Values{"name": {"Texts"}, "max_per_second": {"5"}, "settings.family": {"sms"}, "settings.number": {"+441"}, "settings.secret": {"very-secret-word"}}, http.StatusOK)
	wants(t, body, "Texts", "Switched off", `value="5"`)
	if strings.Contains(body, "very-secret-word") {
		t.Error("a secret is shown")
	}
	s.Receive(t, s.WhatsApp, s.Text("+447400111222", "it is me, A"))
	wants(t, m.get(t, "/settings/unfiled", http.StatusOK), "it is me, A")
}

// C6: an admin deletes; with an open conversation the contact is archived and the answer
// says why.
func TestDeleteOrArchive(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	alone := s.Put(t, "Alone", "Person", "+447400123456", "")
	m.post(t, "/contacts/"+alone.ID.String()+"/archive", url.Values{}, http.StatusOK)
	wants(t, m.post(t, "/contacts/"+alone.ID.String()+"/restore", url.Values{}, http.StatusOK), "active again")
	wants(t, m.post(t, "/contacts/"+alone.ID.String()+"/delete", url.Values{}, http.StatusOK), "deleted for good", "No contacts yet")
	m.get(t, "/contacts/"+alone.ID.String(), http.StatusNotFound)
	s.Receive(t, s.WhatsApp, s.Text("+447400333444", "hello"))
	wants(t, m.post(t, "/contacts/"+s.Only(t).ID.String()+"/delete", url.Values{}, http.StatusOK), "archived instead of deleted", "This contact is archived")
}

// Live events tell of what the reader may see, and go on after Last-Event-ID.
func TestLive(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	s.Receive(t, s.WhatsApp, s.Text("+447400333444", "before"))
	at := regexp.MustCompile(`/events\?after=[0-9.]+`).FindString(m.get(t, "/inbox", http.StatusOK))
	r, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL+at, nil)
	answer, err := m.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	s.Receive(t, s.WhatsApp, s.Text("+447400333444", "after"))
	got := ""
	buffer := make([]byte, 4096)
	for !strings.Contains(got, "message.received") {
		n, err := answer.Body.Read(buffer)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got += string(buffer[:n])
	}
	row := s.Conversations(t, s.M, store.ViewOpen)[0]
	wants(t, got, row.ID.String(), "id: ", "retry: ")
	if strings.Contains(got, "after\"") || strings.Contains(got, "contact.created") {
		t.Errorf("the stream holds what it should not: %s", got)
	}
}

// A newcomer's first page is the set-up, once.
func TestSetUp(t *testing.T) {
	d := dbtest.NewSQLite(t)
	w := apptest.New(t, d)
	if needed, err := w.Team.NeedsSetUp(t.Context()); err != nil || needed {
		t.Fatalf("needed %v, %v", needed, err)
	}
	_, err := w.Team.Found(t.Context(), team.Founding{Name: "x", Country: "GB", AdminEmail: "x@y.example"}, true)
	if crm.KindOf(err) != crm.Forbidden {
		t.Errorf("a second set-up: %v", err)
	}
	s := newSite(t)
	wants(t, s.get(t, "/", http.StatusOK), "Sign in")
	wants(t, s.get(t, "/set-up", http.StatusOK), "Sign in")
	s.post(t, "/set-up", url.Values{"name": {"x"}, "country": {"GB"}, "admin_email": {"z@z.example"}, "admin_password": {password}}, http.StatusForbidden)
	wants(t, s.post(t, "/sign-in", url.Values{"email": {"m@rosas.example"}, "password": {"wrong"}}, http.StatusUnauthorized), "do not match", `value="m@rosas.example"`)
}
