package api

import (
	"context"
	"strconv"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// HistoryItem is one field before and after a change (C5).
type HistoryItem struct {
	Field string  `json:"field"`
	Old   any     `json:"old"`
	New   any     `json:"new"`
	By    string  `json:"by" doc:"Who or what changed it."`
	At    string  `json:"at" format:"date-time"`
	Via   crm.Via `json:"via" doc:"From what: page, api, message, import, sync or system."`
	Note  string  `json:"note,omitempty" doc:"A sentence where the change alone does not say enough."`
	Event string  `json:"event" doc:"Names the entry, for put-back."`
	// CanPutBack leaves out what only a provider or the person themselves can say.
	CanPutBack bool `json:"can_put_back"`
}

// HistoryQuery chooses a page of history.
type HistoryQuery struct {
	ByID
	ListParams
}

// historyCount is how far items are counted.
const historyCount = 1000

func (a *API) listHistory(ctx context.Context, in *HistoryQuery) (*struct{ Body Page[HistoryItem] }, error) {
	h := history{api: a, contact: in.ID}
	if in.After != "" {
		if err := h.seek(in.After); err != nil {
			return nil, err
		}
	}
	out := &struct{ Body Page[HistoryItem] }{Page[HistoryItem]{Items: []HistoryItem{}}}
	for len(out.Body.Items) <= in.Limit {
		item, place, more, err := h.next(ctx)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		if len(out.Body.Items) == in.Limit {
			out.Body.Next = place
			break
		}
		out.Body.Items = append(out.Body.Items, item)
	}
	if !in.Count {
		return out, nil
	}
	n, all := 0, history{api: a, contact: in.ID}
	for ; n <= historyCount; n++ {
		if _, _, more, err := all.next(ctx); err != nil || !more {
			if err != nil {
				return nil, err
			}
			break
		}
	}
	out.Body.counted(n, historyCount)
	return out, nil
}

// history walks the events about a contact, newest first, change by change.
type history struct {
	api     *API
	contact crm.ID
	before  *store.Cursor
	events  []crm.Event
	skip    int // changes of the first event that were read already
	ended   bool
}

// seek goes to the place that next named.
func (h *history) seek(cursor string) error {
	parts, err := readCursor("history", cursor, 2)
	if err != nil {
		return err
	}
	at, ok := store.ParseCursor(parts[0])
	skip, err := strconv.Atoi(parts[1])
	if !ok || err != nil || skip < 0 || skip > 1000 {
		return errCursor
	}
	at.Seq++ // the event itself is to be read again
	h.before, h.skip = &at, skip
	return nil
}

// next is the next change and its place; more is false at the end.
func (h *history) next(ctx context.Context) (item HistoryItem, place string, more bool, err error) {
	for {
		if len(h.events) == 0 {
			if h.ended {
				return item, "", false, nil
			}
			if err := h.fetch(ctx); err != nil {
				return item, "", false, err
			}
			continue
		}
		event := h.events[0]
		changes := changesOf(event)
		if h.skip >= len(changes) {
			h.events, h.skip = h.events[1:], 0
			continue
		}
		change := changes[h.skip]
		place = cursorOf("history", event.Cursor, strconv.Itoa(h.skip))
		h.skip++
		return HistoryItem{Field: change.Field, Old: change.Old, New: change.New, By: event.ActorName, At: shownTime(event.At),
			Via: event.Via, Note: event.Note, Event: event.Cursor, CanPutBack: contacts.CanPutBack(change.Field)}, place, true, nil
	}
}

func (h *history) fetch(ctx context.Context) (err error) {
	const many = 100
	if h.events, err = h.api.Contacts.History(ctx, callOf(ctx).who, h.contact, h.before, many); err != nil {
		return err
	}
	h.ended = len(h.events) < many
	if len(h.events) > 0 {
		last, _ := store.ParseCursor(h.events[len(h.events)-1].Cursor)
		h.before = &last
	}
	return nil
}

// changesOf are the fields that an event changed. An opt-out has a place of its own and
// shows as a change of opt_outs.
func changesOf(e crm.Event) []crm.Change {
	family := strings.ToLower(e.Note)
	switch e.Type {
	case crm.ContactOptedOut:
		return []crm.Change{{Field: "opt_outs", Old: "", New: family}}
	case crm.ContactOptedIn:
		return []crm.Change{{Field: "opt_outs", Old: family, New: ""}}
	}
	return e.Changes
}

// PutBack names what to put back.
type PutBack struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The version on which the choice was made, in quotation marks. Optional."`
	Body    struct {
		Event string `json:"event" doc:"event of a history item."`
		Field string `json:"field" doc:"field of that item."`
	}
}

func (a *API) putBack(ctx context.Context, in *PutBack) (*ContactOut, error) {
	earlier := contacts.Earlier{Event: in.Body.Event, Field: in.Body.Field}
	if in.IfMatch != "" && in.IfMatch != "*" {
		earlier.Version = parseETag(in.IfMatch)
	}
	return contactOut(a.Contacts.PutBack(ctx, callOf(ctx).who, in.ID, earlier))
}
