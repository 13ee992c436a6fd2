package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"parley/internal/app/broadcasts"
	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// countCap is how far lists are counted.
const countCap = contacts.CountCap

// Preflight is who would get a broadcast now.
type Preflight struct {
	WillSend int          `json:"will_send"`
	Skipped  []SkipCount  `json:"skipped"`
	Problems []FieldError `json:"problems" doc:"What else keeps it from starting."`
}

// FieldError is one thing wrong with one field.
type FieldError = crm.FieldError

// SkipCount is how many are left out for a reason.
type SkipCount struct {
	Reason crm.SkipReason `json:"reason" enum:"archived,opted_out,no_address,duplicate,not_visible,window_closed,gone,cancelled,empty_text,too_long"`
	Count  int            `json:"count"`
	Detail string         `json:"detail" doc:"The reason in a sentence."`
}

// Recipient is one person of a broadcast.
type Recipient struct {
	ID          crm.ID                 `json:"id" doc:"Our own id of the message; empty before the broadcast began."`
	ContactID   crm.ID                 `json:"contact_id" doc:"Empty where the contact was deleted, or the caller may not see it."`
	Name        string                 `json:"name"`
	Address     string                 `json:"address"`
	Status      crm.MessageStatusValue `json:"status" enum:"queued,sent,delivered,read,failed,unknown,skipped"`
	Reason      string                 `json:"reason" doc:"Why they do not have it: for skipped by its name, as preflight has it, else in words."`
	Detail      string                 `json:"detail" doc:"The same in a sentence."`
	ErrorCode   string                 `json:"error_code" doc:"The provider's own code."`
	MayRetry    bool                   `json:"may_retry"`
	Text        string                 `json:"text" doc:"What was sent."`
	ExternalID  string                 `json:"external_id"`
	SentAt      string                 `json:"sent_at"`
	DeliveredAt string                 `json:"delivered_at"`
	ReadAt      string                 `json:"read_at"`
	RepliedAt   string                 `json:"replied_at"`
}

func recipientOf(p broadcasts.Person, now time.Time) Recipient {
	r := Recipient{p.ID, p.ContactID, p.Name, p.Address, p.Status, p.Reason(), p.Reason(), p.ErrorCode, p.MayRetry(now), p.Text, p.ExternalID,
		shownTime(p.SentAt), shownTime(p.DeliveredAt), shownTime(p.ReadAt), shownTime(p.RepliedAt)}
	switch r.Status {
	case crm.Sending:
		r.Status = crm.Queued
	case crm.Skipped:
		r.Reason = string(p.Skip)
	}
	return r
}

func (a *API) addRecipients() {
	tags := []string{"Broadcasts"}
	one := rule{access: Admin, of: ofBroadcast}
	add(a, huma.Operation{OperationID: "listRecipients", Method: http.MethodGet, Path: "/broadcasts/{id}/recipients", Tags: tags,
		Summary: "List what became of each person", Description: "In the order in which they are sent to."}, one, a.listRecipients)
	add(a, huma.Operation{OperationID: "exportRecipients", Method: http.MethodGet, Path: "/broadcasts/{id}/recipients.csv", Tags: tags,
		Summary: "The same as a file", Responses: map[string]*huma.Response{"200": {Description: "A CSV in UTF-8.", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}}}}},
		one, a.exportRecipients)
	add(a, huma.Operation{OperationID: "tagRecipients", Method: http.MethodPost, Path: "/broadcasts/{id}/tag", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Tag those in a state", Description: "As an act on many, which can be undone: follow it with GET /bulk/{id}."}, one, a.tagRecipients)
	add(a, huma.Operation{OperationID: "retryBroadcast", Method: http.MethodPost, Path: "/broadcasts/{id}/retry", Tags: tags,
		Summary: "Send once more to the failed that may be retried", Description: "With status unknown to those of whom nobody can tell whether they have it: they may get it twice."}, one, a.retryBroadcast)
	add(a, huma.Operation{OperationID: "decideRecipient", Method: http.MethodPost, Path: "/broadcasts/{id}/recipients/{recipient}/decide", Tags: tags,
		Summary: "Say what became of a message that is unknown"}, rule{access: Admin, of: ofBroadcast, within: ofRecipient}, a.decideRecipient)
}

// RecipientStates are the states by which people are listed.
type RecipientStates struct {
	Status  crm.MessageStatusValue `query:"status" enum:"queued,sent,delivered,read,failed,unknown,skipped"`
	Reason  crm.SkipReason         `query:"reason" enum:"archived,opted_out,no_address,duplicate,not_visible,window_closed,gone,cancelled,empty_text,too_long" doc:"Only those left out for it."`
	Replied bool                   `query:"replied" doc:"Only those who answered."`
}

func (s RecipientStates) filter() store.RecipientFilter {
	return store.RecipientFilter{Status: s.Status, Skip: s.Reason, Replied: s.Replied}
}

// ListRecipients chooses recipients.
type ListRecipients struct {
	ByID
	ListParams
	RecipientStates
}

func (a *API) listRecipients(ctx context.Context, in *ListRecipients) (*struct{ Body Page[Recipient] }, error) {
	after := 0
	if in.After != "" {
		parts, err := readCursor("recipients", in.After, 1)
		if err != nil {
			return nil, err
		}
		if after, err = strconv.Atoi(parts[0]); err != nil {
			return nil, errCursor
		}
	}
	who := callOf(ctx).who
	list, err := a.Broadcasts.People(ctx, who, in.ID, in.filter(), after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[Recipient] }{Page[Recipient]{Items: []Recipient{}}}
	for n, p := range list {
		if n == in.Limit {
			out.Body.Next = cursorOf("recipients", strconv.Itoa(list[n-1].Position))
			break
		}
		out.Body.Items = append(out.Body.Items, recipientOf(p, a.Broadcasts.Now()))
	}
	if in.Count {
		n, err := a.Broadcasts.CountPeople(ctx, who, in.ID, in.filter())
		if err != nil {
			return nil, err
		}
		out.Body.Count = &n
	}
	return out, nil
}

func (a *API) exportRecipients(ctx context.Context, in *struct {
	ByID
	RecipientStates
}) (*huma.StreamResponse, error) {
	who := callOf(ctx).who
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		_, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="broadcast.csv"`)
		w.WriteHeader(http.StatusOK)
		if err := a.Broadcasts.Export(ctx, who, in.ID, in.filter(), w); err != nil {
			a.Log.WarnContext(ctx, "a file of recipients ends early", "error", err)
			panic(http.ErrAbortHandler) // the caller must not take half of it for the whole
		}
	}}, nil
}

func (a *API) preflight(ctx context.Context, in *ByID) (*struct{ Body Preflight }, error) {
	p, err := a.Broadcasts.Preflight(ctx, callOf(ctx).who, in.ID)
	if err != nil {
		return nil, err
	}
	out := Preflight{WillSend: p.WillSend, Skipped: []SkipCount{}, Problems: append([]FieldError{}, p.Problems...)}
	for _, reason := range crm.SkipReasons {
		if n := p.Skipped[reason]; n > 0 {
			out.Skipped = append(out.Skipped, SkipCount{reason, n, reason.Words()})
		}
	}
	return &struct{ Body Preflight }{out}, nil
}

// ListPreflight chooses who would be left out.
type ListPreflight struct {
	ByID
	Limit  int            `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The most items of a page."`
	After  string         `query:"after" doc:"Where to go on: next of the page before."`
	Reason crm.SkipReason `query:"reason" enum:"archived,opted_out,no_address,duplicate,not_visible,window_closed" doc:"Those who would be left out for it; without one, those who would get it."`
}

func (a *API) listPreflight(ctx context.Context, in *ListPreflight) (*struct{ Body Page[Recipient] }, error) {
	var after crm.ID
	if in.After != "" {
		parts, err := readCursor("preflight", in.After, 1)
		if err != nil {
			return nil, err
		}
		id, ok := crm.ParseID(parts[0])
		if !ok {
			return nil, errCursor
		}
		after = id
	}
	list, next, err := a.Broadcasts.WouldSkip(ctx, callOf(ctx).who, in.ID, in.Reason, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[Recipient] }{Page[Recipient]{Items: []Recipient{}}}
	for _, p := range list {
		out.Body.Items = append(out.Body.Items, recipientOf(p, a.Broadcasts.Now()))
	}
	if next != "" {
		out.Body.Next = cursorOf("preflight", next.String())
	}
	return out, nil
}

// Sample is a broadcast's message for one contact.
type Sample struct {
	ContactID crm.ID   `json:"contact_id"`
	Name      string   `json:"name"`
	Address   string   `json:"address"`
	Text      string   `json:"text"`
	Reason    string   `json:"reason" doc:"Why there is no text for this contact."`
	Missing   []string `json:"missing" doc:"Merge fields that leave a gap for this contact."`
	Parts     int      `json:"parts" doc:"Of an SMS."`
	Alphabet  string   `json:"alphabet" doc:"GSM-7 or UCS-2, for SMS."`
}

func (a *API) previewBroadcast(ctx context.Context, in *ByID) (*struct {
	Body struct {
		Items []Sample `json:"items"`
	}
}, error) {
	who := callOf(ctx).who
	b, err := a.Broadcasts.Get(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := a.Broadcasts.Samples(ctx, who, b.Broadcast, 3)
	if err != nil {
		return nil, err
	}
	out := &struct {
		Body struct {
			Items []Sample `json:"items"`
		}
	}{}
	out.Body.Items = []Sample{}
	for _, s := range list {
		count := s.SMS()
		sample := Sample{s.ContactID, s.Name, s.Address, s.Text, "", append([]string{}, s.Missing...), count.Parts, string(count.Alphabet)}
		if s.Skip != "" {
			sample.Reason = s.Skip.Words()
		}
		out.Body.Items = append(out.Body.Items, sample)
	}
	return out, nil
}

// TestBroadcast says where to.
type TestBroadcast struct {
	ByID
	Body *struct {
		To string `json:"to,omitempty" doc:"A phone number; one's own when left out."`
	} `required:"false"`
}

// Tested is how a test ended.
type Tested struct {
	Address    string `json:"address"`
	Text       string `json:"text"`
	ExternalID string `json:"external_id"`
}

func (a *API) testBroadcast(ctx context.Context, in *TestBroadcast) (*struct{ Body Tested }, error) {
	to := ""
	if in.Body != nil {
		to = in.Body.To
	}
	t, err := a.Broadcasts.Try(ctx, callOf(ctx).who, in.ID, to)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Tested }{Tested(t)}, nil
}

// TagRecipients says whom to tag.
type TagRecipients struct {
	ByID
	Body struct {
		Tag     string                 `json:"tag" doc:"The name or id of a tag."`
		Status  crm.MessageStatusValue `json:"status,omitempty" enum:"queued,sent,delivered,read,failed,unknown,skipped" doc:"Those in this status."`
		Replied bool                   `json:"replied,omitempty" doc:"Those who answered."`
	}
}

func (a *API) tagRecipients(ctx context.Context, in *TagRecipients) (*struct{ Body Bulk }, error) {
	who := callOf(ctx).who
	var problems crm.Problems
	ids, err := a.tagIDs(ctx, who, "tag", []string{in.Body.Tag}, false, &problems)
	if err != nil {
		return nil, err
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	b, err := a.Broadcasts.TagPeople(ctx, who, in.ID, store.RecipientFilter{Status: in.Body.Status, Replied: in.Body.Replied}, ids[0])
	return a.bulkOut(ctx, b, err)
}

// RetryBroadcast says to whom.
type RetryBroadcast struct {
	ByID
	Body *struct {
		Status crm.MessageStatusValue `json:"status,omitempty" enum:"failed,unknown" doc:"failed when left out."`
	} `required:"false"`
}

// RetriedBroadcast is how many are sent to once more.
type RetriedBroadcast struct {
	Count int `json:"count"`
}

func (a *API) retryBroadcast(ctx context.Context, in *RetryBroadcast) (*struct{ Body RetriedBroadcast }, error) {
	n, err := a.Broadcasts.Retry(ctx, callOf(ctx).who, in.ID, in.Body != nil && in.Body.Status == crm.Unknown)
	if err != nil {
		return nil, err
	}
	return &struct{ Body RetriedBroadcast }{RetriedBroadcast{n}}, nil
}

// DecideRecipient says what became of one.
type DecideRecipient struct {
	ByID
	Recipient crm.ID `path:"recipient"`
	Body      struct {
		Outcome string `json:"outcome" enum:"sent,send_again" doc:"sent: the person has it. send_again: they do not, and get it now."`
	}
}

func (a *API) decideRecipient(ctx context.Context, in *DecideRecipient) (*struct{}, error) {
	if _, ok := crm.ParseID(in.Recipient.String()); !ok {
		return nil, crm.ErrNotFound
	}
	return nil, a.Broadcasts.Decide(ctx, callOf(ctx).who, in.ID, in.Recipient, in.Body.Outcome == "sent")
}
