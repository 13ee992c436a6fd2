package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
	"parley/internal/store"
)

// Unfiled is a message that could not be filed (I7).
type Unfiled struct {
	ID        crm.ID `json:"id"`
	Reason    string `json:"reason" doc:"A stable word: team_member, unreadable, no_sender, stranger, failed."`
	Detail    string `json:"detail" doc:"The reason in a sentence."`
	Sender    string `json:"sender"`
	Text      string `json:"text"`
	ChannelID crm.ID `json:"channel_id"`
	At        string `json:"at" format:"date-time"`
}

func (a *API) addUnfiled() {
	tags := []string{"Unfiled"}
	add(a, huma.Operation{OperationID: "listUnfiled", Method: http.MethodGet, Path: "/unfiled", Tags: tags,
		Summary: "List messages that could not be filed", Description: "Newest first."}, rule{access: Admin}, a.listUnfiled)
	add(a, huma.Operation{OperationID: "retryUnfiled", Method: http.MethodPost, Path: "/unfiled/{id}/retry", Tags: tags,
		Summary: "File a message once more", Description: "What cannot be filed again stays in the list under a new id."}, rule{access: Admin, of: ofUnfiled}, a.retryUnfiled)
}

func (a *API) listUnfiled(ctx context.Context, in *ListParams) (*struct{ Body Page[Unfiled] }, error) {
	who := callOf(ctx).who
	var before crm.ID
	if in.After != "" {
		parts, err := readCursor("unfiled", in.After, 1)
		if err != nil {
			return nil, err
		}
		id, ok := crm.ParseID(parts[0])
		if !ok {
			return nil, errCursor
		}
		before = id
	}
	list, err := a.Inbox.Unfiled(ctx, who, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[Unfiled] }{Page[Unfiled]{Items: []Unfiled{}}}
	for n, u := range list {
		if n == in.Limit {
			out.Body.Next = cursorOf("unfiled", list[n-1].ID.String())
			break
		}
		out.Body.Items = append(out.Body.Items, Unfiled{u.ID, u.Reason, u.Detail, u.Sender, u.Text, u.ChannelID, shownTime(u.At)})
	}
	if in.Count {
		n, err := a.Inbox.CountUnfiled(ctx, who)
		if err != nil {
			return nil, err
		}
		out.Body.counted(n, 1000)
	}
	return out, nil
}

// Retried says whether a message could be filed.
type Retried struct {
	Filed bool `json:"filed"`
}

func (a *API) retryUnfiled(ctx context.Context, in *ByID) (*struct{ Body Retried }, error) {
	filed, err := a.Inbox.Retry(ctx, callOf(ctx).who, in.ID, a.scope)
	return &struct{ Body Retried }{Retried{filed}}, err
}

// scope is the portfolio of a channel (I5).
func (a *API) scope(ch store.Channel) string {
	open, err := a.Team.Open(ch)
	if err != nil {
		return ""
	}
	return open.Scope()
}
