package web

import (
	"time"

	"parley/internal/app/broadcasts"
	"parley/internal/crm"
	"parley/internal/store"
)

// broadcastSamples are the views of broadcasts.
func broadcastSamples() map[string]view {
	channel := store.Channel{ID: "c1", Name: "SMS of " + hostile, Family: crm.SMS, Active: true}
	at := clock.Now.Add(-20 * time.Minute)
	row := func(status crm.BroadcastStatus, name string) broadcasts.Row {
		return broadcasts.Row{Channel: channel, Broadcast: &crm.Broadcast{ID: crm.ID("b-" + string(status)), Name: name, ChannelID: "c1", Status: status, ByName: "Priya", UserID: "u1",
			CreatedAt: at.Add(-time.Hour), Text: "Hello {{first_name|there}}", Audience: crm.Audience{AnyTags: []crm.ID{"t1"}}}}
	}
	draft, later, running, paused := row(crm.BroadcastDraft, "Spring"), row(crm.BroadcastScheduled, "Summer"), row(crm.BroadcastRunning, "Autumn "+hostile), row(crm.BroadcastPaused, "Winter")
	later.StartAt = clock.Now.Add(48 * time.Hour)
	for _, b := range []broadcasts.Row{running, paused} {
		b.StartedAt, b.FrozenAt = at, at.Add(time.Second)
	}
	running.Counts = crm.BroadcastCounts{ByStatus: map[crm.MessageStatusValue]int{crm.Queued: 312, crm.Sent: 90, crm.Delivered: 340, crm.Read: 210, crm.Failed: 12, crm.Unknown: 3, crm.Skipped: 41}, Replied: 18, MayRetry: 4}
	paused.Counts = crm.BroadcastCounts{ByStatus: map[crm.MessageStatusValue]int{crm.Queued: 5, crm.Sent: 5}}
	paused.Problem = "The tag Gold, by which its people were chosen, was deleted."
	look := BroadcastLook{Broadcast: draft.Broadcast, SMS: true, Preflight: broadcasts.Preflight{WillSend: 1204, Skipped: map[crm.SkipReason]int{crm.SkipOptedOut: 12, crm.SkipArchived: 3, crm.SkipNotVisible: 1}},
		Samples: []broadcasts.Sample{{Name: "Priya Shah", Address: "+447400123456", Text: "Hello Priya"}, {Name: hostile, Address: "+447400123457", Text: "Hello 👋 " + hostile, Missing: []string{"business_name"}},
			{Name: "Ana", Address: "+447400123458", Skip: crm.SkipEmpty}}}
	chart := broadcasts.Chart{Stretch: time.Minute}
	for i := range 20 {
		chart.Moments = append(chart.Moments, store.Moment{At: at.Add(time.Duration(i) * time.Minute), Sent: 30, Delivered: 25, Read: 10})
	}
	people := []broadcasts.Person{
		{Name: "Priya Shah", Recipient: crm.Recipient{ID: "r1", ContactID: "p1", Address: "+447400123456", Status: crm.Read, SentAt: at, ReadAt: at.Add(time.Minute), RepliedAt: at.Add(2 * time.Minute)}},
		{Name: hostile, Recipient: crm.Recipient{ID: "r2", ContactID: "p2", Address: "+447400123457", Status: crm.Failed, RetryAt: at.Add(48 * time.Hour), Error: "Out of reach " + hostile, ClaimedAt: at}},
		{Name: "Ana", Recipient: crm.Recipient{ID: "r3", ContactID: "p3", Address: "+447400123458", Status: crm.Unknown, Error: "The connection broke.", ClaimedAt: at}},
		{Recipient: crm.Recipient{ID: "r4", Status: crm.Skipped, Skip: crm.SkipNotVisible}}}
	progress := BroadcastProgress{BroadcastLine: BroadcastLine{clock, running}, Chart: chart}
	form := BroadcastForm{Shell: sampleShell("broadcasts", "New broadcast"), Form: Form{Values: map[string]string{"when": "later", "quiet": "yes"}, Errors: map[string]string{"start_at": "This time is over.", "audience": "Say who is meant."}},
		Broadcast: &crm.Broadcast{ChannelID: "c1", Audience: crm.Audience{ContactIDs: []crm.ID{"p1"}}}, Channels: []store.Channel{channel}, Family: crm.SMS, Fields: crm.MergeFieldsWith(nil), Zone: "Europe/London", Look: look,
		Views: []crm.View{{ID: "v1", Name: hostile}}, Query: "tag=t1", Chips: []Chip{{Label: "Tag", Text: hostile}}}
	for _, name := range []string{"any_tags", "all_tags", "not_tags"} {
		form.Pickers = append(form.Pickers, NamedPicker{Name: name, Label: "With " + name, TagPicker: TagPicker{All: sampleTags, Chosen: sampleTags[:1]}})
	}
	whatsApp := form
	whatsApp.Family, whatsApp.Form = crm.WhatsApp, Form{}
	whatsApp.Broadcast = &crm.Broadcast{ID: "b1", ChannelID: "c1", Template: &crm.TemplateChoice{Name: "visit", Language: "en", Variables: map[string]string{"1": "{{first_name|there}}"}}}
	whatsApp.Templates = []crm.Template{{Name: "visit", Language: "en", Status: crm.TemplateApproved, Parts: crm.TemplateParts{Body: "Hello {{1}}, we come."}}}
	return map[string]view{
		"broadcasts":               BroadcastsPage{Shell: sampleShell("broadcasts", "Broadcasts"), Items: []BroadcastLine{{clock, running}, {clock, later}, {clock, draft}, {clock, paused}}, Next: "/broadcasts?after=x"},
		"broadcasts-none":          BroadcastsPage{Shell: sampleShell("broadcasts", "Broadcasts")},
		"broadcast":                BroadcastPage{Shell: sampleShell("broadcasts", running.Name), BroadcastProgress: progress, People: BroadcastPeople{Clock: clock, Broadcast: running.ID, List: people, Next: "/broadcasts/b1?after=50"}, Tags: sampleTags},
		"broadcast-skipped":        BroadcastPage{Shell: sampleShell("broadcasts", paused.Name), BroadcastProgress: BroadcastProgress{BroadcastLine: BroadcastLine{clock, paused}, Filter: PeopleFilter{Status: crm.Skipped}}, Skips: map[crm.SkipReason]int{crm.SkipArchived: 2}},
		"broadcast-progress":       progress,
		"broadcast-rows":           BroadcastPeople{Clock: clock, Broadcast: running.ID, List: people},
		"broadcast-look":           look,
		"broadcast-form":           form,
		"broadcast-form-whatsapp":  whatsApp,
		"broadcast-review":         BroadcastReview{Shell: sampleShell("broadcasts", draft.Name), BroadcastLine: BroadcastLine{clock, draft}, Look: look, Form: Form{Values: map[string]string{"to": "+447400123456"}, Hints: map[string]string{"to": "Sent."}}},
		"broadcast-review-planned": BroadcastReview{Shell: sampleShell("broadcasts", later.Name), BroadcastLine: BroadcastLine{clock, later}, Look: look},
		"broadcast-left-out":       LeftOutPage{Shell: sampleShell("broadcasts", draft.Name), Broadcast: draft, Reason: crm.SkipOptedOut, People: people, Next: "/broadcasts/b1/people?after=x"},
	}
}
