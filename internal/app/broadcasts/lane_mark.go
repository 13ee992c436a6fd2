package broadcasts

import (
	"slices"
	"time"

	"parley/internal/app/inbox"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// mark writes how messages ended.
func (l *lane) mark(tx *db.Tx, marks []sending) error {
	if len(marks) == 0 {
		return nil
	}
	marks = slices.Clone(marks)
	slices.SortFunc(marks, func(a, b sending) int { return a.recipient.Position - b.recipient.Position })
	now := l.Now()
	var externals []string
	for _, s := range marks {
		if s.failure != nil {
			if err := l.markFailed(tx, s, now); err != nil {
				return err
			}
			continue
		}
		l.fault, l.inRow = 0, 0
		store.MarkRecipientSent(tx, l.business, s.recipient.ID, s.external, now)
		externals = append(externals, s.external)
	}
	if len(externals) == 0 {
		return nil
	}
	parked, err := store.TakeParkedStatuses(tx, l.business, l.id, externals) // news that came before we knew the id
	if err != nil {
		return err
	}
	for _, s := range marks {
		if news, ok := parked[s.external]; ok && s.failure == nil {
			store.MoveRecipient(tx, l.business, s.recipient.ID, news, channel.RetryAt(news.ErrorCode, now), now)
		}
	}
	store.SetChannelProblem(tx, l.business, l.id, "")
	return nil
}

func (l *lane) markFailed(tx *db.Tx, s sending, now time.Time) error {
	f := s.failure
	status := crm.InboundStatus{Status: crm.Failed, Error: f.Reason, ErrorCode: f.Code}
	switch f.Outcome {
	case channel.Unknown:
		status.Status = crm.Unknown
	case channel.NotSent:
		return l.offerAgain(tx, s, now)
	case channel.Dead:
		store.BackInQueue(tx, l.business, s.recipient.ID, crm.NewID(now), time.Time{}, false)
		store.SetChannelProblem(tx, l.business, l.id, f.Reason)
		return l.pauseAll(tx, f.Reason)
	case channel.OptedOut:
		if s.recipient.ContactID != "" {
			if err := l.optedOut(tx, s, now); err != nil {
				return err
			}
		}
	}
	store.MoveRecipient(tx, l.business, s.recipient.ID, status, channel.RetryAt(f.Code, now), now)
	return nil
}

// faultsInRow is how many faults of a provider after each other make the lane rest.
const faultsInRow = 10

// offerAgain puts a message back that the provider did not take. Where the whole channel
// is asked to go slower, cannot be reached or does not come out of its faults, the lane
// rests.
func (l *lane) offerAgain(tx *db.Tx, s sending, now time.Time) error {
	f := s.failure
	if l.inRow++; f.Code == "no connection" || l.inRow >= faultsInRow {
		if !time.Now().Before(l.rest) { // else it is the same fault that others met
			l.fault = min(max(2*l.fault, time.Second), 20*time.Second)
			l.rest = time.Now().Add(l.fault)
		}
	}
	if f.Code == "no connection" {
		store.BackInQueue(tx, l.business, s.recipient.ID, crm.NewID(now), time.Time{}, false)
		store.SetBroadcastProblem(tx, l.business, s.broadcast, f.Reason+" It is tried again.")
		return nil
	}
	wait := max(f.RetryAfter, time.Second)
	if channel.TooFast(f.Code) {
		if until := time.Now().Add(wait); until.After(l.rest) {
			l.rest = until
		}
	}
	if s.recipient.Attempts < inbox.MaxAttempts {
		store.BackInQueue(tx, l.business, s.recipient.ID, crm.NewID(now), now.Add(max(wait, time.Second<<s.recipient.Attempts)), true)
		return nil
	}
	store.MoveRecipient(tx, l.business, s.recipient.ID, crm.InboundStatus{Status: crm.Failed, Error: f.Reason, ErrorCode: f.Code}, now, now)
	return nil
}

// pauseAll lets everything on the channel rest, because the account does not work.
func (l *lane) pauseAll(tx *db.Tx, why string) error {
	running, err := store.RunningOn(tx, l.business, l.id)
	for _, b := range running {
		if err == nil {
			err = l.pause(tx, b, why)
		}
	}
	return err
}

// optedOut notes that the provider refused because the person had stopped messages (B5).
func (l *lane) optedOut(tx *db.Tx, s sending, now time.Time) error {
	ch, err := store.ChannelByID(tx, l.business, l.id)
	if err != nil {
		return err
	}
	events, err := inbox.StoppedAtProvider(tx, l.business, s.recipient.ContactID, ch.Family, now, s.failure.Reason)
	if err != nil {
		return err
	}
	return l.record(tx, events...)
}
