package whatsapp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
)

// SubmitTemplate asks Meta to approve a template ("Message templates").
func (c *Channel) SubmitTemplate(ctx context.Context, t crm.Template, example string) (crm.Template, error) {
	proposal := submission(t, example)
	if hasNames(t.Parts) {
		proposal["parameter_format"] = "NAMED"
	}
	body, _ := json.Marshal(proposal) // strings and maps always encode
	var taken struct {
		ID       channel.Word `json:"id"`
		Status   channel.Word `json:"status"`
		Category channel.Word `json:"category"`
	}
	if err := c.api.Post(ctx, c.templatesPath(), "application/json", body, &taken); err != nil {
		return t, err
	}
	if taken.ID == "" {
		return t, channel.NotTheProvider()
	}
	t.ExternalID, t.Quality = string(taken.ID), crm.QualityUnknown
	t.Status = templateStatus(cmp.Or(taken.Status, "PENDING"))
	if taken.Category != "" {
		t.Category = templateCategory(taken.Category)
	}
	return t, nil
}

// EditTemplate sends the parts of a template anew ("Edit template"). Meta answers that it
// took them, and is asked what the template is then.
func (c *Channel) EditTemplate(ctx context.Context, t crm.Template, example string) (crm.Template, error) {
	path := "/" + url.PathEscape(t.ExternalID)
	body, _ := json.Marshal(submission(t, example)) // strings and maps always encode
	var taken struct {
		Success bool `json:"success"`
	}
	if err := c.api.Post(ctx, path, "application/json", body, &taken); err != nil {
		return t, err
	}
	if !taken.Success {
		return t, channel.NotTheProvider()
	}
	var raw json.RawMessage
	if err := c.api.Get(ctx, path+"?fields="+url.QueryEscape(templateFields), &raw); err == nil {
		if now, ok := readTemplate(raw); ok && now.ExternalID == t.ExternalID {
			return now, nil
		}
	}
	t.Status, t.Reason = crm.TemplatePending, "" // until the list says more
	return t, nil
}

// DeleteTemplate deletes one language of a template: name alone would delete them all.
func (c *Channel) DeleteTemplate(ctx context.Context, t crm.Template) error {
	query := url.Values{"name": {t.Name}, "hsm_id": {t.ExternalID}}
	err := c.api.Delete(ctx, c.templatesPath()+"?"+query.Encode())
	var failed *channel.SendError
	if errors.As(err, &failed) && failed.Code == "100" && strings.Contains(failed.Own, "not exist") {
		return nil
	}
	return err
}

// submission is what a template is to be. Each variable comes with an example, and so does
// the file of a header: by its handle.
func submission(t crm.Template, example string) map[string]any {
	parts := t.Parts
	variables := parts.Variables()
	isNamed := hasNames(parts)
	examples := func(part crm.TemplatePart, kind string) map[string]any {
		var plain []string
		var withNames []named
		for _, v := range variables {
			if v.Part == part && v.Name != "" {
				plain = append(plain, parts.Examples[v.Key])
				withNames = append(withNames, named{v.Name, parts.Examples[v.Key]})
			}
		}
		switch {
		case plain == nil:
			return nil
		case isNamed:
			return map[string]any{kind + "_named_params": withNames}
		case part == crm.InBody:
			return map[string]any{kind: [][]string{plain}}
		}
		return map[string]any{kind: plain}
	}
	var components []any
	add := func(part map[string]any, example map[string]any) {
		if example != nil {
			part["example"] = example
		}
		components = append(components, part)
	}
	switch {
	case parts.Header.IsMedia():
		add(map[string]any{"type": "HEADER", "format": strings.ToUpper(string(parts.Header.Format))}, map[string]any{"header_handle": []string{example}})
	case parts.Header.Format == crm.HeaderText:
		add(map[string]any{"type": "HEADER", "format": "TEXT", "text": parts.Header.Text}, examples(crm.InHeader, "header_text"))
	}
	add(map[string]any{"type": "BODY", "text": parts.Body}, examples(crm.InBody, "body_text"))
	if parts.Footer != "" {
		add(map[string]any{"type": "FOOTER", "text": parts.Footer}, nil)
	}
	if len(parts.Buttons) > 0 {
		add(map[string]any{"type": "BUTTONS", "buttons": submittedButtons(parts)}, nil)
	}
	return map[string]any{"name": t.Name, "language": t.Language, "category": strings.ToUpper(string(t.Category)), "components": components}
}

// hasNames reports whether the variables of a template have names.
func hasNames(parts crm.TemplateParts) bool {
	return slices.ContainsFunc(parts.Variables(), func(v crm.TemplateVariable) bool { return v.Part != crm.InButton && !v.Numbered() })
}

func submittedButtons(parts crm.TemplateParts) []any {
	var list []any
	variables := parts.Variables()
	for i, b := range parts.Buttons {
		button := map[string]any{"type": strings.ToUpper(string(b.Kind)), "text": b.Text}
		put(button, "url", b.URL)
		put(button, "phone_number", b.Phone)
		for _, v := range variables {
			if v.Part == crm.InButton && v.Button == i {
				before, _, _ := strings.Cut(b.URL, "{{")
				button["example"] = []string{before + parts.Examples[v.Key]}
			}
		}
		list = append(list, button)
	}
	return list
}
