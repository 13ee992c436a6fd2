package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

func (a *API) addDuplicates() {
	tags := []string{"Contacts"}
	add(a, huma.Operation{OperationID: "listDuplicates", Method: http.MethodGet, Path: "/duplicates", Tags: tags,
		Summary: "List contacts that seem to be one person", Description: "The surest first. They are looked for in the background, some seconds after a contact changed. Only pairs of which the caller may see both."},
		rule{access: Agent}, a.listDuplicates)
	add(a, huma.Operation{OperationID: "dismissDuplicate", Method: http.MethodPost, Path: "/duplicates/{id}/dismiss", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Say that two contacts are not the same person", Description: "It is remembered for ever. Saying it again changes nothing."},
		rule{access: Agent, of: ofDuplicate}, a.dismissDuplicate)
}

// Duplicate is two contacts that seem to be one person (C12).
type Duplicate struct {
	ID         crm.ID   `json:"id"`
	ContactIDs []crm.ID `json:"contact_ids" doc:"Two of them."`
	Reason     string   `json:"reason" doc:"Why, in a sentence."`
	Score      int      `json:"score" doc:"How sure it is, up to 100."`
	FoundAt    string   `json:"found_at" format:"date-time"`
}

func (a *API) listDuplicates(ctx context.Context, in *ListParams) (*struct{ Body Page[Duplicate] }, error) {
	var after *store.DuplicatePlace
	if in.After != "" {
		parts, err := readCursor("duplicates", in.After, 2)
		if err != nil {
			return nil, err
		}
		score, err := strconv.Atoi(parts[0])
		id, ok := crm.ParseID(parts[1])
		if err != nil || !ok {
			return nil, errCursor
		}
		after = &store.DuplicatePlace{Score: score, ID: id}
	}
	who := callOf(ctx).who
	list, next, err := a.Contacts.Duplicates(ctx, who, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[Duplicate] }{Page[Duplicate]{Items: []Duplicate{}}}
	for _, d := range list {
		out.Body.Items = append(out.Body.Items, Duplicate{d.ID, []crm.ID{d.Low, d.High}, d.Reason, d.Score, shownTime(d.FoundAt)})
	}
	if next != nil {
		out.Body.Next = cursorOf("duplicates", strconv.Itoa(next.Score), next.ID.String())
	}
	if in.Count {
		n, err := a.Contacts.CountDuplicates(ctx, who)
		if err != nil {
			return nil, err
		}
		out.Body.counted(n, contacts.DuplicatesCap)
	}
	return out, nil
}

func (a *API) dismissDuplicate(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Contacts.Dismiss(ctx, callOf(ctx).who, in.ID)
}
