package inbox

import (
	"context"
	"errors"
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// MaxAttempts is how often a message that a provider did not take is offered again.
const MaxAttempts = 8

// StoppedMeanwhile is said of a message whose sender died over it.
const StoppedMeanwhile = "Parley stopped while this was being sent. It may or may not have arrived; it is not sent again by itself."

// abandonedAfter is how long a claimed message may be on its way before we say that
// nobody knows how it ended. A send gives up long before.
const abandonedAfter = 2 * time.Minute

// SendNext hands over the oldest waiting message of a conversation: claimed in one
// transaction, sent, marked in another (V7). more says that there may be another one;
// again is how long to wait before a message that was not taken is offered once more, 0
// when none is.
func (s *Inbox) SendNext(ctx context.Context, business, conversation crm.ID) (more bool, again time.Duration, err error) {
	if held, err := s.wait(ctx, business, conversation); err != nil || held {
		return false, 0, err
	}
	m, ch, found, err := s.claim(ctx, business, conversation)
	if err != nil || !found {
		return false, 0, err
	}
	if m.Status == crm.Skipped {
		return true, 0, nil // it was not to be sent any more
	}
	external, sendErr := s.hand(ctx, ch, m)
	// Marking must not be given up because the job's time is over: the message is out.
	again, err = s.mark(context.WithoutCancel(ctx), ch, m, external, sendErr)
	return again == 0, again, err
}

// wait keeps to the channel's pace before anything is claimed. held means that nothing
// may be sent at all: the database is a restored copy that no admin has released yet.
func (s *Inbox) wait(ctx context.Context, business, conversation crm.ID) (held bool, err error) {
	var next store.Pace
	var found bool
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		next, found, err = store.NextPace(tx, business, conversation)
		return err
	})
	if err != nil || !found || next.Held {
		return next.Held, err
	}
	return false, s.pacer.wait(ctx, next.ChannelID, next.MaxPerSecond)
}

func (s *Inbox) claim(ctx context.Context, business, conversation crm.ID) (m crm.Message, ch store.Channel, found bool, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if m, found, err = store.ClaimNext(tx, business, conversation, s.Now()); err != nil || !found {
			return err
		}
		if ch, err = store.ChannelByID(tx, business, m.ChannelID); err != nil {
			return err
		}
		if m.Content.Automatic {
			if why, err := s.pointless(tx, m, ch); err != nil || why != "" {
				m.Status = crm.Skipped
				return errors.Join(err, s.drop(tx, m, why))
			}
		}
		store.NoteReplySent(tx, business, m.ChannelID) // a broadcast over the channel makes room
		return nil
	})
	return m, ch, found, err
}

// drop ends a message that was claimed and is not to be sent after all.
func (s *Inbox) drop(tx *db.Tx, m crm.Message, why string) error {
	if _, err := store.ApplyStatus(tx, m.BusinessID, m.ID, crm.InboundStatus{Status: crm.Skipped, Error: why}); err != nil {
		return err
	}
	event := about(crm.System(m.BusinessID), crm.MessageStatus, s.Now(), m.ContactID, m.ConversationID)
	event.MessageID = m.ID
	return s.record(tx, event)
}

// hand gives one message to its provider. Its error is always a *channel.SendError.
func (s *Inbox) hand(ctx context.Context, ch store.Channel, m crm.Message) (string, error) {
	open, err := s.Open(ch)
	if err != nil {
		return "", &channel.SendError{Outcome: channel.Dead, Code: "settings", Reason: "The channel's settings are not complete.", Err: err}
	}
	patience := 30 * time.Second
	if len(m.Media) > 0 {
		patience = 90 * time.Second // below the time of a job, and below abandonedAfter
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out := crm.Outbound{ID: m.ID, Address: m.Address, Text: m.Text, QuotedID: m.Content.QuotedID, Template: m.Content.Template}
	if m.Type == crm.ReactionMessage {
		out.Reaction, out.Text = &m.Text, ""
	}
	leave, err := s.large.enter(ctx, sizeOf(m))
	if err != nil {
		return "", &channel.SendError{Outcome: channel.NotSent, Code: "file", Reason: "Other large files are being sent. This one is tried again.", Err: err}
	}
	defer leave()
	if out.File, err = s.outgoingFile(ctx, m); err != nil {
		return "", &channel.SendError{Outcome: channel.NotSent, Code: "file", Reason: "The file could not be read. Nothing was sent.", Err: err}
	}
	external, err := open.Send(ctx, out)
	if failure := channel.FailureOf(err); failure != nil {
		return "", failure
	}
	return external, nil
}

// mark notes how a send ended.
func (s *Inbox) mark(ctx context.Context, ch store.Channel, m crm.Message, external string, sendErr error) (again time.Duration, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		again = 0
		now := s.Now()
		event := about(crm.System(m.BusinessID), crm.MessageStatus, now, m.ContactID, m.ConversationID)
		event.MessageID = m.ID
		var failure *channel.SendError
		if !errors.As(sendErr, &failure) {
			return s.markSent(tx, m, external, event)
		}
		attempts, err := store.Attempts(tx, m.BusinessID, m.ID)
		if err != nil {
			return err
		}
		status := crm.InboundStatus{Status: crm.Failed, Error: failure.Reason, ErrorCode: failure.Code}
		switch failure.Outcome {
		case channel.Unknown:
			status.Status = crm.Unknown
			status.Error = failure.Reason
		case channel.NotSent:
			if attempts < MaxAttempts {
				again = max(failure.RetryAfter, time.Second<<attempts)
				store.Unclaim(tx, m.BusinessID, m.ID)
				return nil
			}
		case channel.Dead:
			store.SetChannelProblem(tx, m.BusinessID, ch.ID, failure.Reason)
		case channel.OptedOut:
			stopped, err := optedOutBy(tx, m, ch.Family, now, failure.Reason)
			if err != nil {
				return err
			}
			if err := s.record(tx, stopped...); err != nil {
				return err
			}
		}
		if _, err := store.ApplyStatus(tx, m.BusinessID, m.ID, status); err != nil {
			return err
		}
		if m.Type == crm.ReactionMessage && status.Status == crm.Failed {
			store.React(tx, m.BusinessID, m.ChannelID, m.Content.QuotedID, ourReaction, "", now)
		}
		return s.record(tx, event)
	})
	return again, err
}

// markSent notes the provider's id and what became of the message before we knew it.
func (s *Inbox) markSent(tx *db.Tx, m crm.Message, external string, event crm.Event) error {
	store.MarkSent(tx, m.BusinessID, m.ID, external)
	parked, found, err := store.TakeParkedStatus(tx, m.BusinessID, m.ChannelID, external)
	if err != nil {
		return err
	}
	if found {
		if _, err := store.ApplyStatus(tx, m.BusinessID, m.ID, parked); err != nil {
			return err
		}
	}
	store.SetChannelProblem(tx, m.BusinessID, m.ChannelID, "")
	return s.record(tx, event)
}

// Settle looks, in every business, for messages whose sender has died between claiming
// and marking and says so on them, and for queued ones that no job is coming for. It is
// run at the start and then every minute.
func (s *Inbox) Settle(ctx context.Context) error {
	var businesses []crm.Business
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		businesses, err = store.Businesses(tx)
		return err
	})
	for _, b := range businesses {
		if err == nil {
			err = s.settle(ctx, b.ID)
		}
	}
	return err
}

func (s *Inbox) settle(ctx context.Context, business crm.ID) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		lost, err := store.Abandoned(tx, business, now.Add(-abandonedAfter), StoppedMeanwhile)
		if err != nil {
			return err
		}
		var events []crm.Event
		for _, m := range lost {
			event := about(crm.System(business), crm.MessageStatus, now, m.ContactID, m.ConversationID)
			event.MessageID = m.ID
			events = append(events, event)
		}
		store.ForgetParkedStatuses(tx, business, now.AddDate(0, 0, -8)) // providers repeat for seven days
		store.ForgetAttachments(tx, business, now.Add(-keptUnsent))
		store.ForgetTemplateFiles(tx, business, now.Add(-keptUnsent))
		waiting, err := store.Waiting(tx, business)
		if err != nil {
			return err
		}
		for _, conversation := range waiting {
			if err := s.Deliver(tx, business, conversation); err != nil {
				return err
			}
		}
		return s.record(tx, events...)
	})
}
