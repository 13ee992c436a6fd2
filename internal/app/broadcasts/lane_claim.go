package broadcasts

import (
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// claim takes the next messages of the broadcasts that run on the channel, in turn. What
// keeps one of them from going on pauses it.
func (l *lane) claim(tx *db.Tx, t *step, room int) error {
	running, err := store.RunningOn(tx, l.business, l.id)
	if err != nil {
		return err
	}
	running = slices.DeleteFunc(running, func(b *crm.Broadcast) bool { return b.FrozenAt.IsZero() })
	if len(running) == 0 {
		t.idle = true
		return nil
	}
	t.idle = true // unless one of them has somebody to write to
	l.turn++
	for n := range running {
		b := running[(n+l.turn)%len(running)]
		if err := l.claimOf(tx, t, b, room-len(t.send)); err != nil {
			return err
		}
	}
	return nil
}

// claimOf takes the next messages of one broadcast.
func (l *lane) claimOf(tx *db.Tx, t *step, b *crm.Broadcast, room int) error {
	c, err := messageOf(tx, b)
	if err != nil {
		return err
	}
	if why, err := l.obstacle(tx, b, &c); err != nil || why != "" {
		if err == nil {
			err = l.pause(tx, b, why)
		}
		return err
	}
	if l.open == nil || l.rate != c.channel.MaxPerSecond {
		if l.open, err = l.Open(c.channel); err != nil {
			return l.pause(tx, b, "The settings of the channel "+c.channel.Name+" are not complete.")
		}
		l.rate = c.channel.MaxPerSecond
	}
	now := l.Now()
	if until := b.Quiet.Until(now, zoneOf(c.business)); !until.IsZero() {
		store.SetBroadcastProblem(tx, b.BusinessID, b.ID, "Quiet hours until "+until.In(zoneOf(c.business)).Format("15:04")+". It goes on by itself then.")
		return l.comeBack(t, until.Sub(now))
	}
	if time.Now().Before(l.rest) {
		t.idle = false
		return nil
	}
	if b.Problem != "" {
		store.SetBroadcastProblem(tx, b.BusinessID, b.ID, "")
	}
	if err := l.tell(tx, b, now); err != nil {
		return err
	}
	if room <= 0 {
		t.idle = false
		return nil
	}
	next, err := store.NextRecipients(tx, b.BusinessID, b.ID, now, room)
	if err != nil {
		return err
	}
	if len(next) == 0 {
		return l.endOrWait(tx, t, b)
	}
	t.idle = false
	return l.prepare(tx, t, b, &c, next, now)
}

// comeBack notes that there is nothing to claim for a while.
func (l *lane) comeBack(t *step, in time.Duration) error {
	in = min(max(in, 10*time.Millisecond), 20*time.Second) // quiet hours and tempers change
	if t.again == 0 || in < t.again {
		t.again = in
	}
	return nil
}

// obstacle says what keeps a broadcast from going on; empty when nothing does.
func (l *lane) obstacle(tx *db.Tx, b *crm.Broadcast, c *content) (string, error) {
	if c.business.Held {
		return "This is a restored copy of Parley. What was sent after the backup was made is not known here; look before you resume.", nil
	}
	gone, err := store.Deleted(tx, b.BusinessID, b.Audience.Tags())
	if err != nil {
		return "", err
	}
	for _, tag := range gone {
		if !slices.Contains(b.Accepted, tag.ID) {
			return "The tag " + tag.Name + ", by which its people were chosen, was deleted. They are still the ones that were chosen at the start.", nil
		}
	}
	if len(c.problems) > 0 {
		return c.problems[0].Detail, nil
	}
	return "", nil
}

// tell says at most once a second that a broadcast has moved on.
func (l *lane) tell(tx *db.Tx, b *crm.Broadcast, now time.Time) error {
	if now.Sub(l.told[b.ID]) < time.Second {
		return nil
	}
	l.told[b.ID] = now
	moved := *b
	moved.MovedAt = now
	return l.record(tx, eventOf(crm.System(b.BusinessID), crm.BroadcastMoved, &moved))
}

// endOrWait ends a broadcast in which nobody waits any more and nothing is on its way.
func (l *lane) endOrWait(tx *db.Tx, t *step, b *crm.Broadcast) error {
	n, err := store.Unfinished(tx, b.BusinessID, b.ID)
	if err != nil {
		return err
	}
	if n > 0 {
		return l.comeBack(t, time.Second) // on its way, or to be tried again later
	}
	b.Status, b.EndedAt, b.MovedAt, b.Problem = crm.BroadcastDone, l.Now(), l.Now(), ""
	store.PutBroadcast(tx, b)
	return l.record(tx, eventOf(crm.System(b.BusinessID), crm.BroadcastEnded, b))
}

// prepare fills the text for the next recipients and claims those who get it. Whoever
// opted out or was archived since the start is left out (B3), and so is who may not be
// written to any more because the window has closed (V6).
func (l *lane) prepare(tx *db.Tx, t *step, b *crm.Broadcast, c *content, next []crm.Recipient, now time.Time) error {
	ids := make([]crm.ID, 0, len(next))
	for _, r := range next {
		ids = append(ids, r.ContactID)
	}
	list, err := store.ContactsByID(tx, b.BusinessID, ids)
	if err != nil {
		return err
	}
	there := map[crm.ID]*crm.Contact{}
	for _, contact := range list {
		there[contact.ID] = contact
	}
	wrote, err := l.wrote(tx, c.channel, ids)
	if err != nil {
		return err
	}
	for _, r := range next {
		contact := there[r.ContactID]
		f := filled{skip: crm.SkipGone}
		switch {
		case contact == nil:
		case contact.Status == crm.Archived:
			f.skip = crm.SkipArchived
		case slices.Contains(contact.OptOuts, c.channel.Family):
			f.skip = crm.SkipOptedOut
		case c.inWindow(b) && !crm.WindowOpen(wrote[r.ContactID].At, now):
			f.skip = crm.SkipWindow
		default:
			f = c.fill(b, contact)
		}
		if f.skip != "" {
			store.Skip(tx, b.BusinessID, b.ID, r.Position, f.skip)
			continue
		}
		if exact := wrote[r.ContactID].Address; crm.InboundPhone(exact).Value == r.Address {
			r.Address = exact
		}
		r.Text, r.ClaimedAt = f.text, now
		r.Attempts++
		store.Claim(tx, b.BusinessID, b.ID, r, l.holder, now)
		t.send = append(t.send, sending{broadcast: b.ID, recipient: r, out: crm.Outbound{ID: r.ID, Address: r.Address, Text: f.text, Template: f.template}})
	}
	return nil
}

// wrote is when contacts last wrote on WhatsApp, and under which id: that may spell a
// number otherwise than we do (I3).
func (l *lane) wrote(tx *db.Tx, ch store.Channel, contacts []crm.ID) (map[crm.ID]store.LastWritten, error) {
	if ch.Family != crm.WhatsApp {
		return nil, nil
	}
	return store.LastWrote(tx, l.business, ch.ID, contacts)
}
