package whatsapp

import (
	"strings"
	"testing"
	"unicode/utf8"

	"parley/internal/crm"
)

// FuzzReadTemplate: whatever Meta lists becomes a template that can be shown and stored, or
// nothing.
func FuzzReadTemplate(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","name":"a","language":"en","status":"APPROVED","category":"UTILITY","components":[{"type":"BODY","text":"Hi {{1}}.","example":{"body_text":[["Ann"]]}}]}`,
		`{"id":1,"name":"a","language":"en","quality_score":{"score":"GREEN"},"components":[{"type":"HEADER","format":"IMAGE"},{"type":"BUTTONS","buttons":[{"type":"URL","text":"x","url":"https://x/{{1}}","example":["https://x/1"]}]}]}`,
		`{"name":"a","language":"en","components":[{"type":"BODY","text":"\u0000{{","example":{"body_text_named_params":[{"param_name":"a","example":"b"}]}},{"type":"CAROUSEL"},7]}`,
		`{"name":"a","language":"en","quality_score":7,"components":{}}`, `[]`, `{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		template, ok := readTemplate(raw)
		if !ok {
			return
		}
		shown := template.Parts.Render(template.Parts.Examples)
		for _, text := range []string{template.Name, template.Language, template.Parts.Body, shown.Text(), template.Reason, template.Parts.Unsupported} {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				t.Errorf("%q cannot be stored", text)
			}
		}
		if template.Parts.Body == "" && template.Refusal() == "" {
			t.Error("it has no body and may be sent")
		}
		choice := crm.TemplateChoice{Variables: map[string]string{}, Literal: true}
		for _, v := range template.Parts.Variables() {
			choice.Variables[v.Key] = "https://x.example/x"
		}
		text, err := template.ReadTemplate(choice, nil)
		if err != nil {
			return
		}
		filled, err := text.Fill(crm.MergeValues{Contact: &crm.Contact{}})
		if err != nil {
			t.Errorf("with a value for each variable: %v", err)
		}
		templateBody(filled)
	})
}
