package jobs

import (
	"context"
	"log/slog"
	"time"
)

// look is what a node does again and again beside River: it reads what is due or was left
// lying when a node died, and enqueues that. As a periodic job it would write several times
// for each time that there is nothing to do, and rest after a crash until River has a new
// leader. Every node looks; looking at once does no harm.
type look struct {
	every time.Duration
	what  string // for the log
	do    func(context.Context) error
}

// looks are those of the rooms that there are.
func looks(rooms Rooms) (list []look) {
	if rooms.Broadcasts != nil {
		list = append(list, look{2 * time.Second, "broadcasts", rooms.Broadcasts.TakeUp})
	}
	if rooms.Accounts != nil {
		list = append(list, look{2 * time.Second, "connections", rooms.Accounts.TakeUpDue})
	}
	if rooms.Hooks != nil {
		list = append(list, look{2 * time.Second, "webhooks", rooms.Hooks.Follow})
	}
	if rooms.Imports != nil {
		list = append(list, look{5 * time.Second, "imports", rooms.Imports.TakeUpLeft})
	}
	if rooms.Contacts != nil {
		list = append(list, look{5 * time.Second, "acts on many contacts", rooms.Contacts.TakeUpBulks})
	}
	return list
}

// keep looks at once and then every so often, until ctx ends.
func (l look) keep(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	for {
		if err := l.do(ctx); err != nil && ctx.Err() == nil {
			log.Error("what is due could not be looked for", "of", l.what, "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
