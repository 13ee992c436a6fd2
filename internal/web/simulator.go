package web

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/store"
)

// strangers are customers to be; their numbers are reserved for fiction.
var strangers = []Stranger{
	{"Zoë Quinn", "+447700900321"}, {"Ben Baker", "+447700900322"}, {"Aisha Okafor", "+447700900323"},
	{"Mateo Duarte", "+447700900324"}, {"Lin Wei", "+447700900325"}, {"Noor Haddad", "+447700900326"},
}

// simulated are the reader's channels that are played.
func (s *Server) simulated(r *http.Request) ([]store.Channel, error) {
	if s.Hooks == nil {
		return nil, crm.ErrNotFound
	}
	list, err := s.Team.Channels(r.Context(), actor(r))
	return slices.DeleteFunc(list, func(ch store.Channel) bool { return ch.Kind != "simulator" || !ch.Active }), err
}

func (s *Server) hasSimulator(r *http.Request) (bool, error) {
	list, err := s.simulated(r)
	return len(list) > 0, err
}

// customer is who is played: a number on a channel.
type customer struct {
	channel store.Channel
	from    string
	name    string
}

func (s *Server) customer(r *http.Request) (c customer, all []store.Channel, err error) {
	if all, err = s.simulated(r); err != nil || len(all) == 0 {
		return c, all, err
	}
	c = customer{channel: all[0], from: strings.TrimSpace(r.FormValue("from")), name: strings.TrimSpace(r.FormValue("name"))}
	for _, ch := range all {
		if ch.ID.String() == r.FormValue("channel_id") {
			c.channel = ch
		}
	}
	return c, all, nil
}

// simulatorPage handles GET /simulator?channel_id=&from=&name=.
func (s *Server) simulatorPage(w http.ResponseWriter, r *http.Request) error {
	c, all, err := s.customer(r)
	if err != nil {
		return err
	}
	page := SimulatorPage{Alone: Alone{Title: "Simulator"}, Strangers: strangers, From: c.from, Name: c.name, ChannelID: c.channel.ID}
	if page.From == "" {
		page.From, page.Name = strangers[0].From, strangers[0].Name
		c.from = page.From
	}
	for _, ch := range all {
		page.Channels = append(page.Channels, ComposerChannel{ID: ch.ID, Name: ch.Name, Family: ch.Family})
	}
	if page.Live, err = s.liveFrom(r); err != nil {
		return err
	}
	if page.Thread, err = s.phone(r, c); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page)
}

// simulatorThread handles GET /simulator/thread?channel_id=&from=.
func (s *Server) simulatorThread(w http.ResponseWriter, r *http.Request) error {
	c, _, err := s.customer(r)
	if err != nil {
		return err
	}
	thread, err := s.phone(r, c)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, thread)
}

// phone is what the customer's phone shows: what went between that number and the channel,
// as far as the reader may see it (V2).
func (s *Server) phone(r *http.Request, c customer) (t SimulatorThread, err error) {
	clock, b, err := s.clock(r)
	if err != nil {
		return t, err
	}
	t.Business = b.Name
	list, err := s.exchanged(r, c)
	for _, m := range list {
		from := b.Name
		if m.Direction == crm.In {
			from = "You"
		}
		t.Messages.List = append(t.Messages.List, MessageView{Clock: clock, Message: m, Family: c.channel.Family, From: from, Mirrored: true})
	}
	return t, err
}

// exchanged are the last messages between a customer and the channel, oldest first. What
// was not handed over is not on the phone.
func (s *Server) exchanged(r *http.Request, c customer) (list []crm.Message, err error) {
	number := crm.InboundPhone(c.from).Value
	if c.channel.ID == "" || number == "" {
		return nil, nil
	}
	page, err := s.Inbox.List(r.Context(), actor(r), store.ConversationFilter{Query: number}, nil, 10)
	if err != nil {
		return nil, err
	}
	for _, row := range page.Rows {
		thread, err := s.Inbox.Messages(r.Context(), actor(r), row.ID, nil, 100)
		if err != nil {
			return nil, err
		}
		for _, m := range thread.Messages {
			handed := m.Direction == crm.In || m.Status.Rank() >= crm.Sent.Rank() && m.Status != crm.Failed && m.Status != crm.Skipped
			if handed && m.ChannelID == c.channel.ID && crm.InboundPhone(m.Address).Value == number {
				list = append(list, m)
			}
		}
	}
	slices.SortFunc(list, func(a, b crm.Message) int { return a.At.Compare(b.At) })
	return list, nil
}

// simulate handles POST /simulator/messages: channel_id, from, name, text. The message
// goes through the channel's own webhook, signed, like any provider's.
func (s *Server) simulate(w http.ResponseWriter, r *http.Request) error {
	c, _, err := s.customer(r)
	if err != nil {
		return err
	}
	text := cleanBreaks(r.FormValue("text"))
	if text != "" {
		sender := crm.Sender{Phone: strings.TrimPrefix(crm.InboundPhone(c.from).Value, "+"), ProfileName: c.name}
		if c.channel.Family == crm.SMS {
			sender.Phone = "+" + sender.Phone
		}
		sender.Address = sender.Phone
		err = s.callHook(r, c, func(play channel.Rehearser) (channel.Call, error) {
			return play.Incoming(sender, text, "sim-"+strings.ToLower(rand.Text()), s.Now())
		})
		if err != nil {
			return err
		}
	}
	thread, err := s.phone(r, c)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, thread)
}

// simulateReceipts handles POST /simulator/receipts: channel_id, from. What the phone
// shows has been delivered and read, and says so.
func (s *Server) simulateReceipts(w http.ResponseWriter, r *http.Request) error {
	c, _, err := s.customer(r)
	if err != nil {
		return err
	}
	list, err := s.exchanged(r, c)
	if err != nil {
		return err
	}
	for _, m := range list {
		next := crm.Delivered
		switch {
		case m.Direction != crm.Out || m.ExternalID == "":
			continue
		case m.Status == crm.Sent:
		case m.Status == crm.Delivered && c.channel.Family == crm.WhatsApp:
			next = crm.Read
		default:
			continue
		}
		err := s.callHook(r, c, func(play channel.Rehearser) (channel.Call, error) {
			return play.Status(m.ExternalID, next, m.Address, s.Now())
		})
		if err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// callHook makes a signed call and hands it to the channel's webhook.
func (s *Server) callHook(r *http.Request, c customer, make func(channel.Rehearser) (channel.Call, error)) error {
	ch, open, err := s.Team.Webhook(r.Context(), c.channel.ID)
	if err != nil {
		return err
	}
	play, ok := open.(channel.Rehearser)
	if !ok || ch.BusinessID != actor(r).BusinessID {
		return crm.ErrNotFound
	}
	call, err := make(play)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(r.Context(), call.Method, call.URL, bytes.NewReader(call.Body))
	if err != nil {
		return fmt.Errorf("simulate a call: %w", err)
	}
	request.URL.Scheme, request.URL.Host = "", ""
	request.URL.Path = "/hooks/" + ch.ID.String()
	request.RequestURI = request.URL.RequestURI()
	request.Header = call.Header
	request.RemoteAddr = r.RemoteAddr
	answer := &hookAnswer{status: http.StatusOK, header: http.Header{}}
	s.Hooks.ServeHTTP(answer, request)
	if answer.status != http.StatusOK {
		return crm.Errorf(crm.Conflicting, "hook_refused", "The webhook answered %d: %s", answer.status, strings.TrimSpace(answer.body.String()))
	}
	return nil
}

// hookAnswer takes down what the webhook answers to a simulated call.
type hookAnswer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (a *hookAnswer) Header() http.Header         { return a.header }
func (a *hookAnswer) WriteHeader(status int)      { a.status = status }
func (a *hookAnswer) Write(p []byte) (int, error) { return a.body.Write(p) }
