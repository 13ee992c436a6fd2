package api

import (
	"context"
	"errors"

	"parley/internal/crm"
)

// resource is what the {id} of a route names.
type resource string

// The resources. An id that cannot exist, one of another business and one that is hidden
// from the asker all end in the same answer (V2, A1).
const (
	nothing        resource = ""
	ofContact      resource = "contact"
	ofConversation resource = "conversation"
	ofMessage      resource = "message"
	ofTag          resource = "tag"
	ofUser         resource = "user"
	ofChannel      resource = "channel"
	ofUnfiled      resource = "unfiled"
	ofMedia        resource = "media"
	ofCustomField  resource = "custom_field"
	ofView         resource = "view"
	ofMerge        resource = "merge"
	ofImport       resource = "import"
	ofDuplicate    resource = "duplicate"
	ofInvoice      resource = "invoice"
	ofBulk         resource = "bulk"
	ofTemplate     resource = "template"
	ofHook         resource = "webhook_endpoint"
	ofBroadcast    resource = "broadcast"
	ofConnection   resource = "connection"
	ofSavedReply   resource = "saved_reply"

	// Within what {id} names:
	ofReview    resource = "review"    // {item} of a connection
	ofPush      resource = "push"      // {item} of a connection
	ofRecipient resource = "recipient" // {recipient} of a broadcast
)

// find makes sure that what a route is about is there and visible.
func (a *API) find(ctx context.Context, c *call, of resource, text string) error {
	if of == nothing {
		return nil
	}
	id, ok := crm.ParseID(text)
	if !ok {
		return crm.ErrNotFound
	}
	var err error
	switch of {
	case ofContact:
		if c.contact, err = a.Contacts.Get(ctx, c.who, id); crm.KindOf(err) == crm.NotFound {
			return a.mergedAway(ctx, c, id, err)
		}
	case ofConversation:
		_, err = a.Inbox.Conversation(ctx, c.who, id)
	case ofMessage:
		_, err = a.Inbox.Message(ctx, c.who, id)
	case ofMedia:
		_, err = a.Inbox.Media(ctx, c.who, id)
	case ofTag:
		_, err = a.Team.Tag(ctx, c.who, id)
	case ofUser:
		_, err = a.Team.User(ctx, c.who, id)
	case ofChannel:
		_, _, err = a.Team.Channel(ctx, c.who, id)
	case ofDuplicate:
		_, err = a.Contacts.Duplicate(ctx, c.who, id)
	case ofImport:
		_, err = a.Imports.Get(ctx, c.who, id)
	case ofMerge:
		_, err = a.Contacts.MergeOf(ctx, c.who, id)
	case ofCustomField:
		_, err = a.Contacts.CustomField(ctx, c.who, id)
	case ofView:
		_, err = a.Contacts.View(ctx, c.who, id)
	case ofBulk:
		_, err = a.Contacts.Bulk(ctx, c.who, id)
	case ofSavedReply:
		_, err = a.Inbox.SavedReply(ctx, c.who, id)
	case ofHook:
		_, err = a.Hooks.Get(ctx, c.who, id)
	case ofTemplate:
		_, err = a.Inbox.Template(ctx, c.who, id)
	case ofBroadcast:
		_, err = a.Broadcasts.Get(ctx, c.who, id)
	case ofConnection:
		_, err = a.Accounts.Connection(ctx, c.who, id)
	case ofInvoice:
		_, err = a.Accounts.Get(ctx, c.who, id)
	case ofUnfiled:
		_, err = a.Inbox.UnfiledMessage(ctx, c.who, id)
	}
	return err
}

// findWithin makes sure that what a route is about within what find found is there.
func (a *API) findWithin(ctx context.Context, c *call, of resource, path func(name string) string) error {
	name, check := "", (func(context.Context, crm.Actor, crm.ID, crm.ID) error)(nil)
	switch of {
	case ofReview:
		name, check = "item", a.Accounts.CheckReviewed
	case ofPush:
		name, check = "item", a.Accounts.CheckPushed
	case ofRecipient:
		name, check = "recipient", a.Broadcasts.CheckRecipient
	default:
		return nil
	}
	id, _ := crm.ParseID(path("id"))
	item, ok := crm.ParseID(path(name))
	if !ok {
		return crm.ErrNotFound
	}
	return check(ctx, c.who, id, item)
}

// mergedAway adds to a 404 where the contact went, for those who may see that (C11).
func (a *API) mergedAway(ctx context.Context, c *call, id crm.ID, notFound error) error {
	into, err := a.Contacts.MergedInto(ctx, c.who, id)
	if err != nil || into == "" {
		return errors.Join(err, notFound)
	}
	p := a.problem(ctx, notFound)
	p.Detail, p.MergedInto = "This contact became part of another.", into
	return p
}
