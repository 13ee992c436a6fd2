package web

import (
	"net/http"
	"strconv"

	"parley/internal/crm"
	"parley/internal/store"
)

// newContact handles GET /contacts/new.
func (s *Server) newContact(w http.ResponseWriter, r *http.Request) error {
	form, err := s.contactForm(r, nil, "")
	if err != nil {
		return err
	}
	return s.showContact(w, r, http.StatusOK, nil, form)
}

// contactPage handles GET /contacts/{id}.
func (s *Server) contactPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	c, err := s.Contacts.Get(r.Context(), actor(r), id)
	if crm.KindOf(err) == crm.NotFound {
		return s.goneContact(w, r, id, err)
	}
	if err != nil {
		return err
	}
	form, err := s.contactForm(r, c, "")
	if err != nil {
		return err
	}
	return s.showContact(w, r, http.StatusOK, c, form)
}

// showContact shows the page of a contact, or of a new one, around a form.
func (s *Server) showContact(w http.ResponseWriter, r *http.Request, status int, c *crm.Contact, form ContactForm) error {
	page := ContactPage{Contact: c, Form: form}
	title := "New contact"
	if c != nil {
		title = c.Name()
	}
	var err error
	if page.Shell, err = s.shell(r, "contacts", title); err != nil {
		return err
	}
	if c == nil {
		return s.show(w, r, status, page)
	}
	list, err := s.Inbox.List(r.Context(), actor(r), store.ConversationFilter{Contact: c.ID}, nil, 20)
	if err != nil {
		return err
	}
	for _, row := range list.Rows {
		page.Conversations = append(page.Conversations, conversationRowView(page.Clock, row, store.ConversationFilter{}, ""))
	}
	if page.OptOuts, err = s.optOutRows(r, page.Clock, c); err != nil {
		return err
	}
	if page.Broadcasts, err = s.Broadcasts.Got(r.Context(), actor(r), c.ID, 5); err != nil {
		return err
	}
	if page.Invoices, err = s.contactInvoices(r, page.Clock, c.ID); err != nil {
		return err
	}
	if page.Records, page.Frozen, err = s.Accounts.RecordsOf(r.Context(), actor(r), c.ID); err != nil {
		return err
	}
	if page.History, err = s.history(r, page.Clock, c, nil); err != nil {
		return err
	}
	for _, e := range page.History.Entries {
		if id := e.UndoMerge; id != "" && id.String() == r.URL.Query().Get("merge") {
			page.JustMerged = &e
		}
	}
	return s.show(w, r, status, page)
}

// saveContact handles POST /contacts and POST /contacts/{id}: the contact form, of the
// page or of the panel beside a thread.
func (s *Server) saveContact(w http.ResponseWriter, r *http.Request) error {
	var id crm.ID
	if r.PathValue("id") != "" {
		var err error
		if id, err = pathID(r, "id"); err != nil {
			return err
		}
	}
	posted, err := readContact(r, id)
	if err != nil {
		return err
	}
	if posted.more != "" {
		return s.refusedContact(w, r, posted, nil)
	}
	c, err := s.putContact(r, posted)
	switch crm.KindOf(err) {
	case crm.Invalid, crm.Conflicting, crm.Stale:
		return s.refusedContact(w, r, posted, err)
	}
	switch {
	case err != nil:
		return err
	case posted.panel != "":
		return s.showPanel(w, r, posted.panel, "Saved")
	case id == "":
		return seeOther(w, r, "/contacts/"+c.ID.String()+"?said=added")
	}
	return seeOther(w, r, "/contacts/"+c.ID.String()+"?said=saved")
}

func (s *Server) putContact(r *http.Request, posted postedContact) (*crm.Contact, error) {
	if posted.take != "" {
		return s.Contacts.PutTaking(r.Context(), actor(r), posted.draft(), posted.take)
	}
	return s.Contacts.Put(r.Context(), actor(r), posted.draft())
}

// refusedContact shows the form again: 422 with the fields marked, 409 with what can be
// done, 412 with theirs beside yours.
// Without a refusal it is the form with a row more or less.
func (s *Server) refusedContact(w http.ResponseWriter, r *http.Request, posted postedContact, refusal error) error {
	status := http.StatusOK
	if refusal != nil {
		status = statusOf(refusal)
	}
	form, err := s.refusedForm(r, posted, refusal)
	if err != nil {
		return err
	}
	var c *crm.Contact
	if posted.id != "" {
		if c, err = s.Contacts.Get(r.Context(), actor(r), posted.id); err != nil {
			return err
		}
	}
	if posted.panel == "" {
		return s.showContact(w, r, status, c, form)
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return err
	}
	return s.show(w, r, status, ContactPanel{Clock: clock, Contact: c, Form: form, Conversation: posted.panel})
}

// restoreContact handles POST /contacts/{id}/restore (C7).
func (s *Server) restoreContact(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if _, err := s.Contacts.Restore(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/contacts/"+id.String()+"?said=restored")
}

// archiveContact handles POST /contacts/{id}/archive (C7). Admins only.
func (s *Server) archiveContact(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if _, err := s.Contacts.Archive(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/contacts/"+id.String()+"?said=archived")
}

// useProfileName handles POST /contacts/{id}/use-profile-name (C3).
func (s *Server) useProfileName(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if _, err := s.Contacts.TakeProfileName(r.Context(), actor(r), id); err != nil {
		return err
	}
	if panel, ok := crm.ParseID(r.PostFormValue("panel")); ok {
		return s.showPanel(w, r, panel, "Saved")
	}
	return seeOther(w, r, "/contacts/"+id.String()+"?said=named")
}

// contactPanel handles GET /inbox/{id}/panel.
func (s *Server) contactPanel(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	return s.showPanel(w, r, id, "")
}

func (s *Server) showPanel(w http.ResponseWriter, r *http.Request, conversation crm.ID, done string) error {
	if !isFragment(r) {
		return seeOther(w, r, "/inbox/"+conversation.String())
	}
	row, err := s.Inbox.Conversation(r.Context(), actor(r), conversation)
	if err != nil {
		return err
	}
	panel, err := s.panel(r, row, done)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, panel)
}

// panel is the contact beside a conversation. A contact that the reader may not see any
// more, while the conversation is visible, is shown by name only.
func (s *Server) panel(r *http.Request, row store.ConversationRow, done string) (p ContactPanel, err error) {
	p = ContactPanel{Conversation: row.ID, Saved: done != ""}
	if p.Clock, _, err = s.clock(r); err != nil {
		return p, err
	}
	p.Contact, err = s.Contacts.Get(r.Context(), actor(r), row.ContactID)
	if crm.KindOf(err) == crm.NotFound {
		contact := row.Contact
		p.Contact, p.Hidden = &contact, true
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.Form, err = s.contactForm(r, p.Contact, row.ID)
	return p, err
}

func parseInt(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64) // what is no number claims nothing
	return n
}
