package web

import (
	"parley/internal/app/broadcasts"
	"parley/internal/crm"
	"parley/internal/store"
)

// BroadcastForm is where a broadcast is written. It posts to /broadcasts or
// /broadcasts/{id}.
type BroadcastForm struct {
	Shell
	Form
	Broadcast *crm.Broadcast
	Pickers   []NamedPicker
	Views     []crm.View
	Channels  []store.Channel
	Family    crm.Family // of the chosen channel
	Templates []crm.Template
	Fields    crm.MergeFieldList
	Chips     []Chip // of a list that somebody chose on the contacts page
	Query     string // the same as an address
	Zone      string
	Look      BroadcastLook
}

func (BroadcastForm) template() string { return "broadcast-form" }

// Action is where the form goes.
func (f BroadcastForm) Action() string {
	if f.Broadcast.ID == "" {
		return broadcastsPath
	}
	return broadcastPath(f.Broadcast.ID)
}

// ChannelChoice is the drop-down of channels.
func (f BroadcastForm) ChannelChoice() Input {
	var options []Option
	for _, ch := range f.Channels {
		options = append(options, Option{ch.ID.String(), ch.Name + " (" + ch.Family.Title() + ")"})
	}
	i := f.Input("channel_id", "Channel", "select").Choose(options)
	i.Value = f.Broadcast.ChannelID.String()
	return i
}

// ViewChoice is the drop-down of saved views.
func (f BroadcastForm) ViewChoice() Input {
	options := []Option{{"", "No saved view"}}
	for _, v := range f.Views {
		options = append(options, Option{v.ID.String(), v.Name})
	}
	i := f.Input("view_id", "In a saved view", "select").Choose(options)
	i.Value = f.Broadcast.Audience.ViewID.String()
	return i
}

// TemplateChoice is the drop-down of a WhatsApp channel's templates.
func (f BroadcastForm) TemplateChoice() Input {
	options := []Option{{"", "No template: only to those who wrote within 24 hours"}}
	for _, t := range f.Templates {
		if t.Refusal() == "" {
			options = append(options, Option{t.Name + "/" + t.Language, t.Name + " (" + t.Language + ")"})
		}
	}
	i := f.Input("template", "Template", "select").Choose(options)
	i.Error = f.Error("template.name")
	if t := f.Broadcast.Template; t != nil {
		i.Value = t.Name + "/" + t.Language
	}
	return i
}

// Chosen is the template chosen, or nil.
func (f BroadcastForm) Chosen() *crm.Template {
	t := f.Broadcast.Template
	for n := range f.Templates {
		if t != nil && f.Templates[n].Name == t.Name && f.Templates[n].Language == t.Language {
			return &f.Templates[n]
		}
	}
	return nil
}

// Variables are the fields for the gaps of the template.
func (f BroadcastForm) Variables() (list []Input) {
	t := f.Chosen()
	if t == nil {
		return nil
	}
	for _, v := range t.Parts.Variables() {
		i := f.Input("var."+v.Key, "Value for "+v.Label(), "text")
		i.Value, i.Error = f.Broadcast.Template.Variables[v.Key], f.Error("template.variables."+v.Key)
		list = append(list, i)
	}
	return list
}

// Text is the field of the text.
func (f BroadcastForm) Text() Input {
	i := f.Input("text", "Message", "textarea").Lines(5)
	i.Value = firstText(i.Value, f.Broadcast.Text)
	return i
}

// Later reports whether it starts at a time.
func (f BroadcastForm) Later() bool { return f.Value("when") == "later" }

// Rests reports whether it has quiet hours.
func (f BroadcastForm) Rests() bool { return f.Broadcast.Quiet.From != "" || f.Value("quiet") != "" }

// Quiet is one end of the quiet hours.
func (f BroadcastForm) Quiet(name, label, usual string) Input {
	i := f.Input(name, label, "time")
	i.Value = firstText(i.Value, usual)
	return i
}

// NamedPicker is a tag picker that posts under a name of its own.
type NamedPicker struct {
	TagPicker
	Name, Label string
}

// BroadcastLook is who would get a broadcast and how it reads: the fragment of
// POST /broadcasts/look.
type BroadcastLook struct {
	Broadcast *crm.Broadcast
	Preflight broadcasts.Preflight
	Samples   []broadcasts.Sample
	SMS       bool
}

func (BroadcastLook) template() string { return "broadcast-look" }

// SkipLine is how many would be left out for a reason.
type SkipLine struct {
	Reason crm.SkipReason
	Label  string
	Count  int
}

// Skips are the reasons for which people would be left out.
func (l BroadcastLook) Skips() (list []SkipLine) {
	for _, reason := range crm.SkipReasons {
		if n := l.Preflight.Skipped[reason]; n > 0 {
			list = append(list, SkipLine{reason, skipLabels[reason], n})
		}
	}
	return list
}

// LeftOut is how many would be left out.
func (l BroadcastLook) LeftOut() int { return l.Preflight.All() - l.Preflight.WillSend }

// Parts says how long a text is as SMS.
func (BroadcastLook) Parts(s broadcasts.Sample) string {
	n := s.SMS()
	said := plural(n.Parts, "part", "parts") + " of SMS"
	if n.Alphabet == crm.UCS2 {
		said += "; “" + string(n.Turned) + "” makes it the alphabet of 70 characters a part"
	}
	return said
}

// Saved reports whether its people can be listed.
func (l BroadcastLook) Saved() bool { return l.Broadcast.ID != "" && l.Broadcast.Name != "" }

// BroadcastReview is a broadcast that has not begun: what it will do, and the button.
type BroadcastReview struct {
	Shell
	BroadcastLine
	Form Form
	Look BroadcastLook
}

func (BroadcastReview) template() string { return "broadcast-review" }

// Later reports whether it is to start at a time that is to come.
func (p BroadcastReview) Later() bool { return p.Row.StartAt.After(p.Shell.Now) }

// StartLabel is what the button does.
func (p BroadcastReview) StartLabel() string {
	n := plural(p.Look.Preflight.WillSend, "person", "people")
	if p.Later() {
		return "Schedule for " + n
	}
	return "Send to " + n + " now"
}

// To is the field of where a test goes.
func (p BroadcastReview) To() Input {
	i := p.Form.Input("to", "Send a test to", "tel")
	i.Help = "One message, as the first of them would get it. It counts nowhere."
	return i
}
