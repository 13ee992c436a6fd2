package inbox

import (
	"context"
	"slices"
	"sync"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// AutoReplies is what the business answers by itself. Admins only.
func (s *Inbox) AutoReplies(ctx context.Context, who crm.Actor) (a crm.AutoReplies, err error) {
	if !who.IsAdmin() {
		return a, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err = store.AutoReplies(tx, who.BusinessID)
		return err
	})
	return a, err
}

// autoRepliesNote is how the audit log calls them.
const autoRepliesNote = "Automatic replies"

// ChangeAutoReplies changes what the business answers by itself, from what it is at that
// moment: of two who change different parts at once neither takes back what the other did.
// change may be called several times. The error is of kind Invalid and names the field.
// Admins only.
func (s *Inbox) ChangeAutoReplies(ctx context.Context, who crm.Actor, change func(*crm.AutoReplies)) (crm.AutoReplies, error) {
	return s.layAutoReplies(ctx, who, func(_ *db.Tx, a *crm.AutoReplies) error {
		change(a)
		return nil
	})
}

// SaveAutoReplies saves what somebody made of was, which they were shown: what they left
// alone stays as it is now. Where somebody else changed the same part meanwhile nothing is
// saved, and the error is of kind Stale, names those parts and says who it was. stands is
// what stands there afterwards, also beside an error of kind Stale or Invalid. Admins only.
func (s *Inbox) SaveAutoReplies(ctx context.Context, who crm.Actor, was, wanted crm.AutoReplies) (stands crm.AutoReplies, err error) {
	laid, err := s.layAutoReplies(ctx, who, func(tx *db.Tx, a *crm.AutoReplies) error {
		stands = *a
		var contested []string
		if *a, contested = wanted.Onto(was, stands); len(contested) == 0 {
			return nil
		}
		by, err := changedAutoReplies(tx, who.BusinessID)
		if err != nil {
			return err
		}
		stale := crm.Errorf(crm.Stale, "stale_version", "These were changed in the meantime.")
		stale.ChangedBy = by
		for _, part := range contested {
			stale.Fields = append(stale.Fields, crm.FieldError{Field: part, Code: "changed_meanwhile", Detail: "This was changed in the meantime."})
		}
		return stale
	})
	if err == nil {
		stands = laid
	}
	return stands, err
}

// changedAutoReplies names who changed them last, or is "".
func changedAutoReplies(tx *db.Tx, business crm.ID) (string, error) {
	list, err := store.Audit(tx, business, store.AuditFilter{Kind: crm.AuditSettings}, nil, 50)
	at := slices.IndexFunc(list, func(e crm.Event) bool { return e.Type == crm.BusinessChanged && e.Note == autoRepliesNote })
	if err != nil || at < 0 {
		return "", err
	}
	return list[at].ActorName, nil
}

func (s *Inbox) layAutoReplies(ctx context.Context, who crm.Actor, change func(*db.Tx, *crm.AutoReplies) error) (a crm.AutoReplies, err error) {
	if !who.IsAdmin() {
		return a, crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockIdentities(tx, who.BusinessID, []crm.IdentityKey{{Scope: "auto_replies"}})
		custom, err := store.CustomFields(tx, who.BusinessID)
		if err != nil {
			return err
		}
		if a, err = store.AutoReplies(tx, who.BusinessID); err != nil {
			return err
		}
		if err := change(tx, &a); err != nil {
			return err
		}
		if err := a.Normalise(crm.MergeFieldsWith(custom)).Err(); err != nil {
			return err
		}
		store.SetAutoReplies(tx, who.BusinessID, a)
		tx.After(func() { s.auto.forget(who.BusinessID) })
		event := who.Event(crm.BusinessChanged, s.Now())
		event.Note = autoRepliesNote
		return s.record(tx, event)
	})
	return a, err
}

// autoReplies keeps what businesses answer by themselves for some seconds, for every
// message that comes in asks. The zero value is empty.
type autoReplies struct {
	mu   sync.Mutex
	kept map[crm.ID]keptAutoReplies
}

type keptAutoReplies struct {
	crm.AutoReplies
	zone *time.Location
	held bool
	our  string
	at   time.Time
}

// autoFresh is how long another node may go on with old settings.
const autoFresh = 5 * time.Second

func (k *autoReplies) of(tx *db.Tx, business crm.ID, now time.Time) (keptAutoReplies, error) {
	k.mu.Lock()
	found, ok := k.kept[business]
	k.mu.Unlock()
	if ok && now.Sub(found.at) < autoFresh && !now.Before(found.at) {
		return found, nil
	}
	a, err := store.AutoReplies(tx, business)
	if err != nil {
		return found, err
	}
	b, err := store.Business(tx, business)
	if err != nil {
		return found, err
	}
	zone, err := time.LoadLocation(b.TimeZone)
	if err != nil {
		zone = time.UTC // a name that this system does not know
	}
	found = keptAutoReplies{a, zone, b.Held, b.Name, now}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = map[crm.ID]keptAutoReplies{}
	}
	k.kept[business] = found
	return found, nil
}

func (k *autoReplies) forget(business crm.ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.kept, business)
}

// answer queues the automatic replies to what came in: one for each conversation at most,
// in the transaction that files it. None goes to somebody who said stop or says so now, to
// a robot, to an old message, over a channel that is switched off, or within a day of another.
func (r *receipt) answer() error {
	if len(r.messages) == 0 {
		return nil
	}
	settings, err := r.auto.of(r.tx, r.who.BusinessID, r.now)
	if err != nil || settings.held || !r.channel.Active || !settings.NewContact.On && !settings.KnownContact.On && !settings.Away.On {
		return err
	}
	answered := map[crm.ID]bool{}
	for _, m := range r.messages {
		if answered[m.ConversationID] || !r.mayAnswer(m) {
			continue
		}
		kind, text, found := settings.Choose(r.isOpened(m.ConversationID), r.draftOf(m.ContactID) != nil, r.now, settings.zone)
		if !found {
			continue
		}
		answered[m.ConversationID] = true
		if err := r.answerTo(m, kind, text); err != nil {
			return err
		}
	}
	return nil
}

// mayAnswer reports whether a message is one that a person wrote just now.
func (r *receipt) mayAnswer(m crm.Message) bool {
	if m.Type == crm.SystemMessage || m.Type == crm.Unsupported || r.now.Sub(m.At) > crm.AutoReplyFresh || r.robots[m.ID] {
		return false
	}
	return !slices.ContainsFunc(r.said, func(s said) bool { return s.message.ConversationID == m.ConversationID })
}

func (r *receipt) answerTo(m crm.Message, kind crm.AutoReplyKind, text string) error {
	business := r.who.BusinessID
	values, err := MergeValues(r.tx, crm.System(business), m.ContactID)
	if err != nil {
		return err
	}
	if slices.Contains(values.Contact.OptOuts, r.channel.Family) {
		return nil
	}
	read, refused := crm.ParseMergeText(text, crm.MergeFieldsWith(values.Custom))
	if refused != nil { // a field that it names is gone since
		return nil
	}
	filled := read.Fill(values)
	if filled == "" || filled == m.Text { // an echo of our own
		return nil
	}
	due, err := store.NoteAutoReply(r.tx, business, m.ConversationID, kind, r.now, r.now.Add(-crm.AutoReplyEvery))
	if err != nil || !due {
		return err
	}
	reply := crm.Message{BusinessID: business, ID: crm.NewID(r.now), ConversationID: m.ConversationID, ContactID: m.ContactID,
		ChannelID: r.channel.ID, Direction: crm.Out, Address: m.Address, Type: crm.TextMessage, Text: filled, Content: crm.Content{Automatic: true},
		Status: crm.Queued, At: r.now, ReceivedAt: r.now}
	store.AddMessages(r.tx, []crm.Message{reply})
	event := about(crm.System(business), crm.MessageQueued, r.now, m.ContactID, m.ConversationID)
	event.MessageID = reply.ID
	r.events = append(r.events, event)
	return r.Deliver(r.tx, business, m.ConversationID)
}

// pointless says why an automatic reply is not sent after all, or "": it waits for another
// try while its provider is away, and a person may say stop meanwhile.
func (s *Inbox) pointless(tx *db.Tx, m crm.Message, ch store.Channel) (why string, err error) {
	if s.Now().Sub(m.At) > crm.AutoReplyFresh {
		return "This automatic reply could not be sent within the hour. It is no answer any more and was left out.", nil
	}
	if !ch.Active {
		return "The channel was switched off before this automatic reply was sent.", nil
	}
	contact, err := store.ContactOfConversation(tx, m.BusinessID, m.ConversationID) // a merge may have moved it
	if err != nil {
		return "", err
	}
	list, err := store.ContactsByID(tx, m.BusinessID, []crm.ID{contact})
	if err == nil && len(list) > 0 && slices.Contains(list[0].OptOuts, ch.Family) {
		why = "This person said stop before this automatic reply was sent."
	}
	return why, err
}
