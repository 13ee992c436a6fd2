package channeltest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MetaTemplate is a message template as the Graph API writes it.
type MetaTemplate struct {
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	Language       string          `json:"language"`
	Category       string          `json:"category"`
	Status         string          `json:"status"`
	RejectedReason string          `json:"rejected_reason,omitempty"`
	Quality        *MetaQuality    `json:"quality_score,omitempty"`
	Components     []MetaComponent `json:"components"`
	// Format is NAMED where variables have names.
	Format string `json:"parameter_format,omitempty"`
}

// MetaQuality is how people take a template.
type MetaQuality struct {
	Score string `json:"score"`
}

// MetaComponent is one part of a template.
type MetaComponent struct {
	Type    string          `json:"type"`
	Format  string          `json:"format,omitempty"`
	Text    string          `json:"text,omitempty"`
	Example json.RawMessage `json:"example,omitempty"`
	Buttons []MetaButton    `json:"buttons,omitempty"`
}

// MetaButton is a button of a template.
type MetaButton struct {
	Type    string   `json:"type"`
	Text    string   `json:"text"`
	URL     string   `json:"url,omitempty"`
	Phone   string   `json:"phone_number,omitempty"`
	Example []string `json:"example,omitempty"`
}

var metaGap = regexp.MustCompile(`\{\{\s*\w+\s*\}\}`)

// AddTemplate puts a template into the account, as approved unless it says otherwise, or
// in the place of the one of its name and language.
func (m *Meta) AddTemplate(t MetaTemplate) MetaTemplate {
	m.mu.Lock()
	defer m.mu.Unlock()
	t.Status = cmp.Or(t.Status, "APPROVED")
	m.templateCount++
	t.ID = cmp.Or(t.ID, strconv.Itoa(900000+m.templateCount))
	if i := m.templateAt(t.Name, t.Language); i >= 0 {
		m.templates[i] = t
	} else {
		m.templates = append(m.templates, t)
	}
	return t
}

// Templates are those of the account now.
func (m *Meta) Templates() []MetaTemplate {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.templates)
}

// RemoveTemplate takes a template out of the account by its name, as WhatsApp Manager does.
func (m *Meta) RemoveTemplate(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.templates = slices.DeleteFunc(m.templates, func(t MetaTemplate) bool { return t.Name == name })
}

func (m *Meta) templateAt(name, language string) int {
	return slices.IndexFunc(m.templates, func(t MetaTemplate) bool { return t.Name == name && t.Language == language })
}

// serveTemplates answers for /{business account}/message_templates.
func (m *Meta) serveTemplates(w http.ResponseWriter, r *http.Request) {
	if m.meetTemplateFault(w, r) {
		return
	}
	switch r.Method {
	case http.MethodGet:
		m.listTemplates(w, r)
	case http.MethodPost:
		m.createTemplate(w, r)
	case http.MethodDelete:
		m.deleteTemplate(w, r)
	default:
		metaError(w, http.StatusBadRequest, 100, "Unsupported request")
	}
}

// meetTemplateFault reports whether the call ended by a fault.
func (m *Meta) meetTemplateFault(w http.ResponseWriter, r *http.Request) bool {
	fault := m.templateFault()
	fault.wait(r.Context())
	if fault.Cut != "" {
		hangUp()
	}
	if fault.refuses() {
		metaError(w, cmp.Or(fault.Status, http.StatusBadRequest), fault.Code, "Ordered by the test")
	}
	return fault.refuses()
}

func (m *Meta) hasTemplate(id string) bool {
	return slices.ContainsFunc(m.Templates(), func(t MetaTemplate) bool { return t.ID == id })
}

// serveTemplate answers for /{template}: what it is, or with POST what it is to be, which is
// looked at again.
func (m *Meta) serveTemplate(w http.ResponseWriter, r *http.Request, id string) {
	if m.meetTemplateFault(w, r) {
		return
	}
	list := m.Templates()
	t := list[slices.IndexFunc(list, func(t MetaTemplate) bool { return t.ID == id })]
	if r.Method == http.MethodGet {
		writeJSON(w, http.StatusOK, t)
		return
	}
	var edit struct {
		Name       string          `json:"name"`
		Language   string          `json:"language"`
		Category   string          `json:"category"`
		Components []MetaComponent `json:"components"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&edit)
	switch {
	case r.Method != http.MethodPost:
		metaError(w, http.StatusBadRequest, 100, "Unsupported request")
		return
	case err != nil:
		metaError(w, http.StatusBadRequest, 100, err.Error())
		return
	case edit.Name != t.Name || edit.Language != t.Language || edit.Category != t.Category:
		metaError(w, http.StatusBadRequest, 100, "name, language or category is another one")
		return
	}
	t.Components, t.Status, t.RejectedReason = edit.Components, "PENDING", ""
	if wrong := cmp.Or(t.wrong(), m.wrongExample(&t, "http://"+r.Host)); wrong != "" {
		metaError(w, http.StatusBadRequest, 100, wrong)
		return
	}
	m.AddTemplate(t)
	writeJSON(w, http.StatusOK, map[string]any{"success": true})
}

func (m *Meta) templateFault() Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.TemplateFaults) == 0 {
		return Fault{}
	}
	fault := m.TemplateFaults[0]
	m.TemplateFaults = m.TemplateFaults[1:]
	return fault
}

// listTemplates hands out pages of at most TemplatePage.
func (m *Meta) listTemplates(w http.ResponseWriter, r *http.Request) {
	all := m.Templates()
	size, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("limit"), "25"))
	if err != nil || size < 1 {
		metaError(w, http.StatusBadRequest, 100, "limit is not a number")
		return
	}
	size = min(size, cmp.Or(m.TemplatePage, 100))
	start := 0
	if after := r.URL.Query().Get("after"); after != "" {
		if start, err = strconv.Atoi(strings.TrimPrefix(after, "cursor-")); err != nil || start > len(all) {
			metaError(w, http.StatusBadRequest, 100, "Invalid cursors values")
			return
		}
	}
	end := min(start+size, len(all))
	paging := map[string]any{"cursors": map[string]any{"before": fmt.Sprintf("cursor-%d", start), "after": fmt.Sprintf("cursor-%d", end)}}
	if end < len(all) {
		paging["next"] = "https://graph.facebook.com/next"
	}
	writeJSON(w, http.StatusOK, map[string]any{"data": append([]MetaTemplate{}, all[start:end]...), "paging": paging})
}

var (
	metaTemplateName = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
	metaEdgeGap      = regexp.MustCompile(`^\s*\{\{|\}\}\s*$`)
)

// createTemplate takes a template for approval.
func (m *Meta) createTemplate(w http.ResponseWriter, r *http.Request) {
	var t MetaTemplate
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&t); err != nil {
		metaError(w, http.StatusBadRequest, 100, err.Error())
		return
	}
	if wrong := cmp.Or(t.wrong(), m.wrongExample(&t, "http://"+r.Host)); wrong != "" {
		metaError(w, http.StatusBadRequest, 100, wrong)
		return
	}
	m.mu.Lock()
	taken := m.templateAt(t.Name, t.Language) >= 0
	m.mu.Unlock()
	if taken {
		metaError(w, http.StatusBadRequest, 100, "There is already a template of this name and language")
		return
	}
	t.Status = "PENDING"
	t = m.AddTemplate(t)
	writeJSON(w, http.StatusOK, map[string]any{"id": t.ID, "status": t.Status, "category": t.Category})
}

// wrong says what is wrong with a template that is submitted, or "".
func (t MetaTemplate) wrong() string {
	if !metaTemplateName.MatchString(t.Name) || t.Language == "" {
		return "name or language is wrong"
	}
	if !slices.Contains([]string{"MARKETING", "UTILITY", "AUTHENTICATION"}, t.Category) {
		return "category is wrong"
	}
	body := ""
	for _, c := range t.Components {
		gaps := len(metaGap.FindAllString(c.Text, -1))
		switch c.Type {
		case "BODY":
			body = c.Text
			if metaEdgeGap.MatchString(c.Text) {
				return "a variable may not lead or trail"
			}
		case "HEADER", "FOOTER", "BUTTONS":
		default:
			return "a component of type " + c.Type
		}
		if gaps > 0 && len(c.Example) == 0 || c.Type == "HEADER" && c.Format == "TEXT" && strings.Contains(string(c.Example), "header_handle") {
			return "example is missing"
		}
		for _, b := range c.Buttons {
			if metaGap.MatchString(b.URL) && len(b.Example) != 1 {
				return "example of a button is missing"
			}
		}
	}
	if body == "" {
		return "there is no body"
	}
	return ""
}

func (m *Meta) deleteTemplate(w http.ResponseWriter, r *http.Request) {
	name, id := r.URL.Query().Get("name"), r.URL.Query().Get("hsm_id")
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.templates)
	m.templates = slices.DeleteFunc(m.templates, func(t MetaTemplate) bool { return t.Name == name && (id == "" || id == t.ID) })
	if len(m.templates) == before {
		metaError(w, http.StatusBadRequest, 100, "Message template does not exist")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"success": true})
}

// metaSentTemplate is the template of a send.
type metaSentTemplate struct {
	Name     string `json:"name"`
	Language struct {
		Code   string `json:"code"`
		Policy string `json:"policy"`
	} `json:"language"`
	Components []struct {
		Type       string           `json:"type"`
		SubType    string           `json:"sub_type"`
		Index      string           `json:"index"`
		Parameters []map[string]any `json:"parameters"`
	} `json:"components"`
}

// refusal is Meta's code for what is wrong with a template that is sent, or 0.
func (m *Meta) templateRefusal(sent metaSentTemplate) (code int, wrong string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.templateAt(sent.Name, sent.Language.Code)
	if i < 0 {
		return 132001, "Template name does not exist in the translation"
	}
	t := m.templates[i]
	switch t.Status {
	case "APPROVED":
	case "PAUSED":
		return 132015, "Template is paused"
	default:
		return 132001, "Template is not approved"
	}
	given := map[string]int{}
	for _, c := range sent.Components {
		given[c.Type+c.Index] = len(c.Parameters)
		for _, p := range c.Parameters {
			text, _ := p["text"].(string)
			if p["type"] == "text" && (text == "" || strings.ContainsAny(text, "\n\t") || strings.Contains(text, "     ")) {
				return 132018, "A parameter is empty or has line breaks, tabs or many spaces"
			}
		}
	}
	for _, c := range t.Components {
		want := len(metaGap.FindAllString(c.Text, -1))
		if c.Type == "HEADER" && c.Format != "TEXT" {
			want = 1
		}
		if kind := strings.ToLower(c.Type); kind != "buttons" && given[kind] != want {
			return 132000, fmt.Sprintf("%s: expected %d parameters, got %d", kind, want, given[kind])
		}
		for i, b := range c.Buttons {
			if want := len(metaGap.FindAllString(b.URL, -1)); given["button"+strconv.Itoa(i)] != want {
				return 132000, fmt.Sprintf("button %d: expected %d parameters", i, want)
			}
		}
	}
	return 0, ""
}

// shown is a sent template in a line, for tests to compare; empty for none.
func (s metaSentTemplate) shown() string {
	if s.Name == "" {
		return ""
	}
	var values []string
	for _, c := range s.Components {
		for _, p := range c.Parameters {
			switch text := p["text"].(type) {
			case string:
				values = append(values, text)
			default:
				kind, _ := p["type"].(string)
				file, _ := p[kind].(map[string]any)
				values = append(values, fmt.Sprint(file["link"]))
			}
		}
	}
	return strings.TrimSpace(s.Name + " " + s.Language.Code + " " + strings.Join(values, ", "))
}
