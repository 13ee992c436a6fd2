package inbox

import (
	"context"
	"errors"
	"reflect"
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// SyncTemplates brings the templates of a channel up to what its provider has: new ones,
// changed ones, and those that are gone. How it went is kept with the channel; a provider
// that refused or did not answer is no error here. The error is of kind Invalid for a
// channel without templates.
func (s *Inbox) SyncTemplates(ctx context.Context, business, id crm.ID) (problem string, err error) {
	keeper, ch, err := s.keeper(ctx, business, id)
	if err != nil {
		return "", err
	}
	began := s.Now()
	list, complete, listErr := keeper.Templates(ctx)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	var failed *channel.SendError
	if errors.As(listErr, &failed) {
		problem = failed.Reason
	} else if listErr != nil {
		return "", listErr
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockIdentities(tx, business, []crm.IdentityKey{{Scope: "template"}})
		store.NoteTemplateSync(tx, business, store.TemplateSync{ChannelID: ch.ID, At: s.Now(), Problem: problem})
		if problem != "" {
			return nil
		}
		return s.takeTemplates(tx, ch, list, complete, began)
	})
	return problem, err
}

func (s *Inbox) takeTemplates(tx *db.Tx, ch store.Channel, list []crm.Template, complete bool, began time.Time) error {
	known, err := store.Templates(tx, ch.BusinessID, ch.ID)
	if err != nil {
		return err
	}
	type key struct{ name, language string }
	old := map[key]crm.Template{}
	for _, t := range known {
		old[key{t.Name, t.Language}] = t
	}
	who := crm.System(ch.BusinessID)
	var events []crm.Event
	for _, t := range list {
		at := key{t.Name, t.Language}
		before, there := old[at]
		delete(old, at)
		if there && before.SyncedAt.After(began) {
			continue // a webhook or an admin told of it since the list was asked for
		}
		t.BusinessID, t.ChannelID, t.SyncedAt = ch.BusinessID, ch.ID, began
		t.ID, t.Fills = before.ID, before.Fills
		if !there {
			t.ID = crm.NewID(s.Now())
		}
		if same(before, t) {
			continue
		}
		store.PutTemplate(tx, t)
		event := aboutTemplate(who, crm.TemplateChanged, t, s)
		event.Note += templateNote(before, t)
		events = append(events, event)
	}
	for _, t := range old {
		if complete && t.SyncedAt.Before(began) {
			store.DeleteTemplate(tx, ch.BusinessID, t.ID)
			events = append(events, aboutTemplate(who, crm.TemplateDeleted, t, s))
		}
	}
	return s.record(tx, events...)
}

// same reports whether a provider says of a template what is kept of it.
func same(a, b crm.Template) bool {
	a.SyncedAt, b.SyncedAt = time.Time{}, time.Time{}
	if len(a.Parts.Examples) == 0 && len(b.Parts.Examples) == 0 {
		a.Parts.Examples, b.Parts.Examples = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// templateNote says what is different about a template.
func templateNote(before, now crm.Template) string {
	switch {
	case before.Status != now.Status:
		note := ": " + string(now.Status)
		if now.Reason != "" {
			note += ", " + now.Reason
		}
		return note
	case before.Category != now.Category:
		return ": now " + string(now.Category)
	case before.Quality != now.Quality:
		return ": quality " + string(now.Quality)
	}
	return ": its text"
}

// SyncTemplatesNow is SyncTemplates when an admin asks for it: of one channel, or of all
// that have templates. The error says what a provider did not like.
func (s *Inbox) SyncTemplatesNow(ctx context.Context, who crm.Actor, id crm.ID) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	channels, err := s.templateChannels(ctx, who.BusinessID)
	if err != nil {
		return err
	}
	if id != "" {
		channels = []crm.ID{id}
	}
	for _, id := range channels {
		problem, err := s.SyncTemplates(ctx, who.BusinessID, id)
		if err != nil {
			return err
		}
		if problem != "" {
			return crm.Errorf(crm.Conflicting, "provider_refused", "%s", problem)
		}
	}
	return nil
}

// templateChannels are the channels of a business that have templates and may be asked.
func (s *Inbox) templateChannels(ctx context.Context, business crm.ID) (ids []crm.ID, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ids = nil
		list, err := store.Channels(tx, business)
		for _, ch := range list {
			if ch.Active && ch.Family == crm.WhatsApp {
				ids = append(ids, ch.ID)
			}
		}
		return err
	})
	return ids, err
}

// SyncAllTemplates enqueues SyncTemplates for every channel of every business. It is run
// at the start and then every quarter of an hour, beside the provider's own news.
func (s *Inbox) SyncAllTemplates(ctx context.Context) error {
	var businesses []crm.Business
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		businesses, err = store.Businesses(tx)
		return err
	})
	for _, b := range businesses {
		if err != nil || b.Held {
			continue
		}
		var channels []crm.ID
		if channels, err = s.templateChannels(ctx, b.ID); err != nil || len(channels) == 0 {
			continue
		}
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, id := range channels {
				if err := s.SyncLater(tx, b.ID, id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

// template takes in what a provider tells of a template, for every channel of the account.
// One that is not known here is asked for.
func (r *receipt) template(news crm.InboundTemplate) error {
	store.LockIdentities(r.tx, r.channel.BusinessID, []crm.IdentityKey{{Scope: "template"}})
	list, err := store.TemplatesByExternal(r.tx, r.channel.BusinessID, news.ExternalID)
	if err != nil {
		return err
	}
	if len(list) == 0 && !news.Gone {
		return r.SyncLater(r.tx, r.channel.BusinessID, r.channel.ID)
	}
	for _, before := range list {
		if news.Gone {
			store.DeleteTemplate(r.tx, r.channel.BusinessID, before.ID)
			r.events = append(r.events, aboutTemplate(r.who, crm.TemplateDeleted, before, r.Inbox))
			continue
		}
		t := before
		if news.Status != "" {
			t.Status, t.Reason = news.Status, clean(news.Reason, 500)
		}
		if news.Category != "" {
			t.Category = news.Category
		}
		if news.Quality != "" {
			t.Quality = news.Quality
		}
		if same(before, t) {
			continue
		}
		t.SyncedAt = r.now
		store.PutTemplate(r.tx, t)
		event := aboutTemplate(r.who, crm.TemplateChanged, t, r.Inbox)
		event.Note += templateNote(before, t)
		r.events = append(r.events, event)
	}
	return nil
}
