package inbox_test

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// withMeta has the world's WhatsApp channel speak with an emulator of Meta.
func withMeta(t *testing.T, w *apptest.World) *channeltest.Meta {
	t.Helper()
	meta := channeltest.NewMeta()
	server := httptest.NewServer(meta)
	t.Cleanup(server.Close)
	open := w.Inbox.Open
	w.Inbox.Open = func(ch store.Channel) (channel.Channel, error) {
		if ch.ID == w.WhatsApp.ID {
			return whatsapp.Open(channel.Config{Settings: meta.Settings(), BaseURL: server.URL, WebhookURL: "https://parley.example/hooks/1"}), nil
		}
		return open(ch)
	}
	return meta
}

func metaTemplate(name, text string) channeltest.MetaTemplate {
	return channeltest.MetaTemplate{Name: name, Language: "en", Category: "UTILITY", Components: []channeltest.MetaComponent{
		{Type: "BODY", Text: text, Example: json.RawMessage(`{"body_text":[["Ann"]]}`)}}}
}

func syncTemplates(t *testing.T, w *apptest.World) string {
	t.Helper()
	problem, err := w.Inbox.SyncTemplates(t.Context(), w.M.BusinessID, w.WhatsApp.ID)
	if err != nil {
		t.Fatal(err)
	}
	return problem
}

// shown are the templates there are, in a line each.
func shown(t *testing.T, w *apptest.World) []string {
	t.Helper()
	list, err := w.Inbox.Templates(t.Context(), w.A, "")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, t := range list {
		lines = append(lines, strings.Join([]string{t.Name, t.Language, string(t.Category), string(t.Status), string(t.Quality), t.Parts.Body}, " "))
	}
	return lines
}

// Templates are kept in step with Meta, whichever way they change over there.
func TestSyncTemplates(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		meta := withMeta(t, w)
		meta.TemplatePage = 1
		meta.AddTemplate(metaTemplate("a", "Hi {{1}}."))
		b := meta.AddTemplate(metaTemplate("b", "Hello {{1}}."))
		expect := func(why string, want ...string) {
			t.Helper()
			if got := shown(t, w); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", why, got, want)
			}
		}
		syncTemplates(t, w)
		expect("at first", "a en utility approved unknown Hi {{1}}.", "b en utility approved unknown Hello {{1}}.")
		list, _ := w.Inbox.Templates(t.Context(), w.A, w.WhatsApp.ID)
		if _, err := w.Inbox.FillTemplate(t.Context(), w.M, list[1].ID, map[string]string{"1": "{{first_name|friend}}"}); err != nil {
			t.Fatal(err)
		}

		b.Category, b.Quality, b.Status = "MARKETING", &channeltest.MetaQuality{Score: "RED"}, "PAUSED"
		meta.AddTemplate(b)
		meta.RemoveTemplate("a")
		meta.TemplateFaults = []channeltest.Fault{{}, {Status: 500}}
		if problem := syncTemplates(t, w); problem != "" {
			t.Fatal(problem) // one page is left: it did not break off
		}
		expect("changed over there", "b en marketing paused red Hello {{1}}.")
		list, _ = w.Inbox.Templates(t.Context(), w.A, w.WhatsApp.ID)
		if list[0].Fills["1"] != "{{first_name|friend}}" {
			t.Errorf("what it is filled with went: %v", list[0].Fills)
		}

		meta.TemplateFaults = []channeltest.Fault{{Code: 10}}
		if problem := syncTemplates(t, w); problem == "" {
			t.Error("a refusal is not said")
		}
		expect("after a refusal nothing is lost", "b en marketing paused red Hello {{1}}.")
		syncs, err := w.Inbox.TemplateSyncs(t.Context(), w.M)
		if err != nil || syncs[w.WhatsApp.ID].Problem == "" {
			t.Errorf("%v, %v", syncs, err)
		}
	})
}

// Meta's news of a template is taken in at once, and repeats change nothing.
func TestTemplateNews(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		meta := withMeta(t, w)
		b := meta.AddTemplate(metaTemplate("b", "Hello {{1}}."))
		syncTemplates(t, w)
		asked := 0
		w.Inbox.SyncLater = func(*db.Tx, crm.ID, crm.ID) error { asked++; return nil }
		for _, row := range []struct {
			field, value string
			want         string
		}{
			{"message_template_status_update", `{"event":"PAUSED","message_template_id":` + b.ID + `,"message_template_name":"b","message_template_language":"en","reason":"LOW_QUALITY"}`, "b en utility paused unknown Hello {{1}}."},
			{"message_template_status_update", `{"event":"REINSTATED","message_template_id":"` + b.ID + `"}`, "b en utility approved unknown Hello {{1}}."},
			{"message_template_quality_update", `{"previous_quality_score":"GREEN","new_quality_score":"YELLOW","message_template_id":` + b.ID + `}`, "b en utility approved yellow Hello {{1}}."},
			{"template_category_update", `{"message_template_id":` + b.ID + `,"previous_category":"UTILITY","new_category":"MARKETING"}`, "b en marketing approved yellow Hello {{1}}."},
			{"template_category_update", `{"message_template_id":77,"new_category":"MARKETING"}`, "b en marketing approved yellow Hello {{1}}."},
		} {
			body := `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"` + row.field + `","value":` + row.value + `}]}]}`
			open, err := w.Inbox.Open(w.WhatsApp)
			if err != nil {
				t.Fatal(err)
			}
			items, err := open.Parse(channel.Call{Body: []byte(body), Now: w.Now()})
			if err != nil || len(items) != 1 {
				t.Fatalf("%s: %v, %v", row.value, items, err)
			}
			for range 2 {
				w.Receive(t, w.WhatsApp, items...)
				if got := shown(t, w); !slices.Equal(got, []string{row.want}) {
					t.Errorf("after %s: %q, want %q", row.value, got, row.want)
				}
			}
		}
		if asked != 2 {
			t.Errorf("a template that nobody knows was asked for %d times, want 2", asked)
		}
		w.Receive(t, w.WhatsApp, crm.Inbound{Template: &crm.InboundTemplate{ExternalID: b.ID, Gone: true}})
		if got := shown(t, w); len(got) != 0 {
			t.Errorf("deleted, and still there: %q", got)
		}
	})
}

// A template is submitted, comes back with Meta's word, and goes when it is deleted.
func TestSubmitAndDeleteTemplate(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		meta := withMeta(t, w)
		draft := crm.Template{ChannelID: w.WhatsApp.ID, Name: "visit", Language: "en", Category: crm.Utility,
			Parts: crm.TemplateParts{Body: "Hi {{1}}, we come at nine.", Examples: map[string]string{"1": "Ann"}}}
		made, err := w.Inbox.SubmitTemplate(t.Context(), w.M, draft, "")
		if err != nil || made.Status != crm.TemplatePending {
			t.Fatalf("%+v, %v", made, err)
		}
		if _, err := w.Inbox.SubmitTemplate(t.Context(), w.M, draft, ""); crm.KindOf(err) != crm.Invalid {
			t.Errorf("the same once more: %v", err)
		}
		if _, err := w.Inbox.SubmitTemplate(t.Context(), w.A, draft, ""); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent: %v", err)
		}
		draft.ChannelID, draft.Name, draft.Parts.Body = w.SMS.ID, "Visit", "{{1}}"
		_, err = w.Inbox.SubmitTemplate(t.Context(), w.M, draft, "")
		if e, ok := err.(*crm.Error); !ok || len(e.Fields) != 3 {
			t.Errorf("three things are wrong: %v", err)
		}
		draft.ChannelID, draft.Name, draft.Parts.Body = w.WhatsApp.ID, "other", "Hi {{1}}."
		meta.TemplateFaults = []channeltest.Fault{{Code: 100}}
		if _, err := w.Inbox.SubmitTemplate(t.Context(), w.M, draft, ""); crm.KindOf(err) != crm.Conflicting || !strings.Contains(err.Error(), "Ordered by the test") {
			t.Errorf("Meta said no: %v", err)
		}
		w.Sleep(time.Minute)
		syncTemplates(t, w)
		if got := shown(t, w); !slices.Equal(got, []string{"visit en utility pending unknown Hi {{1}}, we come at nine."}) {
			t.Errorf("%q", got)
		}
		if err := w.Inbox.DeleteTemplate(t.Context(), w.M, made.ID); err != nil {
			t.Fatal(err)
		}
		if len(shown(t, w)) != 0 || len(meta.Templates()) != 0 {
			t.Error("it is still there")
		}
	})
}

// A template that WhatsApp has judged is changed and judged anew, for every channel of its
// account; what it is filled with stays.
func TestEditTemplate(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		meta := withMeta(t, w)
		meta.AddTemplate(metaTemplate("visit", "Hi {{1}}, we come at nine."))
		carousel := metaTemplate("carousel", "Look.")
		carousel.Components = append(carousel.Components, channeltest.MetaComponent{Type: "CAROUSEL"})
		meta.AddTemplate(carousel)
		syncTemplates(t, w)
		list, err := w.Inbox.Templates(t.Context(), w.A, "")
		if err != nil {
			t.Fatal(err)
		}
		fixed, visit := list[0], list[1]
		fills := map[string]string{"1": "{{first_name|there}}"}
		if _, err := w.Inbox.FillTemplate(t.Context(), w.M, visit.ID, fills); err != nil {
			t.Fatal(err)
		}
		twin := visit // as another channel of the same account has it
		twin.ID, twin.ChannelID = crm.NewID(w.Now()), w.SMS.ID
		if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { store.PutTemplate(tx, twin); return nil }); err != nil {
			t.Fatal(err)
		}
		parts := crm.TemplateParts{Body: "Hi {{1}}, we come at ten.", Footer: "Rosas", Examples: map[string]string{"1": "Ann"}}
		refused := func(why string, who crm.Actor, id crm.ID, parts crm.TemplateParts, kind crm.Kind) {
			t.Helper()
			if _, err := w.Inbox.EditTemplate(t.Context(), who, id, parts, ""); crm.KindOf(err) != kind {
				t.Errorf("%s: %v", why, err)
			}
		}
		refused("an agent", w.A, visit.ID, parts, crm.Forbidden)
		refused("no such", w.M, crm.NewID(w.Now()), parts, crm.NotFound)
		refused("a part that is not known", w.M, fixed.ID, parts, crm.Conflicting)
		refused("a variable at the edge", w.M, visit.ID, crm.TemplateParts{Body: "{{1}}"}, crm.Invalid)
		meta.TemplateFaults = []channeltest.Fault{{Code: 100}}
		refused("Meta said no", w.M, visit.ID, parts, crm.Conflicting)
		if got := meta.Templates()[0].Status; got != "APPROVED" {
			t.Fatalf("refused, and Meta has it as %s", got)
		}
		edited, err := w.Inbox.EditTemplate(t.Context(), w.M, visit.ID, parts, "")
		if err != nil || edited.ID != visit.ID || edited.Status != crm.TemplatePending || edited.Fills["1"] != fills["1"] || edited.Parts.Footer != "Rosas" {
			t.Fatalf("%+v, %v", edited, err)
		}
		want := []string{"carousel en utility approved unknown Look.", "visit en utility pending unknown Hi {{1}}, we come at ten.", "visit en utility pending unknown Hi {{1}}, we come at ten."}
		if got := shown(t, w); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		refused("before it was judged", w.M, visit.ID, parts, crm.Conflicting)
		log, _, err := w.Team.Audit(t.Context(), w.M, store.AuditFilter{Kind: crm.AuditChannels}, nil, 1)
		if err != nil || log[0].Type != crm.TemplateChanged || log[0].Note != "visit (en): submitted again" {
			t.Errorf("the log says %+v, %v", log, err)
		}
		again := meta.Templates()[0]
		again.Status = "REJECTED"
		meta.AddTemplate(again)
		w.Sleep(time.Minute)
		syncTemplates(t, w)
		meta.TemplateFaults = []channeltest.Fault{{}, {Status: 500}} // it is taken, and cannot be read after that
		if edited, err = w.Inbox.EditTemplate(t.Context(), w.M, visit.ID, parts, ""); err != nil || edited.Status != crm.TemplatePending || edited.Reason != "" {
			t.Errorf("not read after it was taken: %+v, %v", edited, err)
		}
	})
}
