package hubspot

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
)

const (
	listed   = 100 // contacts on a page of a list, at most
	searched = 200 // and on one of a search
	// overlap is how far a poll looks back behind the time of the last one: a search finds
	// what changed a little later.
	overlap = 2 * time.Minute
)

// The parts of a round.
const (
	inList     = ""         // all contacts that are in use, in the order of their ids
	inArchive  = "archived" // those that are not
	inChanges  = "changes"  // what changed since a time, in that order
	inOneStamp = "stamp"    // what changed at one moment, in the order of their ids
)

// place is a cursor. Everything is read from lists, which are exact; what changed is
// searched for. A search ends at 10,000 results, so that it is begun anew behind each
// page, at the moment of its last contact: one that changes meanwhile is seen twice rather
// than lost. Where more changed in one moment than fits on a page, they are told apart by
// their ids.
type place struct {
	Part  string `json:"p,omitempty"`
	After string `json:"a,omitempty"` // of a list; the last id in inOneStamp
	Since int64  `json:"s,omitempty"` // milliseconds
	// Began is HubSpot's time at the beginning of the round, behind which is searched next.
	Began int64 `json:"b,omitempty"`
	// Max is the latest change that the lists of the round showed, behind which is searched
	// for what changed meanwhile.
	Max int64 `json:"m,omitempty"`
}

func readPlace(cursor string) (p place, err error) {
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &p); err != nil {
			return p, &connector.Error{Trouble: connector.Garbled, Code: "cursor", Reason: "The place that was kept cannot be read.", Err: err}
		}
	}
	return p, nil
}

func (p place) String() string {
	text, _ := json.Marshal(p) // texts and numbers never fail
	return string(text)
}

// done is the place behind a round.
func (p place) done() place {
	return place{Part: inChanges, Since: p.Began - overlap.Milliseconds()}
}

// answer is a page of a list or of a search.
type answer struct {
	Results []json.RawMessage
	Paging  struct {
		Next struct{ After string }
	}
}

// Changes is a page of everything, or of what changed.
func (c client) Changes(ctx context.Context, a connector.Access, feed crm.FeedKind, cursor string) (page connector.Page, err error) {
	if feed != crm.FeedContacts {
		return page, nil // there is nothing else
	}
	p, err := readPlace(cursor)
	if err != nil {
		return page, err
	}
	var got answer
	var reply connector.Reply
	if p.Part == inList || p.Part == inArchive {
		reply, err = c.list(ctx, a, p, &got)
	} else {
		reply, err = c.search(ctx, a, p.search(), &got)
	}
	if err != nil {
		return page, err
	}
	if got.Results == nil {
		return page, connector.Fail(connector.Garbled, "no results", "It answered without results.")
	}
	if p.Began == 0 {
		p.Began = c.timeOf(reply)
	}
	var first, last place
	for _, raw := range got.Results {
		r, o := record(raw, a.Org)
		page.Contacts = withMerged(page.Contacts, r, o)
		if at := o.changed(); !at.IsZero() {
			last.Since, last.After = at.UnixMilli(), o.ID
			first.Since = cmp.Or(first.Since, last.Since)
			p.Max = max(p.Max, last.Since)
		}
	}
	more := got.Paging.Next.After
	searches := p.Part == inChanges || p.Part == inOneStamp
	if last.After == "" && more != "" && searches {
		return connector.Page{}, connector.Fail(connector.Garbled, "no times", "Of none of the contacts that it sent can be read when it was changed.")
	}
	next := p.behind(last, more)
	if p.Part == inChanges && more != "" && first.Since == last.Since { // a whole page of one moment: it is read in the order of ids instead
		page.Contacts, next = nil, place{Part: inOneStamp, Since: last.Since, After: "0", Began: p.Began}
	}
	page.More, page.Next = !(next.Part == inChanges && next.Began == 0), next.String()
	return page, nil
}

func (c client) list(ctx context.Context, a connector.Access, p place, into *answer) (connector.Reply, error) {
	q := url.Values{"limit": {strconv.Itoa(listed)}, "properties": {joined()}, "archived": {strconv.FormatBool(p.Part == inArchive)}}
	if p.After != "" {
		q.Set("after", p.After)
	}
	return c.send(ctx, a, http.MethodGet, objects+"?"+q.Encode(), nil, into)
}

type filter struct {
	PropertyName string `json:"propertyName"`
	Operator     string `json:"operator"`
	Value        string `json:"value"`
}

// query is the body of a search.
type query struct {
	FilterGroups []map[string][]filter `json:"filterGroups"`
	Sorts        []map[string]string   `json:"sorts"`
	Properties   []string              `json:"properties"`
	Limit        int                   `json:"limit"`
}

func newQuery(order string, filters ...filter) query {
	return query{FilterGroups: []map[string][]filter{{"filters": filters}}, Sorts: []map[string]string{{"propertyName": order, "direction": "ASCENDING"}}, Properties: properties, Limit: searched}
}

func (p place) search() query {
	since := strconv.FormatInt(p.Since, 10)
	if p.Part == inOneStamp {
		return newQuery("hs_object_id", filter{"lastmodifieddate", "EQ", since}, filter{"hs_object_id", "GT", p.After})
	}
	return newQuery("lastmodifieddate", filter{"lastmodifieddate", "GTE", since})
}

func (c client) search(ctx context.Context, a connector.Access, q query, into *answer) (connector.Reply, error) {
	reply, err := c.send(ctx, a, http.MethodPost, objects+"/search", q, into)
	return reply, reading(err)
}

// reading is an error of a call that is posted and only reads: nothing is unsure of it.
func reading(err error) error {
	if connector.TroubleOf(err) == connector.Unsure {
		return &connector.Error{Trouble: connector.Away, Code: "no answer", Reason: "It could not be reached, or has a fault.", Err: err}
	}
	return err
}

// behind is the place behind a page whose last contact is at last. after is where HubSpot
// says that there is more.
func (p place) behind(last place, after string) place {
	switch {
	case p.Part == inList && after == "":
		return place{Part: inArchive, Began: p.Began, Max: p.Max}
	case p.Part == inList || p.Part == inArchive && after != "":
		p.After = after
		return p
	case p.Part == inArchive: // and what changed meanwhile
		return place{Part: inChanges, Since: cmp.Or(p.Max, p.Began) + 1, Began: p.Began}
	case p.Part == inOneStamp && after != "":
		p.After = last.After
		return p
	case p.Part == inOneStamp:
		return place{Part: inChanges, Since: p.Since + 1, Began: p.Began}
	case after == "":
		return p.done()
	}
	return place{Part: inChanges, Since: last.Since, Began: p.Began}
}

// timeOf is HubSpot's time of an answer.
func (c client) timeOf(r connector.Reply) int64 {
	if at, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		return connector.NotAhead(at, c.app.Now()).UnixMilli()
	}
	return c.app.Now().UnixMilli()
}

func joined() string { return strings.Join(properties, ",") }

// Read reads contacts by their ids: those in use, then those that are archived. One that is
// in neither may be part of another now, which HubSpot answers with instead; or it is gone.
// Where a webhook said that it went for data protection, and it is gone, it was erased.
func (c client) Read(ctx context.Context, a connector.Access, feed crm.FeedKind, ids []string) (page connector.Page, err error) {
	if feed != crm.FeedContacts {
		return page, nil
	}
	private := map[string]bool{}
	var wanted []string
	for _, id := range ids {
		id, erased := cutPrivate(id)
		if isID(id) && !slices.Contains(wanted, id) {
			wanted = append(wanted, id)
		}
		private[id] = private[id] || erased
	}
	for _, archived := range []bool{false, true} {
		for from := 0; from < len(wanted) && err == nil; from += listed {
			err = c.batch(ctx, a, wanted[from:min(len(wanted), from+listed)], archived, &page)
		}
		if err != nil {
			return page, err
		}
		wanted = slices.DeleteFunc(wanted, func(id string) bool {
			return slices.ContainsFunc(page.Contacts, func(r connector.Record) bool { return r.ID == id })
		})
	}
	for _, id := range wanted {
		var raw json.RawMessage
		_, err := c.send(ctx, a, http.MethodGet, objects+"/"+id+"?"+url.Values{"properties": {joined()}}.Encode(), nil, &raw)
		if connector.TroubleOf(err) == connector.Missing {
			page.Contacts = append(page.Contacts, connector.Record{ID: id, Gone: true, Erased: private[id]})
			continue
		}
		if err != nil {
			return page, err
		}
		if r, _ := record(raw, a.Org); r.Damaged == "" && r.ID != id {
			page.Contacts = append(page.Contacts, connector.Record{ID: id, Name: r.Name, Version: r.Version, UpdatedAt: r.UpdatedAt, MergedTo: r.ID}, r)
		} else {
			page.Contacts = append(page.Contacts, r)
		}
	}
	return page, nil
}

// batch reads up to a hundred contacts.
func (c client) batch(ctx context.Context, a connector.Access, ids []string, archived bool, into *connector.Page) error {
	inputs := make([]map[string]string, len(ids))
	for n, id := range ids {
		inputs[n] = map[string]string{"id": id}
	}
	var got answer
	_, err := c.send(ctx, a, http.MethodPost, objects+"/batch/read?archived="+strconv.FormatBool(archived), map[string]any{"inputs": inputs, "properties": properties}, &got)
	if connector.TroubleOf(err) == connector.Missing {
		return nil // none of them
	}
	if err != nil {
		return reading(err)
	}
	if got.Results == nil {
		return connector.Fail(connector.Garbled, "no results", "It answered without results.")
	}
	for _, raw := range got.Results {
		r, o := record(raw, a.Org)
		into.Contacts = withMerged(into.Contacts, r, o)
	}
	return nil
}
