package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/store"
)

// AuditEntry is one entry of the audit log (A4). What does not apply is empty.
type AuditEntry struct {
	At             string        `json:"at" format:"date-time"`
	Kind           crm.AuditKind `json:"kind"`
	Type           crm.EventType `json:"type"`
	By             string        `json:"by" doc:"Who or what did it."`
	ActorID        crm.ID        `json:"actor_id" doc:"The user who did it."`
	Via            crm.Via       `json:"via" doc:"By which way: page, api, message, import, sync or system."`
	Address        string        `json:"address" doc:"The network address it came from."`
	ContactID      crm.ID        `json:"contact_id"`
	Contact        string        `json:"contact" doc:"Its name, while it is there."`
	ConversationID crm.ID        `json:"conversation_id"`
	UserID         crm.ID        `json:"user_id" doc:"The user it is about."`
	SubjectID      crm.ID        `json:"subject_id" doc:"Anything else it is about: a tag, a channel."`
	Changes        []AuditChange `json:"changes"`
	Note           string        `json:"note"`
	Hidden         bool          `json:"hidden" doc:"It is about a contact or conversation that the asker may not see: to whom it was done is left out."`
}

// AuditChange is one field before and after.
type AuditChange struct {
	Field string `json:"field"`
	Old   any    `json:"old"`
	New   any    `json:"new"`
}

func auditEntryOf(e team.AuditEntry) AuditEntry {
	out := AuditEntry{shownTime(e.At), e.Kind, e.Type, e.ActorName, e.ActorID, e.Via, e.Address, e.ContactID, e.Contact, e.ConversationID,
		e.UserID, e.SubjectID, []AuditChange{}, e.Note, e.Hidden}
	for _, c := range e.Changes {
		out.Changes = append(out.Changes, AuditChange(c))
	}
	return out
}

func (a *API) addAudit() {
	tags := []string{"Audit"}
	admin := rule{access: Admin}
	add(a, huma.Operation{OperationID: "listAudit", Method: http.MethodGet, Path: "/audit", Tags: tags,
		Summary: "Read the audit log", Description: "Who did what, when and from where, newest first. Nobody can change it; see /audit/check."}, admin, a.listAudit)
	add(a, huma.Operation{OperationID: "checkAudit", Method: http.MethodGet, Path: "/audit/check", Tags: tags,
		Summary:     "Check the seals of the audit log",
		Description: "Each entry is sealed, within some seconds, with the secret key and the seal before it. What was changed, taken away or put in by way of the database shows."}, admin, a.checkAudit)
	add(a, huma.Operation{OperationID: "exportAudit", Method: http.MethodGet, Path: "/audit/export", Tags: tags,
		Summary: "Read the audit log as CSV", Description: "All that matches, newest first. Cells that a spreadsheet would run begin with an apostrophe. The export is an entry itself.",
		Responses: map[string]*huma.Response{"200": {Description: "The log.",
			Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}}}, admin, a.exportAudit)
}

// AuditFilter chooses entries.
type AuditFilter struct {
	Person  crm.ID        `query:"person" doc:"The id of the user who did it."`
	Kind    crm.AuditKind `query:"kind" enum:"sign_ins,users,visibility,deletes,merges,erasures,imports,exports,tags,channels,broadcasts,connections,settings"`
	Contact crm.ID        `query:"contact" doc:"The id of a contact, which may be deleted by now."`
	From    time.Time     `query:"from" doc:"Not before this time (RFC 3339)."`
	To      time.Time     `query:"to" doc:"Before this time (RFC 3339)."`
}

func (f AuditFilter) filter() store.AuditFilter {
	return store.AuditFilter{Actor: f.Person, Kind: f.Kind, Contact: f.Contact, From: f.From, To: f.To}
}

// AuditQuery is a GET.
type AuditQuery struct {
	ListParams
	AuditFilter
}

func (a *API) listAudit(ctx context.Context, in *AuditQuery) (*struct{ Body Page[AuditEntry] }, error) {
	who := callOf(ctx).who
	var before *store.AuditPlace
	if in.After != "" {
		parts, err := readCursor("audit", in.After, 2)
		if err != nil {
			return nil, err
		}
		micros, err := strconv.ParseInt(parts[0], 10, 64)
		cursor, ok := store.ParseCursor(parts[1])
		if err != nil || !ok {
			return nil, errCursor
		}
		before = &store.AuditPlace{At: time.UnixMicro(micros).UTC(), Cursor: cursor}
	}
	list, more, err := a.Team.Audit(ctx, who, in.filter(), before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[AuditEntry] }{Page[AuditEntry]{Items: []AuditEntry{}}}
	for _, e := range list {
		out.Body.Items = append(out.Body.Items, auditEntryOf(e))
	}
	if more {
		last := list[len(list)-1]
		out.Body.Next = cursorOf("audit", strconv.FormatInt(last.At.UnixMicro(), 10), last.Cursor)
	}
	if in.Count {
		n, err := a.Team.CountAudit(ctx, who, in.filter())
		if err != nil {
			return nil, err
		}
		out.Body.counted(n, team.AuditCap)
	}
	return out, nil
}

// AuditCheck is what the seals say.
type AuditCheck struct {
	Intact   bool           `json:"intact" doc:"Nothing was found in what was checked."`
	Entries  int64          `json:"entries" doc:"How many are sealed."`
	Checked  int64          `json:"checked" doc:"How many of them, the newest, were checked now."`
	Since    string         `json:"since" doc:"The time of the oldest that was checked (RFC 3339)."`
	Waiting  bool           `json:"waiting" doc:"Newer entries are not sealed yet."`
	Emptied  int64          `json:"emptied" doc:"Entries whose details an erasure or a deletion took away."`
	OtherKey int64          `json:"other_key" doc:"Entries sealed with another secret key, which cannot be checked here."`
	Findings []AuditFinding `json:"findings"`
}

// AuditFinding is a sign that somebody changed the log in the database.
type AuditFinding struct {
	Kind   string `json:"kind" enum:"changed,missing,inserted,seal"`
	Entry  int64  `json:"entry" doc:"Its number; 0 where it has none."`
	At     string `json:"at"`
	Detail string `json:"detail"`
}

func (a *API) checkAudit(ctx context.Context, in *struct {
	All bool `query:"all" doc:"Every entry; else the newest thousand."`
}) (*struct{ Body AuditCheck }, error) {
	c, err := a.Team.CheckAudit(ctx, callOf(ctx).who, in.All)
	out := &struct{ Body AuditCheck }{AuditCheck{len(c.Findings) == 0, c.Entries, c.Checked, shownTime(c.Since), c.Waiting, c.Emptied, c.OtherKey, []AuditFinding{}}}
	for _, f := range c.Findings {
		out.Body.Findings = append(out.Body.Findings, AuditFinding{f.Kind, f.N, shownTime(f.At), f.Text})
	}
	return out, err
}

func (a *API) exportAudit(ctx context.Context, in *AuditFilter) (*huma.StreamResponse, error) {
	who := callOf(ctx).who
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
		if err := a.Team.ExportAudit(r.Context(), who, in.filter(), w); err != nil {
			a.Log.ErrorContext(r.Context(), "an export of the audit log broke off", "error", err)
			panic(http.ErrAbortHandler) // else a part would look whole
		}
	}}, nil
}
