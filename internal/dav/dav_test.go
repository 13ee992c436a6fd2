package dav_test

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-vcard"
	"github.com/emersion/go-webdav"
	"github.com/emersion/go-webdav/carddav"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/dav"
)

// house is a server with the address books of a world.
type house struct {
	*apptest.World
	*httptest.Server
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		server := httptest.NewServer(dav.New(dav.Config{Contacts: w.Contacts, Team: w.Team, Log: slog.New(slog.DiscardHandler), Address: func(r *http.Request) string { return r.RemoteAddr }}))
		t.Cleanup(server.Close)
		f(t, &house{w, server})
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// phone is a user's telephone.
type phone struct {
	t     *testing.T
	h     *house
	who   crm.Actor
	token string
}

func (h *house) phone(t *testing.T, who crm.Actor) phone {
	t.Helper()
	token, err := h.Team.NewToken(t.Context(), who, who.UserID, "Address book")
	must(t, err)
	return phone{t, h, who, token}
}

func (p phone) book() string { return "/dav/" + p.who.UserID.String() + "/contacts/" }

func (p phone) card(name string) string { return p.book() + name + ".vcf" }

// do sends a request with headers, given in pairs.
func (p phone) do(method, path, body string, headers ...string) (status int, text string, header http.Header) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.h.URL+path, strings.NewReader(body))
	must(p.t, err)
	r.SetBasicAuth("whoever@it.is", p.token)
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	must(p.t, err)
	defer func() { _ = answer.Body.Close() }()
	all, err := io.ReadAll(answer.Body)
	must(p.t, err)
	return answer.StatusCode, string(all), answer.Header
}

func (p phone) want(status int, method, path, body string, headers ...string) string {
	p.t.Helper()
	got, text, _ := p.do(method, path, body, headers...)
	if got != status {
		p.t.Errorf("%s %s: %d, want %d: %s", method, path, got, status, text)
	}
	return text
}

func (p phone) put(status int, name, card string, headers ...string) string {
	p.t.Helper()
	return p.want(status, "PUT", p.card(name), strings.ReplaceAll(card, "\n", "\r\n"), append(headers, "Content-Type", "text/vcard; charset=utf-8")...)
}

func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("does not contain %q:\n%s", part, text)
		}
	}
}

func hasNot(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("contains %q:\n%s", part, text)
		}
	}
}

// basic signs requests of the library's client.
func (p phone) client() *carddav.Client {
	p.t.Helper()
	c, err := carddav.NewClient(webdav.HTTPClientWithBasicAuth(p.h.Client(), "m@rosas.example", p.token), p.h.URL+"/dav/")
	must(p.t, err)
	return c
}

// TestClient walks the way of a client from the address of the server to a card and back.
func TestClient(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.phone(t, h.M)
		priya := h.Put(t, "Priya", "Shah", "+447400123456", "Priya@Shah.example")
		ctx, c := t.Context(), p.client()
		must(t, c.HasSupport(ctx))
		principal, err := c.FindCurrentUserPrincipal(ctx)
		must(t, err)
		home, err := c.FindAddressBookHomeSet(ctx, principal)
		must(t, err)
		books, err := c.FindAddressBooks(ctx, home)
		must(t, err)
		if len(books) != 1 || books[0].Path != p.book() || books[0].Name != "Rosas" || len(books[0].SupportedAddressData) != 2 {
			t.Fatalf("%+v", books)
		}
		query := &carddav.AddressBookQuery{DataRequest: carddav.AddressDataRequest{AllProp: true},
			PropFilters: []carddav.PropFilter{{Name: "FN", TextMatches: []carddav.TextMatch{{Text: "pri"}}}}}
		found, err := c.QueryAddressBook(ctx, p.book(), query)
		must(t, err)
		if len(found) != 1 || found[0].Path != p.card(priya.ID.String()) || found[0].Card.PreferredValue("FN") != "Priya Shah" || found[0].ETag != "1" {
			t.Fatalf("%+v", found)
		}
		query.PropFilters[0].TextMatches[0].Text = "nobody"
		if found, err = c.QueryAddressBook(ctx, p.book(), query); err != nil || len(found) != 0 {
			t.Errorf("%v %+v", err, found)
		}
		one, err := c.GetAddressObject(ctx, p.card(priya.ID.String()))
		must(t, err)
		if one.Card.PreferredValue("TEL") != "+447400123456" || one.Card.PreferredValue("EMAIL") != "Priya@Shah.example" {
			t.Errorf("%+v", one.Card)
		}
		one.Card.SetValue("ORG", "Shah & Co")
		_, err = c.PutAddressObject(ctx, one.Path, one.Card)
		must(t, err)
		made := vcard.Card{}
		made.SetValue("VERSION", "3.0")
		made.SetValue("UID", "9E2B-1")
		made.SetValue("FN", "Omar Khan")
		made.SetValue("N", "Khan;Omar;;;")
		made.SetValue("TEL", "07400 123457")
		_, err = c.PutAddressObject(ctx, p.card("9E2B-1"), made)
		must(t, err)
		list, err := c.MultiGetAddressBook(ctx, p.book(), &carddav.AddressBookMultiGet{Paths: []string{p.card(priya.ID.String()), p.card("9E2B-1")},
			DataRequest: carddav.AddressDataRequest{AllProp: true}})
		must(t, err)
		if len(list) != 2 || list[0].Card.PreferredValue("ORG") != "Shah & Co" || list[1].Card.PreferredValue("TEL") != "+447400123457" || list[1].Card.PreferredValue("UID") != "9E2B-1" {
			t.Errorf("%+v", list)
		}
		must(t, c.RemoveAll(ctx, p.card("9E2B-1")))
		if _, err := c.GetAddressObject(ctx, p.card("9E2B-1")); err == nil {
			t.Error("a deleted card is there")
		}
		now, err := h.Contacts.Get(ctx, h.M, priya.ID)
		must(t, err)
		if now.BusinessName != "Shah & Co" || now.Version != 2 || now.Phone() != "+447400123456" || now.Email() != "Priya@Shah.example" {
			t.Errorf("%+v", now)
		}
	})
}

// The requests that iOS makes when an account is set up and each time it looks.
const (
	iosFind = `<?xml version="1.0" encoding="UTF-8"?><A:propfind xmlns:A="DAV:"><A:prop><A:current-user-principal/><A:principal-URL/><A:resourcetype/></A:prop></A:propfind>`
	iosHome = `<?xml version="1.0" encoding="UTF-8"?><A:propfind xmlns:A="DAV:"><A:prop><B:addressbook-home-set xmlns:B="urn:ietf:params:xml:ns:carddav"/><B:directory-gateway xmlns:B="urn:ietf:params:xml:ns:carddav"/>` +
		`<A:displayname/><C:email-address-set xmlns:C="http://calendarserver.org/ns/"/><A:principal-collection-set/><A:principal-URL/><A:resource-id/><A:supported-report-set/></A:prop></A:propfind>`
	iosBooks = `<?xml version="1.0" encoding="UTF-8"?><A:propfind xmlns:A="DAV:"><A:prop><A:add-member/><E:bulk-requests xmlns:E="http://me.com/_namespace/"/><A:current-user-privilege-set/><A:displayname/>` +
		`<B:max-image-size xmlns:B="urn:ietf:params:xml:ns:carddav"/><B:max-resource-size xmlns:B="urn:ietf:params:xml:ns:carddav"/><C:me-card xmlns:C="http://calendarserver.org/ns/"/><A:owner/>` +
		`<C:push-transports xmlns:C="http://calendarserver.org/ns/"/><A:resource-id/><A:resourcetype/><A:supported-report-set/><A:sync-token/></A:prop></A:propfind>`
	iosState = `<?xml version="1.0" encoding="UTF-8"?><A:propfind xmlns:A="DAV:"><A:prop><C:getctag xmlns:C="http://calendarserver.org/ns/"/><A:sync-token/></A:prop></A:propfind>`
	iosTags  = `<?xml version="1.0" encoding="UTF-8"?><A:propfind xmlns:A="DAV:"><A:prop><A:getetag/></A:prop></A:propfind>`
)

var ctagText = regexp.MustCompile(`<CS:getctag>([^<]+)</CS:getctag>`)

// TestAsTelephonesAsk sends what iOS and DAVx5 send.
func TestAsTelephonesAsk(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.phone(t, h.A)
		priya := h.Put(t, "Priya", "O'Shah; & <Co>", "+447400123456", "")
		archived := h.Put(t, "Gone", "Away", "+447400123457", "")
		_, err := h.Contacts.Archive(t.Context(), h.M, archived.ID)
		must(t, err)
		secret := apptest.Draft("Secret", "Person", "+447400123458", "")
		secret.Visibility = &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{h.B.UserID}}
		hidden, err := h.Contacts.Put(t.Context(), h.M, secret)
		must(t, err)

		for _, method := range []string{"GET", "PROPFIND"} {
			if status, _, header := p.do(method, "/.well-known/carddav", ""); status != http.StatusMovedPermanently || header.Get("Location") != "/dav/" {
				t.Errorf("well-known: %d %v", status, header)
			}
		}
		status, _, header := p.do("OPTIONS", "/dav/", "")
		if status != 200 || !strings.Contains(header.Get("DAV"), "addressbook") {
			t.Errorf("options: %d %v", status, header)
		}
		user := "/dav/" + h.A.UserID.String() + "/"
		has(t, p.want(207, "PROPFIND", "/dav/", iosFind, "Depth", "0"), "<D:current-user-principal><D:href>"+user+"</D:href>", "200 OK")
		has(t, p.want(207, "PROPFIND", user, iosHome, "Depth", "0"), "<C:addressbook-home-set><D:href>"+user+"</D:href>", "<C:directory-gateway/>", "404 Not Found")
		books := p.want(207, "PROPFIND", user, iosBooks, "Depth", "1")
		has(t, books, "<C:addressbook/>", "<D:href>"+p.book()+"</D:href>", "addressbook-multiget", `<X:bulk-requests xmlns:X="http://me.com/_namespace/"/>`, "<D:privilege><D:write/></D:privilege>")
		state := ctagText.FindStringSubmatch(p.want(207, "PROPFIND", p.book(), iosState, "Depth", "0"))
		tags := p.want(207, "PROPFIND", p.book(), iosTags, "Depth", "1")
		has(t, tags, "<D:href>"+p.card(priya.ID.String())+"</D:href>", "<D:getetag>&#34;1&#34;</D:getetag>")
		hasNot(t, tags, archived.ID.String(), hidden.ID.String())

		const davx5 = `<CARD:addressbook-multiget xmlns="DAV:" xmlns:CARD="urn:ietf:params:xml:ns:carddav"><prop><getcontenttype/><getetag/><CARD:address-data content-type="text/vcard" version="4.0"/></prop>`
		got := p.want(207, "REPORT", p.book(), davx5+"<href>"+p.card(priya.ID.String())+"</href><href>"+p.card(hidden.ID.String())+"</href><href>"+p.card(archived.ID.String())+"</href><href>/elsewhere.vcf</href></CARD:addressbook-multiget>")
		has(t, got, "VERSION:4.0", `N:O&#39;Shah\; &amp; &lt;Co&gt;;Priya;;;`, "TEL;TYPE=CELL;PREF=1:+447400123456")
		if n := strings.Count(got, "<D:status>HTTP/1.1 404 Not Found</D:status></D:response>"); n != 3 {
			t.Errorf("%d of 3 are missing:\n%s", n, got)
		}
		hasNot(t, got, "Secret", "Gone")
		all := p.want(207, "REPORT", p.book(), `<C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop><getetag/><C:address-data/></prop><C:filter/></C:addressbook-query>`)
		has(t, all, "VERSION:3.0", "Priya")
		hasNot(t, all, "Secret", "Gone")
		p.want(403, "REPORT", p.book(), `<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>`)
		p.want(422, "REPORT", p.book(), `<nonsense`)
		p.want(207, "PROPFIND", p.book(), "", "Depth", "0")

		same := ctagText.FindStringSubmatch(p.want(207, "PROPFIND", p.book(), iosState, "Depth", "0"))
		if same[1] != state[1] {
			t.Errorf("the state changed by itself: %s, %s", state[1], same[1])
		}
		_, err = h.Contacts.Put(t.Context(), h.M, crm.Draft{ID: hidden.ID, Fields: map[crm.Field]string{crm.Notes: "x"}})
		if err == nil || crm.KindOf(err) == crm.NotFound { // M may not see it either; nothing of it may show
			if still := ctagText.FindStringSubmatch(p.want(207, "PROPFIND", p.book(), iosState, "Depth", "0")); still[1] != state[1] {
				t.Error("the state tells of somebody hidden")
			}
		}
		_, err = h.Contacts.Put(t.Context(), h.M, crm.Draft{ID: priya.ID, Fields: map[crm.Field]string{crm.Notes: "x"}})
		must(t, err)
		if other := ctagText.FindStringSubmatch(p.want(207, "PROPFIND", p.book(), iosState, "Depth", "0")); other[1] == state[1] {
			t.Error("the state did not change")
		}
		// Who may not come in.
		stranger := h.phone(t, h.B)
		stranger.want(404, "PROPFIND", p.book(), iosTags, "Depth", "1")
		stranger.want(404, "GET", p.card(priya.ID.String()), "")
		has(t, stranger.want(207, "PROPFIND", stranger.book(), iosTags, "Depth", "1"), hidden.ID.String())
		nobody := p
		nobody.token = "nonsense"
		path := strings.NewReplacer("{$}", "", "{user}", h.A.UserID.String(), "{card}", priya.ID.String()+".vcf")
		for _, r := range dav.Routes() {
			if r.Access == "anyone" {
				continue
			}
			status, text, header := nobody.do(r.Method, path.Replace(r.Pattern), "")
			if status != 401 || !strings.HasPrefix(header.Get("WWW-Authenticate"), "Basic") || strings.Contains(text, "Priya") {
				t.Errorf("%s %s as nobody: %d %s", r.Method, r.Pattern, status, text)
			}
			if r.Access == "admin" {
				p.want(403, r.Method, path.Replace(r.Pattern), "")
			}
		}
		p.want(405, "MKCOL", p.book(), "")
		if text := p.want(200, "HEAD", p.card(priya.ID.String()), ""); text != "" {
			t.Errorf("HEAD has a body: %q", text)
		}
		p.want(304, "GET", p.card(priya.ID.String()), "", "If-None-Match", `"2"`)
		p.want(404, "GET", p.card(hidden.ID.String()), "")
	})
}

// TestWritesByTheRules: C2, C4, C6, I1 and V5 hold for what an address book writes.
func TestWritesByTheRules(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		agent, admin := h.phone(t, h.A), h.phone(t, h.M)
		priya := h.Put(t, "Priya", "Shah", "+447400123456", "")
		const card = "BEGIN:VCARD\nVERSION:3.0\nUID:new-1\nN:Khan;Omar;;;\nFN:Omar Khan\nTEL;type=CELL;type=VOICE;type=pref:07400 123457\nEND:VCARD\n"
		agent.put(201, "new-1", card, "If-None-Match", "*")
		agent.put(412, "new-1", card, "If-None-Match", "*")
		has(t, agent.want(207, "PROPFIND", agent.book(), iosTags, "Depth", "1"), agent.card("new-1"))
		has(t, agent.want(200, "GET", agent.card("new-1"), ""), "UID:new-1", "TEL;TYPE=CELL;TYPE=PREF:+447400123457")

		taken := strings.Replace(card, "123457", "123456", 1)
		has(t, agent.put(409, "new-2", strings.Replace(taken, "new-1", "new-2", 1)), "Priya Shah")
		agent.want(404, "GET", agent.card("new-2"), "")
		has(t, agent.put(422, "new-3", "BEGIN:VCARD\nVERSION:3.0\nN:;Only;;;\nFN:Only\nEND:VCARD\n"), "last name", "phone")
		has(t, agent.put(422, "new-3", strings.Replace(card, "07400 123457", "12", 1)), "too short")
		agent.put(422, "new-3", "nonsense")
		agent.want(422, "PUT", agent.card("new-3"), card, "Content-Type", "text/plain")
		agent.want(422, "PUT", agent.book()+"no-ending", card, "Content-Type", "text/vcard")
		agent.want(413, "PUT", agent.card("new-3"), "BEGIN:VCARD\r\n"+strings.Repeat("PHOTO:x\r\n", 400_000)+"END:VCARD\r\n", "Content-Type", "text/vcard")

		at := priya.ID.String()
		changed := "BEGIN:VCARD\nVERSION:3.0\nN:Shah;Priya;;;\nFN:Priya Shah\nORG:Shah Ltd\nTEL;TYPE=CELL:+44 7400 123456\nEND:VCARD\n"
		agent.put(204, at, changed, "If-Match", `"1"`)
		has(t, agent.put(412, at, strings.Replace(changed, "Ltd", "plc", 1), "If-Match", `"1"`), "in the meantime")
		agent.put(204, at, changed, "If-Match", `"2"`)
		if now, _ := h.Contacts.Get(t.Context(), h.M, priya.ID); now.BusinessName != "Shah Ltd" || now.Version != 2 {
			t.Errorf("%+v", now)
		}
		agent.want(403, "DELETE", agent.card(at), "")
		admin.want(412, "DELETE", admin.card(at), "", "If-Match", `"1"`)
		h.Receive(t, h.SMS, h.Text("+447400123456", "hello")) // an open conversation
		admin.want(204, "DELETE", admin.card(at), "", "If-Match", `"2"`)
		if now, err := h.Contacts.Get(t.Context(), h.M, priya.ID); err != nil || now.Status != crm.Archived {
			t.Errorf("%v %+v", err, now)
		}
		agent.want(404, "GET", agent.card(at), "")
		has(t, agent.put(409, at, changed), "archived")
		agent.put(412, "was-there", card, "If-Match", `"3"`)
		admin.want(204, "DELETE", admin.card("new-1"), "")
		admin.want(404, "DELETE", admin.card("new-1"), "")
		agent.put(201, "new-1", card) // its number is free again
	})
}

// TestNothingIsLost: a card says what it says, and no more. What it cannot carry, or does
// not mention, stays.
func TestNothingIsLost(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.phone(t, h.A)
		gold, silver := h.Tag(t, "Gold"), h.Tag(t, "Silver; and, more")
		_, err := h.Contacts.PutCustomField(t.Context(), h.M, crm.CustomField{Label: "Size", Kind: crm.CustomNumber})
		must(t, err)
		d := apptest.Draft("Priya", "van der \"Shah\"; Co", "", "")
		d.Fields[crm.MiddleName], d.Fields[crm.Notes], d.Fields[crm.BusinessName] = "M.", "line one\nline, two; \\three", "Shah, Sons; & Co"
		d.Fields[crm.ContactStreet], d.Fields[crm.ContactCity], d.Fields[crm.ContactCountry] = "1 High St\nFlat 2", "Leeds", "GB"
		d.Fields[crm.BillingStreet], d.Fields[crm.BillingPostalCode] = "PO Box 1", "LS1 1AA"
		d.Phone, d.Email = nil, nil
		d.Identities = &[]crm.Identity{{Kind: crm.PhoneIdentity, Value: "+441132345678", Label: "Büro"}, {Kind: crm.PhoneIdentity, Value: "+447400123456", Label: "mobile", Primary: true}, {Kind: crm.EmailIdentity, Value: "P@Shah.example", Label: "work"}}
		d.Tags = &[]crm.ID{gold.ID, silver.ID}
		d.Custom = map[string]any{"size": "4"}
		d.AssigneeID = &h.A.UserID
		made, err := h.Contacts.Put(t.Context(), h.M, d)
		must(t, err)
		at := made.ID.String()
		now := func() *crm.Contact {
			c, err := h.Contacts.Get(t.Context(), h.M, made.ID)
			must(t, err)
			return c
		}
		_, _, header := p.do("GET", p.card(at), "")
		first := header.Get("ETag")
		for _, accept := range []string{"text/vcard; version=3.0", "text/vcard; version=4.0"} {
			card := p.want(200, "GET", p.card(at), "", "Accept", accept)
			p.want(204, "PUT", p.card(at), card, "Content-Type", "text/vcard", "If-Match", first)
			if c := now(); c.Version != 1 {
				t.Fatalf("a card that came back as it was changed the contact: %+v\n%s", c, card)
			}
		}
		// As a simple client sends it: without labels, groups, categories, notes.
		p.put(204, at, "BEGIN:VCARD\nVERSION:3.0\nN:van der \"Shah\"\\; Co;Priya;M.;;\nFN:whatever\nORG:Shah\\, Sons\\; & Co;\nTEL:0113 234 5678\nTEL:+44 7400 123456\nEMAIL:P@Shah.example\n"+
			"ADR:;;1 High St\\nFlat 2;Leeds;;;GB\nADR;TYPE=WORK:;;PO Box 1;;;LS1 1AA;\nEND:VCARD\n", "If-Match", first)
		c := now()
		labels := []string{}
		for _, i := range c.Identities {
			labels = append(labels, i.Value)
		}
		slices.Sort(labels)
		if len(c.Tags) != 2 || c.Notes != made.Notes || c.Custom["size"] == nil || c.AssigneeID != h.A.UserID || c.Billing != made.Billing || c.Contact != made.Contact || c.BusinessName != made.BusinessName ||
			c.LastName != made.LastName || c.Phone() != "+447400123456" || strings.Join(labels, " ") != "+441132345678 +447400123456 p@shah.example" {
			t.Errorf("%+v", c)
		}
		// What it does say counts: a number less, another city, a tag off, an unknown one left out.
		p.put(204, at, "BEGIN:VCARD\nVERSION:3.0\nN:Shah;Priya;;;\nFN:Priya Shah\nTEL;TYPE=CELL:+447400123456\nADR:;;1 High St;York;;;England\nCATEGORIES:Gold,Nonsense\nNOTE:new\nEND:VCARD\n")
		c = now()
		if c.LastName != "Shah" || c.MiddleName != "" || c.BusinessName != "" || c.Contact.City != "York" || len(c.Tags) != 1 || c.Notes != "new" || len(c.Identities) != 1 || c.Billing != made.Billing || c.Custom["size"] == nil {
			t.Errorf("%+v", c)
		}
		history, err := h.Contacts.History(t.Context(), h.M, made.ID, nil, 1)
		must(t, err)
		if history[0].ActorID != h.A.UserID {
			t.Errorf("%+v", history[0])
		}
		// Somebody without a name keeps none, and gets one when the phone gives it.
		h.Receive(t, h.SMS, h.Text("+447400999888", "hello"))
		for _, c := range h.All(t) {
			if !c.NameIsPlaceholder {
				continue
			}
			card := p.want(200, "GET", p.card(c.ID.String()), "")
			has(t, card, "N:;;;;", "FN:+44 7400 999888")
			p.want(204, "PUT", p.card(c.ID.String()), card, "Content-Type", "text/vcard")
			if again, _ := h.Contacts.Get(t.Context(), h.M, c.ID); !again.NameIsPlaceholder || again.Version != c.Version {
				t.Errorf("%+v", again)
			}
			p.want(204, "PUT", p.card(c.ID.String()), strings.Replace(card, "N:;;;;", "N:Reed;Tom;;;", 1), "Content-Type", "text/vcard")
			if again, _ := h.Contacts.Get(t.Context(), h.M, c.ID); again.NameIsPlaceholder || again.Name() != "Tom Reed" {
				t.Errorf("%+v", again)
			}
		}
	})
}

// TestTagsGetOtherNames: a tag is renamed, or becomes part of another, without a new version
// of who carries it. A telephone hears of it all the same, and no tag is lost by a card that
// has the old name.
func TestTagsGetOtherNames(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.phone(t, h.A)
		gold, tin := h.Tag(t, "Gold"), h.Tag(t, "Tin")
		d := apptest.Draft("Priya", "Shah", "+447400123456", "")
		d.Tags = &[]crm.ID{gold.ID}
		priya, err := h.Contacts.Put(t.Context(), h.M, d)
		must(t, err)
		other := h.Put(t, "Omar", "Khan", "+447400123457", "")
		at := priya.ID.String()
		look := func() (ctag, etag, etags, card string) {
			t.Helper()
			status, card, header := p.do("GET", p.card(at), "")
			etag = header.Get("ETag")
			etags = p.want(207, "PROPFIND", p.book(), iosTags, "Depth", "1")
			has(t, etags, html.EscapeString(etag), p.card(other.ID.String()), "<D:getetag>&#34;1&#34;</D:getetag>") // of one without tags
			has(t, p.want(207, "PROPFIND", p.card(at), iosTags, "Depth", "0"), html.EscapeString(etag))
			if status != 200 {
				t.Errorf("%d %s", status, card)
			}
			return ctagText.FindStringSubmatch(p.want(207, "PROPFIND", p.book(), iosState, "Depth", "0"))[1], etag, etags, card
		}
		ctag, etag, _, card := look()
		has(t, card, "CATEGORIES:Gold\r\n")
		for _, change := range []struct {
			name string
			do   func() error
		}{
			{"Silver", func() error {
				_, err := h.Team.PutTag(t.Context(), h.M, crm.Tag{ID: gold.ID, Name: "Silver", Colour: gold.Colour})
				return err
			}},
			{"Tin", func() error {
				_, err := h.Team.MergeTags(t.Context(), h.M, gold.ID, tin.ID)
				return err
			}},
		} {
			must(t, change.do())
			newCtag, newEtag, etags, newCard := look()
			has(t, newCard, "CATEGORIES:"+change.name+"\r\n")
			hasNot(t, etags, html.EscapeString(etag))
			if newCtag == ctag || newEtag == etag {
				t.Errorf("%s: the state was %s and is %s, that of the card %s and %s", change.name, ctag, newCtag, etag, newEtag)
			}
			has(t, p.want(412, "PUT", p.card(at), card, "Content-Type", "text/vcard", "If-Match", etag), "in the meantime")
			p.want(204, "PUT", p.card(at), newCard, "Content-Type", "text/vcard", "If-Match", newEtag)
			ctag, etag, card = newCtag, newEtag, newCard
		}
		now, err := h.Contacts.Get(t.Context(), h.M, priya.ID)
		must(t, err)
		if now.Version != 1 || len(now.Tags) != 1 || now.Tags[0].ID != tin.ID {
			t.Errorf("%+v", now)
		}
	})
}
