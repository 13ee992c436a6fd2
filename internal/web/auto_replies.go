package web

import (
	"net/http"

	"parley/internal/crm"
)

// AutoRepliesPage says what is answered by itself. It posts to /settings/auto-replies: for
// each of new_contact, known_contact and away KIND.on and KIND.text; for each day DAY.from1
// and DAY.to1, and so on up to 4.
type AutoRepliesPage struct {
	Settings
	Form   Form
	Zone   string
	Fields crm.MergeFieldList
}

func (AutoRepliesPage) template() string { return "auto-replies" }

// AutoReplyPart is one of the three.
type AutoReplyPart struct {
	Name, Title, Help string
	On                bool
	Text              Input
}

// Parts are the three.
func (p AutoRepliesPage) Parts() []AutoReplyPart {
	var list []AutoReplyPart
	for _, part := range []AutoReplyPart{
		{Name: "new_contact", Title: "To a stranger", Help: "The first message of somebody who is no contact yet."},
		{Name: "known_contact", Title: "To a contact", Help: "The first message of a new conversation."},
		{Name: "away", Title: "Outside working hours", Help: "In place of the two above. The hours are below."},
	} {
		part.On = p.Form.Value(part.Name+".on") != ""
		part.Text = p.Form.Input(part.Name+".text", "Text", "textarea")
		list = append(list, part)
	}
	return list
}

// HoursRow is a day of the week with its stretches, two at least.
type HoursRow struct {
	Day, Title, Error string
	Stretches         []HoursStretch
}

// HoursStretch is one of them.
type HoursStretch struct{ N, From, To string }

// stretches are how the fields of a day's stretches are numbered.
var stretches = []string{"1", "2", "3", "4"}

// Days are the rows. A third and a fourth stretch are shown where there are some: they come
// over the API.
func (p AutoRepliesPage) Days() []HoursRow {
	var rows []HoursRow
	for _, day := range crm.WeekDays {
		row := HoursRow{Day: day, Title: upperFirst(day), Error: p.Form.Error("hours." + day)}
		for i, n := range stretches {
			if s := (HoursStretch{n, p.Form.Value(day + ".from" + n), p.Form.Value(day + ".to" + n)}); i < 2 || s.From != "" || s.To != "" {
				row.Stretches = append(row.Stretches, s)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// autoReplies handles GET /settings/auto-replies.
func (s *Server) autoReplies(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Inbox.AutoReplies(r.Context(), actor(r))
	if err != nil {
		return err
	}
	values := map[string]string{}
	for name, part := range map[string]crm.AutoReply{"new_contact": a.NewContact, "known_contact": a.KnownContact, "away": a.Away} {
		values[name+".text"] = part.Text
		if part.On {
			values[name+".on"] = "yes"
		}
	}
	for day, list := range a.Hours {
		for i, d := range list[:min(len(list), len(stretches))] {
			n := stretches[i]
			to := d.To
			if to == "24:00" {
				to = "00:00" // which a browser's field has not
			}
			values[day+".from"+n], values[day+".to"+n] = d.From, to
		}
	}
	return s.showAutoReplies(w, r, http.StatusOK, Form{Values: values})
}

func (s *Server) showAutoReplies(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	settings, err := s.settingsShell(r, "settings", "auto-replies", "Automatic replies")
	if err != nil {
		return err
	}
	custom, err := s.Contacts.CustomFields(r.Context(), actor(r))
	if err != nil {
		return err
	}
	_, b, err := s.clock(r)
	if err != nil {
		return err
	}
	return s.show(w, r, status, AutoRepliesPage{settings, form, b.TimeZone, crm.MergeFieldsWith(custom)})
}

// saveAutoReplies handles POST /settings/auto-replies.
func (s *Server) saveAutoReplies(w http.ResponseWriter, r *http.Request) error {
	names := []string{"new_contact.on", "new_contact.text", "known_contact.on", "known_contact.text", "away.on", "away.text"}
	for _, day := range crm.WeekDays {
		for _, n := range stretches {
			names = append(names, day+".from"+n, day+".to"+n)
		}
	}
	form := readForm(r, names...)
	part := func(name string) crm.AutoReply {
		return crm.AutoReply{On: form.Value(name+".on") != "", Text: form.Value(name + ".text")}
	}
	a := crm.AutoReplies{NewContact: part("new_contact"), KnownContact: part("known_contact"), Away: part("away"), Hours: crm.WeekHours{}}
	for _, day := range crm.WeekDays {
		for _, n := range stretches {
			from, to := form.Value(day+".from"+n), form.Value(day+".to"+n)
			if to == "00:00" {
				to = "24:00" // what a browser's field has for the end of a day
			}
			if from != "" || to != "" {
				a.Hours[day] = append(a.Hours[day], crm.DayHours{From: from, To: to})
			}
		}
	}
	_, err := s.Inbox.SetAutoReplies(r.Context(), actor(r), a)
	if crm.KindOf(err) == crm.Invalid {
		form.Fail(err)
		return s.showAutoReplies(w, r, statusOf(err), form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/auto-replies?said=saved")
}
