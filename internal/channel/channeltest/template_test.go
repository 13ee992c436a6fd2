package channeltest_test

import (
	"encoding/json"
	"fmt"
	"strings"
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
	if got := list[5]; got.Status != crm.TemplateRejected || !strings.HasPrefix(got.Reason, "Something in it") || got.Parts.Unsupported != "carousel" {
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
			made, err := keeper.SubmitTemplate(t.Context(), draft, "")
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
			if edited, err = keeper.EditTemplate(t.Context(), edited, ""); err != nil {
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

// A header with a file is submitted with an example that was handed over before, and edited
// with the same one or another.
func TestHeaderWithFile(t *testing.T) {
	for _, row := range []struct {
		format  crm.HeaderFormat
		file    crm.OutboundFile
		another crm.OutboundFile
	}{
		{crm.HeaderImage, file("vase.jpg", "image/jpeg", "\xff\xd8\xff a vase"), file("pot.png", "image/png", "\x89PNG\r\n\x1a\n a pot")},
		{crm.HeaderVideo, file("film.mp4", "video/mp4", "\x00\x00\x00\x20ftypisom a film"), file("b.mp4", "video/mp4", "\x00\x00\x00\x20ftypmp42 b")},
		{crm.HeaderDocument, file("price list & more.pdf", "application/pdf", "%PDF-1.7 prices"), file("b.pdf", "application/pdf", "%PDF-1.4 b")},
	} {
		t.Run(string(row.format), func(t *testing.T) {
			meta := channeltest.NewMeta()
			keeper := providers[0].open(t, meta, meta.Settings()).(channel.TemplateKeeper)
			draft := crm.Template{Name: "spring", Language: "en", Category: crm.Marketing, Parts: crm.TemplateParts{
				Header: crm.TemplateHeader{Format: row.format}, Body: "It is here.", Examples: map[string]string{}}}
			if problems := draft.CheckDraft(); problems != nil {
				t.Fatal(problems)
			}
			for _, handle := range []string{"", "4::made:up"} {
				if _, err := keeper.SubmitTemplate(t.Context(), draft, handle); err == nil {
					t.Errorf("submitted with the example %q", handle)
				}
			}
			handle, err := keeper.UploadExample(t.Context(), row.file)
			if err != nil {
				t.Fatal(err)
			}
			made, err := keeper.SubmitTemplate(t.Context(), draft, handle)
			if err != nil {
				t.Fatal(err)
			}
			list, _, err := keeper.Templates(t.Context())
			if err != nil || len(list) != 1 {
				t.Fatalf("%v, %v", list, err)
			}
			if diff := cmp.Diff(made, list[0]); diff != "" {
				t.Errorf("(-made +listed):\n%s", diff)
			}
			for i, get := range []func() (string, error){
				func() (string, error) { return keeper.KeepExample(t.Context(), made) },
				func() (string, error) { return keeper.UploadExample(t.Context(), row.another) },
			} {
				if handle, err = get(); err != nil {
					t.Fatalf("edit %d: %v", i, err)
				}
				made.Parts.Body += " Still."
				if edited, err := keeper.EditTemplate(t.Context(), made, handle); err != nil || edited.Parts.Header.Format != row.format || edited.Parts.Body != made.Parts.Body {
					t.Errorf("edit %d: %+v, %v", i, edited, err)
				}
			}
			examples := meta.Examples()
			if len(examples) != 3 || string(examples[0].Data) != string(row.file.Bytes) || string(examples[1].Data) != string(row.file.Bytes) || string(examples[2].Data) != string(row.another.Bytes) || examples[2].ContentType != row.another.Type {
				t.Errorf("handed over: %q", examples)
			}
		})
	}
}

func file(name, kind, content string) crm.OutboundFile {
	return crm.OutboundFile{Media: crm.Media{Name: name, Type: kind, Size: int64(len(content))}, Bytes: []byte(content)}
}

// Whatever befalls an example on its way, it may be handed over once more.
func TestExampleThatIsNotTaken(t *testing.T) {
	meta := channeltest.NewMeta()
	keeper := providers[0].open(t, meta, meta.Settings()).(channel.TemplateKeeper)
	vase := file("vase.jpg", "image/jpeg", "\xff\xd8\xff a vase")
	ok := channeltest.Fault{}
	for step := range 3 {
		for _, row := range []struct {
			name  string
			fault channeltest.Fault
			want  channel.Outcome
		}{
			{"refused", channeltest.Fault{Code: 100}, channel.Refused},
			{"not allowed", channeltest.Fault{Code: 200, Status: 403}, channel.Dead},
			{"a fault", channeltest.Fault{Status: 500}, channel.NotSent},
			{"too fast", channeltest.Fault{Code: 4}, channel.NotSent},
			{"cut", channeltest.Fault{Cut: channeltest.BeforeCommit}, channel.NotSent},
		} {
			meta.OrderUploadFaults(append([]channeltest.Fault{ok, ok}[:step], row.fault, row.fault)...) // a GET that is cut is asked once more by net/http
			handle, err := keeper.UploadExample(t.Context(), vase)
			if failed := sendError(t, err, meta.AccessToken); failed.Outcome != row.want || handle != "" || meta.UploadFaultsLeft() > 1 {
				t.Errorf("step %d, %s: %q, %+v", step, row.name, handle, failed)
			}
		}
	}
	meta.OrderUploadFaults()
	if n := len(meta.Examples()); n != 0 {
		t.Errorf("%d examples were taken", n)
	}
	if _, err := keeper.UploadExample(t.Context(), vase); err != nil {
		t.Error(err)
	}
	none := crm.Template{ExternalID: meta.AddTemplate(channeltest.MetaTemplate{Name: "a", Language: "en", Category: "UTILITY",
		Components: []channeltest.MetaComponent{{Type: "HEADER", Format: "IMAGE"}, {Type: "BODY", Text: "Look."}}}).ID, Parts: crm.TemplateParts{Header: crm.TemplateHeader{Format: crm.HeaderImage}}}
	_, err := keeper.KeepExample(t.Context(), none)
	if failed := sendError(t, err, meta.AccessToken); failed.Outcome != channel.Refused || failed.Code != "no example" {
		t.Errorf("a template without an example: %+v", failed)
	}
	elsewhere := crm.Template{ExternalID: meta.AddTemplate(channeltest.MetaTemplate{Name: "b", Language: "en", Category: "UTILITY", Components: []channeltest.MetaComponent{
		{Type: "HEADER", Format: "IMAGE", Example: json.RawMessage(`{"header_handle":["http://169.254.169.254/latest"]}`)}, {Type: "BODY", Text: "Look."}}}).ID, Parts: none.Parts}
	_, err = keeper.KeepExample(t.Context(), elsewhere)
	if failed := sendError(t, err, meta.AccessToken); failed.Outcome != channel.Refused || failed.Code != "address" {
		t.Errorf("an example elsewhere: %+v", failed)
	}
}
