package web

import (
	"net/http"

	"parley/internal/crm"
	"parley/internal/store"
)

// OptOutRow is whether a contact gets broadcasts on a family of channels (B5).
type OptOutRow struct {
	Clock
	Family crm.Family
	Out    bool
	Said   store.SaidStop
}

// How is when it was said, by whom and in which words.
func (o OptOutRow) How() string {
	how := o.Full(o.Said.At)
	switch o.Said.Source {
	case "message":
		return how + ", wrote “" + o.Said.Wording + "”"
	case "provider":
		return how + ", told by the provider"
	case "hand":
		return how + ", " + o.Said.Wording
	case "merge":
		return how + ", " + o.Said.Wording
	}
	return how
}

func (s *Server) optOutRows(r *http.Request, clock Clock, c *crm.Contact) (rows []OptOutRow, err error) {
	list, err := s.Contacts.OptOuts(r.Context(), actor(r), c.ID)
	for _, f := range crm.Families {
		row := OptOutRow{Clock: clock, Family: f}
		for _, said := range list {
			if said.Family == f {
				row.Out, row.Said = true, said
			}
		}
		rows = append(rows, row)
	}
	return rows, err
}

// setOptOut handles POST /contacts/{id}/opt-outs: family, and out=yes or no.
func (s *Server) setOptOut(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Contacts.SetOptOut(r.Context(), actor(r), id, crm.Family(r.PostFormValue("family")), r.PostFormValue("out") == "yes"); err != nil {
		return err
	}
	return seeOther(w, r, "/contacts/"+id.String()+"?said=opt-out")
}
