package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/contacts"
	"parley/internal/crm"
)

// Bulk is one act on many contacts as it goes out (T2).
type Bulk struct {
	ID        crm.ID         `json:"id"`
	UserID    crm.ID         `json:"user_id" doc:"Who did it."`
	Action    crm.BulkAction `json:"action" enum:"add_tags,remove_tags,assign,set_visibility,restore,archive,delete"`
	Tags      []crm.ID       `json:"tags" doc:"Those it puts on or takes off."`
	Assignee  crm.ID         `json:"assignee_id" doc:"Of assign; empty for nobody."`
	Status    crm.BulkStatus `json:"status" enum:"running,done,cancelled"`
	Problem   string         `json:"problem" doc:"Why it was cancelled, where nobody did that."`
	Done      int            `json:"done" doc:"How many contacts it went over so far, in whichever way it ended for them."`
	Total     int            `json:"total"`
	Counts    BulkCounts     `json:"counts"`
	UndoOf    crm.ID         `json:"undo_of" doc:"What this takes back; empty for what takes nothing back."`
	UndoneBy  crm.ID         `json:"undone_by" doc:"What takes this back."`
	CanUndo   bool           `json:"can_undo" doc:"It has ended, changed something that can be taken back, and was not taken back yet. That goes for 30 days."`
	CreatedAt string         `json:"created_at" format:"date-time"`
	EndedAt   string         `json:"ended_at" doc:"Empty while it runs."`
}

// BulkCounts counts contacts by outcome.
type BulkCounts struct {
	Done      int `json:"done"`
	Archived  int `json:"archived" doc:"Not deleted, because a conversation or an invoice is open."`
	Unchanged int `json:"unchanged" doc:"It was so already."`
	NotDone   int `json:"not_done" doc:"For a reason that the results say."`
	Waiting   int `json:"waiting" doc:"Not looked at; after a cancel for good."`
}

// BulkDraft says what to do to which contacts.
type BulkDraft struct {
	Filter     map[string]any `json:"filter,omitempty" doc:"All that match, by the names of the parameters of GET /contacts; {} for all active ones."`
	IDs        []crm.ID       `json:"ids,omitempty" maxItems:"10000" doc:"These contacts, instead of a filter."`
	Action     string         `json:"action" doc:"add_tags, remove_tags, assign, set_visibility or restore; for admins also archive and delete."`
	Tags       []string       `json:"tags,omitempty" maxItems:"200" doc:"Names or ids of tags, for add_tags and remove_tags."`
	AssigneeID crm.ID         `json:"assignee_id,omitempty" doc:"For assign; empty for nobody."`
	Visibility *Visibility    `json:"visibility,omitempty" doc:"For set_visibility."`
}

// BulkResult is what became of one contact.
type BulkResult struct {
	ContactID crm.ID          `json:"contact_id"`
	Outcome   crm.BulkOutcome `json:"outcome" enum:"done,archived,unchanged,not_done,waiting"`
	Reason    string          `json:"reason"`
}

func (a *API) addBulk() {
	tags := []string{"Contacts"}
	add(a, huma.Operation{OperationID: "bulkContacts", Method: http.MethodPost, Path: "/contacts/bulk", Tags: tags, DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusForbidden},
		Summary:     "Do one thing to many contacts",
		Description: "Which they are is settled at once: those that match now and that the caller sees. The work goes on in the background: follow it with GET /bulk/{id}. An export changes nobody, and so is none of the actions: GET /contacts/export takes the same filter or ids."},
		rule{access: Agent}, a.bulkContacts)
	add(a, huma.Operation{OperationID: "listBulk", Method: http.MethodGet, Path: "/bulk", Tags: tags,
		Summary: "List what was done to many contacts", Description: "The newest first: of the caller, and for admins of everybody. Contacts that an admin may not see do not count in another's."}, rule{access: Agent}, a.listBulk)
	add(a, huma.Operation{OperationID: "getBulk", Method: http.MethodGet, Path: "/bulk/{id}", Tags: tags,
		Summary: "Read how far it is", Description: "The caller's own; for admins anybody's."}, rule{access: Agent, of: ofBulk}, a.getBulk)
	add(a, huma.Operation{OperationID: "listBulkResults", Method: http.MethodGet, Path: "/bulk/{id}/results", Tags: tags,
		Summary: "List what became of each contact", Description: "Of another's act, of those that an admin may see."}, rule{access: Agent, of: ofBulk}, a.listBulkResults)
	add(a, huma.Operation{OperationID: "undoBulk", Method: http.MethodPost, Path: "/bulk/{id}/undo", Tags: tags, DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusForbidden},
		Summary: "Take it back", Description: "For who did it. Restores what it changed where that still stands, in the background; the answer is an act of its own with results of its own. " +
			"What people changed since is kept and listed as not_done. Who was deleted stays deleted."},
		rule{access: Agent, of: ofBulk}, a.undoBulk)
	add(a, huma.Operation{OperationID: "cancelBulk", Method: http.MethodPost, Path: "/bulk/{id}/cancel", Tags: tags,
		Summary: "Cancel it", Errors: []int{http.StatusForbidden}, Description: "For who did it. What was done stays done, and can be taken back."}, rule{access: Agent, of: ofBulk}, a.cancelBulk)
}

func (a *API) bulkOf(who crm.Actor, b *crm.Bulk) Bulk {
	tags := append([]crm.ID{}, b.What.Tags...)
	return Bulk{b.ID, b.UserID, b.Action, tags, b.What.AssigneeID, b.Status, b.Problem, b.Done, b.Total,
		BulkCounts{b.Counts[crm.BulkChanged], b.Counts[crm.BulkArchived], b.Counts[crm.BulkUnchanged], b.Counts[crm.BulkNotDone], b.Total - b.Done},
		b.UndoOf, b.UndoneBy, a.Contacts.CanUndoBulk(who, b) == nil, shownTime(b.CreatedAt), shownTime(b.EndedAt)}
}

func (a *API) bulkOut(ctx context.Context, b *crm.Bulk, err error) (*struct{ Body Bulk }, error) {
	if err != nil {
		return nil, err
	}
	return &struct{ Body Bulk }{a.bulkOf(callOf(ctx).who, b)}, nil
}

func (a *API) bulkContacts(ctx context.Context, in *struct{ Body BulkDraft }) (*struct{ Body Bulk }, error) {
	who := callOf(ctx).who
	d := contacts.BulkDraft{Action: crm.BulkAction(in.Body.Action), IDs: in.Body.IDs, What: crm.BulkWhat{AssigneeID: in.Body.AssigneeID}}
	if !crm.MayBulk(who, d.Action, false) {
		return nil, crm.ErrForbidden
	}
	var problems crm.Problems
	if d.Action == "export" {
		problems.Add("action", "unknown_action", "An export changes nobody, and is none of these: GET /contacts/export takes the same filter or ids.")
	}
	for n, id := range d.IDs {
		if _, ok := crm.ParseID(id.String()); !ok {
			problems.Add("ids["+strconv.Itoa(n)+"]", "bad_id", "This is no id.")
		}
	}
	if in.Body.Filter != nil {
		values, wrong := crm.FilterValues(in.Body.Filter)
		filter, err := a.Contacts.ReadFilter(ctx, who, values)
		if err != nil {
			return nil, err
		}
		filter.Problems = append(wrong, filter.Problems...)
		d.Filter = &filter
	}
	if v := in.Body.Visibility; v != nil {
		d.What.Visibility = &crm.Visibility{Mode: v.Mode, UserIDs: v.UserIDs}
	}
	var err error
	if d.What.Tags, err = a.tagIDs(ctx, who, "tags", in.Body.Tags, false, &problems); err != nil {
		return nil, err
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	b, err := a.Contacts.StartBulk(ctx, who, d)
	return a.bulkOut(ctx, b, err)
}

func (a *API) listBulk(ctx context.Context, in *ListParams) (*struct{ Body Page[Bulk] }, error) {
	var before crm.ID
	if in.After != "" {
		parts, err := readCursor("bulk", in.After, 1)
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
	list, err := a.Contacts.Bulks(ctx, who, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[Bulk] }{Page[Bulk]{Items: []Bulk{}}}
	for n, b := range list {
		if n == in.Limit {
			out.Body.Next = cursorOf("bulk", list[n-1].ID.String())
			break
		}
		out.Body.Items = append(out.Body.Items, a.bulkOf(who, b))
	}
	if in.Count {
		n, err := a.Contacts.CountBulks(ctx, who, contacts.CountCap)
		if err != nil {
			return nil, err
		}
		out.Body.counted(n, contacts.CountCap)
	}
	return out, nil
}

func (a *API) getBulk(ctx context.Context, in *ByID) (*struct{ Body Bulk }, error) {
	b, err := a.Contacts.Bulk(ctx, callOf(ctx).who, in.ID)
	return a.bulkOut(ctx, b, err)
}

// ListBulkResults chooses results.
type ListBulkResults struct {
	ByID
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The most items of a page."`
	After   string `query:"after" doc:"Where to go on: next of the page before."`
	Outcome string `query:"outcome" enum:"done,archived,unchanged,not_done,waiting"`
}

func (a *API) listBulkResults(ctx context.Context, in *ListBulkResults) (*struct{ Body Page[BulkResult] }, error) {
	after := 0
	if in.After != "" {
		parts, err := readCursor("bulk-results", in.After, 1)
		if err != nil {
			return nil, err
		}
		if after, err = strconv.Atoi(parts[0]); err != nil {
			return nil, errCursor
		}
	}
	list, err := a.Contacts.BulkResults(ctx, callOf(ctx).who, in.ID, crm.BulkOutcome(in.Outcome), after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[BulkResult] }{Page[BulkResult]{Items: []BulkResult{}}}
	for n, r := range list {
		if n == in.Limit {
			out.Body.Next = cursorOf("bulk-results", strconv.Itoa(list[n-1].Position))
			break
		}
		out.Body.Items = append(out.Body.Items, BulkResult{r.ContactID, r.Outcome, r.Reason})
	}
	return out, nil
}

func (a *API) undoBulk(ctx context.Context, in *ByID) (*struct{ Body Bulk }, error) {
	b, err := a.Contacts.UndoBulk(ctx, callOf(ctx).who, in.ID)
	return a.bulkOut(ctx, b, err)
}

func (a *API) cancelBulk(ctx context.Context, in *ByID) (*struct{ Body Bulk }, error) {
	b, err := a.Contacts.CancelBulk(ctx, callOf(ctx).who, in.ID)
	return a.bulkOut(ctx, b, err)
}
