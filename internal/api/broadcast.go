package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/broadcasts"
	"parley/internal/crm"
)

// Broadcast is one message to many as it goes out (B1).
type Broadcast struct {
	ID        crm.ID              `json:"id"`
	Name      string              `json:"name"`
	ChannelID crm.ID              `json:"channel_id" doc:"Empty in a draft that names none yet."`
	Audience  AudienceOut         `json:"audience"`
	Text      string              `json:"text"`
	Template  *TemplateChoice     `json:"template" doc:"null where it has a text."`
	StartAt   string              `json:"start_at" doc:"When it is scheduled for; empty when somebody starts it."`
	Quiet     QuietHours          `json:"quiet_hours"`
	Status    crm.BroadcastStatus `json:"status" enum:"draft,scheduled,running,paused,done,cancelled"`
	Problem   string              `json:"problem" doc:"Why it is paused, where nobody paused it, or what it waits for."`
	Counts    BroadcastCounts     `json:"counts" doc:"Its people by status, once it began. They add up to total."`
	Replied   int                 `json:"replied" doc:"How many wrote within seven days of getting it."`
	MayRetry  int                 `json:"may_retry" doc:"How many of the failed may be sent to once more now: see retry. Whom WhatsApp held a message back from is to be left alone for 24 hours."`
	Total     int                 `json:"total"`
	By        string              `json:"by" doc:"Who sends it."`
	CreatedAt string              `json:"created_at" format:"date-time"`
	StartedAt string              `json:"started_at"`
	EndedAt   string              `json:"ended_at"`
}

// TransformSchema is for huma, which knows no null of a whole object.
func (Broadcast) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["template"] = &huma.Schema{AnyOf: []*huma.Schema{s.Properties["template"], {Type: "null"}}}
	return s
}

// AudienceOut says who is meant; tags by name.
type AudienceOut struct {
	AnyTags    []string       `json:"any_tags"`
	AllTags    []string       `json:"all_tags"`
	NotTags    []string       `json:"not_tags"`
	Filter     map[string]any `json:"filter" doc:"By the names of the parameters of GET /contacts."`
	ViewID     crm.ID         `json:"view_id"`
	ContactIDs []crm.ID       `json:"contact_ids"`
}

// BroadcastCounts counts people by status.
type BroadcastCounts struct {
	Queued    int `json:"queued" doc:"Also those whose message is being handed over."`
	Sent      int `json:"sent"`
	Delivered int `json:"delivered"`
	Read      int `json:"read"`
	Failed    int `json:"failed"`
	Unknown   int `json:"unknown" doc:"Nobody can tell whether they have it. They are not sent to again by itself."`
	Skipped   int `json:"skipped"`
}

// QuietHours are hours of the business's day in which a broadcast rests.
type QuietHours struct {
	From string `json:"from" doc:"Such as 21:00; empty for none."`
	To   string `json:"to" doc:"Such as 08:00."`
}

// BroadcastDraft is what a call wants a broadcast to be. What is left out stays.
type BroadcastDraft struct {
	Name      *string         `json:"name,omitempty"`
	ChannelID *crm.ID         `json:"channel_id,omitempty"`
	Audience  *AudienceDraft  `json:"audience,omitempty" doc:"All parts that are named must hold. An audience that names nobody is refused; everyone is {\"filter\": {}}."`
	Text      *string         `json:"text,omitempty" doc:"With merge fields such as {{first_name}} or {{first_name|there}}."`
	Template  *TemplateChoice `json:"template,omitempty" doc:"An approved template of the channel, for WhatsApp, instead of a text. One without a name takes it away."`
	StartAt   *string         `json:"start_at,omitempty" doc:"RFC 3339, or a reading of the business's clocks such as 2026-12-01T09:30. With one it is scheduled; an empty text makes it a draft again."`
	Quiet     *QuietHours     `json:"quiet_hours,omitempty"`
}

// AudienceDraft says who is meant.
type AudienceDraft struct {
	AnyTags    []string       `json:"any_tags,omitempty" maxItems:"200" doc:"Names or ids of tags, one of which is enough."`
	AllTags    []string       `json:"all_tags,omitempty" maxItems:"200" doc:"Tags that everybody has."`
	NotTags    []string       `json:"not_tags,omitempty" maxItems:"200" doc:"Tags that nobody has."`
	Filter     map[string]any `json:"filter,omitempty" doc:"By the names of the parameters of GET /contacts. Without status the archived are in it, and left out with that reason."`
	ViewID     crm.ID         `json:"view_id,omitempty" doc:"A saved view, as it is when the broadcast starts."`
	ContactIDs []crm.ID       `json:"contact_ids,omitempty" maxItems:"10000"`
}

// BroadcastOut is one broadcast.
type BroadcastOut struct{ Body Broadcast }

func (a *API) addBroadcasts() {
	tags := []string{"Broadcasts"}
	one := rule{access: Admin, of: ofBroadcast}
	add(a, huma.Operation{OperationID: "listBroadcasts", Method: http.MethodGet, Path: "/broadcasts", Tags: tags,
		Summary: "List broadcasts", Description: "The newest first."}, rule{access: Admin}, a.listBroadcasts)
	add(a, huma.Operation{OperationID: "createBroadcast", Method: http.MethodPost, Path: "/broadcasts", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Make a broadcast", Description: "A draft, or with start_at one that is scheduled."}, rule{access: Admin}, a.createBroadcast)
	add(a, huma.Operation{OperationID: "getBroadcast", Method: http.MethodGet, Path: "/broadcasts/{id}", Tags: tags,
		Summary: "Read a broadcast"}, one, a.getBroadcast)
	add(a, huma.Operation{OperationID: "changeBroadcast", Method: http.MethodPatch, Path: "/broadcasts/{id}", Tags: tags, Errors: []int{http.StatusConflict},
		Summary: "Change a broadcast that has not begun"}, one, a.changeBroadcast)
	add(a, huma.Operation{OperationID: "deleteBroadcast", Method: http.MethodDelete, Path: "/broadcasts/{id}", Tags: tags, Errors: []int{http.StatusConflict},
		Summary: "Delete a broadcast that never began"}, one, a.deleteBroadcast)
	add(a, huma.Operation{OperationID: "preflightBroadcast", Method: http.MethodGet, Path: "/broadcasts/{id}/preflight", Tags: tags,
		Summary: "Count who would get it now, and who would not and why"}, one, a.preflight)
	add(a, huma.Operation{OperationID: "listPreflight", Method: http.MethodGet, Path: "/broadcasts/{id}/preflight/recipients", Tags: tags,
		Summary: "List who would get it now, or with a reason who would not"}, one, a.listPreflight)
	add(a, huma.Operation{OperationID: "previewBroadcast", Method: http.MethodGet, Path: "/broadcasts/{id}/preview", Tags: tags,
		Summary: "Read it as the first three would get it"}, one, a.previewBroadcast)
	add(a, huma.Operation{OperationID: "testBroadcast", Method: http.MethodPost, Path: "/broadcasts/{id}/test", Tags: tags,
		Summary: "Send it once to oneself", Description: "To the number in one's profile unless another is named. It is in no conversation and counts nowhere. 409 not_sent says why the provider did not take it."}, one, a.testBroadcast)
	add(a, huma.Operation{OperationID: "startBroadcast", Method: http.MethodPost, Path: "/broadcasts/{id}/start", Tags: tags,
		Summary: "Start it", Description: "Who gets it is frozen now. With a start_at in the future it is scheduled, unless now is true. Starting it twice starts it once."}, one, a.startBroadcast)
	add(a, huma.Operation{OperationID: "pauseBroadcast", Method: http.MethodPost, Path: "/broadcasts/{id}/pause", Tags: tags,
		Summary: "Pause it", Description: "What is on its way to the provider still goes."}, one, a.pauseBroadcast)
	add(a, huma.Operation{OperationID: "resumeBroadcast", Method: http.MethodPost, Path: "/broadcasts/{id}/resume", Tags: tags,
		Summary: "Go on with one that is paused"}, one, a.resumeBroadcast)
	add(a, huma.Operation{OperationID: "cancelBroadcast", Method: http.MethodPost, Path: "/broadcasts/{id}/cancel", Tags: tags,
		Summary: "End it for good", Description: "Who still waits is left out."}, one, a.cancelBroadcast)
	a.addRecipients()
}

func (a *API) broadcastOf(ctx context.Context, r broadcasts.Row, names map[string]string) Broadcast {
	c := r.Counts
	out := Broadcast{ID: r.ID, Name: r.Name, ChannelID: r.ChannelID, Text: r.Text, Template: templateChoiceOf(r.Template), StartAt: shownTime(r.StartAt),
		Quiet: QuietHours(r.Quiet), Status: r.Status, Problem: r.Problem, Replied: c.Replied, MayRetry: c.MayRetry, Total: c.All(), By: r.ByName,
		Counts:    BroadcastCounts{c.Of(crm.Queued), c.Of(crm.Sent), c.Of(crm.Delivered), c.Of(crm.Read), c.Of(crm.Failed), c.Of(crm.Unknown), c.Of(crm.Skipped)},
		CreatedAt: shownTime(r.CreatedAt), StartedAt: shownTime(r.StartedAt), EndedAt: shownTime(r.EndedAt)}
	tags := func(ids []crm.ID) []string {
		list := []string{}
		for _, id := range ids {
			name := names[id.String()]
			if name == "" {
				name = id.String() // deleted since
			}
			list = append(list, name)
		}
		return list
	}
	out.Audience = AudienceOut{tags(r.Audience.AnyTags), tags(r.Audience.AllTags), tags(r.Audience.NotTags), map[string]any{}, r.Audience.ViewID, append([]crm.ID{}, r.Audience.ContactIDs...)}
	for name, values := range r.Audience.Filter {
		out.Audience.Filter[name] = values
	}
	return out
}

// tagNames are the names of tags by id.
func (a *API) tagNames(ctx context.Context, who crm.Actor) (map[string]string, error) {
	tags, err := a.Team.TagNames(ctx, who)
	names := map[string]string{}
	for _, t := range tags {
		names[t.ID.String()] = t.Name
	}
	return names, err
}

func (a *API) broadcastOut(ctx context.Context, id crm.ID, err error) (*BroadcastOut, error) {
	if err != nil {
		return nil, err
	}
	who := callOf(ctx).who
	r, err := a.Broadcasts.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	names, err := a.tagNames(ctx, who)
	return &BroadcastOut{a.broadcastOf(ctx, r, names)}, err
}

// broadcastDraft translates a body. What cannot be read is in its Problems.
func (a *API) broadcastDraft(ctx context.Context, in BroadcastDraft) (d broadcasts.Draft, err error) {
	d = broadcasts.Draft{Name: in.Name, ChannelID: in.ChannelID, Text: in.Text, Template: in.Template.choice(), StartAt: in.StartAt, Quiet: (*crm.QuietHours)(in.Quiet)}
	if in.ChannelID != nil && *in.ChannelID != "" {
		if _, ok := crm.ParseID(in.ChannelID.String()); !ok {
			d.Problems.Add("channel_id", "unknown_channel", "There is no such channel.")
			d.ChannelID = nil
		}
	}
	if in.Audience != nil {
		d.Audience, err = a.audience(ctx, *in.Audience, &d.Problems)
	}
	return d, err
}

func (a *API) audience(ctx context.Context, in AudienceDraft, problems *crm.Problems) (*crm.Audience, error) {
	who := callOf(ctx).who
	out := &crm.Audience{ViewID: in.ViewID, ContactIDs: in.ContactIDs}
	for _, part := range []struct {
		field string
		names []string
		into  *[]crm.ID
	}{{"audience.any_tags", in.AnyTags, &out.AnyTags}, {"audience.all_tags", in.AllTags, &out.AllTags}, {"audience.not_tags", in.NotTags, &out.NotTags}} {
		ids, err := a.tagIDs(ctx, who, part.field, part.names, false, problems)
		if err != nil {
			return nil, err
		}
		*part.into = ids
	}
	for _, id := range in.ContactIDs {
		if _, ok := crm.ParseID(id.String()); !ok {
			problems.Add("audience.contact_ids", "bad_id", "One of them is no id.")
			break
		}
	}
	if in.Filter == nil {
		return out, nil
	}
	values, wrong := crm.FilterValues(in.Filter)
	f, err := a.Contacts.ReadFilter(ctx, who, values)
	if err != nil {
		return nil, err
	}
	for _, p := range append(wrong, f.Problems...) {
		problems.Add("audience.filter."+p.Field, p.Code, "%s", p.Detail)
	}
	if out.Filter = f.Values(); len(out.Filter) == 0 {
		out.Filter = map[string][]string{"status": {string(crm.Active)}} // everyone, in so many words
	}
	return out, nil
}

func (a *API) createBroadcast(ctx context.Context, in *struct{ Body BroadcastDraft }) (*BroadcastOut, error) {
	d, err := a.broadcastDraft(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	b, err := a.Broadcasts.Put(ctx, callOf(ctx).who, "", d)
	if err != nil {
		return nil, err
	}
	return a.broadcastOut(ctx, b.ID, nil)
}

// ChangeBroadcast is a PATCH.
type ChangeBroadcast struct {
	ByID
	Body BroadcastDraft
}

func (a *API) changeBroadcast(ctx context.Context, in *ChangeBroadcast) (*BroadcastOut, error) {
	d, err := a.broadcastDraft(ctx, in.Body)
	if err == nil {
		_, err = a.Broadcasts.Put(ctx, callOf(ctx).who, in.ID, d)
	}
	return a.broadcastOut(ctx, in.ID, err)
}

func (a *API) deleteBroadcast(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Broadcasts.Delete(ctx, callOf(ctx).who, in.ID)
}

func (a *API) getBroadcast(ctx context.Context, in *ByID) (*BroadcastOut, error) {
	return a.broadcastOut(ctx, in.ID, nil)
}

func (a *API) listBroadcasts(ctx context.Context, in *ListParams) (*struct{ Body Page[Broadcast] }, error) {
	var before crm.ID
	if in.After != "" {
		parts, err := readCursor("broadcasts", in.After, 1)
		if err != nil {
			return nil, err
		}
		id, ok := crm.ParseID(parts[0])
		if !ok {
			return nil, errCursor
		}
		before = id
	}
	who := callOf(ctx).who
	list, err := a.Broadcasts.List(ctx, who, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	names, err := a.tagNames(ctx, who)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[Broadcast] }{Page[Broadcast]{Items: []Broadcast{}}}
	for n, r := range list {
		if n == in.Limit {
			out.Body.Next = cursorOf("broadcasts", list[n-1].ID.String())
			break
		}
		out.Body.Items = append(out.Body.Items, a.broadcastOf(ctx, r, names))
	}
	if in.Count {
		n, err := a.Broadcasts.Count(ctx, who, countCap)
		if err != nil {
			return nil, err
		}
		out.Body.counted(n, countCap)
	}
	return out, nil
}

// StartBroadcast starts one.
type StartBroadcast struct {
	ByID
	Body *struct {
		Now bool `json:"now,omitempty" doc:"At once, whatever start_at says."`
	} `required:"false"`
}

func (a *API) startBroadcast(ctx context.Context, in *StartBroadcast) (*BroadcastOut, error) {
	_, err := a.Broadcasts.Start(ctx, callOf(ctx).who, in.ID, in.Body != nil && in.Body.Now)
	return a.broadcastOut(ctx, in.ID, err)
}

func (a *API) pauseBroadcast(ctx context.Context, in *ByID) (*BroadcastOut, error) {
	_, err := a.Broadcasts.Pause(ctx, callOf(ctx).who, in.ID)
	return a.broadcastOut(ctx, in.ID, err)
}

func (a *API) resumeBroadcast(ctx context.Context, in *ByID) (*BroadcastOut, error) {
	_, err := a.Broadcasts.Resume(ctx, callOf(ctx).who, in.ID)
	return a.broadcastOut(ctx, in.ID, err)
}

func (a *API) cancelBroadcast(ctx context.Context, in *ByID) (*BroadcastOut, error) {
	_, err := a.Broadcasts.Cancel(ctx, callOf(ctx).who, in.ID)
	return a.broadcastOut(ctx, in.ID, err)
}
