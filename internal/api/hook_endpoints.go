package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
	"parley/internal/store"
)

// HookEndpoint is an address of the business's own systems that follows its events.
type HookEndpoint struct {
	ID           crm.ID   `json:"id"`
	URL          string   `json:"url"`
	Events       []string `json:"events" doc:"Groups (contact, conversation, message, broadcast) and types (contact.created). None: all groups."`
	Active       bool     `json:"active"`
	Problem      string   `json:"problem" doc:"Why it fails, or was switched off; empty while it works."`
	FailingSince string   `json:"failing_since" doc:"Empty while it works."`
	CreatedAt    string   `json:"created_at" format:"date-time"`
	Secret       string   `json:"secret,omitempty" doc:"whsec_…, by which calls are signed; only in the answer that made it."`
}

func hookOf(h crm.HookEndpoint, secret string) *struct{ Body HookEndpoint } {
	return &struct{ Body HookEndpoint }{HookEndpoint{h.ID, h.URL, append([]string{}, h.Events...), h.Active, h.Problem, shownTime(h.FailingSince), shownTime(h.CreatedAt), secret}}
}

// HookDraft is what an admin wants an endpoint to be.
type HookDraft struct {
	URL    *string  `json:"url,omitempty" doc:"An https address that is reachable from the internet."`
	Events []string `json:"events,omitempty" maxItems:"50"`
	Active *bool    `json:"active,omitempty"`
}

func (d HookDraft) put(h *crm.HookEndpoint) {
	if d.URL != nil {
		h.URL = *d.URL
	}
	if d.Events != nil {
		h.Events = d.Events
	}
	if d.Active != nil {
		h.Active = *d.Active
	}
}

// HookDelivery is one event that an endpoint is told of.
type HookDelivery struct {
	ID        crm.ID         `json:"id" doc:"webhook-id of the call; the same in every attempt."`
	EventType crm.EventType  `json:"event_type"`
	Status    crm.HookStatus `json:"status" enum:"waiting,delivered,failed"`
	Attempts  int            `json:"attempts"`
	NextAt    string         `json:"next_at" doc:"Of the next attempt; empty: none."`
	Answer    int            `json:"answer" doc:"Status of the last answer; 0: none came."`
	Problem   string         `json:"problem"`
	CreatedAt string         `json:"created_at" format:"date-time"`
	EndedAt   string         `json:"ended_at"`
}

func deliveryOf(d store.HookDelivery) HookDelivery {
	return HookDelivery{d.ID, d.EventType, d.Status, d.Attempts, shownTime(d.NextAt), d.Answer, d.Problem, shownTime(d.CreatedAt), shownTime(d.EndedAt)}
}

func (a *API) addHookEndpoints() {
	tags := []string{"Webhook endpoints"}
	one := rule{access: Admin, of: ofHook}
	add(a, huma.Operation{OperationID: "listWebhookEndpoints", Method: http.MethodGet, Path: "/webhook-endpoints", Tags: tags,
		Summary: "List webhook endpoints, oldest first"}, rule{access: Admin}, a.listHooks)
	add(a, huma.Operation{OperationID: "createWebhookEndpoint", Method: http.MethodPost, Path: "/webhook-endpoints", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary:     "Make a webhook endpoint",
		Description: "It is told of what happens from now on, in its order as far as it answers, each event at least once. Calls are signed after the Standard Webhooks specification (webhook-id, webhook-timestamp, webhook-signature: v1). What is not answered with 2xx within 15 seconds is tried again for three days. It is told of everything in the business, whoever of the team may see it."},
		rule{access: Admin}, a.createHook)
	add(a, huma.Operation{OperationID: "getWebhookEndpoint", Method: http.MethodGet, Path: "/webhook-endpoints/{id}", Tags: tags, Summary: "Read a webhook endpoint"}, one, a.getHook)
	add(a, huma.Operation{OperationID: "changeWebhookEndpoint", Method: http.MethodPatch, Path: "/webhook-endpoints/{id}", Tags: tags,
		Summary: "Change a webhook endpoint, or switch it off and on", Description: "Switched on again it goes on where it stood."}, one, a.changeHook)
	add(a, huma.Operation{OperationID: "deleteWebhookEndpoint", Method: http.MethodDelete, Path: "/webhook-endpoints/{id}", Tags: tags, Summary: "Delete a webhook endpoint"}, one, a.deleteHook)
	add(a, huma.Operation{OperationID: "rotateWebhookSecret", Method: http.MethodPost, Path: "/webhook-endpoints/{id}/rotate", Tags: tags,
		Summary: "Give a webhook endpoint another secret", Description: "The old one signs beside it for a day."}, one, a.rotateHook)
	add(a, huma.Operation{OperationID: "testWebhookEndpoint", Method: http.MethodPost, Path: "/webhook-endpoints/{id}/test", Tags: tags,
		Summary: "Call a webhook endpoint with an event of the type webhook.test"}, one, a.testHook)
	add(a, huma.Operation{OperationID: "listWebhookDeliveries", Method: http.MethodGet, Path: "/webhook-endpoints/{id}/deliveries", Tags: tags,
		Summary: "List what a webhook endpoint was and will be told", Description: "Newest first, of the last 30 days."}, one, a.listDeliveries)
	add(a, huma.Operation{OperationID: "replayWebhooks", Method: http.MethodPost, Path: "/webhook-endpoints/{id}/replay", Tags: tags,
		Summary: "Send deliveries again", Description: "One, or all that failed since a time."}, one, a.replayHook)
}

func (a *API) listHooks(ctx context.Context, in *ListParams) (*struct{ Body Page[HookEndpoint] }, error) {
	list, err := a.Hooks.List(ctx, callOf(ctx).who)
	if err != nil {
		return nil, err
	}
	page, err := pageOf("webhook-endpoints", list, *in, func(h crm.HookEndpoint) string { return h.ID.String() }, func(h crm.HookEndpoint) HookEndpoint { return hookOf(h, "").Body })
	if err != nil {
		return nil, err
	}
	return &struct{ Body Page[HookEndpoint] }{*page}, nil
}

func (a *API) createHook(ctx context.Context, in *struct{ Body HookDraft }) (*struct{ Body HookEndpoint }, error) {
	var h crm.HookEndpoint
	in.Body.put(&h)
	h, secret, err := a.Hooks.Create(ctx, callOf(ctx).who, h)
	if err != nil {
		return nil, err
	}
	return hookOf(h, secret), nil
}

func (a *API) getHook(ctx context.Context, in *ByID) (*struct{ Body HookEndpoint }, error) {
	h, err := a.Hooks.Get(ctx, callOf(ctx).who, in.ID)
	if err != nil {
		return nil, err
	}
	return hookOf(h, ""), nil
}

// ChangeHook is a PATCH.
type ChangeHook struct {
	ByID
	Body HookDraft
}

func (a *API) changeHook(ctx context.Context, in *ChangeHook) (*struct{ Body HookEndpoint }, error) {
	h, err := a.Hooks.Change(ctx, callOf(ctx).who, in.ID, in.Body.put)
	if err != nil {
		return nil, err
	}
	return hookOf(h, ""), nil
}

func (a *API) deleteHook(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Hooks.Delete(ctx, callOf(ctx).who, in.ID)
}

func (a *API) rotateHook(ctx context.Context, in *ByID) (*struct{ Body HookEndpoint }, error) {
	h, secret, err := a.Hooks.Rotate(ctx, callOf(ctx).who, in.ID)
	if err != nil {
		return nil, err
	}
	return hookOf(h, secret), nil
}

// HookTest is what an endpoint said to a test.
type HookTest struct {
	OK      bool   `json:"ok"`
	Answer  int    `json:"answer" doc:"Status of the answer; 0: none came."`
	Problem string `json:"problem"`
}

func (a *API) testHook(ctx context.Context, in *ByID) (*struct{ Body HookTest }, error) {
	status, problem, err := a.Hooks.Test(ctx, callOf(ctx).who, in.ID)
	return &struct{ Body HookTest }{HookTest{problem == "", status, problem}}, err
}

// DeliveryQuery chooses a page of deliveries.
type DeliveryQuery struct {
	ByID
	ListParams
	Status crm.HookStatus `query:"status" enum:"waiting,delivered,failed"`
}

func (a *API) listDeliveries(ctx context.Context, in *DeliveryQuery) (*struct{ Body Page[HookDelivery] }, error) {
	var before *store.Cursor
	if in.After != "" {
		parts, err := readCursor("deliveries", in.After, 1)
		if err != nil {
			return nil, err
		}
		at, ok := store.ParseCursor(parts[0])
		if !ok {
			return nil, errCursor
		}
		before = &at
	}
	list, next, err := a.Hooks.Deliveries(ctx, callOf(ctx).who, in.ID, in.Status, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[HookDelivery] }{Page[HookDelivery]{Items: []HookDelivery{}}}
	for _, d := range list {
		out.Body.Items = append(out.Body.Items, deliveryOf(d))
	}
	if next != nil {
		out.Body.Next = cursorOf("deliveries", next.String())
	}
	return out, nil
}

// ReplayHook says what to send again.
type ReplayHook struct {
	ByID
	Body struct {
		DeliveryID crm.ID `json:"delivery_id,omitempty" doc:"This one."`
		Since      string `json:"since,omitempty" doc:"All that failed since this time (RFC 3339)."`
	}
}

// Replayed says how many are sent again.
type Replayed struct {
	Deliveries int `json:"deliveries"`
}

func (a *API) replayHook(ctx context.Context, in *ReplayHook) (*struct{ Body Replayed }, error) {
	var problems crm.Problems
	var since time.Time
	switch {
	case (in.Body.DeliveryID == "") == (strings.TrimSpace(in.Body.Since) == ""):
		problems.Add("delivery_id", "required", "Name either a delivery or a time.")
	case in.Body.Since != "":
		var err error
		if since, err = time.Parse(time.RFC3339, in.Body.Since); err != nil || since.Year() < 1970 || since.Year() > 9999 {
			problems.Add("since", "bad_time", "Write the time as 2026-11-24T09:00:00Z.")
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	n, err := a.Hooks.Replay(ctx, callOf(ctx).who, in.ID, in.Body.DeliveryID, since)
	if crm.KindOf(err) == crm.NotFound {
		problems.Add("delivery_id", "unknown_delivery", "There is no such delivery.")
		err = problems.Err()
	}
	return &struct{ Body Replayed }{Replayed{n}}, err
}
