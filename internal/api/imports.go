package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/contacts"
	"parley/internal/app/imports"
	"parley/internal/crm"
)

func (a *API) addImports() {
	tags := []string{"Imports"}
	add(a, huma.Operation{OperationID: "listImports", Method: http.MethodGet, Path: "/imports", Tags: tags,
		Summary: "List imports", Description: "Newest first: your own, and for admins all."}, rule{access: Agent}, a.listImports)
	add(a, huma.Operation{OperationID: "createImport", Method: http.MethodPost, Path: "/imports", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Bring a file of contacts", Description: "CSV, tab- or semicolon-separated text, .xlsx or .vcf. Nothing is written to contacts: the answer says what the file is and what its columns seem to hold."},
		rule{access: Agent, upload: true}, a.createImport)
	a.takesFile("/imports")
	add(a, huma.Operation{OperationID: "getImport", Method: http.MethodGet, Path: "/imports/{id}", Tags: tags,
		Summary: "Read an import"}, rule{access: Agent, of: ofImport}, a.getImport)
	add(a, huma.Operation{OperationID: "changeImport", Method: http.MethodPatch, Path: "/imports/{id}", Tags: tags, Errors: []int{403, 409},
		Summary: "Choose how a file is read and what is done with it", Description: "Until it starts. A preview there was is void. Columns that mapping does not name keep their field, but one that takes a single column moves to the one that is named. With another encoding, delimiter, header line or sheet the mapping is proposed anew. Making tags (create_tags) is for admins."},
		rule{access: Agent, of: ofImport}, a.changeImport)
	add(a, huma.Operation{OperationID: "deleteImport", Method: http.MethodDelete, Path: "/imports/{id}", Tags: tags, Errors: []int{409},
		Summary: "Forget a file that was not imported"}, rule{access: Agent, of: ofImport}, a.deleteImport)
	add(a, huma.Operation{OperationID: "previewImport", Method: http.MethodPost, Path: "/imports/{id}/preview", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Find out what becomes of each row", Description: "GET the import until its status is previewed. Nothing is written to contacts."},
		rule{access: Agent, of: ofImport}, a.previewImport)
	add(a, huma.Operation{OperationID: "listImportRows", Method: http.MethodGet, Path: "/imports/{id}/rows", Tags: tags,
		Summary: "List rows with what becomes of them", Description: "In the order of the file. There are none until it is previewed."},
		rule{access: Agent, of: ofImport}, a.listImportRows)
	add(a, huma.Operation{OperationID: "mendImportRows", Method: http.MethodPatch, Path: "/imports/{id}/rows", Tags: tags, Errors: []int{409},
		Summary: "Mend rows before they are imported", Description: "The preview is void after that; ask for it again."},
		rule{access: Agent, of: ofImport}, a.mendImportRows)
	add(a, huma.Operation{OperationID: "startImport", Method: http.MethodPost, Path: "/imports/{id}/start", Tags: tags, DefaultStatus: http.StatusAccepted, Errors: []int{403},
		Summary: "Import the rows as the preview says", Description: "GET the import until its status is done. Imports of a business run one after another."},
		rule{access: Agent, of: ofImport}, a.startImport)
	add(a, huma.Operation{OperationID: "cancelImport", Method: http.MethodPost, Path: "/imports/{id}/cancel", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "End a run or a preview early", Description: "Rows that were written stay, whole; the others count as skipped."},
		rule{access: Agent, of: ofImport}, a.cancelImport)
	add(a, huma.Operation{OperationID: "getRefusedRows", Method: http.MethodGet, Path: "/imports/{id}/refused.csv", Tags: tags,
		Summary: "Get the refused rows as a file", Description: "The columns of the file and one with the reasons. Mended or not, it can be imported as it is.",
		Responses: map[string]*huma.Response{"200": {Description: "CSV in UTF-8.", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}}},
		rule{access: Agent, of: ofImport}, a.refusedRows)
	add(a, huma.Operation{OperationID: "previewImportUndo", Method: http.MethodGet, Path: "/imports/{id}/undo", Tags: tags, Errors: []int{409},
		Summary: "Look what undoing would do", Description: "Or, after it was undone, what it did."},
		rule{access: Admin, of: ofImport}, a.previewUndo)
	add(a, huma.Operation{OperationID: "undoImport", Method: http.MethodPost, Path: "/imports/{id}/undo", Tags: tags,
		Summary: "Undo an import", Description: "For 30 days. Contacts that it made are deleted, fields that it changed have their old values again; what somebody changed since is kept and listed. The answer comes when it is done."},
		rule{access: Admin, of: ofImport}, a.undoImport)
}

// ImportOut is one import.
type ImportOut struct{ Body Import }

func (a *API) importOut(ctx context.Context, i *crm.Import, err error) (*ImportOut, error) {
	if err != nil {
		return nil, err
	}
	who := callOf(ctx).who
	out := &ImportOut{importOf(i, who.IsAdmin() && a.Imports.CanUndo(i) == nil)}
	same, err := a.Imports.SameFile(ctx, who, i)
	if same != nil {
		out.Body.SameFile = &SameFile{same.ID, same.Status, same.ByName, shownTime(same.StartedAt), same.Taken}
	}
	return out, err
}

func (a *API) listImports(ctx context.Context, in *ListParams) (*struct{ Body Page[Import] }, error) {
	after := crm.ID("")
	if in.After != "" {
		parts, err := readCursor("imports", in.After, 1)
		if err != nil {
			return nil, err
		}
		id, ok := crm.ParseID(parts[0])
		if !ok {
			return nil, errCursor
		}
		after = id
	}
	who := callOf(ctx).who
	list, err := a.Imports.List(ctx, who, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[Import] }{Page[Import]{Items: []Import{}}}
	for n, i := range list {
		if n == in.Limit {
			out.Body.Next = cursorOf("imports", list[n-1].ID.String())
			break
		}
		out.Body.Items = append(out.Body.Items, importOf(i, who.IsAdmin() && a.Imports.CanUndo(i) == nil))
	}
	if in.Count {
		n, err := a.Imports.Count(ctx, who, contacts.CountCap)
		if err != nil {
			return nil, err
		}
		out.Body.counted(n, contacts.CountCap)
	}
	return out, nil
}

func (a *API) createImport(ctx context.Context, _ *struct{}) (*ImportOut, error) {
	c := callOf(ctx)
	i, err := a.Imports.Keep(ctx, c.who, c.upload.name, c.upload)
	return a.importOut(ctx, i, err)
}

func (a *API) getImport(ctx context.Context, in *ByID) (*ImportOut, error) {
	i, err := a.Imports.Get(ctx, callOf(ctx).who, in.ID)
	return a.importOut(ctx, i, err)
}

// ChangeImport is a PATCH.
type ChangeImport struct {
	ByID
	Body struct {
		Mapping    map[string]string `json:"mapping,omitempty" doc:"Fields by the index of their column: first_name, middle_name, last_name, full_name, business_name, email, phone, tags, notes, contact_address.street (city, region, postal_code, country), billing_address.…, custom.KEY or ignore."`
		Country    *string           `json:"country,omitempty" doc:"Two letters."`
		Existing   *crm.Existing     `json:"existing,omitempty" doc:"fill, overwrite or skip."`
		Tags       *[]string         `json:"tags,omitempty" doc:"Names of tags that go on everyone."`
		CreateTags *bool             `json:"create_tags,omitempty" doc:"Have tags made that are not there. Admins only."`
		Encoding   *string           `json:"encoding,omitempty"`
		Delimiter  *string           `json:"delimiter,omitempty"`
		HeaderLine *int              `json:"header_line,omitempty" doc:"0: there are no names of columns. -1: find it."`
		Sheet      *string           `json:"sheet,omitempty"`
	}
}

func (a *API) changeImport(ctx context.Context, in *ChangeImport) (*ImportOut, error) {
	b := in.Body
	d := imports.Draft{Country: b.Country, Existing: b.Existing, Tags: b.Tags, CreateTags: b.CreateTags, Encoding: b.Encoding, Delimiter: b.Delimiter, Sheet: b.Sheet}
	if b.HeaderLine != nil {
		line := b.HeaderLine
		if *line < 0 {
			line = nil
		}
		d.HeaderLine = &line
	}
	if b.Mapping != nil {
		d.Mapping = map[int]string{}
		for text, field := range b.Mapping {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || strconv.Itoa(n) != text { // "00" would be column 0 once more
				var problems crm.Problems
				problems.Add("mapping", "unknown_column", "Columns are named by their index, such as \"0\".")
				return nil, problems.Err()
			}
			d.Mapping[n] = field
		}
	}
	i, err := a.Imports.Choose(ctx, callOf(ctx).who, in.ID, d)
	return a.importOut(ctx, i, err)
}

func (a *API) deleteImport(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Imports.Delete(ctx, callOf(ctx).who, in.ID)
}

func (a *API) previewImport(ctx context.Context, in *ByID) (*ImportOut, error) {
	i, err := a.Imports.Preview(ctx, callOf(ctx).who, in.ID)
	return a.importOut(ctx, i, err)
}

func (a *API) startImport(ctx context.Context, in *ByID) (*ImportOut, error) {
	i, err := a.Imports.Start(ctx, callOf(ctx).who, in.ID)
	return a.importOut(ctx, i, err)
}

func (a *API) cancelImport(ctx context.Context, in *ByID) (*ImportOut, error) {
	i, err := a.Imports.Cancel(ctx, callOf(ctx).who, in.ID)
	return a.importOut(ctx, i, err)
}

func (a *API) previewUndo(ctx context.Context, in *ByID) (*struct{ Body ImportUndo }, error) {
	who := callOf(ctx).who
	p, err := a.Imports.PreviewUndo(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	i, err := a.Imports.Get(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return &struct{ Body ImportUndo }{importUndoOf(in.ID, i.Status, p)}, nil
}

func (a *API) undoImport(ctx context.Context, in *ByID) (*struct{ Body ImportUndo }, error) {
	who := callOf(ctx).who
	ctx = context.WithoutCancel(ctx) // it has begun, and goes on though the caller leaves
	if _, err := a.Imports.Undo(ctx, who, in.ID); err != nil {
		return nil, err
	}
	i, err := a.Imports.AwaitUndone(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	p, err := a.Imports.Undone(ctx, who, i)
	if err != nil {
		return nil, err
	}
	return &struct{ Body ImportUndo }{importUndoOf(in.ID, i.Status, p)}, nil
}
