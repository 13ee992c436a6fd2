package broadcasts

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"parley/internal/app/contacts"
	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Draft is what somebody wants a broadcast to be. What it does not mention stays.
type Draft struct {
	Name      *string
	ChannelID *crm.ID
	Audience  *crm.Audience
	Text      *string
	Template  *crm.TemplateChoice // without a name: none
	StartAt   *string             // RFC 3339, or a reading of the business's clocks; empty: none
	Quiet     *crm.QuietHours
}

// Put makes a broadcast, or changes one that has not begun. With a time it is scheduled;
// then nothing may be missing of it. The error is of kind Invalid and names the field, or
// Conflicting for one that has begun.
func (s *Broadcasts) Put(ctx context.Context, who crm.Actor, id crm.ID, d Draft) (*crm.Broadcast, error) {
	if id != "" {
		return s.change(ctx, who, id, crm.BroadcastChanged, func(tx *db.Tx, b *crm.Broadcast) error {
			if !b.Editable() {
				return crm.Errorf(crm.Conflicting, "began", "This broadcast has begun, so it stays as it is. Make another one.")
			}
			return s.draw(tx, who, b, d)
		})
	}
	if !crm.MayBroadcast(who) {
		return nil, crm.ErrForbidden
	}
	var b *crm.Broadcast
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		b = &crm.Broadcast{BusinessID: who.BusinessID, ID: crm.NewID(now), Status: crm.BroadcastDraft, CreatedAt: now, MovedAt: now}
		if err := s.draw(tx, who, b, d); err != nil {
			return err
		}
		store.PutBroadcast(tx, b)
		return s.record(tx, eventOf(who, crm.BroadcastCreated, b))
	})
	return b, err
}

// draw puts a draft onto a broadcast and checks it.
func (s *Broadcasts) draw(tx *db.Tx, who crm.Actor, b *crm.Broadcast, d Draft) error {
	business, err := store.Business(tx, who.BusinessID)
	if err != nil {
		return err
	}
	var problems crm.Problems
	b.UserID, b.ByName = who.UserID, who.Name
	if d.Name != nil {
		b.Name = crm.CleanLine(&problems, "name", *d.Name, 200)
	}
	if d.ChannelID != nil {
		b.ChannelID = *d.ChannelID
	}
	if d.Audience != nil {
		b.Audience = *d.Audience
		if !b.Audience.Named() {
			problems.Add("audience", "required", "Say who is meant: tags, a filter or contacts.")
		}
	}
	if d.Text != nil {
		b.Text = strings.TrimSpace(strings.ReplaceAll(*d.Text, "\r\n", "\n"))
	}
	if d.Template != nil {
		if b.Template = d.Template; d.Template.Name == "" {
			b.Template = nil
		}
	}
	if d.Quiet != nil {
		b.Quiet = *d.Quiet
		b.Quiet.Check(&problems, "quiet_hours")
	}
	if d.StartAt != nil {
		if b.StartAt, err = s.readStart(*d.StartAt, business, &problems); err != nil {
			return err
		}
	}
	content, err := readContent(tx, business, b)
	if err != nil {
		return err
	}
	problems = append(problems, content.problems...)
	if b.Name == "" {
		b.Name = "Broadcast of " + s.Now().In(zoneOf(business)).Format("2 Jan 2006")
	}
	b.Status, b.Problem = crm.BroadcastDraft, ""
	if !b.StartAt.IsZero() {
		b.Status = crm.BroadcastScheduled
		problems = append(problems, missing(b)...)
	}
	return problems.Err()
}

func (s *Broadcasts) readStart(text string, business crm.Business, problems *crm.Problems) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, ok := crm.ParseStart(text, zoneOf(business))
	switch {
	case !ok:
		problems.Add("start_at", "bad_time", "Write when it is to start, such as 2026-12-01T09:30.")
	case !at.After(s.Now()):
		problems.Add("start_at", "in_the_past", "This time is over. Choose a later one, or start it now.")
	case at.After(s.Now().AddDate(2, 0, 0)):
		problems.Add("start_at", "too_far", "Choose a time within two years.")
	}
	return at, nil
}

// missing is what a broadcast lacks that is to be sent.
func missing(b *crm.Broadcast) (problems crm.Problems) {
	if b.ChannelID == "" {
		problems.Add("channel_id", "required", "Choose the channel to send over.")
	}
	if !b.Audience.Named() {
		problems.Add("audience", "required", "Say who is meant: tags, a filter or contacts.")
	}
	if b.Text == "" && b.Template == nil {
		problems.Add("text", "required", "There is nothing to send.")
	}
	return problems
}

// content is a broadcast's channel, audience and text, read and checked.
type content struct {
	business crm.Business
	channel  store.Channel
	filter   crm.Filter
	custom   []crm.CustomField
	text     crm.MergeText
	template *crm.TemplateText
	category crm.TemplateCategory
	problems crm.Problems // by the fields of a broadcast
}

// readContent reads what a broadcast says as far as it says it. What is wrong with it is in
// its problems.
func readContent(tx *db.Tx, business crm.Business, b *crm.Broadcast) (c content, err error) {
	c.business = business
	if b.ChannelID != "" {
		c.channel, err = store.ChannelByID(tx, b.BusinessID, b.ChannelID)
		switch {
		case crm.KindOf(err) == crm.NotFound:
			c.problems.Add("channel_id", "unknown_channel", "There is no such channel.")
		case err != nil:
			return c, err
		case !c.channel.Active:
			c.problems.Add("channel_id", "channel_off", "The channel %s is switched off in Settings > Channels.", c.channel.Name)
		}
	}
	if err := c.readAudience(tx, b); err != nil {
		return c, err
	}
	if c.custom, err = store.CustomFields(tx, b.BusinessID); err != nil {
		return c, err
	}
	fields := crm.MergeFieldsWith(c.custom)
	if b.Text != "" && b.Template != nil {
		c.problems.Add("text", "not_with_template", "Send either a text or a template.")
	}
	if b.Text != "" {
		c.readText(b.Text, fields)
	}
	if b.Template != nil && c.channel.ID != "" {
		return c, c.readTemplate(tx, b, fields)
	}
	return c, nil
}

func (c *content) readText(text string, fields crm.MergeFieldList) {
	var wrong *crm.Error
	if c.text, wrong = crm.ParseMergeText(text, fields); wrong != nil {
		c.problems.Add("text", wrong.Code, "%s", wrong.Detail)
	}
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		c.problems.Add("text", "not_text", "This is not valid text.")
	case n > longest(c.channel):
		c.problems.Add("text", "too_long", "Too long: %d characters, at most %d fit into one message here.", n, longest(c.channel))
	}
}

// longest is how many characters a message on a channel has at most.
func longest(ch store.Channel) int {
	if ch.Family == crm.SMS {
		return 1600
	}
	return 4096
}

func (c *content) readTemplate(tx *db.Tx, b *crm.Broadcast, fields crm.MergeFieldList) error {
	if c.channel.Family != crm.WhatsApp {
		c.problems.Add("template", "not_on_channel", "Templates are for WhatsApp; %s is not.", c.channel.Name)
		return nil
	}
	t, text, err := inbox.ReadTemplate(tx, b.BusinessID, c.channel.ID, *b.Template, fields)
	if crm.KindOf(err) == crm.Invalid {
		c.problems = append(c.problems, fieldsOf(err)...)
		return nil
	}
	c.template, c.category = &text, t.Category
	return err
}

// readAudience reads the filter of an audience. Problems are named as its parts are.
func (c *content) readAudience(tx *db.Tx, b *crm.Broadcast) error {
	var view map[string][]string
	if id := b.Audience.ViewID; id != "" {
		views, err := store.Views(tx, b.BusinessID, b.UserID)
		if err != nil {
			return err
		}
		found := false
		for _, v := range views {
			if v.ID == id {
				view, found = v.Filter, true
			}
		}
		if !found {
			c.problems.Add("audience.view_id", "unknown_view", "There is no such saved view any more.")
			c.filter.Problems.Add("view", "unknown_view", "There is no such view.") // nobody, and never everyone (B3)
			return nil
		}
	}
	anyTags := 0
	for _, list := range [][]string{view["any_tag"], b.Audience.Filter["any_tag"], texts(b.Audience.AnyTags)} {
		anyTags += min(1, len(list))
	}
	if anyTags > 1 {
		c.problems.Add("audience.any_tags", "twice", "Name the tags of which one is enough in one place only.")
	}
	f, err := contacts.ReadFilter(tx, b.BusinessID, b.Audience.Values(view))
	if err != nil {
		return err
	}
	if f.Status == "" {
		f.Status = crm.AnyStatus // the archived are left out, and said to be
	}
	names := map[string]string{"any_tag": "any_tags", "tag": "all_tags", "not_tag": "not_tags"}
	for _, p := range f.Problems {
		c.problems.Add("audience."+cmp.Or(names[p.Field], "filter."+p.Field), p.Code, "%s", p.Detail)
	}
	c.filter = f
	return nil
}

func texts(ids []crm.ID) []string {
	list := make([]string, len(ids))
	for n, id := range ids {
		list[n] = id.String()
	}
	return list
}

func fieldsOf(err error) crm.Problems {
	e, ok := err.(*crm.Error)
	if !ok {
		return nil
	}
	return e.Fields
}

// filled is a broadcast's message for one contact.
type filled struct {
	text     string
	template *crm.FilledTemplate
	skip     crm.SkipReason
}

// fill is the message for one contact.
func (c *content) fill(b *crm.Broadcast, contact *crm.Contact) filled {
	values := crm.MergeValues{Contact: contact, Custom: c.custom, Agent: b.ByName, Our: c.business.Name}
	if c.template != nil {
		t, err := c.template.Fill(values)
		if err != nil {
			return filled{skip: crm.SkipEmpty}
		}
		return filled{text: t.Shown.Text(), template: &t}
	}
	text := strings.TrimSpace(c.text.Fill(values))
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return filled{skip: crm.SkipEmpty}
	case n > longest(c.channel):
		return filled{text: text, skip: crm.SkipTooLong}
	}
	return filled{text: text}
}

// Delete removes a broadcast that never began. Admins only.
func (s *Broadcasts) Delete(ctx context.Context, who crm.Actor, id crm.ID) error {
	if !crm.MayBroadcast(who) {
		return crm.ErrForbidden
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := store.LockBroadcast(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		if b.Began() {
			return crm.Errorf(crm.Conflicting, "began", "This broadcast has begun; what became of it is kept.")
		}
		store.DeleteBroadcast(tx, who.BusinessID, id)
		b.MovedAt = s.Now()
		return s.record(tx, eventOf(who, crm.BroadcastDeleted, b))
	})
}

// describe names a broadcast in a sentence.
func describe(b *crm.Broadcast) string { return fmt.Sprintf("“%s”", b.Name) }
