package web

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"parley/internal/crm"
)

// contactFields are the names of all fields of the form, in the order of the page.
var contactFields = func() []string {
	list := []string{"phone", "email", "phones", "emails", "tags", "assignee_id", "visibility", "visible_to"}
	for _, f := range crm.TextFields {
		list = append(list, string(f))
	}
	return list
}()

// contactValues is a contact as the form shows it.
func contactValues(c *crm.Contact) map[string]string {
	v := map[string]string{"visibility": string(crm.Everyone)}
	if c == nil {
		return v
	}
	for _, f := range crm.TextFields {
		v[string(f)] = *c.Text(f)
	}
	v["phone"], v["email"] = showPhone(c), c.Email()
	v["phones"], v["emails"] = identityValue(c, crm.PhoneIdentity), identityValue(c, crm.EmailIdentity)
	v["assignee_id"] = c.AssigneeID.String()
	v["visibility"] = firstText(string(c.Visibility.Mode), string(crm.Everyone))
	v["visible_to"] = joinIDs(c.Visibility.UserIDs)
	var tags []crm.ID
	for _, t := range c.Tags {
		tags = append(tags, t.ID)
	}
	v["tags"] = joinIDs(tags)
	for key, value := range c.Custom {
		v["custom."+key] = customValue(value)
	}
	return v
}

// customValue is a value of a custom field as it stands in a form.
func customValue(v any) string {
	if b, ok := v.(bool); ok {
		return map[bool]string{true: "yes", false: "no"}[b]
	}
	return fmt.Sprint(v)
}

func showPhone(c *crm.Contact) string {
	if phone := c.Phone(); phone != "" {
		return crm.ShowPhone(phone)
	}
	return ""
}

// postedContact is what came from a contact form: what was typed, and what stood there
// before (was.*). Only what differs is saved, so that a number which only a provider
// would take (I3) does not stand in the way of a new name.
type postedContact struct {
	id      crm.ID
	version int64
	typed   map[string]string
	was     map[string]string
	panel   crm.ID
	// more names the list that shall get another row, or is not empty because one went:
	// the form is wanted back, not saved.
	more string
	// take is the contact from whom the numbers that are wanted may be taken (I6).
	take crm.ID
	// alsoOpen asks for the visibility on the open conversation as well (V2).
	alsoOpen bool
}

func readContact(r *http.Request, id crm.ID) (p postedContact, err error) {
	p = postedContact{id: id, version: parseInt(r.PostFormValue("version")), typed: map[string]string{}, was: map[string]string{}}
	p.panel, _ = crm.ParseID(r.PostFormValue("panel"))
	p.take, _ = crm.ParseID(r.PostFormValue("take"))
	p.alsoOpen = r.PostFormValue("also_open") != ""
	p.more = firstText(r.PostFormValue("more"), r.PostFormValue("drop"))
	for _, name := range contactFields {
		if _, list := identityLists[name]; list {
			if value, ok := readRows(r, name); ok {
				p.typed[name] = value
			}
		} else if values, ok := r.PostForm[name]; ok {
			p.typed[name] = cleanBreaks(strings.Join(values, "\n"))
			if listField(name) {
				p.typed[name] = joinIDs(splitIDs(strings.Join(values, ",")))
			}
		}
		p.was[name] = cleanBreaks(r.PostFormValue("was." + name))
	}
	for name := range r.PostForm {
		if strings.HasPrefix(name, "custom.") {
			p.typed[name], p.was[name] = cleanBreaks(r.PostFormValue(name)), cleanBreaks(r.PostFormValue("was."+name))
		}
	}
	if user := r.PostFormValue("let_see"); user != "" { // the way out of an assignee who may not see it
		p.typed["visible_to"] = joinIDs(splitIDs(p.typed["visible_to"] + "," + user))
	}
	// Nobody chosen is sent as nothing at all.
	if mode, ok := p.typed["visibility"]; ok && (mode == string(crm.Everyone) || p.typed["visible_to"] == "") {
		p.typed["visible_to"] = ""
	}
	return p, nil
}

func listField(name string) bool { return name == "tags" || name == "visible_to" }

// changed reports whether the form has the field and the person changed it.
func (p postedContact) changed(name string) bool {
	typed, ok := p.typed[name]
	return ok && typed != p.was[name]
}

// draft is what the person wants the contact to be.
func (p postedContact) draft() crm.Draft {
	d := crm.Draft{ID: p.id, Version: p.version, Fields: map[crm.Field]string{}}
	for _, f := range crm.TextFields {
		if p.changed(string(f)) {
			d.Fields[f] = p.typed[string(f)]
		}
	}
	for name, text := range p.typed {
		if key, custom := strings.CutPrefix(name, "custom."); custom && p.changed(name) {
			if d.Custom == nil {
				d.Custom = map[string]any{}
			}
			d.Custom[key] = text
		}
	}
	if p.changed("phone") {
		d.Phone = new(p.typed["phone"])
	}
	if p.changed("email") {
		d.Email = new(p.typed["email"])
	}
	d.Identities = p.identities()
	if p.changed("tags") {
		d.Tags = new(splitIDs(p.typed["tags"]))
	}
	if p.changed("assignee_id") {
		d.AssigneeID = new(crm.ID(p.typed["assignee_id"]))
	}
	_, asked := p.typed["visibility"]
	d.AlsoOpen = p.alsoOpen && asked
	if p.changed("visibility") || p.changed("visible_to") || d.AlsoOpen {
		d.Visibility = &crm.Visibility{Mode: crm.VisibilityMode(p.typed["visibility"]), UserIDs: splitIDs(p.typed["visible_to"])}
	}
	return d
}

// contactForm is the form for a contact, nil for a new one, as it stands.
func (s *Server) contactForm(r *http.Request, c *crm.Contact, panel crm.ID) (f ContactForm, err error) {
	f = ContactForm{Form: Form{Values: contactValues(c)}, Panel: panel}
	f.Was = f.Values
	if c != nil {
		f.ID, f.Version = c.ID, c.Version
	}
	err = s.completeForm(r, &f)
	return f, err
}

// refusedForm is the form again as it was typed, with what is wrong (C2), who holds a
// number (I6) or what somebody else changed (C4).
func (s *Server) refusedForm(r *http.Request, p postedContact, refusal error) (f ContactForm, err error) {
	f = ContactForm{Form: Form{Values: map[string]string{}}, Was: p.was, ID: p.id, Version: p.version, Panel: p.panel, More: p.more, AlsoOpen: p.alsoOpen}
	for name, was := range p.was {
		f.Values[name] = was
	}
	for name, typed := range p.typed {
		f.Values[name] = typed
	}
	if err := s.completeForm(r, &f); err != nil {
		return f, err
	}
	var e *crm.Error
	errors.As(refusal, &e)
	switch {
	case e == nil: // nothing is wrong: a row was asked for
	case e != nil && e.Kind == crm.Stale && e.Current != nil:
		f.Stale = stale(e, p)
		f.Version, f.Was = e.Current.Version, contactValues(e.Current)
	default:
		f.Fail(refusal)
		f.LetSee = cannotSee(e, crm.ID(p.typed["assignee_id"]), f.Users)
		f.Conflict = e.Conflict
		if f.Conflict != nil {
			f.Errors[""] = "" // the box says it better
		}
		f.placeErrors()
	}
	if f.Stale != nil {
		f.Stale.inWords(f)
	}
	return f, nil
}

// completeForm adds what there is to choose from, and advice about the number (C2).
func (s *Server) completeForm(r *http.Request, f *ContactForm) error {
	all, err := s.Team.TagNames(r.Context(), actor(r))
	if err != nil {
		return err
	}
	users, err := s.Team.Users(r.Context(), actor(r))
	if err != nil {
		return err
	}
	b, err := s.Team.Business(r.Context(), actor(r))
	if err != nil {
		return err
	}
	f.Country, f.Demo = b.Country, b.Demo
	if f.Fields, err = s.Contacts.CustomFields(r.Context(), actor(r)); err != nil {
		return err
	}
	f.Tags, f.Users, f.AllUsers = TagPicker{All: all, Makes: actor(r).IsAdmin()}, active(users), names(users)
	on := splitIDs(f.Value("tags"))
	for _, t := range all {
		if slices.Contains(on, t.ID) {
			f.Tags.Chosen = append(f.Tags.Chosen, t)
		}
	}
	f.AssigneeID = crm.ID(f.Value("assignee_id"))
	f.Visibility = crm.Visibility{Mode: crm.VisibilityMode(f.Value("visibility")), UserIDs: splitIDs(f.Value("visible_to"))}
	f.adviseMobile()
	return nil
}

// cannotSee is the assignee whom a refusal says may not see the conversations (V3), or nil.
func cannotSee(e *crm.Error, assignee crm.ID, users []crm.User) *crm.User {
	if !slices.ContainsFunc(e.Fields, func(f crm.FieldError) bool { return f.Field == "assignee_id" && f.Code == "cannot_see" }) {
		return nil
	}
	for i := range users {
		if users[i].ID == assignee {
			return &users[i]
		}
	}
	return nil
}

// stale sets what was typed against what is there now. What the person did not change is
// taken from there, unless they choose otherwise.
func stale(e *crm.Error, p postedContact) *StaleSave {
	now := contactValues(e.Current)
	s := &StaleSave{ChangedBy: firstText(e.ChangedBy, "Somebody"), Version: e.Current.Version, Unchanged: map[string]string{}}
	names := slices.Clone(contactFields)
	for _, name := range slices.Sorted(maps.Keys(p.typed)) {
		if strings.HasPrefix(name, "custom.") {
			names = append(names, name)
		}
	}
	for _, name := range names {
		typed, ok := p.typed[name]
		switch {
		case !ok:
		case typed == now[name]:
			s.Unchanged[name] = typed
		case !p.changed(name):
			s.Fields = append(s.Fields, StaleField{Name: name, Label: fieldLabel(name), Theirs: now[name], Yours: typed, TheirsFirst: true})
		default:
			s.Fields = append(s.Fields, StaleField{Name: name, Label: fieldLabel(name), Theirs: now[name], Yours: typed})
		}
	}
	return s
}

// inWords says values that are ids by their names.
func (s *StaleSave) inWords(f ContactForm) {
	tags := map[crm.ID]string{}
	for _, t := range f.Tags.All {
		tags[t.ID] = t.Name
	}
	for i := range s.Fields {
		field := &s.Fields[i]
		show := func(v string) string { return v }
		switch field.Name {
		case "tags":
			show = func(v string) string { return named(v, tags) }
		case "phones", "emails":
			show = shownRows
		case "assignee_id", "visible_to":
			show = func(v string) string { return named(v, f.AllUsers) }
		}
		field.ShownTheirs, field.ShownYours = show(field.Theirs), show(field.Yours)
	}
}

func named(ids string, names map[crm.ID]string) string {
	var list []string
	for _, id := range splitIDs(ids) {
		list = append(list, firstText(names[id], id.String()))
	}
	return strings.Join(list, ", ")
}

// splitIDs reads ids joined by commas; empty ones are dropped.
func splitIDs(s string) []crm.ID {
	list := []crm.ID{}
	for _, part := range strings.Split(s, ",") {
		if id := crm.ID(strings.TrimSpace(part)); id != "" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// joinIDs writes ids in their order, so that the same set reads the same.
func joinIDs(ids []crm.ID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	slices.Sort(texts)
	return strings.Join(texts, ",")
}
