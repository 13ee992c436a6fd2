package hooks_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/hooks"
	"parley/internal/app/team"
	"parley/internal/crm"
)

// silent are endpoints that take calls and say nothing until they are let go.
type silent struct {
	called chan string // addresses
	say    chan struct{}
}

func (s silent) post(_ context.Context, c hooks.Call) (int, error) {
	if !strings.Contains(c.URL, "silent") {
		return 200, nil
	}
	s.called <- c.URL
	<-s.say
	return 0, errors.New("It did not answer in time.")
}

// However many silent endpoints a business has, most places of a node are left to others;
// once they are known to be slow, most of its own are left to its other endpoints too.
func TestSilentEndpointsHoldUpNobodyElse(t *testing.T) {
	const many, quick, slow = 19, 6, 2
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		h, _ := room(w, t)
		s := silent{make(chan string, many), make(chan struct{})}
		h.Post = s.post
		endpoint := func(who crm.Actor, name string) crm.ID {
			t.Helper()
			made, _, err := h.Create(t.Context(), who, crm.HookEndpoint{URL: "https://hooks.example/" + name})
			must(t, err)
			return made.ID
		}
		var silents []crm.ID
		for n := range many {
			silents = append(silents, endpoint(w.M, fmt.Sprint("silent", n)))
		}
		good := endpoint(w.M, "good")
		founded, err := w.Team.Found(t.Context(), team.Founding{Name: "Tulips", Country: "GB", TimeZone: "Europe/London", AdminName: "T", AdminEmail: "t@tulips.example"}, false)
		must(t, err)
		other := crm.Actor{BusinessID: founded.Business.ID, UserID: founded.Admin.ID, Role: crm.Admin, Name: "T", Via: crm.ViaAPI}
		others := endpoint(other, "other")

		deliver := func(who crm.Actor, id crm.ID) {
			_, err := h.Deliver(t.Context(), who.BusinessID, id, w.Now().Add(time.Second))
			if err != nil {
				t.Error(err)
			}
		}
		happens := func() {
			t.Helper()
			w.Put(t, "Priya", "Shah", "", fmt.Sprintf("p%d@shah.example", w.Now().UnixNano()))
			_, err := w.Contacts.Put(t.Context(), other, apptest.Draft("Tom", "Reed", "", fmt.Sprintf("t%d@reed.example", w.Now().UnixNano())))
			must(t, err)
			must(t, h.Follow(t.Context()))
		}
		told := func(who crm.Actor, id crm.ID) bool {
			t.Helper()
			list, _, err := h.Deliveries(t.Context(), who, id, crm.HookDelivered, nil, 100)
			must(t, err)
			waiting, _, err := h.Deliveries(t.Context(), who, id, crm.HookWaiting, nil, 100)
			must(t, err)
			return len(list) > 0 && len(waiting) == 0
		}
		// All at once: each either calls or leaves.
		for round, want := range []int{quick, slow + quick, slow} {
			if round == 2 { // by now all but a few are known to be slow
				for range 4 {
					w.Sleep(time.Hour)
					s.round(w, silents, func(id crm.ID) { deliver(w.M, id) }, nil)
				}
			}
			w.Sleep(time.Hour)
			happens()
			calls := s.round(w, silents, func(id crm.ID) { deliver(w.M, id) }, func() {
				deliver(other, others)
				if !told(other, others) {
					t.Errorf("round %d: another business is held up", round)
				}
				if round == 2 {
					if deliver(w.M, good); !told(w.M, good) {
						t.Errorf("round %d: another endpoint of the business is held up", round)
					}
				}
			})
			if calls != want {
				t.Errorf("round %d: %d silent endpoints were called at once, want %d", round, calls, want)
			}
		}
	})
}

// round delivers to silent endpoints at once, and does something while those that got a
// place are called. It says how many did, and has each call take fifteen seconds.
func (s silent) round(w *apptest.World, list []crm.ID, deliver func(crm.ID), meanwhile func()) (calls int) {
	left := make(chan struct{}, len(list))
	var group sync.WaitGroup
	for _, id := range list {
		group.Go(func() {
			deliver(id)
			left <- struct{}{}
		})
	}
	for range list {
		select {
		case <-s.called:
			calls++
		case <-left:
		}
	}
	if meanwhile != nil {
		meanwhile()
	}
	w.Sleep(15 * time.Second)
	for range calls {
		s.say <- struct{}{}
	}
	group.Wait()
	return calls
}
