package channeltest_test

import (
	"testing"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/crm"
)

// A filled template goes out as Meta wants it, and Meta's refusals come back in words.
func TestSendTemplate(t *testing.T) {
	meta := channeltest.NewMeta()
	meta.AddTemplate(channeltest.MetaTemplate{Name: "order_ready", Language: "en", Category: "UTILITY", Components: []channeltest.MetaComponent{
		{Type: "HEADER", Format: "IMAGE"}, {Type: "BODY", Text: "Hi {{1}}, order {{2}} is ready."},
		{Type: "BUTTONS", Buttons: []channeltest.MetaButton{{Type: "QUICK_REPLY", Text: "Thanks"}, {Type: "URL", Text: "See it", URL: "https://x.example/{{1}}"}}},
	}})
	c := providers[0].open(t, meta, meta.Settings())
	parts := crm.TemplateParts{Header: crm.TemplateHeader{Format: crm.HeaderImage}, Body: "Hi {{1}}, order {{2}} is ready.",
		Buttons: []crm.TemplateButton{{Kind: crm.QuickReply, Text: "Thanks"}, {Kind: crm.OpenURL, Text: "See it", URL: "https://x.example/{{1}}"}}}
	template := crm.Template{Name: "order_ready", Language: "en", Status: crm.TemplateApproved, Parts: parts}
	filled := func(template crm.Template, variables map[string]string) crm.Outbound {
		text, err := template.ReadTemplate(crm.TemplateChoice{Variables: variables}, crm.MergeFieldsWith(nil))
		if err != nil {
			t.Fatal(err)
		}
		out, err := text.Fill(crm.MergeValues{Contact: &crm.Contact{FirstName: "Ann"}})
		if err != nil {
			t.Fatal(err)
		}
		return crm.Outbound{ID: crm.NewID(at), Address: "+447700900123", Text: out.Shown.Text(), Template: &out}
	}
	all := map[string]string{"header": "https://x.example/a.jpg", "1": "{{first_name}}", "2": "12\n34", "button.1.1": "o/12"}
	if _, err := c.Send(t.Context(), filled(template, all)); err != nil {
		t.Fatal(err)
	}
	if got := meta.Accepted()[0].Template; got != "order_ready en https://x.example/a.jpg, Ann, 12 34, o/12" {
		t.Errorf("taken: %q", got)
	}
	stale := template // approved with another number of variables since
	stale.Parts.Body = "Hi {{1}}"
	delete(all, "2")
	_, err := c.Send(t.Context(), filled(stale, all))
	if failed := sendError(t, err, meta.AccessToken); failed.Outcome != channel.Refused || failed.Code != "132000" {
		t.Errorf("a wrong number of values: %+v", failed)
	}
	stale.Name = "other"
	_, err = c.Send(t.Context(), filled(stale, all))
	if failed := sendError(t, err, meta.AccessToken); failed.Outcome != channel.Refused || failed.Code != "132001" {
		t.Errorf("an unknown one: %+v", failed)
	}
}
