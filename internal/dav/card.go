package dav

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/app/contacts"
	"parley/internal/card"
	"parley/internal/crm"
	"parley/internal/importer"
	"parley/internal/store"
)

// cardName is the name of a card without its ending. ok is false for one that nothing can
// be called.
func cardName(file string) (name string, ok bool) {
	name, ok = strings.CutSuffix(file, ending)
	if !ok || name == "" || len(name) > 200 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", false
	}
	return name, true
}

func entryOf(c contacts.BookCard) store.BookEntry {
	return store.BookEntry{ID: c.Contact.ID, Version: c.Contact.Version, UpdatedAt: c.Contact.UpdatedAt, Name: c.Name, Tags: c.Contact.Tags}
}

// card reads the card of a request.
func (s *Server) card(r *http.Request, who crm.Actor) (c contacts.BookCard, err error) {
	name, ok := cardName(r.PathValue("card"))
	if !ok {
		return c, crm.ErrNotFound
	}
	list, err := s.Contacts.BookCards(r.Context(), who, []string{name})
	if err == nil && len(list) == 0 {
		err = crm.ErrNotFound
	}
	if err != nil {
		return c, err
	}
	return list[0], nil
}

// getCard handles GET: vCard 3.0, or 4.0 where the client asks for that.
func (s *Server) getCard(w http.ResponseWriter, r *http.Request, who crm.Actor) error {
	c, err := s.card(r, who)
	if err != nil {
		return err
	}
	fields, err := s.Contacts.CustomFields(r.Context(), who)
	if err != nil {
		return err
	}
	version := card.V3
	for _, accepted := range strings.Split(r.Header.Get("Accept"), ",") {
		if kind, params, err := mime.ParseMediaType(strings.TrimSpace(accepted)); err == nil && kind == "text/vcard" && params["version"] == string(card.V4) {
			version = card.V4
		}
	}
	h, tag := w.Header(), etagOf(entryOf(c))
	h.Set("ETag", tag)
	h.Set("Last-Modified", c.Contact.UpdatedAt.UTC().Format(http.TimeFormat))
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "text/vcard; charset=utf-8")
	_, err = io.WriteString(w, cardOf(c, version, fields).String())
	return err
}

// readMatch reads what a client says of the card that it means (C4). A tag that is none of
// ours is one that cannot be there any more. shown is the state that stands in the card.
func readMatch(r *http.Request, shown string) contacts.BookMatch {
	m := contacts.BookMatch{New: strings.TrimSpace(r.Header.Get("If-None-Match")) == "*", Shown: shown}
	switch text := strings.TrimSpace(r.Header.Get("If-Match")); text {
	case "":
	case "*":
		m.There = true
	default:
		m.State = cmp.Or(strings.Trim(strings.TrimPrefix(text, "W/"), `"`), "none")
	}
	return m
}

// putCard handles PUT. The answer has no ETag, which tells the client that the card is not
// kept byte for byte, and that it should read it again (RFC 6352, 6.3.2.3).
func (s *Server) putCard(w http.ResponseWriter, r *http.Request, who crm.Actor) error {
	name, ok := cardName(r.PathValue("card"))
	if !ok {
		return crm.Errorf(crm.Invalid, "bad_name", "The name of a card ends in %s.", ending)
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "text/vcard" && kind != "text/x-vcard" && kind != "text/directory" {
		return crm.Errorf(crm.Invalid, "supported-address-data", "Send a vCard (text/vcard).")
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return err
		}
		return crm.Errorf(crm.Invalid, "cut_off", "The card did not arrive whole.")
	}
	list, ok := importer.ReadCard(text)
	if !ok {
		return crm.Errorf(crm.Invalid, "valid-address-data", "This is no vCard that can be read.")
	}
	fields, err := s.Contacts.CustomFields(r.Context(), who)
	if err != nil {
		return err
	}
	business, err := s.Team.Business(r.Context(), who)
	if err != nil {
		return err
	}
	sent := readSaid(list)
	if sent.group {
		return crm.Errorf(crm.Forbidden, "supported-address-data", "This card is a group. Parley has tags instead: choose that groups are categories of contacts, where your program lets you.")
	}
	_, created, err := s.Contacts.PutBookCard(r.Context(), who, name, sent.uid, readMatch(r, sent.state), func(now *crm.Contact, tags []crm.Tag) crm.Draft {
		return sent.lay(now, tags, fields, business)
	})
	if err != nil {
		return err
	}
	if created {
		w.Header().Set("Location", cardPath(who, name))
		w.WriteHeader(http.StatusCreated)
		return nil
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// deleteCard handles DELETE (C6): a contact with something open is archived, and leaves
// the address book either way.
func (s *Server) deleteCard(w http.ResponseWriter, r *http.Request, who crm.Actor) error {
	name, ok := cardName(r.PathValue("card"))
	if !ok {
		return crm.ErrNotFound
	}
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	if _, err := s.Contacts.DeleteBookCard(r.Context(), who, name, readMatch(r, "")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
