package dav

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/card"
	"parley/internal/crm"
)

// reportBody is a REPORT of either kind.
type reportBody struct {
	XMLName  xml.Name
	AllProp  *struct{} `xml:"DAV: allprop"`
	PropName *struct{} `xml:"DAV: propname"`
	Prop     propList  `xml:"DAV: prop"`
	Hrefs    []string  `xml:"DAV: href"`
	Filter   filter    `xml:"urn:ietf:params:xml:ns:carddav filter"`
	Limit    *struct {
		Most int `xml:"urn:ietf:params:xml:ns:carddav nresults"`
	} `xml:"urn:ietf:params:xml:ns:carddav limit"`
}

// report handles REPORT: addressbook-multiget and addressbook-query.
func (s *Server) report(w http.ResponseWriter, r *http.Request, who crm.Actor) error {
	var body reportBody
	if err := xml.NewDecoder(r.Body).Decode(&body); err != nil {
		return errBadXML(err)
	}
	asked := asking{names: body.Prop.names(), all: body.AllProp != nil, only: body.PropName != nil}
	version := card.V3
	if body.Prop.version() == string(card.V4) {
		version = card.V4
	}
	switch body.XMLName {
	case xml.Name{Space: cardSpace, Local: "addressbook-multiget"}:
		return s.multiget(w, r, who, asked, version, body.Hrefs)
	case xml.Name{Space: cardSpace, Local: "addressbook-query"}:
		return s.query(w, r, who, asked, version, body)
	}
	return errNoReport
}

var errNoReport = crm.Errorf(crm.Forbidden, "supported-report", "There are two reports, of an address book: addressbook-multiget and addressbook-query.")

// noReport handles REPORT where there is none.
func (s *Server) noReport(http.ResponseWriter, *http.Request, crm.Actor) error { return errNoReport }

// multiget writes the cards that are named, each or that it is not there.
func (s *Server) multiget(w http.ResponseWriter, r *http.Request, who crm.Actor, asked asking, version card.Version, hrefs []string) error {
	fields, err := s.Contacts.CustomFields(r.Context(), who)
	if err != nil {
		return err
	}
	m := newMulti(w)
	const atOnce = 200
	for len(hrefs) > 0 {
		part := hrefs[:min(len(hrefs), atOnce)]
		hrefs = hrefs[len(part):]
		var names []string
		for _, one := range part {
			if name, ok := nameIn(who, one); ok {
				names = append(names, name)
			}
		}
		cards, err := s.Contacts.BookCards(r.Context(), who, names)
		if err != nil {
			return m.broken(err)
		}
		of := map[string]contacts.BookCard{}
		for _, c := range cards {
			of[c.Name] = c
		}
		for _, one := range part {
			name, ok := nameIn(who, one)
			c, found := of[name]
			if !ok || !found {
				m.missing(pathOf(one))
				continue
			}
			m.write(cardPath(who, c.Name), asked, s.dataProps(who, c, cardOf(c, version, fields).String()))
		}
	}
	return m.end()
}

// query writes the cards that pass a filter.
func (s *Server) query(w http.ResponseWriter, r *http.Request, who crm.Actor, asked asking, version card.Version, body reportBody) error {
	if err := body.Filter.check(); err != nil {
		return err
	}
	fields, err := s.Contacts.CustomFields(r.Context(), who)
	if err != nil {
		return err
	}
	m := newMulti(w)
	written := 0
	for after := crm.ID(""); ; {
		list, err := s.Contacts.BookEntries(r.Context(), who, after, 200)
		if err != nil {
			return m.broken(err)
		}
		var names []string
		for _, e := range list {
			names, after = append(names, e.Name), e.ID
		}
		cards, err := s.Contacts.BookCards(r.Context(), who, names)
		if err != nil {
			return m.broken(err)
		}
		for _, c := range cards {
			if body.Limit != nil && written >= body.Limit.Most {
				return m.end()
			}
			if text := cardOf(c, version, fields).String(); body.Filter.passes(text) {
				m.write(cardPath(who, c.Name), asked, s.dataProps(who, c, text))
				written++
			}
		}
		if len(list) < 200 {
			return m.end()
		}
	}
}

func (s *Server) dataProps(who crm.Actor, c contacts.BookCard, text string) props {
	p := s.cardProps(who, entryOf(c))
	p[addressData] = escaped(text)
	return p
}

func cardOf(c contacts.BookCard, version card.Version, fields []crm.CustomField) card.Card {
	return card.Card{Contact: c.Contact, Version: version, UID: c.UID, Fields: fields, State: contacts.CardState(c.Contact.Version, c.Contact.Tags)}
}

// pathOf is the path of what a client calls a resource: a path, or a whole address.
func pathOf(text string) string {
	if u, err := url.Parse(strings.TrimSpace(text)); err == nil {
		return u.EscapedPath()
	}
	return text
}

// nameIn is the name of a card in who's address book.
func nameIn(who crm.Actor, text string) (string, bool) {
	rest, ours := strings.CutPrefix(pathOf(text), bookPath(who))
	if !ours || strings.Contains(rest, "/") {
		return "", false
	}
	name, err := url.PathUnescape(rest)
	if err != nil {
		return "", false
	}
	return cardName(name)
}
