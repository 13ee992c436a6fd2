package dav

import (
	"net/http"
	"strconv"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// bookAtOnce is how many contacts are read at a time.
const bookAtOnce = 1000

// deep reports whether what lies below is asked for too. One level is all there is to a
// book; endless depth is answered like it.
func deep(r *http.Request) bool { return r.Header.Get("Depth") != "0" }

func (s *Server) findRoot(w http.ResponseWriter, r *http.Request, who crm.Actor) error {
	asked, err := readFind(r)
	if err != nil {
		return err
	}
	m := newMulti(w)
	m.write(r.URL.Path, asked, s.always(who, props{
		resourceType: "<D:collection/>", displayName: "Parley",
	}))
	if deep(r) {
		m.write(userPath(who), asked, s.userProps(who))
	}
	return m.end()
}

func (s *Server) findUser(w http.ResponseWriter, r *http.Request, who crm.Actor) error {
	asked, err := readFind(r)
	if err != nil {
		return err
	}
	book, err := s.bookProps(r, who)
	if err != nil {
		return err
	}
	m := newMulti(w)
	m.write(userPath(who), asked, s.userProps(who))
	if deep(r) {
		m.write(bookPath(who), asked, book)
	}
	return m.end()
}

func (s *Server) findBook(w http.ResponseWriter, r *http.Request, who crm.Actor) error {
	asked, err := readFind(r)
	if err != nil {
		return err
	}
	book, err := s.bookProps(r, who)
	if err != nil {
		return err
	}
	m := newMulti(w)
	m.write(bookPath(who), asked, book)
	for after := crm.ID(""); deep(r); {
		list, err := s.Contacts.BookEntries(r.Context(), who, after, bookAtOnce)
		if err != nil {
			return m.broken(err)
		}
		for _, e := range list {
			m.write(cardPath(who, e.Name), asked, s.cardProps(who, e))
			after = e.ID
		}
		if len(list) < bookAtOnce {
			break
		}
	}
	return m.end()
}

func (s *Server) findCard(w http.ResponseWriter, r *http.Request, who crm.Actor) error {
	asked, err := readFind(r)
	if err != nil {
		return err
	}
	card, err := s.card(r, who)
	if err != nil {
		return err
	}
	m := newMulti(w)
	m.write(cardPath(who, card.Name), asked, s.cardProps(who, entryOf(card)))
	return m.end()
}

// always adds what every resource says.
func (s *Server) always(who crm.Actor, p props) props {
	p[currentUser] = href(userPath(who))
	p[principalURL] = href(userPath(who))
	p[owner] = href(userPath(who))
	p[principals] = href(root)
	privileges := []string{"read", "write", "write-content", "bind", "read-current-user-privilege-set"}
	if who.IsAdmin() {
		privileges = append(privileges, "unbind")
	}
	text := ""
	for _, one := range privileges {
		text += "<D:privilege><D:" + one + "/></D:privilege>"
	}
	p[privilegeSet] = text
	return p
}

func (s *Server) userProps(who crm.Actor) props {
	return s.always(who, props{
		resourceType: "<D:collection/><D:principal/>", displayName: escaped(who.Name),
		homeSet: href(userPath(who)), principalAddress: "",
	})
}

func (s *Server) bookProps(r *http.Request, who crm.Actor) (props, error) {
	state, err := s.Contacts.BookState(r.Context(), who)
	if err != nil {
		return nil, err
	}
	business, err := s.Team.Business(r.Context(), who)
	return s.always(who, props{
		resourceType: "<D:collection/><C:addressbook/>", displayName: escaped(business.Name),
		description: "The contacts of " + escaped(business.Name) + " that you may see",
		ctag:        escaped(state), etag: "&quot;" + escaped(state) + "&quot;",
		supportedData: `<C:address-data-type content-type="text/vcard" version="3.0"/><C:address-data-type content-type="text/vcard" version="4.0"/>`,
		maxSize:       strconv.Itoa(maxBody),
		reportSet:     "<D:supported-report><D:report><C:addressbook-multiget/></D:report></D:supported-report><D:supported-report><D:report><C:addressbook-query/></D:report></D:supported-report>",
		collations:    "<C:supported-collation>i;ascii-casemap</C:supported-collation><C:supported-collation>i;unicode-casemap</C:supported-collation>",
	}), err
}

func (s *Server) cardProps(who crm.Actor, e store.BookEntry) props {
	return s.always(who, props{
		resourceType: "", contentType: "text/vcard; charset=utf-8", etag: escaped(etagOf(e)),
		lastModified: e.UpdatedAt.UTC().Format(http.TimeFormat),
	})
}

// etagOf is the version of a contact as over the API (C4), with what its tags are called.
func etagOf(e store.BookEntry) string { return `"` + contacts.CardState(e.Version, e.Tags) + `"` }
