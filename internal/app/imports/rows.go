package imports

import (
	"context"
	"maps"
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/importer"
	"parley/internal/store"
)

// Row is a row of an import as somebody may see it.
type Row struct {
	crm.ImportRow
	// Fields are what the row says, by the names of the fields a column can hold; text but
	// for tags, other_phones, other_emails ([]string) and custom values.
	Fields map[string]any
	// Hidden says that it is about a contact whom the asker may not see (V2).
	Hidden bool
}

// Rows are rows of an import with an outcome (or any) in which a text stands (or any),
// behind a position. next is the position to go on behind; 0 at the end.
func (s *Imports) Rows(ctx context.Context, who crm.Actor, id crm.ID, outcome crm.RowOutcome, text string, after, limit int) (list []Row, next int, err error) {
	i, err := s.Get(ctx, who, id)
	if err != nil {
		return nil, 0, err
	}
	if i.Status == crm.ImportMapping || i.Status == crm.ImportPreviewing {
		return []Row{}, 0, nil // what there is may be of an earlier preview
	}
	around, err := s.around(ctx, i.BusinessID)
	if err != nil {
		return nil, 0, err
	}
	p, err := parser(i, around)
	if err != nil { // a custom field is gone since
		p = nil
	}
	var rows []crm.ImportRow
	var seen, there map[crm.ID]bool
	var takenNow []int
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		f := store.RowFilter{Outcome: outcome, Text: strings.TrimSpace(text), Cancelled: i.CancelledFrom()}
		if rows, err = store.FindImportRows(tx, who.BusinessID, id, f, after, limit+1); err != nil {
			return err
		}
		ids, positions := []crm.ID{}, []int{}
		for _, row := range rows {
			positions = append(positions, row.Position)
			if row.ContactID != "" {
				ids = append(ids, row.ContactID)
			}
		}
		if seen, there, err = store.SeenContacts(tx, who, ids); err != nil {
			return err
		}
		earlier, err := sameFile(tx, who, i)
		if err == nil && earlier != nil {
			takenNow, err = store.RefusedThen(tx, i, earlier, positions)
		}
		return err
	})
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].Position
	}
	for _, row := range rows {
		out := s.shown(who, i, p, row, seen[row.ContactID], there[row.ContactID])
		if slices.Contains(takenNow, row.Position) && !out.Hidden && out.Outcome != crm.RowSkipped {
			out.Reasons = append(slices.Clone(out.Reasons), crm.FieldError{Code: "refused_before", Detail: "When this file was imported before, the row was refused. What stood in its way then is gone."})
		}
		list = append(list, out)
	}
	return list, next, err
}

// shown is a row as somebody may see it.
func (s *Imports) shown(who crm.Actor, i *crm.Import, p *importer.Parser, row crm.ImportRow, seen, there bool) Row {
	if from := i.CancelledFrom(); from > 0 && row.Position >= from {
		row.ContactID, row.SameLine = "", 0
		if row.Outcome != crm.RowRefused {
			row.RowSaid = crm.RowSaid{Reasons: []crm.FieldError{{Code: "cancelled", Detail: "The import was cancelled before this row."}}}
		}
		row.Outcome = crm.RowSkipped
	}
	out := Row{ImportRow: row}
	if row.ContactID != "" && there && !seen {
		out.Hidden = true
		out.Cells, out.ContactID, out.Fields = []string{}, "", map[string]any{}
		out.RowSaid = crm.RowSaid{Reasons: []crm.FieldError{{Code: "hidden_contact", Detail: "It is about a contact that you may not see."}}}
		return out
	}
	out.Reasons = seenReasons(who, i, row.Reasons)
	made := row.Outcome == crm.RowCreate || row.Outcome == crm.RowSame && !there // by the file itself
	if !i.Status.Began() && made || row.Position > i.Written && i.Status == crm.ImportRunning {
		out.ContactID = "" // there is none yet
	}
	out.Fields = map[string]any{}
	if p != nil {
		result := parseRow(p, row)
		out.Fields = fieldsOf(&result)
	}
	return out
}

// seenReasons leaves names out of reasons that others than the one who imported read: what
// the one could see another may not (V2).
func seenReasons(who crm.Actor, i *crm.Import, reasons []crm.FieldError) []crm.FieldError {
	if who.UserID == i.UserID {
		return reasons
	}
	list := slices.Clone(reasons)
	for n := range list {
		if list[n].Code == "two_contacts" {
			list[n].Detail = "Its phone numbers and e-mails belong to different people."
		}
	}
	return list
}

// fieldsOf are what a row says by the names of the fields.
func fieldsOf(r *importer.Result) map[string]any {
	fields := map[string]any{}
	for field, text := range r.Draft.Fields {
		fields[string(field)] = text
	}
	var phones, emails []string
	if r.Draft.Identities != nil {
		for _, i := range *r.Draft.Identities {
			if i.Kind == crm.PhoneIdentity {
				phones = append(phones, i.Value)
			} else {
				emails = append(emails, i.Shown())
			}
		}
	}
	for name, list := range map[string][]string{"phone": phones, "email": emails} {
		if len(list) > 0 {
			fields[name] = list[0]
		}
		if len(list) > 1 {
			fields["other_"+name+"s"] = list[1:]
		}
	}
	if len(r.Tags) > 0 {
		fields["tags"] = r.Tags
	}
	for key, v := range r.Draft.Custom {
		fields["custom."+key] = v
	}
	return fields
}

// Mend changes cells of rows that were previewed, by line and column. The preview is void
// after that; what was mended goes into the next one.
func (s *Imports) Mend(ctx context.Context, who crm.Actor, id crm.ID, cells map[int]map[int]string) (*crm.Import, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, i *crm.Import) error {
		if i.Status != crm.ImportPreviewed && i.Status != crm.ImportMapping {
			return notNow(i, "Its rows cannot be changed now.")
		}
		for _, line := range slices.Sorted(maps.Keys(cells)) {
			row, found, err := store.ImportRowOfLine(tx, who.BusinessID, id, line)
			if err != nil {
				return err
			}
			if !found {
				return crm.ErrNotFound
			}
			mended := make([]string, len(i.File.Columns))
			copy(mended, row.Cells)
			for column, text := range cells[line] {
				if column < 0 || column >= len(mended) || len(text) > 100_000 || strings.ContainsRune(text, 0) {
					var problems crm.Problems
					problems.Add("cells", "bad_cell", "Line %d has no such cell, or it cannot hold this.", line)
					return problems.Err()
				}
				mended[column] = strings.ToValidUTF8(text, "\ufffd")
			}
			store.PutImportEdit(tx, who.BusinessID, id, line, mended)
		}
		i.Status = crm.ImportMapping
		return nil
	})
}
