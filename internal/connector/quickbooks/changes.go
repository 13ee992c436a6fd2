package quickbooks

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
)

// entities are what QuickBooks calls the records of a feed.
var entities = map[crm.FeedKind]string{crm.FeedContacts: "Customer", crm.FeedInvoices: "Invoice"}

// rows is a list of records as it stands in answers, below the name of their entity.
type rows map[string]json.RawMessage

func (r rows) of(entity string) (list []json.RawMessage, err error) {
	if text, ok := r[entity]; ok {
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, connector.Fail(connector.Garbled, "no list", "It answered with something that is no list of records: "+connector.Excerpt(text))
		}
	}
	return list, nil
}

// Changes asks what changed, in one call, or walks through everything: at the beginning,
// after a long rest, and where more changed than one answer holds.
func (c client) Changes(ctx context.Context, a connector.Access, feed crm.FeedKind, cursor string) (connector.Page, error) {
	p, err := readPlace(cursor, c.app.Now())
	if err != nil {
		return connector.Page{}, err
	}
	if p.Walk {
		return c.walk(ctx, a, feed, p)
	}
	list, at, err := c.changed(ctx, a, entities[feed], p.Since)
	if err != nil {
		return connector.Page{}, err
	}
	page, _ := records(list, feed, a.Org)
	if len(list) >= most { // there is more: only a query has pages, and only this tells of what is gone
		page.Contacts = slices.DeleteFunc(page.Contacts, func(r connector.Record) bool { return !r.Gone })
		page.Invoices = slices.DeleteFunc(page.Invoices, func(i connector.Invoice) bool { return !i.Gone })
		page.More = true
		page.Next = place{Walk: true, Since: p.Since, Start: 1, Began: at}.String()
		return page, nil
	}
	page.Next = p.done(at).String()
	return page, nil
}

// changed are the records that changed since a time, and QuickBooks' time of the answer.
func (c client) changed(ctx context.Context, a connector.Access, entity string, since time.Time) (list []json.RawMessage, at time.Time, err error) {
	var answer struct {
		CDCResponse []struct {
			QueryResponse []rows
			Fault         json.RawMessage
		}
		Time string `json:"time"`
	}
	if _, err = c.get(ctx, a, "/cdc", url.Values{"entities": {entity}, "changedSince": {since.UTC().Format(time.RFC3339)}}, &answer); err != nil {
		return nil, at, err
	}
	at = connector.NotAhead(readTime(answer.Time), c.app.Now())
	if answer.CDCResponse == nil || at.IsZero() {
		return nil, at, connector.Fail(connector.Garbled, "no answer", "It did not say what changed.")
	}
	for _, response := range answer.CDCResponse {
		if response.Fault != nil {
			return nil, at, connector.Fail(connector.Garbled, "fault", "It did not say what changed: "+connector.Excerpt(response.Fault))
		}
		for _, r := range response.QueryResponse {
			more, err := r.of(entity)
			if err != nil {
				return nil, at, err
			}
			list = append(list, more...)
		}
	}
	return list, at, nil
}

// walk is one page of a walk.
func (c client) walk(ctx context.Context, a connector.Access, feed crm.FeedKind, p place) (connector.Page, error) {
	var where []string
	if feed == crm.FeedContacts {
		where = append(where, "Active in (true,false)")
	}
	if !p.Since.IsZero() {
		where = append(where, "MetaData.LastUpdatedTime >= '"+p.Since.UTC().Format(time.RFC3339)+"'")
	}
	list, at, err := c.query(ctx, a, entities[feed], where, "order by MetaData.LastUpdatedTime STARTPOSITION "+strconv.Itoa(p.Start)+" MAXRESULTS "+strconv.Itoa(pageSize))
	if err != nil {
		return connector.Page{}, err
	}
	if p.Began.IsZero() {
		p.Began = at
	}
	page, times := records(list, feed, a.Org)
	if page.More = len(list) >= pageSize; page.More {
		page.Next = p.next(times).String()
	} else {
		page.Next = p.done(p.Began).String()
	}
	return page, nil
}

// query answers with records of an entity, and QuickBooks' time of the answer.
func (c client) query(ctx context.Context, a connector.Access, entity string, where []string, rest string) (list []json.RawMessage, at time.Time, err error) {
	text := "select * from " + entity
	if len(where) > 0 {
		text += " where " + strings.Join(where, " AND ")
	}
	var answer struct {
		QueryResponse *rows
		Time          string `json:"time"`
	}
	if _, err = c.get(ctx, a, "/query", url.Values{"query": {strings.TrimSpace(text + " " + rest)}}, &answer); err != nil {
		return nil, at, err
	}
	at = connector.NotAhead(readTime(answer.Time), c.app.Now())
	if answer.QueryResponse == nil || at.IsZero() {
		return nil, at, connector.Fail(connector.Garbled, "no answer", "It did not answer the query.")
	}
	list, err = answer.QueryResponse.of(entity)
	return list, at, err
}

// records reads what came, and when each was changed.
func records(list []json.RawMessage, feed crm.FeedKind, org crm.Organisation) (page connector.Page, times []time.Time) {
	for _, raw := range list {
		if feed == crm.FeedInvoices {
			i, at := bill(raw, org)
			page.Invoices, times = append(page.Invoices, i), append(times, at)
			continue
		}
		r := record(raw)
		page.Contacts, times = append(page.Contacts, r), append(times, r.UpdatedAt)
	}
	return page, times
}

// Read reads records by their ids. One that is not there was deleted, or became part of
// another where a webhook said so: into tells which, in the id of the hint.
func (c client) Read(ctx context.Context, a connector.Access, feed crm.FeedKind, ids []string) (page connector.Page, err error) {
	into := map[string]string{}
	var wanted []string
	want := func(id string) {
		if isID(id) && into[id] == "" {
			wanted = append(wanted, "'"+id+"'")
			into[id] = "?"
		}
	}
	for _, id := range ids {
		id = strings.TrimPrefix(id, a.Org.ID+invoiceMark)
		from, to, merged := strings.Cut(id, mergeMark)
		if want(from); merged && isID(from) && isID(to) {
			into[from] = to
			want(to)
		}
	}
	if len(wanted) == 0 {
		return page, nil
	}
	where := []string{"Id in (" + strings.Join(wanted, ",") + ")"}
	if feed == crm.FeedContacts {
		where = append(where, "Active in (true,false)")
	}
	list, _, err := c.query(ctx, a, entities[feed], where, "MAXRESULTS "+strconv.Itoa(most))
	if err != nil {
		return page, err
	}
	page, _ = records(list, feed, a.Org)
	for n := range page.Invoices {
		delete(into, strings.TrimPrefix(page.Invoices[n].ID, a.Org.ID+invoiceMark))
	}
	if feed == crm.FeedInvoices {
		for id := range into {
			page.Invoices = append(page.Invoices, connector.Invoice{ID: a.Org.ID + invoiceMark + id, Gone: true, RemoteStatus: "Deleted"})
		}
		return page, nil
	}
	page.Contacts = merged(page.Contacts, into)
	return page, nil
}

// merged adds the records that are not there any more: those that became part of one that
// is in use come first, so that a link moves before the other is looked at. What a webhook
// says of a record that is in use is not believed.
func merged(list []connector.Record, into map[string]string) []connector.Record {
	inUse, there := map[string]bool{}, map[string]bool{}
	for _, r := range list {
		there[r.ID], inUse[r.ID] = true, r.Damaged == "" && !r.Archived && !r.Gone
	}
	var first, last []connector.Record
	for n := range list {
		if to := into[list[n].ID]; !inUse[list[n].ID] && inUse[to] {
			list[n].MergedTo = to
			first = append(first, list[n])
			continue
		}
		last = append(last, list[n])
	}
	for id, to := range into {
		switch {
		case there[id]:
		case inUse[to]:
			first = append(first, connector.Record{ID: id, MergedTo: to})
		default:
			last = append(last, connector.Record{ID: id, Gone: true})
		}
	}
	return append(first, last...)
}
