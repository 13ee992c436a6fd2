package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/accounts"
	"parley/internal/crm"
)

// Connection is an accounting system or a CRM that is followed (S1).
type Connection struct {
	ID            crm.ID              `json:"id"`
	Provider      string              `json:"provider" doc:"xero, quickbooks, hubspot."`
	State         crm.ConnectionState `json:"state" enum:"connecting,connected,reconnect,disconnected" doc:"Reconnect: the permission was taken back or has expired."`
	Name          string              `json:"name" doc:"Of the organisation over there."`
	AuthorizeURL  string              `json:"authorize_url,omitempty" doc:"Where an admin consents. The provider leads back to /oauth/callback/{provider}, which serves only the session or token that began."`
	Organisations []Organisation      `json:"organisations" doc:"Those to choose among, while connecting."`
	Problem       string              `json:"problem" doc:"Why something does not work; empty while all does."`
	Push          bool                `json:"push" doc:"Changes of ours are sent back."`
	Following     bool                `json:"following" doc:"The first run was begun: changes are followed."`
	Running       bool                `json:"running"`
	LastRun       string              `json:"last_run" doc:"When contacts were last brought up to date; empty if never."`
	NextRun       string              `json:"next_run" doc:"When changes are looked for next without a webhook; empty for never."`
	Counts        map[string]int      `json:"counts" doc:"contacts and invoices that are followed, review: records that wait for a person; and the records of the last round by outcome: create, update, unchanged, archived, left_out, ignored."`
	Runs          map[string]SyncRun  `json:"runs" doc:"The last round of contacts, invoices and push."`
	Preview       *SyncPreview        `json:"preview,omitempty" doc:"What a first run would do, once it was asked for."`
	Options       SyncOptions         `json:"options"`
	CallsToday    int                 `json:"calls_today"`
	CreatedAt     string              `json:"created_at" format:"date-time"`
}

// Organisation is one of several books.
type Organisation struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// SyncRun is one round.
type SyncRun struct {
	Mode      crm.SyncMode   `json:"mode" enum:"preview,poll,sweep,"`
	StartedAt string         `json:"started_at"`
	EndedAt   string         `json:"ended_at" doc:"Empty while it runs."`
	Counts    crm.SyncCounts `json:"counts"`
	Problem   string         `json:"problem"`
}

// SyncPreview is how far a preview is, and what it says. The counts add up to the records
// read.
type SyncPreview struct {
	Status string         `json:"status" enum:"running,done"`
	Counts crm.SyncCounts `json:"counts"`
}

// SyncOptions are the choices for one connection.
type SyncOptions struct {
	Policies      map[string]crm.SyncPolicy `json:"policies" doc:"Who wins where both sides changed a field: theirs, ours, newest or ask. Fields that are left out: ours for phone, theirs for all else."`
	SwapAddresses bool                      `json:"swap_addresses" doc:"Pair the two addresses the other way round."`
	Phones        []string                  `json:"phones" doc:"The order in which kinds of phone are looked at for the primary one."`
	All           bool                      `json:"all" doc:"Take suppliers, sub-customers and projects as well."`
}

// ReviewItem is a record that only a person can place (S2).
type ReviewItem struct {
	ID         crm.ID             `json:"id"`
	Reason     crm.ReviewReason   `json:"reason" doc:"two_contacts, shared_identity, team_member, no_identity, damaged, deleted_here, changed_on_both, changed_in_turn, merged_there, refused."`
	Detail     string             `json:"detail"`
	Name       string             `json:"name" doc:"As the record is called over there."`
	RemoteID   string             `json:"remote_id"`
	URL        string             `json:"url" doc:"The original over there, where there is an address of it."`
	Values     map[string]string  `json:"values" doc:"What the record has, by field."`
	ContactIDs []crm.ID           `json:"contact_ids" doc:"The contacts in question."`
	Fields     []crm.Disagreement `json:"fields" doc:"With changed_on_both and changed_in_turn: what was changed to what."`
	At         string             `json:"at" format:"date-time"`
}

// PreviewRow is what a first run would do with one record.
type PreviewRow struct {
	RemoteID  string          `json:"remote_id"`
	Name      string          `json:"name"`
	Outcome   crm.SyncOutcome `json:"outcome" enum:"create,update,unchanged,review,ignored,left_out,archived"`
	ContactID crm.ID          `json:"contact_id"`
	Changes   []crm.Change    `json:"changes"`
	Reason    string          `json:"reason"`
}

// Pushed is a change of ours that was sent, or is to be (S4).
type Pushed struct {
	ID        crm.ID            `json:"id"`
	ContactID crm.ID            `json:"contact_id"`
	RemoteID  string            `json:"remote_id"`
	Fields    map[string]string `json:"fields"`
	State     crm.PushState     `json:"state" enum:"waiting,sent,refused"`
	Code      string            `json:"code"`
	Reason    string            `json:"reason" doc:"Why it was refused."`
	At        string            `json:"at" format:"date-time"`
	EndedAt   string            `json:"ended_at"`
}

func (a *API) addConnections() {
	tags := []string{"Connections"}
	one := rule{access: Admin, of: ofConnection}
	op := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Tags: tags, Summary: summary, Description: description, DefaultStatus: status}
	}
	add(a, op("listConnections", http.MethodGet, "/connections", "List connections, oldest first", "", 0), rule{access: Admin}, a.listConnections)
	add(a, op("createConnection", http.MethodPost, "/connections", "Begin to connect an accounting system or a CRM", "Open authorize_url in a browser, or end it with a program: call the address that the provider leads back to with the same token.", http.StatusCreated), rule{access: Admin}, a.createConnection)
	add(a, op("getConnection", http.MethodGet, "/connections/{id}", "Read a connection", "", 0), one, a.getConnection)
	add(a, op("changeConnection", http.MethodPatch, "/connections/{id}", "Change how it is followed, or switch sending back on and off", "", 0), one, a.changeConnection)
	add(a, op("chooseOrganisation", http.MethodPost, "/connections/{id}/choose", "Choose one of several organisations", "", http.StatusOK), one, a.chooseOrganisation)
	add(a, op("reconnect", http.MethodPost, "/connections/{id}/reconnect", "Begin to connect it again", "", http.StatusOK), one, a.reconnect)
	add(a, op("previewConnection", http.MethodPost, "/connections/{id}/preview", "See what a first run would do, without doing it", "Read the connection until preview.status is done.", http.StatusAccepted), one, a.previewConnection)
	add(a, op("previewRows", http.MethodGet, "/connections/{id}/preview", "What a first run would do, record by record", "", 0), one, a.previewRows)
	add(a, op("syncConnection", http.MethodPost, "/connections/{id}/sync", "Look at what changed now", "On a new connection this begins the first run.", http.StatusAccepted), one, a.syncConnection)
	add(a, op("disconnect", http.MethodPost, "/connections/{id}/disconnect", "Give the permission back and end it", "Contacts and invoices stay.", http.StatusOK), one, a.disconnect)
	add(a, op("listReview", http.MethodGet, "/connections/{id}/review", "Records that only a person can place", "", 0), one, a.listReview)
	add(a, op("resolveReviews", http.MethodPost, "/connections/{id}/review/resolve", "Place several records alike", "As for one. Each is placed or not by itself, and the answer says which.", http.StatusOK), one, a.resolveReviews)
	add(a, op("resolveReview", http.MethodPost, "/connections/{id}/review/{item}/resolve", "Place a record", "link ties it to a contact; for changed_on_both and changed_in_turn it takes theirs. create makes a contact. ignore is remembered; for changed_on_both and changed_in_turn it keeps ours.", http.StatusOK), rule{access: Admin, of: ofConnection, within: ofReview}, a.resolveReview)
	add(a, op("listIgnored", http.MethodGet, "/connections/{id}/ignored", "Records that an admin chose to ignore, the last first", "Those of people who were erased are not listed: nothing of them is kept.", 0), one, a.listIgnored)
	add(a, op("takeUpIgnored", http.MethodPost, "/connections/{id}/ignored/take-up", "Take ignored records up again", "Each is read over there at once and placed by matching, as one that was never seen; the answer says what became of it.", http.StatusOK), one, a.takeUpIgnored)
	add(a, op("listPushes", http.MethodGet, "/connections/{id}/pushes", "What was sent back, refused or waits, newest first", "", 0), one, a.listPushes)
	add(a, op("resendPush", http.MethodPost, "/connections/{id}/pushes/{item}/resend", "Send what was refused again", "", http.StatusAccepted), rule{access: Admin, of: ofConnection, within: ofPush}, a.resendPush)
}

func shownRun(r crm.SyncRun) SyncRun {
	if r.Counts == nil {
		r.Counts = crm.SyncCounts{}
	}
	return SyncRun{Mode: r.Mode, StartedAt: shownTime(r.StartedAt), EndedAt: shownTime(r.EndedAt), Counts: r.Counts, Problem: r.Problem}
}

func shownConnection(o accounts.Overview) Connection {
	c := Connection{ID: o.ID, Provider: o.Provider, State: o.State, Name: o.Name, Organisations: []Organisation{}, Problem: o.Trouble(), Push: o.Push, Following: o.Following,
		Running: o.Running(), NextRun: shownTime(o.NextRun()), Counts: map[string]int{}, Runs: map[string]SyncRun{}, CallsToday: o.CallsToday, CreatedAt: shownTime(o.CreatedAt),
		Options: SyncOptions{Policies: o.Options.Policies, SwapAddresses: o.Options.SwapAddresses, Phones: o.Options.Phones, All: o.Options.All}}
	if c.Options.Policies == nil {
		c.Options.Policies = map[string]crm.SyncPolicy{}
	}
	if c.Options.Phones == nil {
		c.Options.Phones = append([]string{}, o.Kind.Phones...)
	}
	for _, org := range o.Choices {
		c.Organisations = append(c.Organisations, Organisation{org.ID, org.Name})
	}
	for kind, f := range o.Feeds {
		if !f.Run.StartedAt.IsZero() {
			c.Runs[string(kind)] = shownRun(f.Run)
		}
	}
	f := o.Feeds[crm.FeedContacts]
	for _, outcome := range crm.SyncOutcomes {
		c.Counts[string(outcome)] = f.Run.Counts[outcome]
	}
	c.Counts["contacts"], c.Counts["invoices"], c.Counts["review"] = o.Linked, o.Invoices, o.Review
	c.LastRun = shownTime(f.OKAt)
	if mode := f.Wanted; mode == crm.SyncPreview || f.Run.Mode == crm.SyncPreview {
		c.Preview = &SyncPreview{Status: "done", Counts: shownRun(f.Run).Counts}
		if !o.Previewed() {
			c.Preview.Status = "running"
		}
	}
	return c
}

type connectionBody struct{ Body Connection }

func (a *API) connection(ctx context.Context, id crm.ID) (*connectionBody, error) {
	o, err := a.Accounts.Connection(ctx, callOf(ctx).who, id)
	if err != nil {
		return nil, err
	}
	return &connectionBody{shownConnection(o)}, nil
}

func (a *API) listConnections(ctx context.Context, in *ListParams) (*struct{ Body *Page[Connection] }, error) {
	list, err := a.Accounts.Connections(ctx, callOf(ctx).who)
	if err != nil {
		return nil, err
	}
	page, err := pageOf("connections", list, *in, func(o accounts.Overview) string { return o.ID.String() }, shownConnection)
	return &struct{ Body *Page[Connection] }{page}, err
}

// NewConnection is what to connect.
type NewConnection struct {
	Provider string `json:"provider" doc:"xero, quickbooks or hubspot."`
}

func (a *API) createConnection(ctx context.Context, in *struct{ Body NewConnection }) (*connectionBody, error) {
	c := callOf(ctx)
	made, address, err := a.Accounts.Connect(ctx, c.who, c.token, in.Body.Provider)
	if err != nil {
		return nil, err
	}
	return a.begun(ctx, made.ID, address)
}

func (a *API) begun(ctx context.Context, id crm.ID, address string) (*connectionBody, error) {
	out, err := a.connection(ctx, id)
	if err == nil {
		out.Body.AuthorizeURL = address
	}
	return out, err
}

func (a *API) reconnect(ctx context.Context, in *ByID) (*connectionBody, error) {
	c := callOf(ctx)
	address, err := a.Accounts.Reconnect(ctx, c.who, c.token, in.ID)
	if err != nil {
		return nil, err
	}
	return a.begun(ctx, in.ID, address)
}

func (a *API) getConnection(ctx context.Context, in *ByID) (*connectionBody, error) {
	return a.connection(ctx, in.ID)
}

// ChangeConnection is a PATCH.
type ChangeConnection struct {
	ByID
	Body struct {
		Push    *bool               `json:"push,omitempty"`
		Options *SyncOptionsChanges `json:"options,omitempty"`
	}
}

// SyncOptionsChanges are options to change. What is left out stays as it is.
type SyncOptionsChanges struct {
	Policies      *map[string]crm.SyncPolicy `json:"policies,omitempty"`
	SwapAddresses *bool                      `json:"swap_addresses,omitempty"`
	Phones        *[]string                  `json:"phones,omitempty"`
	All           *bool                      `json:"all,omitempty"`
}

func (a *API) changeConnection(ctx context.Context, in *ChangeConnection) (*connectionBody, error) {
	who := callOf(ctx).who
	o, err := a.Accounts.Connection(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	d := accounts.Settings{Push: in.Body.Push}
	if changes := in.Body.Options; changes != nil {
		options := o.Options
		if changes.Policies != nil {
			options.Policies = *changes.Policies
		}
		if changes.SwapAddresses != nil {
			options.SwapAddresses = *changes.SwapAddresses
		}
		if changes.Phones != nil {
			options.Phones = *changes.Phones
		}
		if changes.All != nil {
			options.All = *changes.All
		}
		d.Options = &options
	}
	if err := a.Accounts.Configure(ctx, who, in.ID, d); err != nil {
		return nil, err
	}
	return a.connection(ctx, in.ID)
}

// ChooseOrganisation says which.
type ChooseOrganisation struct {
	ByID
	Body struct {
		Organisation string `json:"organisation" doc:"The id of one of organisations."`
	}
}

func (a *API) chooseOrganisation(ctx context.Context, in *ChooseOrganisation) (*connectionBody, error) {
	if err := a.Accounts.Choose(ctx, callOf(ctx).who, in.ID, in.Body.Organisation); err != nil {
		return nil, err
	}
	return a.connection(ctx, in.ID)
}

func (a *API) previewConnection(ctx context.Context, in *ByID) (*connectionBody, error) {
	if err := a.Accounts.Preview(ctx, callOf(ctx).who, in.ID); err != nil {
		return nil, err
	}
	return a.connection(ctx, in.ID)
}

func (a *API) syncConnection(ctx context.Context, in *ByID) (*connectionBody, error) {
	if err := a.Accounts.Sync(ctx, callOf(ctx).who, in.ID); err != nil {
		return nil, err
	}
	return a.connection(ctx, in.ID)
}

func (a *API) disconnect(ctx context.Context, in *ByID) (*connectionBody, error) {
	if err := a.Accounts.Disconnect(ctx, callOf(ctx).who, in.ID); err != nil {
		return nil, err
	}
	return a.connection(ctx, in.ID)
}

// PreviewParams choose rows of a preview.
type PreviewParams struct {
	ByID
	Limit   int             `query:"limit" minimum:"1" maximum:"200" default:"50"`
	After   string          `query:"after"`
	Outcome crm.SyncOutcome `query:"outcome" enum:"create,update,unchanged,review,ignored,left_out,archived"`
}

func (a *API) previewRows(ctx context.Context, in *PreviewParams) (*struct{ Body *Page[PreviewRow] }, error) {
	after := 0
	if in.After != "" {
		parts, err := readCursor("preview", in.After, 1)
		if err != nil {
			return nil, err
		}
		if after, err = strconv.Atoi(parts[0]); err != nil {
			return nil, errCursor
		}
	}
	list, err := a.Accounts.PreviewRows(ctx, callOf(ctx).who, in.ID, in.Outcome, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := &Page[PreviewRow]{Items: []PreviewRow{}}
	for n, r := range list {
		if n == in.Limit {
			page.Next = cursorOf("preview", strconv.Itoa(list[n-1].Position))
			break
		}
		if r.Changes == nil {
			r.Changes = []crm.Change{}
		}
		page.Items = append(page.Items, PreviewRow{r.RemoteID, r.Name, r.Outcome, r.ContactID, r.Changes, r.Reason})
	}
	return &struct{ Body *Page[PreviewRow] }{page}, nil
}

// ConnectionList chooses a page of what hangs on a connection.
type ConnectionList struct {
	ByID
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	After string `query:"after"`
}

func (a *API) listReview(ctx context.Context, in *ConnectionList) (*struct{ Body *Page[ReviewItem] }, error) {
	after, err := readID("review", in.After)
	if err != nil {
		return nil, err
	}
	list, err := a.Accounts.Review(ctx, callOf(ctx).who, in.ID, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := &Page[ReviewItem]{Items: []ReviewItem{}}
	for n, r := range list {
		if n == in.Limit {
			page.Next = cursorOf("review", list[n-1].ID.String())
			break
		}
		item := ReviewItem{ID: r.ID, Reason: r.Reason, Detail: r.Detail, Name: r.Name, RemoteID: r.RemoteID, URL: accounts.Original(r.URL), Values: r.Values, ContactIDs: r.ContactIDs, Fields: r.Fields, At: shownTime(r.At)}
		if item.Values == nil {
			item.Values = crm.Values{}
		}
		if item.ContactIDs == nil {
			item.ContactIDs = []crm.ID{}
		}
		if item.Fields == nil {
			item.Fields = []crm.Disagreement{}
		}
		page.Items = append(page.Items, item)
	}
	return &struct{ Body *Page[ReviewItem] }{page}, nil
}

// Resolution says where a record belongs.
type Resolution struct {
	Action    accounts.ResolveAction `json:"action" enum:"link,create,ignore"`
	ContactID crm.ID                 `json:"contact_id,omitempty" doc:"With link; may be left out where one contact is in question."`
}

// ResolveReview says where one record belongs.
type ResolveReview struct {
	ByID
	Item string `path:"item"`
	Body Resolution
}

// ResolveReviews says the same of several records.
type ResolveReviews struct {
	ByID
	Body struct {
		Items []crm.ID `json:"items" minItems:"1" maxItems:"200"`
		Resolution
	}
}

// Resolved is what became of one of them.
type Resolved struct {
	ID       crm.ID `json:"id"`
	Resolved bool   `json:"resolved"`
	Code     string `json:"code" doc:"Why it is still on the list; not_found where it was not."`
	Detail   string `json:"detail"`
}

// ResolvedList is what became of several, in their order.
type ResolvedList struct {
	Items []Resolved `json:"items"`
}

func (a *API) resolveReviews(ctx context.Context, in *ResolveReviews) (*struct{ Body ResolvedList }, error) {
	list, err := a.Accounts.ResolveMany(ctx, callOf(ctx).who, in.ID, in.Body.Items, accounts.Resolution{Action: in.Body.Action, ContactID: in.Body.ContactID})
	if err != nil {
		return nil, err
	}
	var out struct{ Body ResolvedList }
	for _, one := range list {
		item := Resolved{ID: one.Item, Resolved: one.Err == nil}
		item.Code, item.Detail = refusal(one.Err)
		out.Body.Items = append(out.Body.Items, item)
	}
	return &out, nil
}

// refusal is why one of several was refused; empty where it was not.
func refusal(err error) (code, detail string) {
	if err == nil {
		return "", ""
	}
	if e := (*crm.Error)(nil); errors.As(err, &e) {
		code = e.Code
	}
	return code, err.Error()
}

func (a *API) resolveReview(ctx context.Context, in *ResolveReview) (*connectionBody, error) {
	item, ok := crm.ParseID(in.Item)
	if !ok {
		return nil, crm.ErrNotFound
	}
	if err := a.Accounts.Resolve(ctx, callOf(ctx).who, in.ID, item, accounts.Resolution{Action: in.Body.Action, ContactID: in.Body.ContactID}); err != nil {
		return nil, err
	}
	return a.connection(ctx, in.ID)
}

func (a *API) listPushes(ctx context.Context, in *ConnectionList) (*struct{ Body *Page[Pushed] }, error) {
	before, err := readID("pushes", in.After)
	if err != nil {
		return nil, err
	}
	list, err := a.Accounts.Pushes(ctx, callOf(ctx).who, in.ID, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := &Page[Pushed]{Items: []Pushed{}}
	for n, p := range list {
		if n == in.Limit {
			page.Next = cursorOf("pushes", list[n-1].ID.String())
			break
		}
		page.Items = append(page.Items, Pushed{p.ID, p.ContactID, p.RemoteID, p.Values, p.State, p.Code, p.Reason, shownTime(p.At), shownTime(p.EndedAt)})
	}
	return &struct{ Body *Page[Pushed] }{page}, nil
}

// ResendPush may give a record another name.
type ResendPush struct {
	ByID
	Item string `path:"item"`
	Body struct {
		Name string `json:"name,omitempty" doc:"What a record is to be called whose name was taken, be it new or renamed."`
	}
}

func (a *API) resendPush(ctx context.Context, in *ResendPush) (*connectionBody, error) {
	item, ok := crm.ParseID(in.Item)
	if !ok {
		return nil, crm.ErrNotFound
	}
	if err := a.Accounts.Resend(ctx, callOf(ctx).who, in.ID, item, in.Body.Name); err != nil {
		return nil, err
	}
	return a.connection(ctx, in.ID)
}

func readID(kind, cursor string) (crm.ID, error) {
	if cursor == "" {
		return "", nil
	}
	parts, err := readCursor(kind, cursor, 1)
	if err != nil {
		return "", err
	}
	id, ok := crm.ParseID(parts[0])
	if !ok {
		return "", errCursor
	}
	return id, nil
}
