package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"parley/internal/crm"
)

// ImportRowsQuery chooses rows.
type ImportRowsQuery struct {
	ByID
	Limit   int            `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The most items of a page."`
	After   string         `query:"after" doc:"Where to go on: next of the page before."`
	Outcome crm.RowOutcome `query:"outcome" enum:"create,update,unchanged,same_in_file,refused,skipped" doc:"Only rows with this outcome."`
	Query   string         `query:"q" doc:"Only rows in which this text stands."`
	Count   bool           `query:"count" doc:"Also count them; with q, the count is that of the outcome alone."`
}

func (a *API) listImportRows(ctx context.Context, in *ImportRowsQuery) (*struct{ Body Page[ImportRow] }, error) {
	after := 0
	if in.After != "" {
		parts, err := readCursor("import-rows", in.After, 1)
		if err != nil {
			return nil, err
		}
		if after, err = strconv.Atoi(parts[0]); err != nil || after < 0 {
			return nil, errCursor
		}
	}
	who := callOf(ctx).who
	rows, next, err := a.Imports.Rows(ctx, who, in.ID, in.Outcome, in.Query, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[ImportRow] }{Page[ImportRow]{Items: []ImportRow{}}}
	for _, row := range rows {
		out.Body.Items = append(out.Body.Items, importRowOf(row))
	}
	if next > 0 {
		out.Body.Next = cursorOf("import-rows", strconv.Itoa(next))
	}
	if in.Count {
		i, err := a.Imports.Get(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		n := i.Total
		if in.Outcome != "" {
			n = i.Counts[in.Outcome]
		}
		out.Body.counted(n, n)
	}
	return out, nil
}

// MendImportRows names cells by line and by the index of their column.
type MendImportRows struct {
	ByID
	Body struct {
		Lines map[string]map[string]string `json:"lines" doc:"For each line the cells to change: {\"7\": {\"2\": \"+44 7400 123456\"}}."`
	}
}

func (a *API) mendImportRows(ctx context.Context, in *MendImportRows) (*ImportOut, error) {
	var problems crm.Problems
	cells := map[int]map[int]string{}
	for lineText, list := range in.Body.Lines {
		line, err := strconv.Atoi(lineText)
		if err != nil || strconv.Itoa(line) != lineText || len(in.Body.Lines) > 200 {
			problems.Add("lines", "bad_line", "Rows are named by their line, at most 200 of them.")
			return nil, problems.Err()
		}
		cells[line] = map[int]string{}
		for columnText, text := range list {
			column, err := strconv.Atoi(columnText)
			if err != nil || strconv.Itoa(column) != columnText {
				problems.Add("lines", "unknown_column", "Columns are named by their index, such as \"0\".")
				return nil, problems.Err()
			}
			cells[line][column] = text
		}
	}
	i, err := a.Imports.Mend(ctx, callOf(ctx).who, in.ID, cells)
	return a.importOut(ctx, i, err)
}

func (a *API) refusedRows(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	who := callOf(ctx).who
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		_, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="refused.csv"`)
		w.WriteHeader(http.StatusOK)
		if err := a.Imports.Refused(ctx, who, in.ID, w); err != nil {
			a.Log.WarnContext(ctx, "a file of refused rows ends early", "error", err)
			panic(http.ErrAbortHandler) // the caller must not take half of it for the whole
		}
	}}, nil
}
