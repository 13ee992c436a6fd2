package inbox

import (
	"context"
	"slices"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// putTemplate makes a message into the template that a reply names, filled for the
// contact. It may go when the window is closed (V6), not to somebody who stopped
// marketing where it is that (B5).
func (s *Inbox) putTemplate(tx *db.Tx, who crm.Actor, v crm.Conversation, r Route, reply Reply, m *crm.Message) error {
	var problems crm.Problems
	if reply.Text != "" {
		problems.Add("text", "not_with_template", "Send either a text or a template.")
	}
	if r.Channel.ID != "" && r.Channel.Family != crm.WhatsApp {
		problems.Add("template", "not_on_channel", "Templates are for WhatsApp; %s is not.", r.Channel.Name)
	}
	if err := problems.Err(); err != nil {
		return err
	}
	if r.Refusal != "" && !r.WindowClosed {
		return crm.Errorf(crm.Conflicting, refusalCode(r), "%s", r.Refusal)
	}
	values, err := MergeValues(tx, who, v.ContactID)
	if err != nil {
		return err
	}
	t, text, err := ReadTemplate(tx, who.BusinessID, r.Channel.ID, *reply.Template, crm.MergeFieldsWith(values.Custom))
	if err != nil {
		return err
	}
	if t.Category == crm.Marketing && slices.Contains(values.Contact.OptOuts, crm.WhatsApp) {
		return crm.Errorf(crm.Conflicting, "opted_out", "This contact said stop on WhatsApp. A template for marketing is not sent to them.")
	}
	filled, err := text.Fill(values)
	if err != nil {
		return err
	}
	m.Type, m.Text, m.Content = crm.TemplateMessage, filled.Shown.Text(), crm.Content{Template: &filled}
	return nil
}

// ReadTemplate finds the template of a channel that a choice names and checks the choice
// against it. The error is of kind Invalid and names the field below template.
func ReadTemplate(tx *db.Tx, business, channel crm.ID, choice crm.TemplateChoice, known crm.MergeFieldList) (t crm.Template, text crm.TemplateText, err error) {
	t, found, err := store.TemplateByName(tx, business, channel, choice.Name, choice.Language)
	if err != nil {
		return t, text, err
	}
	if !found {
		var problems crm.Problems
		problems.Add("template.name", "unknown_template", "This channel has no template of that name in that language.")
		return t, text, problems.Err()
	}
	text, err = t.ReadTemplate(choice, known)
	return t, text, err
}

// MergeValues is what merge fields are filled from for a contact when who writes. Of a
// contact that who may not see, while its conversation is theirs, it has the name alone
// (V2).
func MergeValues(tx *db.Tx, who crm.Actor, contact crm.ID) (v crm.MergeValues, err error) {
	list, err := store.ContactsByID(tx, who.BusinessID, []crm.ID{contact})
	if err != nil {
		return v, err
	}
	if len(list) == 0 {
		return v, crm.ErrNotFound
	}
	v.Contact, v.Agent = list[0], who.Name
	if who.UserID != "" {
		_, err = store.Contact(tx, who, contact)
		switch {
		case crm.KindOf(err) == crm.NotFound:
			c := v.Contact
			v.Contact = &crm.Contact{BusinessID: c.BusinessID, ID: c.ID, FirstName: c.FirstName, MiddleName: c.MiddleName, LastName: c.LastName,
				NameIsPlaceholder: c.NameIsPlaceholder, OptOuts: c.OptOuts}
		case err != nil:
			return v, err
		}
	}
	if v.Custom, err = store.CustomFields(tx, who.BusinessID); err != nil {
		return v, err
	}
	b, err := store.Business(tx, who.BusinessID)
	v.Our = b.Name
	return v, err
}

// TemplateOffer is what may be sent in a conversation beside free text.
type TemplateOffer struct {
	Route     Route
	Templates []crm.Template // those that can be sent on the route's channel
	Fields    crm.MergeFieldList
	Values    crm.MergeValues // of the contact
}

// OfferTemplates says which templates may be sent in a conversation on a channel, and what
// they are filled from. On a channel that cannot be used at all there are none.
func (s *Inbox) OfferTemplates(ctx context.Context, who crm.Actor, conversation, channel crm.ID) (o TemplateOffer, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		v, err := store.ConversationByID(tx, who, conversation)
		if err != nil {
			return err
		}
		if o.Route, err = s.route(tx, v, channel); err != nil {
			return err
		}
		if o.Values, err = MergeValues(tx, who, v.ContactID); err != nil {
			return err
		}
		o.Fields = crm.MergeFieldsWith(o.Values.Custom)
		if o.Route.Refusal != "" && !o.Route.WindowClosed || o.Route.Channel.Family != crm.WhatsApp {
			return nil
		}
		list, err := store.Templates(tx, who.BusinessID, o.Route.Channel.ID)
		for _, t := range list {
			if t.Refusal() == "" {
				o.Templates = append(o.Templates, t)
			}
		}
		return err
	})
	return o, err
}

// Fill is what the variables of a template begin with for the contact, without merge
// fields.
func (o TemplateOffer) Fill(t crm.Template) map[string]string {
	values := map[string]string{}
	for key, text := range t.Suggest(o.Fields) {
		if m, err := crm.ParseMergeText(text, o.Fields); err == nil {
			values[key] = m.Fill(o.Values)
		}
	}
	return values
}
