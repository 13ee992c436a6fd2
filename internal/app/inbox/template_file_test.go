package inbox_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
	"parley/internal/store"
)

const pdf = "%PDF-1.7 prices"

// bring keeps a file as the example of a header.
func bring(t *testing.T, w *apptest.World, who crm.Actor, name, content string) crm.ID {
	t.Helper()
	f, err := w.Inbox.BringTemplateFile(t.Context(), who, name, strings.NewReader(content))
	must(t, err)
	return f.ID
}

var withPicture = crm.Template{Name: "spring", Language: "en", Category: crm.Marketing, Parts: crm.TemplateParts{Header: crm.TemplateHeader{Format: crm.HeaderImage}, Body: "It is here."}}

// A template with a file at its head is submitted with its example or not at all.
func TestSubmitTemplateWithFile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		meta := withMeta(t, w)
		draft := withPicture
		draft.ChannelID = w.WhatsApp.ID
		if _, err := w.Inbox.BringTemplateFile(t.Context(), w.A, "vase.jpg", strings.NewReader(jpeg)); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent brings a file: %v", err)
		}
		if _, err := w.Inbox.BringTemplateFile(t.Context(), w.M, "vase.png", strings.NewReader(jpeg)); code(err) != "file wrong_type" {
			t.Errorf("a file that lies: %v", err)
		}
		vase, prices := bring(t, w, w.M, `C:\pictures\vase.jpg`, jpeg), bring(t, w, w.M, "prices.pdf", pdf)
		other := w.M
		other.UserID = w.A.UserID
		theirs := bring(t, w, other, "pot.jpg", jpeg)
		for _, row := range []struct {
			name string
			file crm.ID
			make func(*crm.Template)
			want string
		}{
			{"no file", "", nil, "header_file required"},
			{"no such file", crm.NewID(w.Now()), nil, "header_file unknown_file"},
			{"no id", "a\x00b", nil, "header_file unknown_file"},
			{"somebody else's", theirs, nil, "header_file unknown_file"},
			{"of another kind", prices, nil, "header_file wrong_kind"},
			{"beside a line", vase, func(t *crm.Template) { t.Parts.Header = crm.TemplateHeader{Format: crm.HeaderText, Text: "Look"} }, "header_file not_with_text"},
			{"no text", vase, func(t *crm.Template) { t.Parts.Body = "" }, "body required"},
			{"another channel", vase, func(t *crm.Template) { t.ChannelID = w.SMS.ID }, "channel_id no_templates"},
		} {
			wrong := draft
			if row.make != nil {
				row.make(&wrong)
			}
			if _, err := w.Inbox.SubmitTemplate(t.Context(), w.M, wrong, row.file); code(err) != row.want {
				t.Errorf("%s: %v, want %s", row.name, err, row.want)
			}
		}
		meta.OrderUploadFaults(channeltest.Fault{}, channeltest.Fault{}, channeltest.Fault{Code: 100})
		if _, err := w.Inbox.SubmitTemplate(t.Context(), w.M, draft, vase); code(err) != "header_file provider_refused" || !strings.Contains(err.Error(), "Ordered by the test") {
			t.Errorf("Meta does not take the file: %v", err)
		}
		meta.OrderUploadFaults(channeltest.Fault{Code: 190, Status: 401})
		if _, err := w.Inbox.SubmitTemplate(t.Context(), w.M, draft, vase); crm.KindOf(err) != crm.Conflicting {
			t.Errorf("a dead token: %v", err)
		}
		for _, away := range []channeltest.Fault{{Status: 500}, {Cut: channeltest.BeforeCommit}} {
			meta.OrderUploadFaults(channeltest.Fault{}, channeltest.Fault{}, away)
			if _, err := w.Inbox.SubmitTemplate(t.Context(), w.M, draft, vase); crm.KindOf(err) != crm.Unavailable {
				t.Errorf("Meta is away: %v", err)
			}
		}
		if len(meta.Examples()) != 0 || len(meta.Templates()) != 0 || len(shown(t, w)) != 0 {
			t.Fatalf("half of it was done: %d examples, %v, %v", len(meta.Examples()), meta.Templates(), shown(t, w))
		}
		made, err := w.Inbox.SubmitTemplate(t.Context(), w.M, draft, vase)
		must(t, err)
		if made.Status != crm.TemplatePending || made.Parts.Header.Format != crm.HeaderImage || string(meta.Examples()[0].Data) != jpeg {
			t.Errorf("%+v, %v", made, meta.Examples())
		}
		draft.Name, draft.Parts.Header = "prices", crm.TemplateHeader{} // the file says what the header is
		if made, err = w.Inbox.SubmitTemplate(t.Context(), w.M, draft, prices); err != nil || made.Parts.Header.Format != crm.HeaderDocument {
			t.Errorf("%+v, %v", made, err)
		}
		w.Sleep(25 * time.Hour)
		must(t, w.Inbox.Settle(t.Context()))
		draft.Name = "late"
		if _, err := w.Inbox.SubmitTemplate(t.Context(), w.M, draft, prices); code(err) != "header_file unknown_file" {
			t.Errorf("after a day: %v", err)
		}
	})
}

// What a template has at its head stays, or another file takes its place.
func TestEditTemplateWithFile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		meta := withMeta(t, w)
		draft := withPicture
		draft.ChannelID = w.WhatsApp.ID
		made, err := w.Inbox.SubmitTemplate(t.Context(), w.M, draft, bring(t, w, w.M, "vase.jpg", jpeg))
		must(t, err)
		pot, prices := bring(t, w, w.M, "pot.jpg", jpeg+" pot"), bring(t, w, w.M, "prices.pdf", pdf)
		edit := func(parts crm.TemplateParts, file crm.ID) error {
			t.Helper()
			approved := meta.Templates()[0]
			approved.Status = "APPROVED"
			meta.AddTemplate(approved)
			w.Sleep(time.Minute)
			syncTemplates(t, w)
			_, err := w.Inbox.EditTemplate(t.Context(), w.M, made.ID, parts, file)
			return err
		}
		parts := made.Parts
		parts.Body = "It is here again."
		must(t, edit(parts, ""))
		must(t, edit(parts, pot))
		parts.Header.Format = crm.HeaderDocument
		if err := edit(parts, ""); code(err) != "header_file required" {
			t.Errorf("of another kind, without a file: %v", err)
		}
		if err := edit(parts, pot); code(err) != "header_file wrong_kind" {
			t.Errorf("of another kind, with a picture: %v", err)
		}
		must(t, edit(parts, prices))
		var data []string
		for _, f := range meta.Examples() {
			data = append(data, string(f.Data))
		}
		if !slices.Equal(data, []string{jpeg, jpeg, jpeg + " pot", pdf}) || meta.Templates()[0].Components[0].Format != "DOCUMENT" {
			t.Errorf("handed over %q, now %+v", data, meta.Templates()[0])
		}
		lost := meta.Templates()[0]
		lost.Components[0].Example = nil
		meta.AddTemplate(lost)
		if err := edit(parts, ""); code(err) != "header_file provider_refused" {
			t.Errorf("Meta has no example: %v", err)
		}
		if got := meta.Templates()[0].Status; got != "APPROVED" {
			t.Errorf("refused, and Meta has it as %s", got)
		}
	})
}

// left is a keeper whose caller goes away right when Meta has taken what was asked.
type left struct {
	*whatsapp.Channel
	leave context.CancelFunc
}

func (l left) SubmitTemplate(ctx context.Context, t crm.Template, example string) (crm.Template, error) {
	defer l.leave()
	return l.Channel.SubmitTemplate(ctx, t, example)
}

func (l left) EditTemplate(ctx context.Context, t crm.Template, example string) (crm.Template, error) {
	defer l.leave()
	return l.Channel.EditTemplate(ctx, t, example)
}

func (l left) DeleteTemplate(ctx context.Context, t crm.Template) error {
	defer l.leave()
	return l.Channel.DeleteTemplate(ctx, t)
}

// What Meta took is written down with who asked for it, also where they did not wait.
func TestTemplateOfOneWhoLeft(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		meta := withMeta(t, w)
		open := w.Inbox.Open
		var leave context.CancelFunc
		asks := func() (ctx context.Context) {
			ctx, leave = context.WithCancel(t.Context())
			t.Cleanup(leave)
			return ctx
		}
		w.Inbox.Open = func(ch store.Channel) (channel.Channel, error) {
			c, err := open(ch)
			if meta, ok := c.(*whatsapp.Channel); ok {
				c = left{meta, leave}
			}
			return c, err
		}
		draft := withPicture
		draft.ChannelID = w.WhatsApp.ID
		made, err := w.Inbox.SubmitTemplate(asks(), w.M, draft, bring(t, w, w.M, "vase.jpg", jpeg))
		must(t, err)
		approved := meta.Templates()[0]
		approved.Status = "APPROVED"
		meta.AddTemplate(approved)
		w.Sleep(time.Minute)
		syncTemplates(t, w)
		_, err = w.Inbox.EditTemplate(asks(), w.M, made.ID, made.Parts, "")
		must(t, err)
		must(t, w.Inbox.DeleteTemplate(asks(), w.M, made.ID))
		log, _, err := w.Team.Audit(t.Context(), w.M, store.AuditFilter{Kind: crm.AuditChannels}, nil, 10)
		must(t, err)
		var told []crm.EventType
		for _, e := range log {
			if e.ActorID == w.M.UserID && strings.HasPrefix(string(e.Type), "template.") {
				told = append(told, e.Type)
			}
		}
		if want := []crm.EventType{crm.TemplateDeleted, crm.TemplateChanged, crm.TemplateSubmitted}; !slices.Equal(told, want) {
			t.Errorf("the log says %v of them, want %v", told, want)
		}
	})
}
