package broadcasts

import (
	"context"
	"slices"
	"strings"
	"time"

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
	// Problems are what could not be read of it; they are said together with what else is
	// wrong.
	Problems crm.Problems
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
		crm.CheckChosen(&problems, "audience.contact_ids", b.Audience.ContactIDs)
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
	return beside(d.Problems, problems).Err()
}

// beside adds problems to those of reading, but for what only follows from them: a field
// that could not be read is not missing.
func beside(reading, more crm.Problems) crm.Problems {
	return append(slices.Clone(reading), slices.DeleteFunc(more, func(p crm.FieldError) bool {
		return slices.ContainsFunc(reading, func(r crm.FieldError) bool { return r.Field == p.Field || strings.HasPrefix(r.Field, p.Field+".") })
	})...)
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
