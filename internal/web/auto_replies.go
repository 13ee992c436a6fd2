package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"parley/internal/crm"
)

// AutoRepliesPage says what is answered by itself. It posts to /settings/auto-replies: for
// each of new_contact, known_contact and away KIND.on and KIND.text; for each day DAY.from1
// and DAY.to1, and so on up to 4; was, as the page was shown. With theirs, a part, nothing
// is saved: the form comes back with what stands in it under was.
type AutoRepliesPage struct {
	Settings
	Form      Form
	Zone      string
	Fields    crm.MergeFieldList
	Was       crm.AutoReplies // what the form is based on
	ChangedBy string          // who saved in the meantime, where that stands against this save
	Contested []string        // the parts that both changed: was holds theirs, the form yours
}

func (AutoRepliesPage) template() string { return "auto-replies" }

// AutoReplyPart is one of the three.
type AutoReplyPart struct {
	Name, Title, Help string
	On                bool
	Text              Input
	Contested         bool
	Theirs            crm.AutoReply // with Contested
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
		part.Contested, part.Theirs = slices.Contains(p.Contested, part.Name), *autoReplyOf(&p.Was, part.Name)
		list = append(list, part)
	}
	return list
}

// HoursContested reports whether both changed the hours.
func (p AutoRepliesPage) HoursContested() bool { return slices.Contains(p.Contested, "hours") }

// TheirHours are the hours under was in words, by day.
func (p AutoRepliesPage) TheirHours() (days []string) {
	for _, day := range crm.WeekDays {
		var list []string
		for _, d := range p.Was.Hours[day] {
			list = append(list, d.From+" to "+d.To)
		}
		if len(list) > 0 {
			days = append(days, upperFirst(day)+": "+strings.Join(list, ", "))
		}
	}
	return days
}

// WasPosted is what the form is based on, as it is posted along.
func (p AutoRepliesPage) WasPosted() string {
	text, _ := json.Marshal(p.Was) // always encodes
	return string(text)
}

// autoReplyOf is one of the three by its name; nil for another.
func autoReplyOf(a *crm.AutoReplies, name string) *crm.AutoReply {
	return map[string]*crm.AutoReply{"new_contact": &a.NewContact, "known_contact": &a.KnownContact, "away": &a.Away}[name]
}

// autoReplyParts are the parts of the form that are saved each by itself.
var autoReplyParts = []string{"new_contact", "known_contact", "away", "hours"}

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
	page := AutoRepliesPage{Form: Form{Values: map[string]string{}}, Was: a}
	for _, part := range autoReplyParts {
		page.put(part)
	}
	return s.showAutoReplies(w, r, http.StatusOK, page)
}

// put writes a part of was into the form.
func (p AutoRepliesPage) put(part string) {
	values := p.Form.Values
	if reply := autoReplyOf(&p.Was, part); reply != nil {
		values[part+".on"], values[part+".text"] = "", reply.Text
		if reply.On {
			values[part+".on"] = "yes"
		}
		return
	}
	for _, day := range crm.WeekDays {
		for i, n := range stretches {
			var d crm.DayHours
			if list := p.Was.Hours[day]; i < len(list) {
				d = list[i]
			}
			if d.To == "24:00" {
				d.To = "00:00" // which a browser's field has not
			}
			values[day+".from"+n], values[day+".to"+n] = d.From, d.To
		}
	}
}

func (s *Server) showAutoReplies(w http.ResponseWriter, r *http.Request, status int, page AutoRepliesPage) (err error) {
	if page.Settings, err = s.settingsShell(r, "settings", "auto-replies", "Automatic replies"); err != nil {
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
	page.Zone, page.Fields = b.TimeZone, crm.MergeFieldsWith(custom)
	return s.show(w, r, status, page)
}

// saveAutoReplies handles POST /settings/auto-replies. Of two who have the page open, each
// saves what they changed; where both changed one part, the second is asked (C4).
func (s *Server) saveAutoReplies(w http.ResponseWriter, r *http.Request) error {
	page, wanted := readAutoReplies(r)
	if part := r.PostFormValue("theirs"); slices.Contains(autoReplyParts, part) {
		page.put(part)
		for _, p := range autoReplyParts {
			if p != part && slices.Contains(r.PostForm["contested"], p) {
				page.Contested = append(page.Contested, p)
			}
		}
		page.ChangedBy = r.PostFormValue("changed_by")
		return s.showAutoReplies(w, r, http.StatusOK, page)
	}
	now, err := s.Inbox.SaveAutoReplies(r.Context(), actor(r), page.Was, wanted)
	var refused *crm.Error
	if !errors.As(err, &refused) || refused.Kind != crm.Invalid && refused.Kind != crm.Stale {
		if err != nil {
			return err
		}
		return seeOther(w, r, "/settings/auto-replies?said=saved")
	}
	// What was left alone is shown as it stands now, and what was changed as it was typed.
	mine := wanted.Changed(page.Was)
	page.Was = now
	for _, part := range autoReplyParts {
		if !slices.Contains(mine, part) {
			page.put(part)
		}
	}
	if refused.Kind == crm.Invalid {
		page.Form.Fail(err)
		return s.showAutoReplies(w, r, statusOf(err), page)
	}
	page.ChangedBy = firstText(refused.ChangedBy, "Somebody")
	for _, f := range refused.Fields {
		page.Contested = append(page.Contested, f.Field)
	}
	return s.showAutoReplies(w, r, statusOf(err), page)
}

// readAutoReplies is the form as it was typed, with what it is based on, and what it asks
// for.
func readAutoReplies(r *http.Request) (page AutoRepliesPage, a crm.AutoReplies) {
	var names []string
	for _, part := range autoReplyParts[:3] {
		names = append(names, part+".on", part+".text")
	}
	for _, day := range crm.WeekDays {
		for _, n := range stretches {
			names = append(names, day+".from"+n, day+".to"+n)
		}
	}
	page.Form = readForm(r, names...)
	_ = json.Unmarshal([]byte(r.PostFormValue("was")), &page.Was) // what is no such thing is nothing: all counts as changed
	for _, part := range autoReplyParts[:3] {
		*autoReplyOf(&a, part) = crm.AutoReply{On: page.Form.Value(part+".on") != "", Text: page.Form.Value(part + ".text")}
	}
	a.Hours = crm.WeekHours{}
	for _, day := range crm.WeekDays {
		for _, n := range stretches {
			from, to := page.Form.Value(day+".from"+n), page.Form.Value(day+".to"+n)
			if to == "00:00" {
				to = "24:00" // what a browser's field has for the end of a day
			}
			if from != "" || to != "" {
				a.Hours[day] = append(a.Hours[day], crm.DayHours{From: from, To: to})
			}
		}
	}
	return page, a
}
