package crm

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Template is a message that WhatsApp approved, or is asked to approve, for one channel
// (V6). It is known by name and language.
type Template struct {
	BusinessID ID
	ID         ID
	ChannelID  ID
	ExternalID string // the provider's id
	Name       string
	Language   string // as the provider writes it: en, en_GB
	Category   TemplateCategory
	Status     TemplateStatus
	Quality    TemplateQuality
	Reason     string // why it was rejected or paused; in the provider's own word where that is new
	Parts      TemplateParts
	SyncedAt   time.Time // when the provider last told of it
	// Fills are the texts with merge fields that an admin wants the variables to begin
	// with, by Key.
	Fills map[string]string
}

// TemplateCategory is what a template is for: it decides the price and the rules.
type TemplateCategory string

// The categories. The provider may know others, which stand as it writes them.
const (
	Marketing      TemplateCategory = "marketing"
	Utility        TemplateCategory = "utility"
	Authentication TemplateCategory = "authentication"
)

// TemplateStatus says whether a template may be sent. Only approved ones are.
type TemplateStatus string

// The statuses. The provider may know others, which stand as it writes them, in lower case.
const (
	TemplatePending  TemplateStatus = "pending"
	TemplateApproved TemplateStatus = "approved"
	TemplateRejected TemplateStatus = "rejected"
	TemplatePaused   TemplateStatus = "paused"
	TemplateDisabled TemplateStatus = "disabled"
)

// TemplateQuality is how people take a template, as the provider judges.
type TemplateQuality string

// The qualities.
const (
	QualityUnknown TemplateQuality = "unknown"
	QualityGreen   TemplateQuality = "green"
	QualityYellow  TemplateQuality = "yellow"
	QualityRed     TemplateQuality = "red"
)

// TemplateParts is what a template is made of.
type TemplateParts struct {
	Header  TemplateHeader   `json:"header,omitzero"`
	Body    string           `json:"body"`
	Footer  string           `json:"footer,omitempty"`
	Buttons []TemplateButton `json:"buttons,omitempty"`
	// Examples stand for the variables where a template is shown and judged, by Key.
	Examples map[string]string `json:"examples,omitempty"`
	// Unsupported names a part that Parley cannot fill, such as a catalogue or a
	// carousel: a template with one is shown and not sent.
	Unsupported string `json:"unsupported,omitempty"`
}

// HeaderFormat is what stands at the head of a template.
type HeaderFormat string

// The formats; none is empty.
const (
	HeaderText     HeaderFormat = "text"
	HeaderImage    HeaderFormat = "image"
	HeaderVideo    HeaderFormat = "video"
	HeaderDocument HeaderFormat = "document"
)

// TemplateHeader is a line of text or a file above the body.
type TemplateHeader struct {
	Format HeaderFormat `json:"format,omitempty"`
	Text   string       `json:"text,omitempty"`
}

// IsMedia reports whether the header is a file, whose address is the variable "header".
func (h TemplateHeader) IsMedia() bool { return h.Format != "" && h.Format != HeaderText }

// TemplateButton is a button below a template.
type TemplateButton struct {
	Kind  ButtonKind `json:"kind"`
	Text  string     `json:"text"`
	URL   string     `json:"url,omitempty"` // its end may be a variable
	Phone string     `json:"phone,omitempty"`
}

// ButtonKind is what a tap on a button does.
type ButtonKind string

// The kinds.
const (
	QuickReply ButtonKind = "quick_reply"
	OpenURL    ButtonKind = "url"
	CallPhone  ButtonKind = "phone_number"
)

// TemplateVariable is one gap in a template.
type TemplateVariable struct {
	// Key is by what a value is given: the variable's own name in the body ("1",
	// "first_name"), with header. or button.N. before it elsewhere ("header.1",
	// "button.0.1"), and "header" for the address of a header's file.
	Key  string       `json:"key"`
	Part TemplatePart `json:"part"`
	Name string       `json:"name,omitempty"` // as it stands between the braces; empty for a file
	// Button is the position of the button, from 0.
	Button int `json:"button,omitempty"`
}

// TemplatePart says where a variable stands.
type TemplatePart string

// The parts that may have variables.
const (
	InHeader TemplatePart = "header"
	InBody   TemplatePart = "body"
	InButton TemplatePart = "button"
)

// IsFile reports whether the variable stands for the file at the head of a template.
func (v TemplateVariable) IsFile() bool { return v.Part == InHeader && v.Name == "" }

// Refuses says why a text cannot be what the variable is filled with, or "": a file is given by
// its address, which may come from a merge field.
func (v TemplateVariable) Refuses(text string) string {
	text = strings.TrimSpace(text)
	if !v.IsFile() || strings.HasPrefix(text, "{{") {
		return ""
	}
	if start, _, found := strings.Cut(text, "{{"); isAddress(start) || found && (start == "https://" || start == "http://") {
		return ""
	}
	return notAnAddress
}

const notAnAddress = "The file at its head is given by its address: https://…"

func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// Numbered reports whether the variable is known by its place and not by a name.
func (v TemplateVariable) Numbered() bool {
	return v.Name == "" || v.Name[0] >= '0' && v.Name[0] <= '9'
}

// templateGap is a variable in the text of a template.
var templateGap = regexp.MustCompile(`\{\{\s*([a-z0-9_]+)\s*\}\}`)

func gapsIn(text string) []string {
	var names []string
	for _, m := range templateGap.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	// Numbers are places: they are given in their order, however the text uses them.
	slices.SortStableFunc(names, func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if errX != nil || errY != nil {
			return 0
		}
		return x - y
	})
	return names
}

// Variables are the gaps of a template in the order of its parts.
func (p TemplateParts) Variables() []TemplateVariable {
	var list []TemplateVariable
	if p.Header.IsMedia() {
		list = append(list, TemplateVariable{Key: "header", Part: InHeader})
	}
	for _, name := range gapsIn(p.Header.Text) {
		list = append(list, TemplateVariable{Key: "header." + name, Part: InHeader, Name: name})
	}
	for _, name := range gapsIn(p.Body) {
		list = append(list, TemplateVariable{Key: name, Part: InBody, Name: name})
	}
	for i, b := range p.Buttons {
		for _, name := range gapsIn(b.URL) {
			list = append(list, TemplateVariable{Key: "button." + strconv.Itoa(i) + "." + name, Part: InButton, Name: name, Button: i})
		}
	}
	return list
}

// TemplateChoice is a template that somebody wants to send, with a text with merge fields
// for each of its variables.
type TemplateChoice struct {
	Name      string            `json:"name"`
	Language  string            `json:"language"`
	Variables map[string]string `json:"variables,omitempty"` // by TemplateVariable.Key
	// Literal takes the values as they stand, without merge fields.
	Literal bool `json:"literal,omitempty"`
}

// FilledTemplate is a template with the values for one person: what goes to the provider.
type FilledTemplate struct {
	Name     string           `json:"name"`
	Language string           `json:"language"`
	Header   TemplateHeader   `json:"header,omitzero"`
	Values   []FilledVariable `json:"values,omitempty"` // in the order of Variables
	Shown    RenderedTemplate `json:"shown"`
}

// FilledVariable is a variable with its value.
type FilledVariable struct {
	TemplateVariable
	Value string `json:"value"`
}

// TemplateText is a template ready to be filled for many people: its variables' merge
// texts have been read and fit.
type TemplateText struct {
	template Template
	values   []MergeText // as Variables
}

// ReadTemplate checks a choice against the template: it must be approved and have a value
// for each variable and no other. The error is of kind Invalid; its fields are template.name
// and template.variables.KEY.
func (t Template) ReadTemplate(choice TemplateChoice, known MergeFieldList) (TemplateText, error) {
	var problems Problems
	if problem := t.Refusal(); problem != "" {
		problems.Add("template.name", "template_not_usable", "%s", problem)
	}
	out := TemplateText{template: t}
	variables := t.Parts.Variables()
	for _, v := range variables {
		text := choice.Variables[v.Key]
		if strings.TrimSpace(text) == "" {
			problems.Add("template.variables."+v.Key, "required", "The template needs a value for %s.", v.Label())
			continue
		}
		read, err := MergeText{parts: []mergePart{{text: text}}}, (*Error)(nil)
		if !choice.Literal {
			read, err = ParseMergeText(text, known)
		}
		if err != nil {
			problems.Add("template.variables."+v.Key, err.Code, "%s", err.Detail)
		} else if why := v.Refuses(text); why != "" {
			problems.Add("template.variables."+v.Key, "bad_url", "%s", why)
		}
		out.values = append(out.values, read)
	}
	for _, key := range slices.Sorted(maps.Keys(choice.Variables)) {
		if !slices.ContainsFunc(variables, func(v TemplateVariable) bool { return v.Key == key }) {
			problems.Add("template.variables."+brief(key, 40), "unknown_variable", "The template has no variable %s.", brief(key, 40))
		}
	}
	return out, problems.Err()
}

// Label is how people call the variable.
func (v TemplateVariable) Label() string {
	switch {
	case v.IsFile():
		return "the file at its head"
	case v.Part == InHeader:
		return "{{" + v.Name + "}} in the header"
	case v.Part == InButton:
		return "{{" + v.Name + "}} in button " + strconv.Itoa(v.Button+1)
	}
	return "{{" + v.Name + "}}"
}

// Refusal says why the template cannot be sent, or "".
func (t Template) Refusal() string {
	switch {
	case t.Status == TemplatePending:
		return "WhatsApp has not approved this template yet."
	case t.Status == TemplatePaused:
		return "WhatsApp paused this template because people did not like it."
	case t.Status == TemplateRejected:
		return "WhatsApp rejected this template."
	case t.Status != TemplateApproved:
		return "WhatsApp does not let this template be sent: it is " + string(t.Status) + "."
	case t.Parts.Unsupported != "":
		return "This template has a part that Parley cannot fill: " + t.Parts.Unsupported + "."
	}
	return ""
}

// Fill is the template for one person. The error is of kind Invalid and names the variable
// that would be empty for them, which WhatsApp refuses.
func (t TemplateText) Fill(v MergeValues) (FilledTemplate, error) {
	out := FilledTemplate{Name: t.template.Name, Language: t.template.Language, Header: TemplateHeader{Format: t.template.Parts.Header.Format}}
	var problems Problems
	values := map[string]string{}
	for i, variable := range t.template.Parts.Variables() {
		// A value with line breaks, tabs or many spaces is refused too.
		value := strings.Join(strings.Fields(t.values[i].Fill(v)), " ")
		if value == "" {
			problems.Add("template.variables."+variable.Key, "empty_variable",
				"%s would be empty for this contact. Give it a fallback, such as {{first_name|there}}.", variable.Label())
		} else if variable.IsFile() && !isAddress(value) {
			problems.Add("template.variables."+variable.Key, "bad_url", "%s", notAnAddress)
		}
		values[variable.Key] = value
		out.Values = append(out.Values, FilledVariable{variable, value})
	}
	out.Shown = t.template.Parts.Render(values)
	return out, problems.Err()
}

// RenderedTemplate is a template as it will look.
type RenderedTemplate struct {
	HeaderFormat HeaderFormat     `json:"header_format,omitempty"`
	Header       string           `json:"header,omitempty"` // a line of text, or the address of the file
	Body         string           `json:"body"`
	Footer       string           `json:"footer,omitempty"`
	Buttons      []TemplateButton `json:"buttons,omitempty"`
}

// Render puts values, by Key, into the parts. A variable without one stays as it is
// written.
func (p TemplateParts) Render(values map[string]string) RenderedTemplate {
	fill := func(prefix, text string) string {
		return templateGap.ReplaceAllStringFunc(text, func(gap string) string {
			if value, ok := values[prefix+templateGap.FindStringSubmatch(gap)[1]]; ok {
				return value
			}
			return gap
		})
	}
	out := RenderedTemplate{HeaderFormat: p.Header.Format, Header: fill("header.", p.Header.Text), Body: fill("", p.Body), Footer: p.Footer}
	if p.Header.IsMedia() {
		out.Header = values["header"]
	}
	for i, b := range p.Buttons {
		b.URL = fill("button."+strconv.Itoa(i)+".", b.URL)
		out.Buttons = append(out.Buttons, b)
	}
	return out
}

// Text is the rendered template in one text: what a thread, a search and a list show.
func (r RenderedTemplate) Text() string {
	var lines []string
	if r.HeaderFormat == HeaderText {
		lines = append(lines, r.Header)
	}
	lines = append(lines, r.Body)
	if r.Footer != "" {
		lines = append(lines, r.Footer)
	}
	return strings.Join(lines, "\n\n")
}
