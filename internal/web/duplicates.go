package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

const duplicatesAtOnce = 20

// duplicatesPage handles GET /contacts/duplicates?after=: pairs that seem to be one
// person, the surest first (C12).
func (s *Server) duplicatesPage(w http.ResponseWriter, r *http.Request) error {
	page := DuplicatesPage{}
	var err error
	if page.Shell, err = s.shell(r, "contacts", "Duplicates"); err != nil {
		return err
	}
	if page.Count, err = s.duplicatesCount(r); err != nil {
		return err
	}
	list, next, err := s.Contacts.Duplicates(r.Context(), actor(r), parseDuplicatePlace(r.URL.Query().Get("after")), duplicatesAtOnce)
	if err != nil {
		return err
	}
	for _, p := range list {
		page.Rows = append(page.Rows, duplicateRow(p, page.Admin()))
	}
	if next != nil {
		page.Next = "/contacts/duplicates?" + url.Values{"after": {strconv.Itoa(next.Score) + "." + next.ID.String()}}.Encode()
	}
	return s.show(w, r, http.StatusOK, page)
}

func parseDuplicatePlace(s string) *store.DuplicatePlace {
	score, rest, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(score)
	id, ok := crm.ParseID(rest)
	if err != nil || !ok {
		return nil
	}
	return &store.DuplicatePlace{Score: n, ID: id}
}

// duplicatesLink handles GET /contacts/duplicates/count: the way there, with how many
// there are now.
func (s *Server) duplicatesLink(w http.ResponseWriter, r *http.Request) error {
	n, err := s.duplicatesCount(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, n)
}

func (s *Server) duplicatesCount(r *http.Request) (DuplicatesCount, error) {
	n, err := s.Contacts.CountDuplicates(r.Context(), actor(r))
	count := DuplicatesCount{Text: number(n)}
	switch {
	case n == 0:
		count.Text = ""
	case n > contacts.DuplicatesCap:
		count.Text = number(contacts.DuplicatesCap) + "+"
	}
	return count, err
}

// dismissDuplicate handles POST /duplicates/{id}/dismiss: not the same person.
func (s *Server) dismissDuplicate(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Contacts.Dismiss(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/contacts/duplicates?said=distinct")
}

// duplicateRow sets a pair side by side. The one to be kept stands first: who has a name
// of its own, else who came first.
func duplicateRow(p contacts.Pair, admin bool) DuplicateRow {
	row := DuplicateRow{ID: p.ID, Reason: p.Reason, Keep: p.A, Other: p.B, CanMerge: admin}
	if p.A.NameIsPlaceholder && !p.B.NameIsPlaceholder {
		row.Keep, row.Other = p.B, p.A
	}
	row.compare("Name", row.Keep.Name(), row.Other.Name())
	row.compare("Name on WhatsApp", row.Keep.ProfileName, row.Other.ProfileName)
	row.compare("Business", row.Keep.BusinessName, row.Other.BusinessName)
	row.compare("Phones", known(row.Keep, crm.PhoneIdentity), known(row.Other, crm.PhoneIdentity))
	row.compare("E-mails", known(row.Keep, crm.EmailIdentity), known(row.Other, crm.EmailIdentity))
	row.compare("Address", addressLine(row.Keep), addressLine(row.Other))
	return row
}

func known(c *crm.Contact, kind crm.IdentityKind) string {
	var list []string
	for _, i := range c.Identities {
		switch {
		case i.Kind != kind:
		case kind == crm.PhoneIdentity:
			list = append(list, crm.ShowPhone(i.Value))
		default:
			list = append(list, i.Shown())
		}
	}
	return strings.Join(list, "\n")
}

func addressLine(c *crm.Contact) string {
	var list []string
	for _, part := range []string{strings.ReplaceAll(c.Contact.Street, "\n", ", "), c.Contact.PostalCode, c.Contact.City} {
		if part != "" {
			list = append(list, part)
		}
	}
	return strings.Join(list, ", ")
}
