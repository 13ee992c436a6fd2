package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"parley/internal/app/imports"
	"parley/internal/crm"
)

// maxExportIDs is how many ids are sure to fit into an address, whose line may be 64 kB long.
const maxExportIDs = 2000

func (a *API) addExport() {
	types := map[string]*huma.MediaType{}
	for _, f := range imports.ExportFormats {
		name, _, _ := strings.Cut(f.Type, ";")
		types[name] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	add(a, huma.Operation{OperationID: "exportContacts", Method: http.MethodGet, Path: "/contacts/export", Tags: []string{"Contacts"},
		Summary: "Get contacts as a file",
		Description: "Those that match a filter by the names of the parameters of GET /contacts (all active ones without any), or those of ids, as far as the caller sees them, in the order in which they were made. " +
			"Importing the file again changes nothing. In CSV, cells that a spreadsheet would run as formulas have an apostrophe in front, which the import takes off. " +
			"The audit log notes it. An answer that breaks off is not whole: ask again.",
		Responses: map[string]*huma.Response{"200": {Description: "The file.", Content: types}}},
		rule{access: Agent, open: true}, a.exportContacts)
}

// ExportContacts chooses contacts and a form for them.
type ExportContacts struct {
	Format string   `query:"format" enum:"csv,xlsx,vcard3,vcard4" default:"csv"`
	IDs    []crm.ID `query:"ids,explode" doc:"These contacts, separated by commas or by repeating, instead of a filter; up to 2000. Who is not there or hidden is left out."`
	ContactFilter
}

// Resolve keeps the parameters of the filter as they came.
func (q *ExportContacts) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	q.values = u.Query()
	delete(q.values, "format")
	delete(q.values, "ids")
	return nil
}

func (a *API) exportContacts(ctx context.Context, in *ExportContacts) (*huma.StreamResponse, error) {
	who := callOf(ctx).who
	d, err := a.exportDraft(ctx, who, in)
	if err != nil {
		return nil, err
	}
	export, err := a.Imports.BeginExport(ctx, who, d)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		_, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", d.Format.Type)
		w.Header().Set("Content-Disposition", `attachment; filename="`+d.FileName(a.Imports.Now())+`"`)
		w.WriteHeader(http.StatusOK)
		if err := export.Write(ctx, w, nil); err != nil {
			a.Log.WarnContext(ctx, "an export of contacts broke off", "error", err)
			panic(http.ErrAbortHandler) // so that nobody takes it for the whole
		}
	}}, nil
}

func (a *API) exportDraft(ctx context.Context, who crm.Actor, in *ExportContacts) (d imports.ExportDraft, err error) {
	var problems crm.Problems
	var ok bool
	if d.Format, ok = imports.ExportFormatOf(in.Format); !ok {
		problems.Add("format", "unknown_format", "The format is csv, xlsx, vcard3 or vcard4.")
	}
	var ids []string
	for _, text := range in.IDs {
		ids = append(ids, strings.Split(text.String(), ",")...)
	}
	if len(ids) > maxExportIDs {
		problems.Add("ids", "too_many", "At most %d ids can be given. Put a tag on them (POST /contacts/bulk), and export by that.", maxExportIDs)
		ids = nil
	}
	for n, text := range ids {
		id, ok := crm.ParseID(strings.TrimSpace(text))
		if !ok {
			problems.Add("ids["+strconv.Itoa(n)+"]", "bad_id", "This is no id.")
		}
		d.IDs = append(d.IDs, id)
	}
	if len(d.IDs) == 0 || len(in.values) > 0 {
		filter, err := a.Contacts.ReadFilter(ctx, who, in.values)
		if err != nil {
			return d, err
		}
		problems = append(problems, filter.Problems...)
		d.Filter, d.By = &filter, slices.Collect(maps.Keys(in.values))
	}
	return d, problems.Err()
}
