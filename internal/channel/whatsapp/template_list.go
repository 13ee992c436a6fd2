package whatsapp

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
)

// maxTemplatePages is where the list of templates ends however it goes on: an account has
// at most 6,000 of them.
const maxTemplatePages = 100

// templateFields are what is asked for of a template.
const templateFields = "id,name,language,status,category,quality_score,rejected_reason,components"

// Templates reads all templates of the business account, page by page ("Message
// templates").
func (c *Channel) Templates(ctx context.Context) ([]crm.Template, bool, error) {
	var list []crm.Template
	query := url.Values{"limit": {"100"}, "fields": {templateFields}}
	for range maxTemplatePages {
		var page struct {
			Data   *[]json.RawMessage `json:"data"`
			Paging struct {
				Cursors struct {
					After channel.Word `json:"after"`
				} `json:"cursors"`
				Next channel.Word `json:"next"`
			} `json:"paging"`
		}
		if err := c.api.Get(ctx, c.templatesPath()+"?"+query.Encode(), &page); err != nil {
			return nil, false, err
		}
		if page.Data == nil {
			return nil, false, channel.NotTheProvider()
		}
		for _, raw := range *page.Data {
			if t, ok := readTemplate(raw); ok {
				list = append(list, t)
			}
		}
		// The address in next holds the token and may lead anywhere: only its being there
		// counts.
		if page.Paging.Next == "" || page.Paging.Cursors.After == "" {
			return list, true, nil
		}
		query.Set("after", string(page.Paging.Cursors.After))
	}
	return list, false, nil
}

func (c *Channel) templatesPath() string {
	return "/" + url.PathEscape(c.accountID) + "/message_templates"
}

// component is one part of a template.
type component struct {
	Type    channel.Word      `json:"type"`
	Format  channel.Word      `json:"format"`
	Text    channel.Word      `json:"text"`
	Example json.RawMessage   `json:"example"`
	Buttons []json.RawMessage `json:"buttons"`
}

// readTemplate reads one template as Meta lists it; ok is false for what has no name. A
// part that Parley cannot fill is named in Unsupported.
func readTemplate(raw json.RawMessage) (t crm.Template, ok bool) {
	var in struct {
		ID         channel.Word      `json:"id"`
		Name       channel.Word      `json:"name"`
		Language   channel.Word      `json:"language"`
		Status     channel.Word      `json:"status"`
		Category   channel.Word      `json:"category"`
		Reason     channel.Word      `json:"rejected_reason"`
		Quality    json.RawMessage   `json:"quality_score"`
		Components []json.RawMessage `json:"components"`
	}
	err := json.Unmarshal(raw, &in)
	t = crm.Template{ExternalID: string(in.ID), Name: string(in.Name), Language: string(in.Language),
		Status: templateStatus(in.Status), Category: templateCategory(in.Category), Reason: reason(in.Reason)}
	var quality struct {
		Score channel.Word `json:"score"`
	}
	_ = json.Unmarshal(in.Quality, &quality)
	t.Quality = templateQuality(quality.Score)
	t.Parts.Examples = map[string]string{}
	for _, raw := range in.Components {
		var part component
		if json.Unmarshal(raw, &part) != nil {
			t.Parts.Unsupported = "one that cannot be read"
			continue
		}
		readComponent(&t.Parts, part)
	}
	if err != nil || t.Parts.Body == "" && t.Parts.Unsupported == "" {
		t.Parts.Unsupported = "one that cannot be read"
	}
	channel.Clean(&t)
	return t, t.Name != "" && t.Language != ""
}

func readComponent(parts *crm.TemplateParts, part component) {
	switch strings.ToUpper(string(part.Type)) {
	case "HEADER":
		format := crm.HeaderFormat(strings.ToLower(string(part.Format)))
		switch format {
		case crm.HeaderText, crm.HeaderImage, crm.HeaderVideo, crm.HeaderDocument:
			parts.Header = crm.TemplateHeader{Format: format, Text: string(part.Text)}
		default:
			parts.Unsupported = "a header of the kind " + string(format)
		}
	case "BODY":
		parts.Body = string(part.Text)
	case "FOOTER":
		parts.Footer = string(part.Text)
	case "BUTTONS":
		for _, raw := range part.Buttons {
			readButton(parts, raw)
		}
	default:
		parts.Unsupported = strings.ToLower(string(part.Type))
	}
	readExamples(parts, part)
}

func readButton(parts *crm.TemplateParts, raw json.RawMessage) {
	var in struct {
		Type    channel.Word    `json:"type"`
		Text    channel.Word    `json:"text"`
		URL     channel.Word    `json:"url"`
		Phone   channel.Word    `json:"phone_number"`
		Example json.RawMessage `json:"example"`
	}
	_ = json.Unmarshal(raw, &in)
	kind := crm.ButtonKind(strings.ToLower(string(in.Type)))
	switch kind {
	case crm.QuickReply, crm.OpenURL, crm.CallPhone:
	default:
		parts.Unsupported = "a button of the kind " + strings.ToLower(string(in.Type))
	}
	var examples []string
	_ = json.Unmarshal(in.Example, &examples)
	button := crm.TemplateButton{Kind: kind, Text: string(in.Text), URL: string(in.URL), Phone: string(in.Phone)}
	if len(examples) > 0 {
		// Meta gives the whole address back: what the variable stands for is its end.
		before, _, _ := strings.Cut(button.URL, "{{")
		parts.Examples["button."+strconv.Itoa(len(parts.Buttons))+".1"] = strings.TrimPrefix(examples[0], before)
	}
	parts.Buttons = append(parts.Buttons, button)
}

// readExamples takes what stands for the variables where the template is shown.
func readExamples(parts *crm.TemplateParts, part component) {
	var in struct {
		HeaderText  []string   `json:"header_text"`
		BodyText    [][]string `json:"body_text"`
		HeaderNamed []named    `json:"header_text_named_params"`
		BodyNamed   []named    `json:"body_text_named_params"`
	}
	_ = json.Unmarshal(part.Example, &in)
	for i, example := range in.HeaderText {
		parts.Examples["header."+strconv.Itoa(i+1)] = example
	}
	if len(in.BodyText) > 0 {
		for i, example := range in.BodyText[0] {
			parts.Examples[strconv.Itoa(i+1)] = example
		}
	}
	for _, n := range in.HeaderNamed {
		parts.Examples["header."+n.Name] = n.Example
	}
	for _, n := range in.BodyNamed {
		parts.Examples[n.Name] = n.Example
	}
}

// named is the example of a variable that has a name.
type named struct {
	Name    string `json:"param_name"`
	Example string `json:"example"`
}

func templateStatus(word channel.Word) crm.TemplateStatus {
	switch status := strings.ToLower(string(word)); status {
	case "flagged", "reinstated": // it may be sent all the same
		return crm.TemplateApproved
	default:
		return crm.TemplateStatus(status)
	}
}

func templateCategory(word channel.Word) crm.TemplateCategory {
	return crm.TemplateCategory(strings.ToLower(string(word)))
}

func templateQuality(word channel.Word) crm.TemplateQuality {
	switch quality := crm.TemplateQuality(strings.ToLower(string(word))); quality {
	case crm.QualityGreen, crm.QualityYellow, crm.QualityRed:
		return quality
	}
	return crm.QualityUnknown
}

// reason is why Meta said no, in words that say what to do; it writes NONE where there is
// nothing to say. What it calls by a name that is new stands as it writes it.
func reason(word channel.Word) string {
	if word == "NONE" {
		return ""
	}
	if words, known := templateReasons[string(word)]; known {
		return words
	}
	return strings.ToLower(strings.ReplaceAll(string(word), "_", " "))
}

var templateReasons = map[string]string{
	"ABUSIVE_CONTENT":      "WhatsApp found it threatening or abusive. Say it in other words.",
	"INCORRECT_CATEGORY":   "It does not say what its category is for. Make it anew in the category that fits.",
	"INVALID_FORMAT":       "Something in it is not written as WhatsApp wants. Mostly that is a gap: two that touch, too few words around it, or an example that does not fit.",
	"PROMOTIONAL":          "It advertises, which only templates for marketing may. Make it anew in that category.",
	"SCAM":                 "WhatsApp took it for a fraud. It may not ask for numbers of cards, accounts or identity papers.",
	"TAG_CONTENT_MISMATCH": "It is not in the language that was chosen, or not of the category. Make it anew with those that fit.",
	"LOW_QUALITY":          "Too many people blocked or reported it.",
}

// templateNews is a change that Meta tells of a template
// ("message_template_status_update" and its like).
type templateNews struct {
	ID          channel.Word `json:"message_template_id"`
	Name        channel.Word `json:"message_template_name"`
	Language    channel.Word `json:"message_template_language"`
	Event       channel.Word `json:"event"`
	Reason      channel.Word `json:"reason"`
	NewQuality  channel.Word `json:"new_quality_score"`
	NewCategory channel.Word `json:"new_category"`
}

func (n templateNews) inbound() (crm.Inbound, error) {
	item := crm.Inbound{}
	if n.ID == "" {
		return item, channel.Problem("Something changed about a template, but it is not said which.")
	}
	news := &crm.InboundTemplate{ExternalID: string(n.ID), Name: string(n.Name), Language: string(n.Language), Reason: reason(n.Reason)}
	switch {
	case n.Event == "DELETED":
		news.Gone = true
	case n.Event != "":
		news.Status = templateStatus(n.Event)
	case n.NewQuality != "":
		news.Quality = templateQuality(n.NewQuality)
	case n.NewCategory != "":
		news.Category = templateCategory(n.NewCategory)
	}
	item.Template = news
	return item, nil
}
