package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"parley/internal/crm"
)

// heartbeat is how often a quiet stream says that it is alive, and looks whether its
// reader is still signed in. It looks at once when the reader signs out or is deactivated.
const heartbeat = 15 * time.Second

// liveFrom is the address of the live connection for a page that is made now: it begins
// where the page ends, so that nothing is lost between the two.
func (s *Server) liveFrom(r *http.Request) (string, error) {
	sub, err := s.Events.Subscribe(r.Context(), actor(r), "")
	if err != nil {
		return "", err
	}
	defer sub.Close()
	return "/events?after=" + sub.After(), nil
}

// liveEvent is what the scripts of a page are told: what happened, and to what. What is
// shown of it they ask for.
type liveEvent struct {
	Type           crm.EventType `json:"type"`
	ContactID      crm.ID        `json:"contact_id,omitempty"`
	ConversationID crm.ID        `json:"conversation_id,omitempty"`
	MessageID      crm.ID        `json:"message_id,omitempty"`
	SubjectID      crm.ID        `json:"subject_id,omitempty"`
}

// live handles GET /events: server-sent events of what the reader may see (V2).
// Last-Event-ID, or ?after= at first, says where to go on.
func (s *Server) live(w http.ResponseWriter, r *http.Request) error {
	after := firstText(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after"))
	sub, err := s.Events.Subscribe(r.Context(), actor(r), after)
	if err != nil {
		return err
	}
	defer sub.Close()
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // a stream has no end; not every server has deadlines
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	_, err = fmt.Fprintf(w, "retry: 1000\nid: %s\ndata: {}\n\n", sub.After())
	for err == nil {
		if err = out.Flush(); err != nil {
			break
		}
		err = s.nextEvents(w, r, sub)
	}
	return nil // the stream has begun: whatever ended it, the browser comes back
}

var errStreamOver = errors.New("the stream is over")

type subscription interface {
	Next(ctx context.Context, quiet time.Duration) ([]crm.Event, error)
	AccessChanged() bool
}

// nextEvents waits for events and writes them, or a heartbeat.
func (s *Server) nextEvents(w http.ResponseWriter, r *http.Request, sub subscription) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	if s.Stop != nil {
		go func() {
			select {
			case <-s.Stop:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	list, err := sub.Next(ctx, heartbeat)
	quiet := err == nil && len(list) == 0
	if quiet || err == nil && sub.AccessChanged() {
		if who, _, err := s.Team.Who(r.Context(), readerOf(r).token); err != nil || who.Role != actor(r).Role {
			return errStreamOver
		}
	}
	if quiet {
		_, err = fmt.Fprint(w, ": alive\n\n")
		return err
	}
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Type == crm.ContactRetagged {
			continue // pages heard it of the tag; there may be very many of these
		}
		data, err := json.Marshal(liveEvent{e.Type, e.ContactID, e.ConversationID, e.MessageID, e.SubjectID})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "id: %s\ndata: %s\n\n", e.Cursor, data); err != nil {
			return err
		}
	}
	return nil
}
