package broadcasts

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"parley/internal/app/contacts"
	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// content is a broadcast's channel and text, read and checked, and its audience where that
// is asked for.
type content struct {
	business crm.Business
	channel  store.Channel
	filter   crm.Filter // of the audience
	custom   []crm.CustomField
	text     crm.MergeText
	template *crm.TemplateText
	problems crm.Problems // by the fields of a broadcast
}

// readContent reads what a broadcast says, and to whom, as far as it says it. What is wrong
// with it is in its problems.
func readContent(tx *db.Tx, business crm.Business, b *crm.Broadcast) (content, error) {
	c, err := readMessage(tx, business, b)
	if err != nil {
		return c, err
	}
	return c, c.readAudience(tx, b)
}

// readMessage is readContent without the audience, for one that is frozen: it stands,
// whatever became of its tags.
func readMessage(tx *db.Tx, business crm.Business, b *crm.Broadcast) (c content, err error) {
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
	_, text, err := inbox.ReadTemplate(tx, b.BusinessID, c.channel.ID, *b.Template, fields)
	if crm.KindOf(err) == crm.Invalid {
		c.problems = append(c.problems, fieldsOf(err)...)
		return nil
	}
	c.template = &text
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

// inWindow reports whether a broadcast reaches only whom WhatsApp's window is open for (V6).
func (c *content) inWindow(b *crm.Broadcast) bool {
	return c.channel.Family == crm.WhatsApp && b.Template == nil
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
