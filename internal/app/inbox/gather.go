package inbox

import (
	"context"
	"sync"
	"time"

	"parley/internal/crm"
	"parley/internal/store"
)

// gatherer lets calls of a channel that come in while others are being filed share the
// next transaction: sixteen webhooks at once cost little more than one. Nobody waits for
// company; a call that finds the channel idle is filed at once. The zero value is ready.
type gatherer struct {
	mu    sync.Mutex
	lanes map[crm.ID]*lane
}

// lane is what waits on one channel.
type lane struct {
	waiting []*arrival
	running int
}

// arrival is one call that waits for its items to be on disk.
type arrival struct {
	ctx     context.Context
	channel store.Channel
	scope   string
	items   []crm.Inbound
	done    chan error
}

const (
	// atATime is how many transactions file on one channel side by side.
	atATime = 2
	// most is how many items share a transaction, unless one call alone has more.
	most = 500
	// filing is how long a transaction may take.
	filing = 30 * time.Second
)

// gather files an arrival together with those that wait beside it.
func (s *Inbox) gather(a *arrival) error {
	g := &s.gatherer
	g.mu.Lock()
	if g.lanes == nil {
		g.lanes = map[crm.ID]*lane{}
	}
	l := g.lanes[a.channel.ID]
	if l == nil {
		l = &lane{}
		g.lanes[a.channel.ID] = l
	}
	l.waiting = append(l.waiting, a)
	if l.running < atATime {
		l.running++
		go s.drain(a.channel.ID, l)
	}
	g.mu.Unlock()
	return <-a.done
}

// drain files what waits on a lane until nothing does.
func (s *Inbox) drain(channel crm.ID, l *lane) {
	for {
		s.gatherer.mu.Lock()
		group := l.take()
		if len(group) == 0 {
			if l.running--; l.running == 0 {
				delete(s.gatherer.lanes, channel)
			}
			s.gatherer.mu.Unlock()
			return
		}
		s.gatherer.mu.Unlock()
		s.fileGroup(group)
	}
}

// take removes the next group from the lane.
func (l *lane) take() []*arrival {
	n, items := 0, 0
	for n < len(l.waiting) && (n == 0 || items+len(l.waiting[n].items) <= most) {
		items += len(l.waiting[n].items)
		n++
	}
	group := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return group
}

// fileGroup files a group in one transaction, or, when that fails on one of them, each by
// itself, and answers everyone.
func (s *Inbox) fileGroup(group []*arrival) {
	var items []crm.Inbound
	for _, a := range group {
		items = append(items, a.items...)
	}
	// A caller that has gone must not end the transaction of the others.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(group[0].ctx), filing)
	defer cancel()
	newest := group[len(group)-1]
	err := s.receiveTogether(ctx, newest.channel, newest.scope, items)
	alone := err != nil && crm.KindOf(err) != crm.Unavailable && ctx.Err() == nil
	for _, a := range group {
		if alone {
			a.done <- s.receiveEach(ctx, a)
		} else {
			a.done <- err
		}
	}
}

// receiveEach files the items of an arrival one by one; what fails is kept under Unfiled.
func (s *Inbox) receiveEach(ctx context.Context, a *arrival) error {
	for _, item := range a.items {
		if err := s.receiveAlone(ctx, a.channel, a.scope, item); err != nil {
			return err
		}
	}
	return nil
}
