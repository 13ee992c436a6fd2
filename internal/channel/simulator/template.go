package simulator

import (
	"context"

	"parley/internal/crm"
)

// Templates are a few that a business might have. The list is not complete: what was
// submitted stays.
func (c *Channel) Templates(context.Context) ([]crm.Template, bool, error) {
	if c.family != crm.WhatsApp {
		return nil, false, nil
	}
	return []crm.Template{
		{ExternalID: "sim-1", Name: "order_ready", Language: "en_GB", Category: crm.Utility, Status: crm.TemplateApproved, Quality: crm.QualityGreen, Parts: crm.TemplateParts{
			Header: crm.TemplateHeader{Format: crm.HeaderText, Text: "Your order"}, Body: "Hi {{1}}, your order {{2}} is ready. You can fetch it from us until six.",
			Footer: "Reply STOP to hear no more", Buttons: []crm.TemplateButton{{Kind: crm.QuickReply, Text: "On my way"}, {Kind: crm.QuickReply, Text: "Tomorrow, please"}},
			Examples: map[string]string{"1": "Priya", "2": "A-1042"}}},
		{ExternalID: "sim-2", Name: "keep_in_touch", Language: "en_GB", Category: crm.Utility, Status: crm.TemplateApproved, Quality: crm.QualityUnknown, Parts: crm.TemplateParts{
			Body: "Hello {{1}}, you wrote to us a while ago. Is there anything we can still do for you?", Examples: map[string]string{"1": "Priya"}}},
		{ExternalID: "sim-3", Name: "autumn_sale", Language: "en_GB", Category: crm.Marketing, Status: crm.TemplatePaused, Quality: crm.QualityRed, Reason: "Too many people blocked or reported it.", Parts: crm.TemplateParts{
			Header: crm.TemplateHeader{Format: crm.HeaderImage}, Body: "Hi {{1}}, everything is a fifth cheaper until Sunday.",
			Buttons: []crm.TemplateButton{{Kind: crm.OpenURL, Text: "See it", URL: "https://example.com/sale/{{1}}"}}, Examples: map[string]string{"1": "Priya", "button.0.1": "autumn"}}},
	}, false, nil
}

// UploadExample keeps nothing: nobody looks at the example.
func (c *Channel) UploadExample(context.Context, crm.OutboundFile) (string, error) {
	return "example", nil
}

// KeepExample is as good.
func (c *Channel) KeepExample(context.Context, crm.Template) (string, error) { return "example", nil }

// SubmitTemplate approves at once.
func (c *Channel) SubmitTemplate(_ context.Context, t crm.Template, _ string) (crm.Template, error) {
	t.ExternalID, t.Status, t.Quality = "sim-"+t.Name+"-"+t.Language, crm.TemplateApproved, crm.QualityUnknown
	return t, nil
}

// EditTemplate approves at once.
func (c *Channel) EditTemplate(ctx context.Context, t crm.Template, example string) (crm.Template, error) {
	return c.SubmitTemplate(ctx, t, example)
}

// DeleteTemplate lets go of one.
func (c *Channel) DeleteTemplate(context.Context, crm.Template) error { return nil }
