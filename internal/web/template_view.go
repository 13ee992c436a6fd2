package web

import (
	"strconv"
	"strings"

	"parley/internal/crm"
	"parley/internal/store"
)

// TemplatesPage lists the templates of all WhatsApp channels. Asking for them posts to
// /settings/templates/sync.
type TemplatesPage struct {
	Settings
	Groups []TemplateGroup
}

func (TemplatesPage) template() string { return "message-templates" }

// TemplateGroup is the templates of one channel.
type TemplateGroup struct {
	Clock
	Channel   store.Channel
	Sync      store.TemplateSync
	Templates []TemplateRow
}

// TemplateRow is a template as it is listed and shown.
type TemplateRow struct {
	crm.Template
	Shown crm.RenderedTemplate // with its examples
}

func templateRow(t crm.Template) TemplateRow {
	return TemplateRow{t, t.Parts.Render(t.Parts.Examples)}
}

// Tone is the colour of the status.
func (r TemplateRow) Tone() string {
	switch r.Status {
	case crm.TemplateApproved:
		return "green"
	case crm.TemplatePending:
		return "amber"
	case crm.TemplateRejected, crm.TemplateDisabled:
		return "red"
	}
	return "grey"
}

// StatusName is the status in a word.
func (r TemplateRow) StatusName() string { return upperFirst(string(r.Status)) }

// About is what else is known of it, in a line.
func (r TemplateRow) About() string {
	parts := []string{r.Language, upperFirst(string(r.Category))}
	if r.Quality != crm.QualityUnknown && r.Quality != "" {
		parts = append(parts, "quality "+string(r.Quality))
	}
	return strings.Join(parts, " · ")
}

// upperFirst writes a word of a program as a word of a page.
func upperFirst(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + strings.ReplaceAll(word[1:], "_", " ")
}

// TemplatePage is one template. It posts to /settings/templates/{id}: fill.KEY for each
// variable; and to /settings/templates/{id}/delete.
type TemplatePage struct {
	Settings
	Form    Form
	Row     TemplateRow
	Channel store.Channel
	Fields  crm.MergeFieldList
}

func (TemplatePage) template() string { return "message-template" }

// Inputs are the fields for what the variables begin with.
func (p TemplatePage) Inputs() []Input {
	var list []Input
	for _, v := range p.Row.Parts.Variables() {
		input := p.Form.Input("variables."+v.Key, variableTitle(v), "text").With("w3", "autocomplete:off")
		if example := p.Row.Parts.Examples[v.Key]; example != "" {
			input = input.With("help:Example: " + example)
		}
		if v.IsFile() {
			input = input.With(fileHelp)
		}
		list = append(list, input)
	}
	return list
}

// variableTitle is how a field for a variable is called: its name stands as it is written.
func variableTitle(v crm.TemplateVariable) string {
	label := v.Label()
	return strings.ToUpper(label[:1]) + label[1:]
}

// fileHelp says what stands for a file where a template is sent.
const fileHelp = "help:The address at which it lies, such as https://example.com/menu.pdf."

// NewTemplatePage makes a template. It posts to /settings/templates: channel_id, name,
// language, category, header_format, header, header_file, body, footer, buttons, examples.
type NewTemplatePage struct {
	Settings
	Form     Form
	Channels []store.Channel
	Draft    TemplateDraft
}

// EditTemplatePage changes a template. It posts to /settings/templates/{id}/edit:
// header_format, header, header_file, body, footer, buttons, examples.
type EditTemplatePage struct {
	Settings
	Row   TemplateRow // as it is
	Draft TemplateDraft
}

func (EditTemplatePage) template() string { return "edit-message-template" }

// TemplateDraft is the part of a form that holds what a template says, with how it will
// look.
type TemplateDraft struct {
	Form    Form
	File    HeaderFile
	Preview TemplatePreview
}

// draftOf is a form as it is shown, with the file that it names and with the header that
// the template has already.
func draftOf(form Form, file store.TemplateFile, kept crm.HeaderFormat) TemplateDraft {
	return TemplateDraft{form, HeaderFile{File: file, Kept: kept, Error: form.Error("header_file")}, previewOf(form, file)}
}

// HeaderFormats are the choices.
func (TemplateDraft) HeaderFormats() []Option {
	return []Option{{"none", "None"}, {string(crm.HeaderText), "A line of text"}, {string(crm.HeaderImage), "A picture"}, {string(crm.HeaderVideo), "A film"}, {string(crm.HeaderDocument), "A document"}}
}

// HeaderFile is the example of a header with a file, once it was brought: the answer to POST
// /settings/template-files.
type HeaderFile struct {
	File  store.TemplateFile
	Kept  crm.HeaderFormat // what the template has now, and keeps without another one
	Error string
}

func (HeaderFile) template() string { return "header-file" }

// KeptName is what the template has now, as people call it.
func (f HeaderFile) KeptName() string {
	return map[crm.HeaderFormat]string{crm.HeaderImage: "picture", crm.HeaderVideo: "film", crm.HeaderDocument: "document"}[f.Kept]
}

// Accept is what a browser offers to choose from.
func (HeaderFile) Accept() string { return crm.HeaderFiles("").Accept() }

func (NewTemplatePage) template() string { return "new-message-template" }

// ChannelOptions are the choices.
func (p NewTemplatePage) ChannelOptions() []Option {
	var list []Option
	for _, ch := range p.Channels {
		list = append(list, Option{ch.ID.String(), ch.Name})
	}
	return list
}

// Categories are the choices.
func (NewTemplatePage) Categories() []Option {
	return []Option{{"utility", "Utility: about an order, a visit, an account"}, {"marketing", "Marketing: anything that sells"}}
}

// TemplatePreview is how a template will look while it is written: the fragment of
// POST /settings/templates/preview.
type TemplatePreview struct {
	Shown   crm.RenderedTemplate
	Picture crm.ID // a picture that was brought for its head
}

func (TemplatePreview) template() string { return "template-preview" }

// previewOf is what is typed as it will look, with the file that was brought at its head.
func previewOf(form Form, file store.TemplateFile) TemplatePreview {
	t := readTemplateDraft(form)
	p := TemplatePreview{Shown: templateRow(t).Shown}
	if t.Parts.Header.IsMedia() && file.ID != "" {
		p.Shown.Header = file.Name
		if t.Parts.Header.Format == crm.HeaderImage && strings.HasPrefix(file.Type, "image/") {
			p.Picture, p.Shown.HeaderFormat = file.ID, "" // it stands for its name
		}
	}
	return p
}

// readTemplateDraft makes a template of the form. Buttons stand one a line: a text alone is
// a quick reply, "text | https://…" opens a page, "text | +44…" calls. Examples stand one a
// line: "1 = Ann".
func readTemplateDraft(form Form) crm.Template {
	t := crm.Template{ChannelID: crm.ID(form.Value("channel_id")), Name: form.Value("name"), Language: form.Value("language"), Category: crm.TemplateCategory(form.Value("category")),
		Parts: crm.TemplateParts{Body: form.Value("body"), Footer: form.Value("footer"), Examples: map[string]string{}}}
	switch format := crm.HeaderFormat(form.Value("header_format")); format {
	case "none":
	case "", crm.HeaderText:
		if text := form.Value("header"); text != "" || format != "" {
			t.Parts.Header = crm.TemplateHeader{Format: crm.HeaderText, Text: text}
		}
	default:
		t.Parts.Header.Format = format // the line of text is out of sight then
	}
	for line := range strings.SplitSeq(form.Value("buttons"), "\n") {
		text, to, _ := strings.Cut(line, "|")
		text, to = strings.TrimSpace(text), strings.TrimSpace(to)
		switch {
		case text == "" && to == "":
		case to == "":
			t.Parts.Buttons = append(t.Parts.Buttons, crm.TemplateButton{Kind: crm.QuickReply, Text: text})
		case strings.Trim(to, "+0123456789 ") == "":
			t.Parts.Buttons = append(t.Parts.Buttons, crm.TemplateButton{Kind: crm.CallPhone, Text: text, Phone: strings.ReplaceAll(to, " ", "")})
		default:
			t.Parts.Buttons = append(t.Parts.Buttons, crm.TemplateButton{Kind: crm.OpenURL, Text: text, URL: to})
		}
	}
	for line := range strings.SplitSeq(form.Value("examples"), "\n") {
		if key, example, found := strings.Cut(line, "="); found {
			t.Parts.Examples[strings.TrimSpace(strings.Trim(strings.TrimSpace(key), "{}"))] = strings.TrimSpace(example)
		}
	}
	return t
}

// templateDraftOf are the values of the form that readTemplateDraft reads as these parts.
func templateDraftOf(parts crm.TemplateParts) map[string]string {
	var buttons, examples []string
	for _, b := range parts.Buttons {
		line := b.Text
		if to := firstText(b.URL, b.Phone); to != "" {
			line += " | " + to
		}
		buttons = append(buttons, line)
	}
	for _, v := range parts.Variables() {
		if example := parts.Examples[v.Key]; example != "" {
			examples = append(examples, v.Key+" = "+example)
		}
	}
	return map[string]string{"header_format": firstText(string(parts.Header.Format), "none"), "header": parts.Header.Text, "body": parts.Body, "footer": parts.Footer,
		"buttons": strings.Join(buttons, "\n"), "examples": strings.Join(examples, "\n")}
}

// foldTemplateErrors puts what is wrong with buttons and examples to their fields, which
// hold them all.
func foldTemplateErrors(form *Form) {
	for name, text := range form.Errors {
		field, at, found := strings.Cut(name, ".")
		if !found || field != "buttons" && field != "examples" {
			continue
		}
		if n, err := strconv.Atoi(strings.SplitN(at, ".", 2)[0]); err == nil && field == "buttons" {
			text = "Button " + strconv.Itoa(n+1) + ": " + text
		}
		form.Errors[field] = joinSentences(form.Errors[field], text)
		delete(form.Errors, name)
	}
}
