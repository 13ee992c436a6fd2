package whatsapp

import (
	"strconv"

	"parley/internal/crm"
)

// templateBody is the template object of a send ("Template messages"). Parts without
// variables are left out; those with some list them in their order.
func templateBody(t crm.FilledTemplate) map[string]any {
	var components []any
	add := func(component map[string]any, parameters []any) {
		if len(parameters) > 0 {
			component["parameters"] = parameters
			components = append(components, component)
		}
	}
	of := func(part crm.TemplatePart, button int) (list []any) {
		for _, v := range t.Values {
			if v.Part == part && (part != crm.InButton || v.Button == button) {
				list = append(list, parameter(t, v))
			}
		}
		return list
	}
	add(map[string]any{"type": "header"}, of(crm.InHeader, 0))
	add(map[string]any{"type": "body"}, of(crm.InBody, 0))
	for i := range t.Shown.Buttons {
		add(map[string]any{"type": "button", "sub_type": "url", "index": strconv.Itoa(i)}, of(crm.InButton, i))
	}
	body := map[string]any{"name": t.Name, "language": map[string]any{"code": t.Language}}
	if components != nil {
		body["components"] = components
	}
	return body
}

func parameter(t crm.FilledTemplate, v crm.FilledVariable) map[string]any {
	if v.Part == crm.InHeader && v.Name == "" {
		format := string(t.Header.Format)
		return map[string]any{"type": format, format: map[string]any{"link": v.Value}}
	}
	p := map[string]any{"type": "text", "text": v.Value}
	if !v.Numbered() && v.Part != crm.InButton {
		p["parameter_name"] = v.Name
	}
	return p
}
