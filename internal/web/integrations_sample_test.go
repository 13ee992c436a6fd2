package web

import (
	"time"

	"parley/internal/app/accounts"
	"parley/internal/connector"
	"parley/internal/connector/xero"
	"parley/internal/crm"
	"parley/internal/store"
)

func sampleConnection(state crm.ConnectionState, change func(*accounts.Overview)) ConnectionRow {
	o := accounts.Overview{Connection: crm.Connection{ID: sampleID(800), Provider: "xero", State: state, Name: "Acme " + hostile, Following: true, ConnectedAt: ago(48 * time.Hour)}, Kind: xero.Kind, Linked: 1204, Invoices: 88, Review: 3, CallsToday: 41,
		Feeds: map[crm.FeedKind]store.Feed{crm.FeedContacts: {OKAt: ago(4 * time.Minute), PollAt: clock.Now.Add(11 * time.Minute), Run: crm.SyncRun{Mode: crm.SyncPoll, StartedAt: ago(5 * time.Minute), EndedAt: ago(4 * time.Minute),
			Counts: crm.SyncCounts{crm.SyncNew: 2, crm.SyncUpdated: 5, crm.SyncUnchanged: 90, crm.SyncReview: 3}}}}}
	if change != nil {
		change(&o)
	}
	return ConnectionRow{clock, o}
}

func integrationSamples() map[string]view {
	frame := func(title string) Settings { return sampleSettings("settings", "integrations", title) }
	page := func(row ConnectionRow, problem string) IntegrationPage {
		return IntegrationPage{Settings: frame("Xero"), ConnectionState: ConnectionState{row}, Error: problem}
	}
	with := func(f func(*store.Feed)) func(*accounts.Overview) {
		return func(o *accounts.Overview) {
			o.Following, o.Review = false, 0
			feed := o.Feeds[crm.FeedContacts]
			feed.OKAt = time.Time{}
			f(&feed)
			o.Feeds[crm.FeedContacts] = feed
		}
	}
	fresh := sampleConnection(crm.Connected, with(func(f *store.Feed) { f.Run = crm.SyncRun{} }))
	looking := sampleConnection(crm.Connected, with(func(f *store.Feed) { f.Running, f.Run.Mode = true, crm.SyncPreview }))
	looked := sampleConnection(crm.Connected, with(func(f *store.Feed) { f.Run.Mode = crm.SyncPreview }))
	choices := sampleConnection(crm.Connecting, func(o *accounts.Overview) {
		o.Name, o.ConnectedAt, o.Choices = "", time.Time{}, []crm.Organisation{{ID: "1", Name: "Acme Ltd"}, {ID: "2", Name: hostile}}
	})
	unfinished := sampleConnection(crm.Connecting, func(o *accounts.Overview) {
		o.Name, o.ConnectedAt, o.Problem = "", time.Time{}, "The permission was not given there."
	})
	dead := sampleConnection(crm.Reconnect, func(o *accounts.Overview) {
		o.Problem = "The permission was taken back or has expired. Connect it again."
	})
	done := sampleConnection(crm.Connected, func(o *accounts.Overview) { o.Review = 0; o.Push = true })
	preview := SyncPreviewPage{Settings: frame("Preview of Xero"), ConnectionRow: looked, Next: "/settings/integrations/x/preview?after=100", Rows: []SyncPreviewRow{
		{crm.PreviewRow{Name: hostile, Outcome: crm.SyncNew, Changes: []crm.Change{{Field: "first_name", Old: "", New: "Hiro"}}}},
		{crm.PreviewRow{Name: "Jo", Outcome: crm.SyncUpdated, ContactID: sampleID(101), Changes: []crm.Change{{Field: "contact_address.city", Old: "Leeds", New: "York"}}}},
		{crm.PreviewRow{Name: "Cash sale", Outcome: crm.SyncReview, Reason: "It has neither a phone nor an e-mail that can be used."}},
		{crm.PreviewRow{Outcome: crm.SyncLeftOut, Reason: "A supplier."}}}}
	item := func(n int, reason crm.ReviewReason, contacts ...*crm.Contact) SyncReviewRow {
		return SyncReviewRow{ReviewItem: crm.ReviewItem{ID: sampleID(n), Reason: reason, Detail: "It fits " + hostile + ".", Name: "Bramley", URL: "https://go.xero.com/Contacts/View/1", Values: crm.Values{"first_name": "Owen", "phone": "+447700900152"},
			Fields: []crm.Disagreement{{Field: "email", Ours: "", Theirs: hostile}}}, Kind: xero.Kind, Contacts: contacts}
	}
	jo, kim := &crm.Contact{ID: sampleID(101), FirstName: "Jo", LastName: hostile}, &crm.Contact{ID: sampleID(102), FirstName: "Kim"}
	review := SyncReviewPage{Settings: frame("To review"), ConnectionRow: done, Next: "/settings/integrations/x/review?after=1", Items: []SyncReviewRow{
		item(811, crm.ReviewAmbiguous, jo, kim), item(812, crm.ReviewConflict, jo), item(813, crm.ReviewMerged, jo, kim), item(814, crm.ReviewNoIdentity), item(815, crm.ReviewDamaged)}}
	sent := SentPage{Settings: frame("Sent to Xero"), ConnectionRow: done, Rows: []SentRow{
		{clock, crm.Pushed{ID: sampleID(821), State: crm.PushSent, At: ago(time.Hour), Values: crm.Values{"email": "a@b.example", "phone": ""}}, jo, ""},
		{clock, crm.Pushed{ID: sampleID(822), State: crm.PushRefused, Code: "name_taken", Reason: "The contact name " + hostile + " is taken.", At: ago(time.Hour), Values: crm.Values{"as": "x"}}, kim, "Kim (…0152)"},
		{clock, crm.Pushed{ID: sampleID(824), State: crm.PushRefused, Code: "email_taken", Reason: "Contact 7 has the e-mail " + hostile + " already.", At: ago(time.Hour), Values: crm.Values{"contact_address.country": "GB"}}, kim, ""},
		{clock, crm.Pushed{ID: sampleID(823), State: crm.PushWaiting, At: ago(time.Minute)}, nil, ""}}}
	offer := ConnectionOffer{xero.Kind, true}
	return map[string]view{
		"integrations": IntegrationsPage{Settings: frame("Integrations"), Connections: []ConnectionRow{done, dead, unfinished, sampleConnection(crm.Disconnected, nil), sampleConnection(crm.Connected, nil)},
			Offers: []ConnectionOffer{offer, {connector.Kind{Name: "other", Title: "Other"}, false}}},
		"broken-mark":             BrokenMark{[]string{"Xero, " + hostile}},
		"integration-new":         NewIntegrationPage{Settings: frame("Connect Xero"), Offer: offer},
		"integration-new-unready": NewIntegrationPage{Settings: frame("Connect Xero"), Offer: ConnectionOffer{xero.Kind, false}, Hook: "https://parley.example/hooks/xero", Back: "https://parley.example/oauth/callback/xero"},
		"integration-leaving":     DeparturePage{Settings: frame("Connect Xero"), Title: "Xero", Address: "https://login.xero.com/identity/connect/authorize?state=x"},
		"integration":             page(sampleConnection(crm.Connected, nil), ""),
		"integration-fresh":       page(fresh, "It is not connected."),
		"integration-choices":     page(choices, ""),
		"integration-unfinished":  page(unfinished, ""),
		"integration-dead":        page(dead, ""),
		"integration-ended":       page(sampleConnection(crm.Disconnected, func(o *accounts.Overview) { o.EndedAt = ago(time.Hour) }), ""),
		"integration-looked":      page(looked, ""),
		"integration-state":       ConnectionState{looking},
		"sync-preview":            preview,
		"sync-review":             review,
		"sync-review-none":        SyncReviewPage{Settings: frame("To review"), ConnectionRow: done},
		"sync-ignored": IgnoredPage{Settings: frame("Ignored"), ConnectionRow: sampleConnection(crm.Connected, func(o *accounts.Overview) { o.Ignored, o.Erased = 3, 2 }), Next: "/settings/integrations/x/ignored?after=1.x",
			Taken: crm.SyncCounts{crm.SyncNew: 2, crm.SyncReview: 1, "": 1}, Items: []IgnoredRow{
				{clock, crm.Link{RemoteID: "0e7e-" + hostile, Name: hostile, URL: "https://go.xero.com/Contacts/View/1", Base: crm.Values{"phone": "+447700900152", "email": "a@b.example"}, UpdatedAt: ago(time.Hour)}},
				{clock, crm.Link{RemoteID: "invoice 7", Name: "Invoice INV-7", URL: "javascript:alert(1)", UpdatedAt: ago(48 * time.Hour)}}, {clock, crm.Link{RemoteID: "?ab12", UpdatedAt: ago(49 * time.Hour)}}}},
		"sync-ignored-none": IgnoredPage{Settings: frame("Ignored"), ConnectionRow: done, Error: "It is not connected."},
		"sync-sent":         sent,
		"sync-sent-none":    SentPage{Settings: frame("Sent to Xero"), ConnectionRow: done},
	}
}
