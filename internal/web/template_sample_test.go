package web

import (
	"time"

	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/store"
)

var (
	sampleWhatsApp = store.Channel{ID: sampleID(50), Name: "Leeds office", Family: crm.WhatsApp, Active: true}
	sampleTemplate = crm.Template{ID: sampleID(800), ChannelID: sampleID(50), Name: "order_ready", Language: "en_GB", Category: crm.Utility, Status: crm.TemplateApproved, Quality: crm.QualityGreen,
		Parts: crm.TemplateParts{Header: crm.TemplateHeader{Format: crm.HeaderText, Text: "Your order"}, Body: "Hi {{1}}, order {{2}} is ready.\nUntil six.", Footer: hostile,
			Buttons: []crm.TemplateButton{{Kind: crm.QuickReply, Text: "On my way"}, {Kind: crm.OpenURL, Text: "See it", URL: "https://acme.example/{{1}}"}}, Examples: map[string]string{"1": "Ann", "2": "A-1042"}}}
)

// templateSamples are the pages of templates.
func templateSamples() map[string]view {
	rejected := sampleTemplate
	rejected.ID, rejected.Name, rejected.Status, rejected.Reason, rejected.Quality = sampleID(801), "sale", crm.TemplateRejected, "invalid format "+hostile, crm.QualityUnknown
	rejected.Parts = crm.TemplateParts{Header: crm.TemplateHeader{Format: crm.HeaderImage}, Body: "All is cheaper."}
	fixed := rejected
	fixed.Name, fixed.Parts.Unsupported = "look", "carousel"
	picture := store.TemplateFile{Media: crm.Media{ID: sampleID(811), Type: "image/jpeg", Name: hostile + ".jpg", Size: 120_000}}
	withFile := Form{Values: map[string]string{"name": "spring", "language": "en", "category": "marketing", "header_format": "image", "header_file": picture.ID.String(), "body": "It is here."}}
	form := TemplateForm{ConversationID: sampleID(300), ChannelID: sampleID(50), Templates: []crm.Template{sampleTemplate, rejected}, Template: sampleTemplate,
		Form: Form{Values: map[string]string{"variables.1": hostile}, Errors: map[string]string{"variables.2": "The template needs a value for {{2}}."}}}
	form.Shown = form.shown()
	draft := Form{Values: map[string]string{"name": "Visit", "language": "en", "category": "utility", "body": "Hi {{1}}, we come.", "buttons": "Fine\nSee it | https://x.example", "examples": "1 = Ann"},
		Errors: map[string]string{"name": "A name has lower-case letters, digits and _, such as order_ready."}}
	composer := sampleComposer()
	composer.Attached, composer.Error, composer.Text = []store.Attachment{{Media: crm.Media{ID: sampleID(810), Name: hostile + ".pdf", Size: 120_000}}}, "A recording has no caption on WhatsApp. Send the text by itself.", "listen"
	return map[string]view{
		"auto-replies": AutoRepliesPage{Settings: sampleSettings("settings", "auto-replies", "Automatic replies"), Zone: "Europe/London", Fields: crm.MergeFieldsWith(nil),
			Form: Form{Values: map[string]string{"away.on": "yes", "away.text": hostile, "monday.from1": "09:00", "monday.to1": "08:00"}, Errors: map[string]string{"hours.monday": "The end must be after the beginning.", "new_contact.text": "This is needed."}}},
		"auto-replies-contested": AutoRepliesPage{Settings: sampleSettings("settings", "auto-replies", "Automatic replies"), Zone: "Europe/London", ChangedBy: hostile, Contested: []string{"new_contact", "hours"},
			Was:  crm.AutoReplies{NewContact: crm.AutoReply{On: true, Text: hostile + "\nand more"}, Hours: crm.WeekHours{"monday": {{From: "09:00", To: "24:00"}}}},
			Form: Form{Values: map[string]string{"new_contact.text": "Good day.", "tuesday.from1": "09:00", "tuesday.to1": "12:00"}}},
		"hooks": HooksPage{Settings: sampleSettings("settings", "webhooks", "Webhooks"), Chosen: []string{"message"}, Form: Form{Values: map[string]string{"url": "http://x"}, Errors: map[string]string{"url": "The address must begin with https://, for what is sent is about people."}},
			Hooks: []crm.HookEndpoint{sampleHook(true, ""), sampleHook(true, "It answered 500."), sampleHook(false, "Switched off because it failed for five days: "+hostile)}},
		"hooks-none":         HooksPage{Settings: sampleSettings("settings", "webhooks", "Webhooks")},
		"hook":               HookPage{Settings: sampleSettings("settings", "webhooks", "Webhook"), Hook: sampleHook(true, "It answered 500."), Form: Form{Values: map[string]string{"url": "https://hooks.example/in"}}, Chosen: []string{"contact"}, Secret: "whsec_AAAA", Tested: &HookTested{500, "It answered 500."}, HookRows: sampleDeliveries()},
		"hook-rows":          sampleDeliveries(),
		"composer-refused":   composer,
		"attached":           AttachedFile{File: composer.Attached[0]},
		"attached-refused":   AttachedFile{Name: "a.jpg", Error: "a.jpg is not what its name says: its content is something else."},
		"reply-choices":      ReplyChoices{"ho", []inbox.FilledReply{{SavedReply: crm.SavedReply{ID: sampleID(820), Name: "Hours"}, Filled: "Hi " + hostile + ", we are open."}, {SavedReply: crm.SavedReply{ID: sampleID(821), Name: "House"}, Filled: "Left of the church."}}, true},
		"reply-choices-none": ReplyChoices{Admin: true},
		"sms-count":          SMSCount{crm.SMSParts("It’s ready")},
		"saved-replies":      SavedRepliesPage{Settings: sampleSettings("settings", "replies", "Saved replies"), Fields: crm.MergeFieldsWith(sampleFields), Form: Form{Values: map[string]string{"name": "Hours", "text": "{{nobody}}"}, Errors: map[string]string{"text": "There is no field {{nobody}}."}}, Replies: []SavedReplyRow{{SavedReply: crm.SavedReply{ID: sampleID(820), Name: hostile, Text: "Hi {{first_name|there}},\nwe are open."}}}},
		"saved-replies-none": SavedRepliesPage{Settings: sampleSettings("settings", "replies", "Saved replies")},
		"message-templates": TemplatesPage{sampleSettings("settings", "templates", "Templates"), []TemplateGroup{
			{Clock: clock, Channel: sampleWhatsApp, Sync: store.TemplateSync{At: ago(time.Hour)}, Templates: []TemplateRow{templateRow(sampleTemplate), templateRow(rejected)}},
			{Clock: clock, Channel: store.Channel{ID: sampleID(52), Name: hostile}, Sync: store.TemplateSync{At: ago(time.Hour), Problem: "Meta has taken away the permission."}}}},
		"message-templates-none": TemplatesPage{Settings: sampleSettings("settings", "templates", "Templates")},
		"message-template": TemplatePage{Settings: sampleSettings("settings", "templates", "order_ready"), Row: templateRow(sampleTemplate), Channel: sampleWhatsApp, Fields: crm.MergeFieldsWith(sampleFields),
			Form: Form{Values: map[string]string{"variables.1": "{{first_name|there}}"}, Errors: map[string]string{"variables.2": "There is no field {{order}}."}}},
		"message-template-rejected": TemplatePage{Settings: sampleSettings("settings", "templates", "sale"), Row: templateRow(rejected), Channel: sampleWhatsApp},
		"new-message-template":      NewTemplatePage{Settings: sampleSettings("settings", "templates", "New template"), Form: draft, Channels: []store.Channel{sampleWhatsApp}, Draft: draftOf(draft, store.TemplateFile{}, "")},
		"new-message-template-file": NewTemplatePage{Settings: sampleSettings("settings", "templates", "New template"), Form: withFile, Channels: []store.Channel{sampleWhatsApp}, Draft: draftOf(withFile, picture, "")},
		"header-file":               HeaderFile{File: picture},
		"header-file-refused":       HeaderFile{Kept: crm.HeaderVideo, Error: hostile + ".gif cannot be the header of a template. It can be JPEG, PNG, MP4 or PDF."},
		"edit-message-template": EditTemplatePage{Settings: sampleSettings("settings", "templates", "Change order_ready"), Row: templateRow(sampleTemplate),
			Draft: draftOf(Form{Values: templateDraftOf(sampleTemplate.Parts), Errors: map[string]string{"": "WhatsApp says: " + hostile}}, store.TemplateFile{}, "")},
		"edit-message-template-file": EditTemplatePage{Settings: sampleSettings("settings", "templates", "Change sale"), Row: templateRow(rejected),
			Draft: draftOf(Form{Values: templateDraftOf(rejected.Parts), Errors: map[string]string{"header_file": "WhatsApp did not take this file."}}, store.TemplateFile{}, crm.HeaderImage)},
		"edit-message-template-fixed": EditTemplatePage{Settings: sampleSettings("settings", "templates", "Change look"), Row: templateRow(fixed)},
		"template-preview":            TemplatePreview{Shown: templateRow(sampleTemplate).Shown},
		"template-form":               form,
		"template-form-none":          TemplateForm{ConversationID: sampleID(300), ChannelID: sampleID(50), Admin: true},
		"template-filled":             TemplateFilled{form.Shown},
	}
}

func sampleHook(active bool, problem string) crm.HookEndpoint {
	h := crm.HookEndpoint{ID: sampleID(830), URL: "https://hooks.example/in?x=<b>", Active: active, Problem: problem, CreatedAt: ago(time.Hour)}
	if problem != "" {
		h.FailingSince = ago(30 * time.Minute)
	}
	return h
}

func sampleDeliveries() HookRows {
	d := func(n int, t crm.EventType, s crm.HookStatus, attempts, answer int, problem string) store.HookDelivery {
		return store.HookDelivery{HookDelivery: crm.HookDelivery{ID: sampleID(840 + n), EventType: t, Status: s, Attempts: attempts, Answer: answer, Problem: problem, CreatedAt: ago(time.Hour), NextAt: clock.Now.Add(time.Hour)}}
	}
	return HookRows{Clock: clock, ID: sampleID(830), Next: "/settings/webhooks/x?after=0.1", Rows: []store.HookDelivery{d(1, crm.MessageReceived, crm.HookWaiting, 0, 0, ""),
		d(2, crm.ContactChanged, crm.HookWaiting, 2, 500, "It answered 500."), d(3, crm.ContactCreated, crm.HookDelivered, 1, 204, ""), d(4, crm.BroadcastEnded, crm.HookFailed, 11, 0, hostile)}}
}
