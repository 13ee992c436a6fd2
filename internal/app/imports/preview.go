package imports

import (
	"context"
	"errors"
	"iter"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/importer"
	"parley/internal/store"
)

// Preview has what becomes of each row found out (M3). Nothing of contacts is written. The
// error is Invalid while a needed field has no column.
func (s *Imports) Preview(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Import, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, i *crm.Import) error {
		if i.Status.Began() {
			return notNow(i, "There is nothing to preview any more.")
		}
		if err := needed(i); err != nil {
			return err
		}
		i.Status, i.Counts, i.Place, i.Problem = crm.ImportPreviewing, nil, 0, nil
		i.Round++
		i.MovedAt = s.Now()
		return s.Enqueue(tx, who.BusinessID, id)
	})
}

// needed says which fields still need a column (M2).
func needed(i *crm.Import) error {
	var problems crm.Problems
	for _, field := range Missing(i) {
		switch field {
		case "phone_or_email":
			problems.Add("mapping", "phone_or_email_required", "Choose the column that holds a phone number or an e-mail address.")
		case "first_name":
			problems.Add("mapping", "first_name_required", "Choose the column that holds the first name, or the full name.")
		default:
			problems.Add("mapping", field+"_required", "Choose the column that holds the last name, or the full name.")
		}
	}
	return problems.Err()
}

// previewing is a preview that is being made.
type previewing struct {
	imp      *crm.Import
	business crm.ID
	id       crm.ID
	existing crm.Existing
	who      crm.Actor
	parser   *importer.Parser
	tags     tagBook
	edits    map[int][]string
	seen     *seen
	told     time.Time
	// place is how many rows are kept. The next are, while those behind them are looked at, once
	// keeping tells: until then imp and told are its own.
	place   int
	keeping <-chan keptRows
}

// keptRows is what came of keeping a chunk.
type keptRows struct {
	rows int
	took time.Duration
	err  error
}

// settled waits until all is kept that was looked at.
func (w *previewing) settled(size *pace) error {
	if w.keeping == nil {
		return nil
	}
	k := <-w.keeping
	w.keeping = nil
	w.place += k.rows
	size.took(k.rows, k.took)
	return k.err
}

// preview stages every row with what becomes of it. After a crash it begins anew.
func (s *Imports) preview(ctx context.Context, i *crm.Import) error {
	if err := s.claim(ctx, i, func(now *crm.Import) { now.Place, now.Counts, now.Problem = 0, crm.ImportCounts{}, nil }); err != nil {
		return err
	}
	if err := s.dropRows(ctx, i); err != nil {
		return err
	}
	w := &previewing{imp: i, business: i.BusinessID, id: i.ID, existing: i.Choices.Existing, seen: newSeen()}
	around, err := s.around(ctx, i.BusinessID)
	if err != nil {
		return err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		r, err := role(tx, i)
		if err != nil {
			return err
		}
		w.who = actorOf(i, r)
		if w.tags, err = readTags(tx, i); err != nil {
			return err
		}
		w.edits, err = store.ImportEdits(tx, i.BusinessID, i.ID)
		return err
	})
	if err != nil {
		return err
	}
	f, err := s.openFile(ctx, i, around)
	if err == nil {
		w.parser, err = parser(i, around)
	}
	if err == nil {
		err = s.stage(ctx, w, f)
	}
	var known *crm.Error
	if errors.As(onLine(err), &known) && known.Kind == crm.Invalid {
		return s.cannotRead(ctx, i, known) // the file is at fault: no other try can mend that
	}
	return err
}

// cannotRead ends a preview at a place where the file cannot be read.
func (s *Imports) cannotRead(ctx context.Context, i *crm.Import, known *crm.Error) error {
	problem := crm.FieldError{Code: known.Code, Detail: known.Detail}
	for _, f := range known.Fields {
		problem.Detail += " " + f.Detail
	}
	if known.Line > 0 {
		problem.Detail = "Line " + itoa(known.Line) + ": " + problem.Detail
	}
	return s.chunk(ctx, i, func(tx *db.Tx, now *crm.Import) error {
		now.Status, now.Problem = crm.ImportMapping, &problem
		return s.tell(tx, now, new(time.Time))
	})
}

// stage goes over the rows of the file, a chunk at a time.
func (s *Imports) stage(ctx context.Context, w *previewing, f *importer.File) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	size := s.paced(pace{500, minChunk, maxChunk, wholeTime})
	defer func() {
		if kept := w.settled(&size); err == nil {
			err = kept
		}
	}()
	var list []*foreseen
	position := 0
	for result, err := range importer.Parse(ctx, w.rows(f), w.parser, s.workers()) {
		if err != nil {
			return err
		}
		position++
		list = append(list, w.foreseen(&result, position, s.Now()))
		if len(list) >= size.rows {
			if err := s.stageChunk(ctx, w, list, &size, false); err != nil {
				return err
			}
			list = list[:0]
		}
	}
	return s.stageChunk(ctx, w, list, &size, true)
}

// rows are those of the file with what somebody mended in them.
func (w *previewing) rows(f *importer.File) iter.Seq2[importer.Row, error] {
	return func(yield func(importer.Row, error) bool) {
		for row, err := range f.Rows() {
			if cells, mended := w.edits[row.Line]; mended && err == nil {
				row.Cells, row.Problem, row.Warnings = cells, nil, nil
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

func (w *previewing) foreseen(r *importer.Result, position int, now time.Time) *foreseen {
	f := &foreseen{row: crm.ImportRow{Position: position, Line: r.Row.Line, Cells: r.Row.Cells, Phones: r.Phones}, result: r}
	if r.Refused() {
		f.row.Outcome = crm.RowRefused
		f.row.Reasons, f.row.Warnings = r.Problems, r.Warnings
		return f
	}
	f.row.ContactID = crm.NewID(now)
	f.brought, f.warnings = w.tags.brought(r, f.row, nil)
	return f
}

// stageChunk plans rows, and begins to keep them once those before them are kept. last ends the
// preview.
func (s *Imports) stageChunk(ctx context.Context, w *previewing, list []*foreseen, size *pace, last bool) error {
	var usable []*foreseen
	for _, f := range list {
		if f.row.Outcome != crm.RowRefused {
			usable = append(usable, f)
		}
	}
	now := s.Now()
	if len(usable) > 0 {
		foresee := func(tx *db.Tx) error { return s.foresee(tx, w, usable, now) }
		err := s.DB.ReadBehind(ctx, foresee)
		if errors.Is(err, errNotKept) {
			if err = w.settled(size); err == nil {
				err = s.DB.ReadBehind(ctx, foresee)
			}
		}
		if err != nil {
			return err
		}
	}
	rows := make([]crm.ImportRow, len(list))
	for n, f := range list {
		rows[n] = f.row
	}
	if err := w.settled(size); err != nil {
		return err
	}
	done := make(chan keptRows, 1)
	w.keeping = done
	go func() {
		begun := time.Now()
		err := s.keepRows(ctx, w, rows, last)
		done <- keptRows{len(rows), time.Since(begun), err}
	}()
	return nil
}

// keepRows keeps rows with what becomes of them.
func (s *Imports) keepRows(ctx context.Context, w *previewing, rows []crm.ImportRow, last bool) error {
	return s.chunk(ctx, w.imp, func(tx *db.Tx, i *crm.Import) error {
		store.AddImportRows(tx, i.BusinessID, i.ID, rows)
		i.Place += len(rows)
		for _, row := range rows {
			i.Counts[row.Outcome]++
		}
		if last {
			i.Status, i.Total = crm.ImportPreviewed, i.Place
		}
		return s.tell(tx, i, &w.told)
	})
}

// dropRows clears away the rows of an earlier preview.
func (s *Imports) dropRows(ctx context.Context, i *crm.Import) error {
	for {
		var gone int64
		err := s.chunk(ctx, i, func(tx *db.Tx, _ *crm.Import) (err error) {
			gone, err = store.DropImportRows(tx, i.BusinessID, i.ID, maxChunk)
			return err
		})
		if err != nil || gone == 0 {
			return err
		}
	}
}
