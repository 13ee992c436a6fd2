package api

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// ContactQuery chooses contacts. Its fields describe the parameters; what is read are the
// values as they stand in the address (crm.ParseFilter).
type ContactQuery struct {
	ListParams
	Sort string `query:"sort" doc:"-last_message (the default: the last active first), last_message, name, -name, -created or created."`
	ContactFilter
}

// ContactFilter are the parameters that choose contacts.
type ContactFilter struct {
	Query          string   `query:"q" maxLength:"500" doc:"Names, business name, e-mail, or phone in any spelling."`
	Status         string   `query:"status" enum:"active,archived,any" default:"active"`
	Tags           []string `query:"tag,explode" doc:"Name or id of a tag that they carry; all of them where several are given, separated by commas or by repeating."`
	AnyTags        []string `query:"any_tag,explode" doc:"The same, at least one of them."`
	NotTags        []string `query:"not_tag,explode" doc:"The same, none of them."`
	Assignees      []string `query:"assignee,explode" doc:"The id of a user, or nobody."`
	Sources        []string `query:"source,explode" doc:"manual, whatsapp, sms, import, …"`
	Countries      []string `query:"country,explode" doc:"Country of the contact address, ISO 3166-1 alpha-2, or none."`
	MessagesAfter  string   `query:"last_message_after" doc:"The last message was at this time or later: RFC 3339, or a date in the time zone of the business."`
	MessagesBefore string   `query:"last_message_before" doc:"The last message was earlier than this."`
	Never          string   `query:"last_message" enum:"never" doc:"There never was a message; beside a time: or the last message was then."`
	Has            []string `query:"has,explode" doc:"phone, email: they have all of these."`
	HasNot         []string `query:"has_not,explode" doc:"phone, email: they have none of these."`
	OptOut         []string `query:"opt_out,explode" doc:"sms, whatsapp: opted out of all of these."`
	NotOptOut      []string `query:"not_opt_out,explode" doc:"sms, whatsapp: opted out of none of these."`

	values url.Values
}

// Resolve keeps the parameters as they came.
func (q *ContactQuery) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	q.values = u.Query()
	for _, name := range []string{"limit", "after", "count", "sort"} {
		delete(q.values, name)
	}
	return nil
}

func (a *API) listContacts(ctx context.Context, in *ContactQuery) (*struct{ Body SearchPage[Contact] }, error) {
	who := callOf(ctx).who
	filter, err := a.Contacts.ReadFilter(ctx, who, in.values)
	if err != nil {
		return nil, err
	}
	sort := crm.ParseSort(in.Sort, &filter.Problems)
	if err := filter.Err(); err != nil {
		return nil, err
	}
	after, err := readContactPlace(sort, in.After)
	if err != nil {
		return nil, err
	}
	list, err := a.Contacts.List(ctx, who, filter, sort, after, in.Limit, in.Count)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body SearchPage[Contact] }{SearchPage[Contact]{Page: Page[Contact]{Items: []Contact{}}}}
	for _, c := range list.Contacts {
		out.Body.Items = append(out.Body.Items, contactOf(c))
	}
	if list.Next != nil {
		out.Body.Next = contactCursor(sort, list.Next)
	}
	if in.Count {
		out.Body.counted(list.Count, contacts.CountCap)
	}
	out.Body.cut(list.Cut)
	return out, nil
}

// contactCursor writes a place in a list of contacts. The order is in it, so that a cursor
// of another one is refused.
func contactCursor(sort crm.Sort, p *store.ContactPlace) string {
	return cursorOf("contacts"+string(sort), strconv.FormatInt(p.ActiveAt.UnixMicro(), 10), p.Name, p.ID.String())
}

func readContactPlace(sort crm.Sort, cursor string) (*store.ContactPlace, error) {
	if cursor == "" {
		return nil, nil
	}
	parts, err := readCursor("contacts"+string(sort), cursor, 3)
	if err != nil {
		return nil, err
	}
	micros, err := strconv.ParseInt(parts[0], 10, 64)
	id, ok := crm.ParseID(parts[2])
	if err != nil || !ok || !storable(parts[1]) {
		return nil, errCursor
	}
	return &store.ContactPlace{ActiveAt: time.UnixMicro(micros).UTC(), Name: parts[1], ID: id}, nil
}
