package inbox

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Templates are the templates of a business by channel, name and language; of one channel
// where one is named.
func (s *Inbox) Templates(ctx context.Context, who crm.Actor, channel crm.ID) (list []crm.Template, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.Templates(tx, who.BusinessID, channel)
		return err
	})
	return list, err
}

// Template is one of them.
func (s *Inbox) Template(ctx context.Context, who crm.Actor, id crm.ID) (t crm.Template, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		t, err = store.TemplateByID(tx, who.BusinessID, id)
		return err
	})
	return t, err
}

// TemplateSyncs say when the templates of each channel were last asked for.
func (s *Inbox) TemplateSyncs(ctx context.Context, who crm.Actor) (by map[crm.ID]store.TemplateSync, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		by, err = store.TemplateSyncs(tx, who.BusinessID)
		return err
	})
	return by, err
}

// SubmitTemplate asks a channel's provider to approve a new template. A file that
// BringTemplateFile kept is the example of its header. The error is of kind Invalid and
// names the field, or says what the provider does not like. Admins only.
func (s *Inbox) SubmitTemplate(ctx context.Context, who crm.Actor, t crm.Template, file crm.ID) (crm.Template, error) {
	if !who.IsAdmin() {
		return t, crm.ErrForbidden
	}
	var problems crm.Problems
	if err := s.putTemplateFile(ctx, who, file, &t.Parts.Header, &problems); err != nil {
		return t, err
	}
	if t.Parts.Header.IsMedia() && file == "" {
		problems.Add("header_file", "required", "Choose an example: WhatsApp looks at it with the template.")
	}
	problems = append(problems, t.CheckDraft()...)
	keeper, ch, err := s.keeper(ctx, who.BusinessID, t.ChannelID)
	if crm.KindOf(err) == crm.NotFound || crm.KindOf(err) == crm.Invalid {
		problems.Add("channel_id", "no_templates", "Choose a WhatsApp channel that is switched on.")
	} else if err != nil {
		return t, err
	}
	if err := problems.Err(); err != nil {
		return t, err
	}
	now := s.Now()
	t.BusinessID, t.ID, t.SyncedAt = who.BusinessID, crm.NewID(now), now
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		_, found, err := store.TemplateByName(tx, who.BusinessID, ch.ID, t.Name, t.Language)
		if found {
			problems.Add("name", "taken", "There is a template of this name in this language already.")
		}
		return errors.Join(err, problems.Err())
	})
	if err != nil {
		return t, err
	}
	example, err := s.example(ctx, who, keeper, t, file)
	if err != nil {
		return t, err
	}
	if t, err = keeper.SubmitTemplate(ctx, t, example); err != nil {
		return t, refusedTemplate(err)
	}
	// The provider has it, whether or not the one who asked still waits: it is written down.
	err = s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		store.PutTemplate(tx, t)
		var found bool
		if t, found, err = store.TemplateByName(tx, who.BusinessID, ch.ID, t.Name, t.Language); err != nil || !found {
			return err
		}
		return s.record(tx, aboutTemplate(who, crm.TemplateSubmitted, t, s))
	})
	return t, err
}

// EditTemplate submits a template once more with other parts. Until it is approved nobody
// sends it. A file that BringTemplateFile kept is the example of its header; without one a
// header of the same format keeps what it has. The error is of kind Invalid and names the
// field, or Conflicting for one that cannot be changed here or that the provider does not
// take. Admins only.
func (s *Inbox) EditTemplate(ctx context.Context, who crm.Actor, id crm.ID, parts crm.TemplateParts, file crm.ID) (crm.Template, error) {
	if !who.IsAdmin() {
		return crm.Template{}, crm.ErrForbidden
	}
	t, err := s.Template(ctx, who, id)
	if err != nil {
		return t, err
	}
	if why := t.Fixed(); why != "" {
		return t, crm.Errorf(crm.Conflicting, "fixed", "%s", why)
	}
	keeper, _, err := s.keeper(ctx, who.BusinessID, t.ChannelID)
	if err != nil {
		return t, err
	}
	var problems crm.Problems
	if err := s.putTemplateFile(ctx, who, file, &parts.Header, &problems); err != nil {
		return t, err
	}
	if parts.Header.IsMedia() && file == "" && parts.Header.Format != t.Parts.Header.Format {
		problems.Add("header_file", "required", "Choose an example: WhatsApp looks at it with the template.")
	}
	problems = append(problems, parts.CheckDraft()...)
	if err := problems.Err(); err != nil {
		return t, err
	}
	edited := t
	edited.Parts = parts
	example, err := s.example(ctx, who, keeper, edited, file)
	if err != nil {
		return t, err
	}
	if edited, err = keeper.EditTemplate(ctx, edited, example); err != nil {
		return t, refusedTemplate(err)
	}
	err = s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		same, err := store.TemplatesByExternal(tx, who.BusinessID, t.ExternalID) // one for each channel of the account
		if err != nil {
			return err
		}
		for _, one := range same {
			now := edited
			now.BusinessID, now.ID, now.ChannelID, now.Name, now.Language, now.Fills, now.SyncedAt = one.BusinessID, one.ID, one.ChannelID, one.Name, one.Language, one.Fills, s.Now()
			store.PutTemplate(tx, now)
			if one.ID == id {
				t = now
			}
		}
		event := aboutTemplate(who, crm.TemplateChanged, t, s)
		event.Note += ": submitted again"
		return s.record(tx, event)
	})
	return t, err
}

// DeleteTemplate deletes a template here and at the provider, for good. Admins only.
func (s *Inbox) DeleteTemplate(ctx context.Context, who crm.Actor, id crm.ID) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	t, err := s.Template(ctx, who, id)
	if err != nil {
		return err
	}
	keeper, _, err := s.keeper(ctx, who.BusinessID, t.ChannelID)
	if err != nil {
		return err
	}
	if err := keeper.DeleteTemplate(ctx, t); err != nil {
		return refusedTemplate(err)
	}
	return s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		store.DeleteTemplate(tx, who.BusinessID, id)
		return s.record(tx, aboutTemplate(who, crm.TemplateDeleted, t, s))
	})
}

// FillTemplate says with which texts the variables of a template begin where somebody
// sends it. An empty text leaves one to be typed. Admins only.
func (s *Inbox) FillTemplate(ctx context.Context, who crm.Actor, id crm.ID, fills map[string]string) (t crm.Template, err error) {
	if !who.IsAdmin() {
		return t, crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if t, err = store.TemplateByID(tx, who.BusinessID, id); err != nil {
			return err
		}
		custom, err := store.CustomFields(tx, who.BusinessID)
		if err != nil {
			return err
		}
		var problems crm.Problems
		t.Fills = map[string]string{}
		variables := t.Parts.Variables()
		for _, key := range slices.Sorted(maps.Keys(fills)) {
			text := strings.TrimSpace(fills[key])
			at := slices.IndexFunc(variables, func(v crm.TemplateVariable) bool { return v.Key == key })
			if at < 0 {
				problems.Add("variables."+clip(key, 40), "unknown_variable", "The template has no variable %s.", clip(key, 40))
			} else if _, err := crm.ParseMergeText(text, crm.MergeFieldsWith(custom)); err != nil {
				problems.Add("variables."+key, err.Code, "%s", err.Detail)
			} else if clean(text, 1024) != text {
				problems.Add("variables."+key, "too_long", "At most 1,024 characters of text.")
			} else if why := variables[at].Refuses(text); text != "" && why != "" {
				problems.Add("variables."+key, "bad_url", "%s", why)
			} else if text != "" {
				t.Fills[key] = text
			}
		}
		if err := problems.Err(); err != nil {
			return err
		}
		store.SetTemplateFills(tx, who.BusinessID, id, t.Fills)
		event := aboutTemplate(who, crm.TemplateChanged, t, s)
		event.Note += ": what it is filled with"
		return s.record(tx, event)
	})
	return t, err
}

// aboutTemplate starts an event about a template.
func aboutTemplate(who crm.Actor, what crm.EventType, t crm.Template, s *Inbox) crm.Event {
	event := who.Event(what, s.Now())
	event.SubjectID, event.Note = t.ID, t.Name+" ("+t.Language+")"
	return event
}

// keeper opens a channel whose provider approves templates. The error is of kind Invalid
// for another one.
func (s *Inbox) keeper(ctx context.Context, business, id crm.ID) (keeper channel.TemplateKeeper, ch store.Channel, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ch, err = store.ChannelByID(tx, business, id)
		return err
	})
	if err != nil {
		return nil, ch, err
	}
	open, err := s.Open(ch)
	if err != nil {
		return nil, ch, err
	}
	keeper, ok := open.(channel.TemplateKeeper)
	if !ok || ch.Family != crm.WhatsApp || !ch.Active {
		return nil, ch, crm.Errorf(crm.Invalid, "no_templates", "This channel has no templates, or is switched off.")
	}
	return keeper, ch, nil
}

// refusedTemplate is what a provider said of a template, as an answer.
func refusedTemplate(err error) error {
	var failed *channel.SendError
	switch {
	case !errors.As(err, &failed):
		return err
	case failed.Own != "":
		return crm.Errorf(crm.Conflicting, "provider_refused", "WhatsApp says: %s", failed.Own)
	case failed.Outcome == channel.Refused || failed.Outcome == channel.Dead:
		return crm.Errorf(crm.Conflicting, "provider_refused", "%s", failed.Reason)
	}
	return errors.Join(crm.Errorf(crm.Unavailable, "provider_away", "WhatsApp did not answer. Look at the list in a minute: it may have been taken."), err)
}
