package channeltest_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestTemplatesOfAnAccount(t *testing.T) {
	meta := channeltest.NewMeta()
	meta.TemplatePage = 2
	for i := range 5 {
		meta.AddTemplate(channeltest.MetaTemplate{Name: fmt.Sprintf("t%d", i), Language: "en", Category: "UTILITY", Quality: &channeltest.MetaQuality{Score: "GREEN"},
			Components: []channeltest.MetaComponent{{Type: "BODY", Text: "Hi {{1}}.", Example: json.RawMessage(`{"body_text":[["Ann"]]}`)}}})
	}
	meta.AddTemplate(channeltest.MetaTemplate{Name: "carousel", Language: "en", Category: "MARKETING", Status: "REJECTED", RejectedReason: "INVALID_FORMAT",
		Components: []channeltest.MetaComponent{{Type: "BODY", Text: "Look"}, {Type: "CAROUSEL"}}})
	keeper := providers[0].open(t, meta, meta.Settings()).(channel.TemplateKeeper)
	list, complete, err := keeper.Templates(t.Context())
	if err != nil || !complete || len(list) != 6 {
		t.Fatalf("%d templates, complete %v, %v", len(list), complete, err)
	}
	want := crm.Template{ExternalID: meta.Templates()[4].ID, Name: "t4", Language: "en", Category: crm.Utility, Status: crm.TemplateApproved, Quality: crm.QualityGreen,
		Parts: crm.TemplateParts{Body: "Hi {{1}}.", Examples: map[string]string{"1": "Ann"}}}
	if diff := cmp.Diff(want, list[4]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := list[5]; got.Status != crm.TemplateRejected || got.Reason != "invalid format" || got.Parts.Unsupported != "carousel" {
		t.Errorf("a carousel: %+v", got)
	}
	meta.TemplateFaults = []channeltest.Fault{{}, {Code: 190, Status: 401}}
	if list, complete, err := keeper.Templates(t.Context()); err == nil || complete || list != nil {
		t.Errorf("a list that broke off: %v, %v, %v", list, complete, err)
	}
}

// What Parley submits is what Meta wants, comes back as it was, and can be deleted.
func TestSubmitTemplate(t *testing.T) {
	for _, row := range []struct {
		name  string
		parts crm.TemplateParts
	}{
		{"plain", crm.TemplateParts{Body: "We are closed today.", Examples: map[string]string{}}},
		{"everything", crm.TemplateParts{Header: crm.TemplateHeader{Format: crm.HeaderText, Text: "Order {{1}}"}, Body: "Hi {{1}}, {{2}} is ready.", Footer: "Rosas",
			Buttons: []crm.TemplateButton{{Kind: crm.QuickReply, Text: "Thanks"}, {Kind: crm.OpenURL, Text: "See it", URL: "https://x.example/{{1}}"},
				{Kind: crm.CallPhone, Text: "Call us", Phone: "+447700900999"}},
			Examples: map[string]string{"header.1": "12", "1": "Ann", "2": "The pot", "button.1.1": "o/12"}}},
		{"names", crm.TemplateParts{Body: "Hi {{first_name}}, {{thing}} is ready.", Examples: map[string]string{"first_name": "Ann", "thing": "The pot"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			meta := channeltest.NewMeta()
			keeper := providers[0].open(t, meta, meta.Settings()).(channel.TemplateKeeper)
			draft := crm.Template{Name: "order_ready", Language: "en_GB", Category: crm.Utility, Parts: row.parts}
			if problems := draft.CheckDraft(); problems != nil {
				t.Fatal(problems)
			}
			made, err := keeper.SubmitTemplate(t.Context(), draft)
			if err != nil {
				t.Fatal(err)
			}
			if made.ExternalID == "" || made.Status != crm.TemplatePending {
				t.Errorf("made %+v", made)
			}
			list, _, err := keeper.Templates(t.Context())
			if err != nil || len(list) != 1 {
				t.Fatalf("%v, %v", list, err)
			}
			if diff := cmp.Diff(made, list[0]); diff != "" {
				t.Errorf("(-made +listed):\n%s", diff)
			}
			edited := made
			edited.Parts.Body += " Always."
			if edited, err = keeper.EditTemplate(t.Context(), edited); err != nil {
				t.Fatal(err)
			}
			if list, _, _ = keeper.Templates(t.Context()); len(list) != 1 || edited.Parts.Body == made.Parts.Body || edited.ExternalID != made.ExternalID {
				t.Errorf("edited %+v of %d", edited, len(list))
			} else if diff := cmp.Diff(edited, list[0]); diff != "" {
				t.Errorf("(-edited +listed):\n%s", diff)
			}
			for range 2 { // the second finds nothing, which is as good
				if err := keeper.DeleteTemplate(t.Context(), made); err != nil {
					t.Fatal(err)
				}
			}
			if len(meta.Templates()) != 0 {
				t.Error("it is still there")
			}
		})
	}
}
