package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"parley/internal/app/imports"
	"parley/internal/crm"
	"parley/internal/db"
)

type importFile struct {
	settings
	File       string   `arg:"" placeholder:"FILE" help:"A CSV, .xlsx or .vcf of contacts."`
	Business   string   `required:"" placeholder:"ID" help:"The business that the contacts belong to."`
	DryRun     bool     `help:"Say what would become of each row, and write nothing."`
	Country    string   `placeholder:"GB" help:"Two letters; whose local numbers these are. By default the business's."`
	Existing   string   `default:"fill" placeholder:"fill|overwrite|skip" help:"What becomes of contacts that are there already."`
	Map        []string `sep:"none" placeholder:"HEADER=FIELD" help:"What a column holds, such as \"Mobile no.=phone\"; a column without a name goes by its number. May be given several times."`
	Tag        []string `sep:"none" placeholder:"NAME" help:"A tag for all of them. May be given several times."`
	CreateTags bool     `help:"Make tags that are not there yet."`
	JSON       bool     `name:"json" help:"Print what came of it as JSON."`
}

// Run imports a file by the same verbs as the pages, beside a running server too. It does
// the work itself; should it die, a server goes on with it.
func (c *importFile) Run(p program) error {
	s, err := c.settings.parse(p)
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	n, err := openNode(p.ctx, s)
	if err != nil {
		return err
	}
	defer n.close()
	if err := n.prepare(p.ctx, false); err != nil {
		return err
	}
	who, err := n.operator(p.ctx, c.Business, "parley import", crm.ViaImport)
	if err != nil {
		return err
	}
	n.imports.Enqueue = func(*db.Tx, crm.ID, crm.ID) error { return nil } // it is done here
	i, err := n.imports.Keep(p.ctx, who, filepath.Base(c.File), f)
	if err != nil {
		return err
	}
	i, err = c.through(p, n.imports, who, i)
	if err != nil {
		return err
	}
	return c.report(p, n.imports, who, i)
}

// operator is whoever runs the server, at work in a business by a command.
func (n *node) operator(ctx context.Context, business, command string, via crm.Via) (crm.Actor, error) {
	id, _ := crm.ParseID(business)
	who := crm.Actor{BusinessID: id, Role: crm.Admin, Name: command, Via: via}
	if _, err := n.team.Business(ctx, who); err != nil {
		return who, usageError{"business", "there is no business " + business}
	}
	return who, nil
}

// through takes an import to its end, or with DryRun to its preview.
func (c *importFile) through(p program, s *imports.Imports, who crm.Actor, i *crm.Import) (*crm.Import, error) {
	draft, err := c.draft(i)
	if err == nil {
		i, err = s.Choose(p.ctx, who, i.ID, draft)
	}
	if err == nil {
		_, err = s.Preview(p.ctx, who, i.ID)
	}
	if err != nil {
		if i != nil {
			err = errors.Join(err, s.Delete(context.WithoutCancel(p.ctx), who, i.ID))
		}
		return nil, wrongFlags(err, map[string]string{"mapping": "map", "tags": "tag"})
	}
	if i, err = c.await(p, s, who, i.ID); err != nil || c.DryRun {
		return i, err
	}
	if i.Problem != nil {
		return nil, errors.New(i.Problem.Detail)
	}
	if _, err := s.Start(p.ctx, who, i.ID); err != nil {
		return nil, err
	}
	return c.await(p, s, who, i.ID)
}

// draft are the choices of the flags.
func (c *importFile) draft(i *crm.Import) (imports.Draft, error) {
	existing := crm.Existing(c.Existing)
	d := imports.Draft{Existing: &existing, Mapping: map[int]string{}}
	if c.Country != "" {
		d.Country = &c.Country
	}
	if len(c.Tag) > 0 {
		d.Tags = &c.Tag
	}
	if c.CreateTags {
		d.CreateTags = &c.CreateTags
	}
	for _, text := range c.Map {
		at := strings.LastIndex(text, "=")
		if at < 0 {
			return d, usageError{"map", fmt.Sprintf("%q: write HEADER=FIELD", text)}
		}
		column := findColumn(i, text[:at])
		if column < 0 {
			return d, usageError{"map", fmt.Sprintf("the file has no column %q", text[:at])}
		}
		d.Mapping[column] = text[at+1:]
	}
	return d, nil
}

func findColumn(i *crm.Import, name string) int {
	for _, c := range i.File.Columns {
		if crm.Fold(c.Header) == crm.Fold(name) && c.Header != "" {
			return c.Index
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(i.File.Columns) {
		return n - 1
	}
	return -1
}

// await works at an import until nothing is left to do, with a bar on a terminal. When it
// is interrupted the import is cancelled: rows that were written stay.
func (c *importFile) await(p program, s *imports.Imports, who crm.Actor, id crm.ID) (*crm.Import, error) {
	bar := newBar(p.stderr)
	watching, stop := context.WithCancel(p.ctx)
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		for bar != nil {
			select {
			case <-time.After(150 * time.Millisecond):
			case <-watching.Done():
				return
			}
			if i, err := s.Get(watching, who, id); err == nil {
				bar.show(i)
			}
		}
	}()
	err := s.Finish(p.ctx, who.BusinessID, id)
	stop()
	<-shown
	bar.clear()
	ctx := context.WithoutCancel(p.ctx)
	if p.ctx.Err() != nil {
		if _, cancelled := s.Cancel(ctx, who, id); cancelled == nil {
			return nil, errors.New("interrupted: what was written stays, and the import was cancelled")
		}
	}
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, who, id)
}

// report says what came of an import. Refused rows make the command fail.
func (c *importFile) report(p program, s *imports.Imports, who crm.Actor, i *crm.Import) error {
	refused, next, err := s.Rows(p.ctx, who, i.ID, crm.RowRefused, "", 0, 200)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(p.stdout, c.DryRun, i, refused)
	} else {
		printReport(p.stdout, c.DryRun, i, refused, next > 0)
	}
	if c.DryRun {
		err = errors.Join(err, s.Delete(p.ctx, who, i.ID))
	}
	if n := i.Counts[crm.RowRefused]; n > 0 && err == nil {
		return fmt.Errorf("%d of %d rows were refused", n, i.Total)
	}
	return err
}

func printReport(w io.Writer, dry bool, i *crm.Import, refused []imports.Row, more bool) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	say("%s: %d rows, %s %s", i.Name, i.Total, i.File.Format, i.File.Encoding)
	for _, column := range i.File.Columns {
		if field := i.Choices.Mapping[column.Index]; field != "" && field != "ignore" {
			say("  %-28s %s", field, column.Header)
		}
	}
	for _, row := range refused {
		var why []string
		for _, r := range row.Reasons {
			why = append(why, r.Detail)
		}
		say("line %d: %s", row.Line, strings.Join(why, " "))
	}
	if more {
		say("… and more; GET /api/v1/imports/%s/refused.csv has them all", i.ID)
	}
	counts := ""
	for _, o := range crm.RowOutcomes {
		counts += fmt.Sprintf("  %s %d", strings.ReplaceAll(string(o), "_", " "), i.Counts[o])
	}
	if dry {
		say("would:%s", counts)
		return
	}
	say("%s:%s\nimport %s", i.Status, counts, i.ID)
}

func printJSON(w io.Writer, dry bool, i *crm.Import, refused []imports.Row) error {
	type line struct {
		Line    int              `json:"line"`
		Reasons []crm.FieldError `json:"reasons"`
	}
	counts := map[crm.RowOutcome]int{}
	for _, o := range crm.RowOutcomes {
		counts[o] = i.Counts[o]
	}
	lines := []line{}
	for _, row := range refused {
		lines = append(lines, line{row.Line, row.Reasons})
	}
	return json.NewEncoder(w).Encode(map[string]any{"id": i.ID, "dry_run": dry, "status": i.Status, "rows": i.Total, "counts": counts, "refused": lines})
}

// bar is a line of progress on a terminal; nil anywhere else.
type bar struct{ w io.Writer }

func newBar(w io.Writer) *bar {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return &bar{w}
}

func (b *bar) show(i *crm.Import) {
	b.count(string(i.Status), imports.Done(i), i.Total)
}

// count shows how much of something is done; of nothing it shows nothing.
func (b *bar) count(what string, done, total int) {
	if total == 0 {
		return
	}
	const width = 30
	filled := min(width*done/total, width)
	_, _ = fmt.Fprintf(b.w, "\r%-11s [%s%s] %3d %%  %d of %d ", what, strings.Repeat("#", filled), strings.Repeat(".", width-filled), 100*done/total, done, total)
}

func (b *bar) clear() {
	if b != nil {
		_, _ = fmt.Fprint(b.w, "\r\x1b[K")
	}
}
