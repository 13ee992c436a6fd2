package broadcasts

import (
	"context"
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	// laneTick is how long a lane gathers ends and room before it goes to the database: a
	// transaction then marks and claims several messages at once.
	laneTick = 25 * time.Millisecond
	// laneLease is how long a lane is its worker's without a sign of life. What a worker
	// that dies had claimed is unknown from then on, and others go on.
	laneLease = 6 * time.Second
	// laneSlice is how long a lane is worked at before it makes room for others'.
	laneSlice = 30 * time.Second
	// maxInFlight is how many messages a lane has on their way at once.
	maxInFlight = 256
	// sendPatience is how long one message may take.
	sendPatience = 30 * time.Second
)

// lane sends the broadcasts of one channel, on one node at a time: each message is claimed
// under our own id on disk, then sent, then marked (B3). What people send over the channel
// goes first; the lane takes it off its own pace.
type lane struct {
	*Broadcasts
	business crm.ID
	id       crm.ID // of the channel
	holder   string

	page     *journalPage // where it notes what leaves
	open     channel.Channel
	rate     float64
	room     float64 // how many messages may leave now
	filledAt time.Time
	rest     time.Time     // nothing is claimed before
	fault    time.Duration // how long it last rested because of faults
	inRow    int           // faults since the last message that was taken

	ends     chan sending // of messages that were handed over
	inFlight int
	marks    []sending // to be written
	turn     int       // whose broadcast is next
	told     map[crm.ID]time.Time
}

// sending is one message on its way, and how that ended.
type sending struct {
	broadcast crm.ID
	recipient crm.Recipient
	out       crm.Outbound
	external  string
	failure   *channel.SendError
}

// WorkLane sends what waits on a channel, for a slice of time. again is when it is to be
// called once more; 0 when nothing waits, or another worker is at it.
func (s *Broadcasts) WorkLane(ctx context.Context, business, channel crm.ID) (again time.Duration, err error) {
	l := &lane{Broadcasts: s, business: business, id: channel, holder: crm.NewID(s.Now()).String(), ends: make(chan sending, maxInFlight), told: map[crm.ID]time.Time{}}
	taken, err := l.take(ctx)
	if err != nil || !taken {
		return 0, err
	}
	l.page = s.Journal.begin(l.holder, business, channel)
	again, err = l.run(ctx)
	l.drain(context.WithoutCancel(ctx))
	return again, err
}

// take makes this worker the channel's. What one that died had claimed is unknown (V7).
func (l *lane) take(ctx context.Context) (taken bool, err error) {
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		var stranded bool
		now := l.Now()
		if taken, stranded, err = store.TakeLane(tx, l.business, l.id, l.holder, now, now.Add(laneLease)); err != nil || !taken || !stranded {
			return err
		}
		return l.strand(tx, l.business, l.id)
	})
	return taken, err
}

// run goes on until the slice is over, nothing waits, or the channel is another worker's.
func (l *lane) run(ctx context.Context) (again time.Duration, err error) {
	until := time.Now().Add(laneSlice)
	l.filledAt = time.Now()
	for ctx.Err() == nil {
		t, err := l.step(ctx)
		switch {
		case err != nil:
			return 0, err
		case t.lost:
			return 0, nil
		case t.idle && l.inFlight == 0 && len(l.marks) == 0:
			return t.again, nil
		case time.Now().After(until):
			return time.Millisecond, nil
		}
		l.wait(ctx, t.pause)
	}
	return 0, ctx.Err()
}

// step is how a transaction of a lane ended.
type step struct {
	lost  bool          // another worker has the channel
	idle  bool          // nothing can be claimed now
	again time.Duration // with idle: when there may be something; 0: when somebody says so
	pause time.Duration // how long to wait at least before the next one
	send  []sending
}

// step writes how messages ended, claims the next ones and hands them over.
func (l *lane) step(ctx context.Context) (t step, err error) {
	room := l.makeRoom()
	marks := l.marks
	var replies int
	// Marking must not be given up because the job's time is over: the messages are out.
	err = l.DB.WriteBehind(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		t, replies = step{}, 0
		var held bool
		if replies, held, err = store.KeepLane(tx, l.business, l.id, l.holder, l.Now().Add(laneLease)); err != nil {
			return err
		}
		if err := l.mark(tx, marks); err != nil {
			return err
		}
		if t.lost = !held; t.lost {
			return nil
		}
		return l.claim(tx, &t, room)
	})
	if err != nil {
		return t, err
	}
	l.marks = l.marks[len(marks):]
	l.room -= float64(len(t.send) + replies)
	for _, s := range t.send {
		l.inFlight++
		go l.hand(context.WithoutCancel(ctx), s)
	}
	return t, nil
}

// makeRoom is how many messages may leave now, by the channel's pace.
func (l *lane) makeRoom() int {
	now := time.Now()
	// What was not used for a quarter of a second is gone: a pause makes no burst.
	l.room = min(l.room+l.rate*now.Sub(l.filledAt).Seconds(), max(1, l.rate/4))
	l.filledAt = now
	if now.Before(l.rest) {
		return 0
	}
	return max(0, min(int(l.room), maxInFlight-l.inFlight))
}

// wait lets messages end and room come, for a tick or until the next one may leave.
func (l *lane) wait(ctx context.Context, least time.Duration) {
	pause := max(laneTick, least)
	if l.rate > 0 && l.room < 1 {
		pause = max(pause, time.Duration((1-l.room)/l.rate*float64(time.Second)))
	}
	timer := time.NewTimer(min(pause, time.Second)) // a sign of life in between
	defer timer.Stop()
	for {
		select {
		case s := <-l.ends:
			l.ended(s)
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// ended notes that a message is not on its way any more, and is to be marked.
func (l *lane) ended(s sending) {
	l.inFlight--
	l.marks = append(l.marks, s)
}

// drain waits for what is on its way, marks it and lets go of the channel.
func (l *lane) drain(ctx context.Context) {
	for l.inFlight > 0 || len(l.marks) > 0 {
		if l.inFlight > 0 {
			timer := time.NewTimer(time.Second)
			select {
			case s := <-l.ends:
				l.ended(s)
				for range len(l.ends) {
					l.ended(<-l.ends)
				}
			case <-timer.C:
			}
			timer.Stop()
		}
		marks := l.marks
		err := l.DB.WriteBehind(ctx, func(tx *db.Tx) error {
			if _, _, err := store.KeepLane(tx, l.business, l.id, l.holder, l.Now().Add(laneLease)); err != nil {
				return err
			}
			return l.mark(tx, marks)
		})
		if err != nil {
			return // the database is away: whoever takes the lane over says that these are unknown
		}
		l.marks = l.marks[len(marks):]
	}
	err := l.DB.Write(ctx, func(tx *db.Tx) error {
		store.LeaveLane(tx, l.business, l.id, l.holder)
		return nil
	})
	if err == nil { // else the lease runs out, and whoever takes over may ask
		l.page.end()
	}
}

// hand gives one message to its provider.
func (l *lane) hand(ctx context.Context, s sending) {
	ctx, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	ctx = channel.OnHandover(ctx, func() { l.page.note(s.out.ID) })
	external, err := l.open.Send(ctx, s.out)
	s.external, s.failure = external, channel.FailureOf(err)
	switch {
	case s.failure == nil:
		l.page.took(s.out.ID, s.external)
	case s.failure.Outcome == channel.NotSent, s.failure.Outcome == channel.Dead:
		l.page.notTaken(s.out.ID)
	}
	l.ends <- s
}
