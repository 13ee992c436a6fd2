package team

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"parley/internal/auth"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// ChannelDraft is what an admin wants a channel to be. A secret that is missing or empty
// stays as it is.
type ChannelDraft struct {
	ID           crm.ID // empty to make one
	Kind         string
	Name         string
	Settings     map[string]string
	MaxPerSecond float64 // 0: the provider's usual limit
	Active       *bool
}

// Kind finds a kind of channel by its name.
func (s *Team) Kind(name string) (channel.Kind, bool) {
	for _, k := range s.Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return channel.Kind{}, false
}

// Channels are the channels of the business, oldest first. Sealed secrets are left out.
func (s *Team) Channels(ctx context.Context, who crm.Actor) (list []store.Channel, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.Channels(tx, who.BusinessID)
		return err
	})
	for i := range list {
		list[i].Sealed = ""
	}
	return list, err
}

// Channel reads one channel. Sealed secrets are left out; Has says which are set.
func (s *Team) Channel(ctx context.Context, who crm.Actor, id crm.ID) (ch store.Channel, has map[string]bool, err error) {
	if !who.IsAdmin() {
		return ch, nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ch, err = store.ChannelByID(tx, who.BusinessID, id)
		return err
	})
	if err != nil {
		return ch, nil, err
	}
	secrets, err := s.secrets(ch)
	has = map[string]bool{}
	for key, value := range secrets {
		has[key] = value != ""
	}
	ch.Sealed = ""
	return ch, has, err
}

// PutChannel makes or changes a channel. Admins only. Secrets are sealed and never shown
// again (A5).
func (s *Team) PutChannel(ctx context.Context, who crm.Actor, d ChannelDraft) (ch store.Channel, err error) {
	if !who.IsAdmin() {
		return ch, crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		event := who.Event(crm.ChannelChanged, now)
		secrets := map[string]string{}
		if d.ID == "" {
			event.Type = crm.ChannelCreated
			ch = store.Channel{BusinessID: who.BusinessID, ID: crm.NewID(now), Kind: d.Kind, Active: true, CreatedAt: now, Settings: map[string]string{}}
		} else {
			store.LockChannel(tx, who.BusinessID, d.ID)
			if ch, err = store.ChannelByID(tx, who.BusinessID, d.ID); err != nil {
				return err
			}
			if secrets, err = s.secrets(ch); err != nil {
				return err
			}
		}
		if err := s.apply(&ch, secrets, d); err != nil {
			return err
		}
		if d.ID == "" {
			store.AddChannel(tx, ch)
		} else {
			store.ChangeChannel(tx, ch)
		}
		tx.After(func() { s.opened.forget(ch.ID) })
		event.SubjectID, event.Note = ch.ID, ch.Name
		return s.record(tx, event)
	})
	ch.Sealed = ""
	return ch, err
}

// apply puts a draft onto a channel and seals its secrets.
func (s *Team) apply(ch *store.Channel, secrets map[string]string, d ChannelDraft) error {
	var problems crm.Problems
	kind, ok := s.Kind(ch.Kind)
	if !ok {
		problems.Add("kind", "unknown_kind", "There is no kind of channel %q.", ch.Kind)
		return problems.Err()
	}
	ch.Family = kind.Family
	ch.Name = crm.CleanLine(&problems, "name", d.Name, 100)
	if ch.Name == "" {
		ch.Name = kind.Title
	}
	known := map[string]bool{}
	settings := maps.Clone(ch.Settings)
	for _, setting := range kind.Settings {
		known[setting.Key] = true
		value := crm.CleanLine(&problems, "settings."+setting.Key, d.Settings[setting.Key], 2000)
		_, given := d.Settings[setting.Key]
		target := settings
		if setting.Secret {
			target = secrets
			given = given && value != ""
		}
		if given {
			target[setting.Key] = value
		}
		if target[setting.Key] == "" && !setting.Optional {
			problems.Add("settings."+setting.Key, "required", "%s is needed. %s", setting.Label, setting.Help)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(d.Settings)) {
		if !known[key] {
			problems.Add("settings."+key, "unknown_setting", "%s has no such setting.", kind.Title)
		}
	}
	ch.Settings = settings
	ch.MaxPerSecond = kind.MaxPerSecond
	if d.MaxPerSecond != 0 {
		ch.MaxPerSecond = d.MaxPerSecond
	}
	if ch.MaxPerSecond <= 0 || ch.MaxPerSecond > 1000 {
		problems.Add("max_per_second", "out_of_range", "Between 0 and 1000 messages a second.")
	}
	if d.Active != nil {
		ch.Active = *d.Active
	}
	if err := problems.Err(); err != nil {
		return err
	}
	completeSimulator(ch, secrets)
	if ch.Settings["family"] == string(crm.SMS) && ch.Kind == "simulator" {
		ch.Family = crm.SMS
	}
	plain, err := json.Marshal(secrets)
	if err != nil {
		return err
	}
	ch.Sealed = s.Sealer.Seal("channel/"+string(ch.ID), plain)
	return nil
}

// completeSimulator gives a simulator the secret it signs with: nobody has to choose one.
func completeSimulator(ch *store.Channel, secrets map[string]string) {
	if ch.Kind == "simulator" && secrets["secret"] == "" {
		secrets["secret"], _ = auth.NewToken("")
	}
}

func (s *Team) secrets(ch store.Channel) (map[string]string, error) {
	plain, err := s.Sealer.Open("channel/"+string(ch.ID), ch.Sealed)
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", ch.ID, err)
	}
	secrets := map[string]string{}
	return secrets, json.Unmarshal(plain, &secrets)
}

// Open makes a working channel of a stored one. It is kept until the stored one changes.
func (s *Team) Open(ch store.Channel) (channel.Channel, error) {
	if open, ok := s.opened.get(ch); ok {
		return open, nil
	}
	kind, ok := s.Kind(ch.Kind)
	if !ok {
		return nil, fmt.Errorf("channel %s: no kind %q", ch.ID, ch.Kind)
	}
	secrets, err := s.secrets(ch)
	if err != nil {
		return nil, err
	}
	config := s.Config(ch.Kind, ch.ID)
	config.Settings = maps.Clone(ch.Settings)
	maps.Copy(config.Settings, secrets)
	open, err := kind.Open(config)
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", ch.ID, err)
	}
	s.opened.keep(ch, open)
	return open, nil
}

// Webhook finds the channel that a provider calls. What was found is used for some
// seconds, so that a flood of webhooks does not read it anew each time.
func (s *Team) Webhook(ctx context.Context, id crm.ID) (ch store.Channel, open channel.Channel, err error) {
	now := s.Now()
	ch, known := s.opened.webhook(id, now)
	if !known {
		err = s.DB.Read(ctx, func(tx *db.Tx) error {
			ch, err = store.ChannelByWebhook(tx, id)
			return err
		})
		if err != nil {
			return ch, nil, err
		}
		s.opened.keepWebhook(ch, now)
	}
	if !ch.Active {
		return ch, nil, crm.ErrNotFound
	}
	open, err = s.Open(ch)
	return ch, open, err
}

// CheckChannel asks the provider whether a channel works and keeps the answer with it.
// Admins only. note says in words what was found; problem why it does not work.
func (s *Team) CheckChannel(ctx context.Context, who crm.Actor, id crm.ID) (note, problem string, err error) {
	if !who.IsAdmin() {
		return "", "", crm.ErrForbidden
	}
	var ch store.Channel
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ch, err = store.ChannelByID(tx, who.BusinessID, id)
		return err
	})
	if err != nil {
		return "", "", err
	}
	open, err := s.Open(ch)
	if err != nil {
		return "", "", err
	}
	note, checkErr := open.Check(ctx)
	var failed *channel.SendError
	switch {
	case errors.As(checkErr, &failed):
		problem = failed.Reason
	case checkErr != nil:
		return "", "", checkErr
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.SetChannelProblem(tx, who.BusinessID, id, problem)
		return nil
	})
	return note, problem, err
}

// opened keeps working channels by id, and stored ones for some seconds. The zero value
// is empty.
type opened struct {
	mu       sync.Mutex
	channels map[crm.ID]openedChannel
}

type openedChannel struct {
	stored store.Channel
	open   channel.Channel
	at     time.Time
}

// webhookFresh is how long another node may go on with old settings.
const webhookFresh = 5 * time.Second

func (o *opened) get(ch store.Channel) (channel.Channel, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.channels[ch.ID]
	if !ok || c.open == nil || c.stored.Sealed != ch.Sealed || !maps.Equal(c.stored.Settings, ch.Settings) {
		return nil, false
	}
	return c.open, true
}

func (o *opened) keep(ch store.Channel, open channel.Channel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.channels == nil {
		o.channels = map[crm.ID]openedChannel{}
	}
	o.channels[ch.ID] = openedChannel{ch, open, o.channels[ch.ID].at}
}

func (o *opened) webhook(id crm.ID, now time.Time) (store.Channel, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.channels[id]
	return c.stored, ok && now.Sub(c.at) < webhookFresh
}

func (o *opened) keepWebhook(ch store.Channel, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.channels == nil {
		o.channels = map[crm.ID]openedChannel{}
	}
	c := o.channels[ch.ID]
	if c.stored.Sealed != ch.Sealed || !maps.Equal(c.stored.Settings, ch.Settings) {
		c.open = nil
	}
	o.channels[ch.ID] = openedChannel{ch, c.open, now}
}

func (o *opened) forget(id crm.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.channels, id)
}
