package api

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/crm"
	"parley/internal/store"
)

// IgnoredRecord is a record that an admin chose to ignore (S2).
type IgnoredRecord struct {
	RemoteID string `json:"remote_id" doc:"An invoice is called \"invoice \" and its id."`
	Name     string `json:"name" doc:"As it was called over there; may be empty."`
	Phone    string `json:"phone"`
	Email    string `json:"email"`
	URL      string `json:"url" doc:"The original over there, where there is an address of it."`
	At       string `json:"at" format:"date-time" doc:"Since when it is ignored."`
}

func (a *API) listIgnored(ctx context.Context, in *ConnectionList) (*struct{ Body *Page[IgnoredRecord] }, error) {
	var after *store.IgnoredPlace
	if in.After != "" {
		parts, err := readCursor("ignored", in.After, 2)
		if err != nil {
			return nil, err
		}
		micros, err := strconv.ParseInt(parts[0], 10, 64)
		remote, bad := url.QueryUnescape(parts[1])
		if err != nil || bad != nil || !storable(remote) {
			return nil, errCursor
		}
		after = &store.IgnoredPlace{At: time.UnixMicro(micros).UTC(), RemoteID: remote}
	}
	list, next, err := a.Accounts.Ignored(ctx, callOf(ctx).who, in.ID, after, in.Limit)
	if err != nil {
		return nil, err
	}
	page := &Page[IgnoredRecord]{Items: []IgnoredRecord{}}
	for _, l := range list {
		page.Items = append(page.Items, IgnoredRecord{l.RemoteID, l.Name, l.Base["phone"], l.Base["email"], accounts.Original(l.URL), shownTime(l.UpdatedAt)})
	}
	if next != nil {
		page.Next = cursorOf("ignored", strconv.FormatInt(next.At.UnixMicro(), 10), url.QueryEscape(next.RemoteID))
	}
	return &struct{ Body *Page[IgnoredRecord] }{page}, nil
}

// TakeUpIgnored says which records.
type TakeUpIgnored struct {
	ByID
	Body struct {
		RemoteIDs []string `json:"remote_ids" minItems:"1" maxItems:"200"`
	}
}

// TakenUp is what became of one of them.
type TakenUp struct {
	RemoteID string          `json:"remote_id"`
	TakenUp  bool            `json:"taken_up"`
	Outcome  crm.SyncOutcome `json:"outcome" enum:"create,update,unchanged,review,ignored,left_out,archived," doc:"review: it waits on the review list. archived: archived over there, or not there any more. Empty where it is still ignored, and for a record without an id: everything is being read again."`
	Code     string          `json:"code" doc:"Why it is still ignored; not_found where it was not."`
	Detail   string          `json:"detail"`
}

// TakenUpList is what became of several, in their order.
type TakenUpList struct {
	Items []TakenUp `json:"items"`
}

func (a *API) takeUpIgnored(ctx context.Context, in *TakeUpIgnored) (*struct{ Body TakenUpList }, error) {
	for n, remote := range in.Body.RemoteIDs {
		if !storable(remote) {
			var p crm.Problems
			p.Add("remote_ids."+strconv.Itoa(n), "unknown_record", "This cannot be the id of a record.")
			return nil, p.Err()
		}
	}
	list, err := a.Accounts.TakeUp(ctx, callOf(ctx).who, in.ID, in.Body.RemoteIDs)
	if err != nil {
		return nil, err
	}
	var out struct{ Body TakenUpList }
	for _, one := range list {
		item := TakenUp{RemoteID: one.RemoteID, TakenUp: one.Err == nil, Outcome: one.Outcome}
		item.Code, item.Detail = refusal(one.Err)
		out.Body.Items = append(out.Body.Items, item)
	}
	return &out, nil
}
