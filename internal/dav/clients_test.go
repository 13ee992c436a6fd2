package dav_test

import (
	"strings"
	"testing"

	"parley/internal/crm"
)

// asked is a request as a client of today sends it: our own words, after what their sources
// and the logs of other servers show. In paths, headers and bodies {user}, {book}, {card}
// and {etag} stand for those of the test.
type asked struct {
	who          string
	method, path string
	headers      string // Name: value, one a line
	body         string
	status       int
	has, hasNot  string // parts of the answer, one a line
}

// apple is what macOS and iOS put into every request that has a body of XML.
const apple = "Brief: t\nPrefer: return=minimal\nContent-Type: text/xml"

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

var finding = []asked{
	{"macOS 26, no path given", "PROPFIND", "/", apple + "\nDepth: 0", xmlHead + `<A:propfind xmlns:A="DAV:"><A:prop><A:current-user-principal/><A:principal-URL/><A:resourcetype/></A:prop></A:propfind>`,
		207, "<D:href>/</D:href>\n<D:current-user-principal><D:href>{user}</D:href>", ""},
	{"Thunderbird", "PROPFIND", "/.well-known/carddav", "Depth: 0", `<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>`, 301, "", ""},
	{"Thunderbird, after the redirection", "PROPFIND", "/dav/", "Depth: 0", `<propfind xmlns="DAV:"><prop><resourcetype/><displayname/><current-user-principal/><current-user-privilege-set/></prop></propfind>`,
		207, "<D:current-user-principal><D:href>{user}</D:href>", "<C:addressbook/>"},
	{"Thunderbird, the home", "PROPFIND", "{user}", "Depth: 0", `<propfind xmlns="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav"><prop><card:addressbook-home-set/></prop></propfind>`,
		207, "<C:addressbook-home-set><D:href>{user}</D:href>", ""},
	{"Thunderbird, the books", "PROPFIND", "{user}", "Depth: 1", `<propfind xmlns="DAV:"><prop><resourcetype/><displayname/><current-user-privilege-set/></prop></propfind>`,
		207, "<D:href>{book}</D:href>\n<C:addressbook/>\n<D:write/>", ""},
	{"iOS 26, the principal", "OPTIONS", "{user}", "", "", 200, "", ""},
	{"iOS 26, the home", "PROPFIND", "{user}", apple + "\nDepth: 0", xmlHead + `<A:propfind xmlns:A="DAV:"><A:prop><D:addressbook-home-set xmlns:D="urn:ietf:params:xml:ns:carddav"/><D:directory-gateway xmlns:D="urn:ietf:params:xml:ns:carddav"/>` +
		`<A:displayname/><C:email-address-set xmlns:C="http://calendarserver.org/ns/"/><A:principal-collection-set/><A:principal-URL/><A:resource-id/><A:supported-report-set/></A:prop></A:propfind>`,
		207, "<C:addressbook-home-set><D:href>{user}</D:href>\n<D:principal-URL><D:href>{user}</D:href>", ""},
	{"macOS, what the book can do", "PROPFIND", "{book}", apple + "\nDepth: 1", xmlHead + `<A:propfind xmlns:A="DAV:"><A:prop><A:add-member/><D:guardian-restricted xmlns:D="http://me.com/_namespace/"/><A:current-user-privilege-set/><A:displayname/>` +
		`<B:max-resource-size xmlns:B="urn:ietf:params:xml:ns:carddav"/><C:me-card xmlns:C="http://calendarserver.org/ns/"/><E:quota-used xmlns:E="urn:mobileme:davservices"/><A:quota-available-bytes/><A:resourcetype/><A:supported-report-set/><A:sync-token/></A:prop></A:propfind>`,
		207, "<C:addressbook/>\n<C:addressbook-multiget/>\n<D:bind/>\n<D:href>{card}</D:href>", "sync-collection\n<D:sync-token>"},
	{"macOS, names its own card", "PROPPATCH", "{user}", apple, xmlHead + `<A:propertyupdate xmlns:A="DAV:"><A:set><A:prop><C:me-card xmlns:C="http://calendarserver.org/ns/"><A:href>{card}</A:href></C:me-card></A:prop></A:set></A:propertyupdate>`,
		207, "<CS:me-card/>\nHTTP/1.1 403 Forbidden", ""},
	{"DAVx5, an address without a slash", "PROPFIND", "{book-}", "Depth: 0", `<propfind xmlns="DAV:" xmlns:CARD="urn:ietf:params:xml:ns:carddav" xmlns:CS="http://calendarserver.org/ns/"><prop><CARD:max-resource-size/><CARD:supported-address-data/><supported-report-set/><CS:getctag/><sync-token/></prop></propfind>`,
		207, "<CS:getctag>\n" + `<C:address-data-type content-type="text/vcard" version="4.0"/>`, "<D:sync-token>"},
	{"DAVx5, the user without a slash", "PROPFIND", "{user-}", "Depth: 0", `<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>`, 207, "<D:href>{user}</D:href>", ""},
	{"any, the cards", "PROPFIND", "{book}", "Depth: 1", `<propfind xmlns="DAV:" xmlns:cs="http://calendarserver.org/ns/"><prop><resourcetype/><getetag/><cs:getctag/></prop></propfind>`,
		207, "<D:href>{card}</D:href>\n<D:getetag>{etag}</D:getetag>", ""},
	{"iOS, some cards", "REPORT", "{book}", "Content-Type: text/xml", xmlHead + `<D:addressbook-multiget xmlns:D="urn:ietf:params:xml:ns:carddav"><A:prop xmlns:A="DAV:"><A:getetag/><D:address-data/></A:prop><A:href xmlns:A="DAV:">{card}</A:href></D:addressbook-multiget>`,
		207, "<D:getetag>{etag}</D:getetag>\nVERSION:3.0\nFN:Ada Lovelace", ""},
	{"macOS, some cards", "REPORT", "{book}", apple + "\nDepth: 1", xmlHead + `<B:addressbook-multiget xmlns:B="urn:ietf:params:xml:ns:carddav"><A:prop xmlns:A="DAV:"><A:getetag/><B:address-data/></A:prop><A:href xmlns:A="DAV:">{card}</A:href><A:href xmlns:A="DAV:">{book}gone.vcf</A:href></B:addressbook-multiget>`,
		207, "VERSION:3.0\n<D:href>{book}gone.vcf</D:href><D:status>HTTP/1.1 404", ""},
	{"any, changes from the beginning", "REPORT", "{book}", apple + "\nDepth: 1", xmlHead + `<A:sync-collection xmlns:A="DAV:"><A:sync-token/><A:sync-level>1</A:sync-level><A:prop><A:getetag/></A:prop></A:sync-collection>`,
		403, "<D:supported-report/>", "Lovelace"},
	{"any, changes since another server's token", "REPORT", "{book}", "Depth: 0", `<D:sync-collection xmlns:D="DAV:"><D:sync-token>http://sabre.io/ns/sync/2285</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>`,
		403, "<D:supported-report/>", "Lovelace"},
	{"any, a report where there is none", "REPORT", "{user}", "Depth: 0", `<D:principal-search-property-set xmlns:D="DAV:"/>`, 403, "<D:supported-report/>", ""},
	{"any, one by its UID", "REPORT", "{book}", "Depth: 1", `<card:addressbook-query xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns="DAV:"><prop><getetag/><card:address-data/></prop><card:filter><card:prop-filter name="UID"><card:text-match match-type="equals">{uid}</card:text-match></card:prop-filter></card:filter></card:addressbook-query>`,
		207, "<D:href>{card}</D:href>", ""},
}

// TestAsClientsAsk sends what clients send to find an address book and to read it.
func TestAsClientsAsk(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.phone(t, h.A)
		ada := h.Put(t, "Ada", "Lovelace", "+447400123456", "ada@lovelace.example")
		at := strings.NewReplacer("{user}", "/dav/"+h.A.UserID.String()+"/", "{user-}", "/dav/"+h.A.UserID.String(), "{book}", p.book(), "{book-}", strings.TrimSuffix(p.book(), "/"),
			"{card}", p.card(ada.ID.String()), "{etag}", "&#34;1&#34;", "{uid}", "urn:parley:"+ada.ID.String()).Replace
		for _, a := range finding {
			text := p.want(a.status, a.method, at(a.path), at(a.body), headersOf(a.headers)...)
			for _, part := range lines(at(a.has)) {
				if !strings.Contains(text, part) {
					t.Errorf("%s: %s %s has no %q:\n%s", a.who, a.method, a.path, part, text)
				}
			}
			for _, part := range lines(at(a.hasNot)) {
				if strings.Contains(text, part) {
					t.Errorf("%s: %s %s has %q:\n%s", a.who, a.method, a.path, part, text)
				}
			}
		}
	})
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func headersOf(text string) (pairs []string) {
	for _, line := range lines(text) {
		name, value, _ := strings.Cut(line, ": ")
		pairs = append(pairs, name, value)
	}
	return pairs
}

var picture = strings.Repeat("\n "+strings.Repeat("iVBORw0KGgoAAAANSUhE", 3), 6000) // 380 kB of base64, folded as Apple folds it

// written are cards as clients write them, and what becomes of the contact.
var written = []struct {
	who     string
	headers string
	card    string
	status  int
	says    string // of a refusal
	is      string // the contact afterwards: name|business|phones|e-mails|city|notes
}{
	{"iOS, a new one", "If-None-Match: *", "VERSION:3.0\nPRODID:-//Apple Inc.//iOS 26.6.1//EN\nN:Lovelace;Ada;;;\nFN:Ada Lovelace\nNICKNAME:Enchantress\nitem1.EMAIL;type=INTERNET;type=pref:ada@lovelace.example\n" +
		"item2.TEL;type=pref:07400 123456\nitem2.X-ABLabel:mobile\nitem3.ADR;type=HOME;type=pref:;;12 Analytical Way;London;England;NW1 1AA;United Kingdom\nitem3.X-ABADR:gb\nNOTE:One\\n\\nTwo\nREV:2026-09-08T22:47:52Z\nUID:{uid}",
		201, "", "Ada Lovelace||+447400123456 mobile|ada@lovelace.example |London|One\n\nTwo"},
	{"iOS, a number of another kind", "If-Match: {etag}", "VERSION:3.0\nPRODID:-//Apple Inc.//iOS 26.6.1//EN\nN:Lovelace;Ada;;;\nFN:Ada Lovelace\nitem1.EMAIL;type=INTERNET;type=pref:ada@lovelace.example\n" +
		"item2.TEL;type=pref:07400 123456\nitem2.X-ABLabel:mobile\nitem3.TEL:020 7946 0101\nitem3.X-ABLabel:_$!<HomeFAX>!$_\nitem4.ADR;type=HOME;type=pref:;;12 Analytical Way;London;England;NW1 1AA;United Kingdom\nNOTE:One\\n\\nTwo\nREV:2026-09-08T22:50:52Z\nUID:{uid}",
		204, "", "Ada Lovelace||+447400123456 mobile +442079460101 HomeFAX|ada@lovelace.example |London|One\n\nTwo"},
	{"macOS, with a picture and what only Apple knows", "If-Match: {etag}", "VERSION:3.0\nPRODID:-//Apple Inc.//macOS 26.5.1//EN\nN:Lovelace;Ada;;Dr.;\nFN:Dr. Ada Lovelace\nORG:Analytical Engines;\nEMAIL;type=INTERNET;type=pref:ada@lovelace.example\nTEL;type=CELL;type=VOICE;type=pref:+44 7400 123456\n" +
		"X-ADDRESSING-GRAMMAR;type=pref:" + strings.Repeat("W7cARX37SsOaCHm/", 30) + "=\nADR;type=HOME;type=pref:;;12 Analytical Way;London;England;NW1 1AA;United Kingdom\nNOTE:Test\nBDAY;X-APPLE-OMIT-YEAR=1604:1604-01-01\nX-IMAGETYPE:MONOGRAM\n" +
		"PHOTO;VND-63-MEMOJI-DETAILS=" + strings.Repeat("YnBsaXN0MDDR", 140) + ";X-ABCROP-RECTANGLE=ABClipRect_1&38&0&769&768&RKZaNYCmuYERD3AfbLtrIw==;ENCODING=b:" + picture + "\nREV:2026-08-25T03:01:37Z\nUID:{uid}",
		204, "", "Ada Lovelace|Analytical Engines|+447400123456 mobile|ada@lovelace.example |London|Test"},
	{"DAVx5, vCard 4.0", "If-Match: {etag}", "VERSION:4.0\nPRODID:DAVx5/4.5.14-ose ez-vcard/0.12.2\nUID:{uid}\nFN:Ada King\nN:King;Ada;;;\nORG:Analytical Engines\nTEL;TYPE=cell;PREF=1:tel:+447400123456\ndavdroid1.TEL:+442079460102\ndavdroid1.X-ABLABEL:Lab\n" +
		"EMAIL;TYPE=home:mailto:ada@lovelace.example\nADR;LABEL=\"12 Analytical Way\\nLondon\":;;12 Analytical Way;London;;NW1 1AA;United Kingdom\nPHOTO:data:image/jpeg;base64,/9j/4AAQSkZJRgABAQ\nNOTE:Test\nREV:20260617T131842Z",
		204, "", "Ada King|Analytical Engines|+447400123456 mobile +442079460102 Lab|ada@lovelace.example home|London|Test"},
	{"Thunderbird, which says no state", "", "VERSION:4.0\nN:King;Ada;;;\nFN:Ada King\nEMAIL;PREF=1:ada@lovelace.example\nTEL;VALUE=TEXT;TYPE=cell;PREF=1:+447400123456\nADR:;;12 Analytical Way;London;;NW1 1AA;United Kingdom\nORG:Analytical Engines\nNOTE:Test\nUID:{uid}",
		204, "", "Ada King|Analytical Engines|+447400123456 mobile|ada@lovelace.example home|London|Test"},
	{"a state of before", `If-Match: "1"`, "VERSION:3.0\nN:King;Augusta;;;\nFN:Augusta King\nTEL:+447400123456\nUID:{uid}", 412, "in the meantime", ""},
	{"a state as another client had it", `If-Match: W/"abc", "def"`, "VERSION:3.0\nN:King;Augusta;;;\nFN:Augusta King\nTEL:+447400123456\nUID:{uid}", 412, "in the meantime", ""},
	{"a new one where one is", "If-None-Match: *", "VERSION:3.0\nN:King;Augusta;;;\nFN:Augusta King\nTEL:+447400123456\nUID:{uid}", 412, "already", ""},
	{"macOS, a group", "If-None-Match: *", "VERSION:3.0\nPRODID:-//Apple Inc.//macOS 26.5.1//EN\nN:Customers\nFN:Customers\nX-ADDRESSBOOKSERVER-KIND:group\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:9E2B\nUID:group-1", 403, "<C:supported-address-data/>", ""},
	{"DAVx5, a group", "If-None-Match: *", "VERSION:4.0\nKIND:group\nFN:Customers\nMEMBER:urn:uuid:9E2B\nUID:group-1", 403, "categories", ""},
	{"macOS, a firm without a person", "If-None-Match: *", "VERSION:3.0\nN:;;;;\nFN:Analytical Engines\nORG:Analytical Engines;\nX-ABShowAs:COMPANY\nTEL;type=MAIN:+44 20 7946 0103\nUID:firm-1", 422, "first name", ""},
}

// TestAsClientsWrite sends cards as clients write them, one after another to one address.
func TestAsClientsWrite(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p, admin := h.phone(t, h.A), h.phone(t, h.M)
		const name = "AB12C345-6789-0DEF-1234-567890ABCDEF"
		now := func() *crm.Contact {
			t.Helper()
			all := h.All(t)
			if len(all) != 1 {
				t.Fatalf("%d contacts", len(all))
			}
			return all[0]
		}
		for _, w := range written {
			_, _, header := p.do("GET", p.card(name), "")
			before := header.Get("ETag")
			at, uid := name, name
			if strings.Contains(w.card, "UID:group-1") || strings.Contains(w.card, "UID:firm-1") {
				at = "another"
			}
			card := "BEGIN:VCARD\n" + strings.ReplaceAll(w.card, "{uid}", uid) + "\nEND:VCARD\n"
			text := p.put(w.status, at, card, headersOf(strings.ReplaceAll(w.headers, "{etag}", before))...)
			if w.says != "" && !strings.Contains(text, w.says) {
				t.Errorf("%s: does not say %q: %s", w.who, w.says, text)
			}
			if w.is == "" {
				if _, _, header := p.do("GET", p.card(name), ""); header.Get("ETag") != before {
					t.Errorf("%s: the contact was changed", w.who)
				}
				continue
			}
			c := now()
			var phones, emails []string
			for _, i := range c.Identities {
				if i.Kind == crm.EmailIdentity {
					emails = append(emails, i.Value+" "+i.Label)
				} else {
					phones = append(phones, i.Value+" "+i.Label)
				}
			}
			is := strings.Join([]string{c.Name(), c.BusinessName, strings.Join(phones, " "), strings.Join(emails, " "), c.Contact.City, c.Notes}, "|")
			if is != w.is || c.Contact.Country != "GB" {
				t.Errorf("%s: is %q, want %q, in %s", w.who, is, w.is, c.Contact.Country)
			}
			if uidNow := p.want(200, "GET", p.card(name), ""); !strings.Contains(uidNow, "UID:"+name) {
				t.Errorf("%s: another UID:\n%s", w.who, uidNow)
			}
		}
		p.put(412, "nowhere", "BEGIN:VCARD\nVERSION:3.0\nN:King;Ada;;;\nFN:Ada King\nTEL:+447400123499\nEND:VCARD\n", "If-Match", "*")
		has(t, p.want(403, "DELETE", p.card(name), ""), "<D:need-privileges/>")
		admin.want(204, "DELETE", admin.card(name), "") // as iOS does, without a state
		admin.want(404, "DELETE", admin.card(name), "")
	})
}

// TestOldCardWithoutCondition: a client that sends no condition shows by the card what state
// it had. What somebody else changed since is not overwritten (C4); a copy is a new one.
func TestOldCardWithoutCondition(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.phone(t, h.A)
		priya := h.Put(t, "Priya", "Shah", "+447400123456", "")
		at := priya.ID.String()
		had := p.want(200, "GET", p.card(at), "")
		_, err := h.Contacts.Put(t.Context(), h.M, crm.Draft{ID: priya.ID, Phone: new("+447400123457")})
		must(t, err)
		put := func(status int, name, card string, headers ...string) string {
			t.Helper()
			return p.want(status, "PUT", p.card(name), card, append(headers, "Content-Type", "text/vcard")...)
		}
		edited := strings.Replace(had, "FN:", "NOTE:called\r\nFN:", 1)
		has(t, put(412, at, edited), "in the meantime")
		if c, err := h.Contacts.Get(t.Context(), h.M, priya.ID); err != nil || c.Phone() != "+447400123457" || c.Notes != "" {
			t.Errorf("%v %+v", err, c)
		}
		fresh := strings.Replace(p.want(200, "GET", p.card(at), ""), "FN:", "NOTE:called\r\nFN:", 1)
		put(204, at, fresh)
		put(412, at, strings.Replace(fresh, "called", "called twice", 1))
		put(204, at, strings.Replace(fresh, "called", "called twice", 1), "If-Match", "*") // whatever it is
		if c, err := h.Contacts.Get(t.Context(), h.M, priya.ID); err != nil || c.Phone() != "+447400123457" || c.Notes != "called twice" {
			t.Errorf("%v %+v", err, c)
		}
		put(201, "a-copy", strings.NewReplacer("+447400123457", "+447400123458", "UID:urn:parley:"+at, "UID:a-copy").Replace(fresh))
	})
}
