package channeltest

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"parley/internal/crm"
)

// Accepted is one message that an emulator took for delivery.
type Accepted struct {
	ExternalID string // as the emulator named it
	ClientID   string // our own id, as the provider would hand it back
	To         string
	Text       string
	QuotedID   string
	Type       string // text, template, image …, where the provider tells them apart
	File       *File  // that went with it
	Template   string // name, language and values of a template: "order_ready en Ann, 12"
	At         time.Time
	Callback   string // where states are to be reported, with providers that are told
}

// Status is the news that a message is in a state now.
func (a Accepted) Status(state crm.MessageStatusValue, at time.Time) Item {
	return Item{ID: a.ExternalID, Status: state, To: a.To, ClientID: a.ClientID, At: at}
}

// outbox is what every emulator keeps: what it took, and how it is to misbehave. It may
// be used by many at once.
type outbox struct {
	mu       sync.Mutex
	accepted []Accepted
	counts   map[string]int    // by our id
	callback map[string]string // by the emulator's id
	faults   []Fault
	always   Fault
	each     func() Fault
	requests int
	refused  map[string]bool // who was to get what was refused
	files    map[string]File
}

// File is what a media endpoint hands out.
type File struct {
	ContentType string
	Data        []byte
}

// Next lets the next requests to send meet these faults, one each and in this order.
func (o *outbox) Next(faults ...Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = append(o.faults, faults...)
}

// Always is the fault of requests for which Next holds none. The zero Fault ends it.
func (o *outbox) Always(fault Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.always = fault
}

// Each asks for the fault of every request for which Next holds none, one at a time, in
// the place of Always. nil ends it.
func (o *outbox) Each(fault func() Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.each = fault
}

// Accepted are the messages taken so far, in their order.
func (o *outbox) Accepted() []Accepted {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.accepted)
}

// Count is how often a message with our id was taken: more than once is a second copy.
func (o *outbox) Count(clientID string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.counts[clientID]
}

// Requests is how many requests to send came, taken or not.
func (o *outbox) Requests() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.requests
}

// Refused reports whether a message to somebody was refused. The sender may never have
// heard of it.
func (o *outbox) Refused(to string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refused[to]
}

// Reset forgets everything but the files.
func (o *outbox) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.accepted, o.counts, o.callback, o.faults, o.always, o.each, o.requests, o.refused = nil, nil, nil, nil, Fault{}, nil, 0, nil
}

// AddFile lets the media endpoint hand out a file.
func (o *outbox) AddFile(id string, file File) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.files == nil {
		o.files = map[string]File{}
	}
	o.files[id] = file
}

func (o *outbox) file(id string) (File, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	file, ok := o.files[id]
	return file, ok
}

// serveFile hands out a file by its id, or answers 404.
func (o *outbox) serveFile(w http.ResponseWriter, id string) {
	file, ok := o.file(id)
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", file.ContentType)
	_, _ = w.Write(file.Data)
}

// take handles one request to send that is in order: it meets its fault, is taken under
// the id that name makes of its number, and answered. refuse writes a refusal.
func (o *outbox) take(w http.ResponseWriter, r *http.Request, message Accepted, name func(int) string, refuse func(Fault), answer func(Accepted)) {
	fault := o.fault()
	fault.wait(r.Context())
	if fault.RetryAfter != "" {
		w.Header().Set("Retry-After", fault.RetryAfter)
	}
	switch {
	case fault.Cut == BeforeCommit:
		hangUp()
	case fault.refuses():
		o.noteRefused(message.To)
		refuse(fault)
		return
	}
	message = o.commit(message, name)
	if fault.Cut == AfterCommit {
		hangUp()
	}
	answer(message)
}

func (o *outbox) fault() Fault {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests++
	if len(o.faults) == 0 {
		if o.each != nil {
			return o.each()
		}
		return o.always
	}
	fault := o.faults[0]
	o.faults = o.faults[1:]
	return fault
}

func (o *outbox) commit(message Accepted, name func(int) string) Accepted {
	o.mu.Lock()
	defer o.mu.Unlock()
	message.ExternalID = name(len(o.accepted) + 1)
	message.At = time.Now()
	o.accepted = append(o.accepted, message)
	if o.counts == nil {
		o.counts, o.callback = map[string]int{}, map[string]string{}
	}
	o.counts[message.ClientID]++
	o.callback[message.ExternalID] = message.Callback
	return message
}

func (o *outbox) noteRefused(to string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refused == nil {
		o.refused = map[string]bool{}
	}
	o.refused[to] = true
}

// callbackOf is the address for states of an accepted message, or "".
func (o *outbox) callbackOf(externalID string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.callback[externalID]
}
