package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"parley/internal/crm"
	"parley/internal/events"
	"parley/internal/store"
)

// Event is the data of a server-sent event: what happened, to what. The ids that do not
// apply are empty.
type Event struct {
	Type           crm.EventType `json:"type"`
	At             string        `json:"at" format:"date-time"`
	ContactID      crm.ID        `json:"contact_id"`
	ConversationID crm.ID        `json:"conversation_id"`
	MessageID      crm.ID        `json:"message_id"`
	UserID         crm.ID        `json:"user_id" doc:"The user it is about."`
	SubjectID      crm.ID        `json:"subject_id" doc:"Anything else it is about: a tag, a channel."`
}

func eventOf(e crm.Event) Event {
	return Event{e.Type, shownTime(e.At), e.ContactID, e.ConversationID, e.MessageID, e.UserID, e.SubjectID}
}

func (a *API) addEvents() {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(eventType, true, "Event")
	add(a, huma.Operation{OperationID: "followEvents", Method: http.MethodGet, Path: "/events", Tags: []string{"Events"},
		Summary: "Follow what happens",
		Description: "Server-sent events of what the asker may see, from now on or, with Last-Event-ID, from there on. Each has an id (the cursor), an event (the type) and data. " +
			"Comments tell that the stream lives. It ends when the token does.",
		Responses: map[string]*huma.Response{"200": {Description: "A stream of events; the schema is that of their data.",
			Content: map[string]*huma.MediaType{"text/event-stream": {Schema: schema}}}}},
		rule{access: SignedIn}, a.followEvents)
}

// FollowEvents asks for a stream.
type FollowEvents struct {
	LastEventID string `header:"Last-Event-ID" doc:"The id of the last event that was seen."`
}

func (a *API) followEvents(ctx context.Context, in *FollowEvents) (*huma.StreamResponse, error) {
	if _, ok := store.ParseCursor(in.LastEventID); in.LastEventID != "" && !ok {
		var problems crm.Problems
		problems.Add("Last-Event-ID", "bad_cursor", "This is not the id of an event.")
		return nil, &crm.Error{Kind: crm.Invalid, Code: "bad_cursor", Detail: "The cursor cannot be read. Begin again without it.", Fields: problems}
	}
	c := callOf(ctx)
	sub, err := a.Events.Subscribe(ctx, c.who, in.LastEventID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		s := &stream{api: a, call: c, sub: sub, w: w, control: http.NewResponseController(w), head: r.Method == http.MethodHead}
		defer func() { s.sub.Close() }()
		s.run(r.Context())
	}}, nil
}

// stream is one connection that follows events.
type stream struct {
	api     *API
	call    *call
	sub     *events.Subscription
	w       http.ResponseWriter
	control *http.ResponseController
	head    bool // the caller asks for the header alone
}

// run sends events until the caller leaves, the token ends or the server stops.
func (s *stream) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.api.Stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	s.w.Header().Set("Content-Type", "text/event-stream")
	s.w.Header().Set("X-Accel-Buffering", "no")
	s.w.WriteHeader(http.StatusOK)
	if s.head {
		return
	}
	ok := s.send(fmt.Sprintf(": connected\nretry: 2000\nid: %s\n\n", s.sub.After()))
	for ok {
		list, err := s.next(ctx)
		if err != nil || !s.stillAllowed(ctx) {
			return
		}
		ok = s.send(encoded(list))
	}
}

// next waits for events, but not longer than a heartbeat; none are no error.
func (s *stream) next(ctx context.Context) ([]crm.Event, error) {
	list, err := s.sub.Next(ctx, s.api.Heartbeat)
	if err != nil && ctx.Err() == nil {
		s.api.Log.WarnContext(ctx, "a stream of events ends", "error", err)
	}
	return list, err
}

// stillAllowed looks whether the token is good and its user who it was; with another role
// other events are to be seen from here on.
func (s *stream) stillAllowed(ctx context.Context) bool {
	who, err := s.api.Team.WhoByToken(ctx, s.call.token)
	if err != nil {
		return false
	}
	return who.Role == s.call.who.Role // else the caller connects again, as what it is now
}

// encoded writes events as the stream has them; without any, a sign of life.
func encoded(list []crm.Event) string {
	if len(list) == 0 {
		return ": alive\n\n"
	}
	var b strings.Builder
	for _, e := range list {
		data, _ := json.Marshal(eventOf(e)) // of texts alone
		fmt.Fprintf(&b, "id: %s\nevent: %s\ndata: %s\n\n", e.Cursor, e.Type, data)
	}
	return b.String()
}

// patience is how long a caller may take to read what was sent.
const patience = 30 * time.Second

func (s *stream) send(text string) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(patience)) // not every writer has one
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}
