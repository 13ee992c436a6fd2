package main

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/internal/app/imports"
	"parley/internal/crm"
)

type exportFile struct {
	settings
	File     string   `arg:"" placeholder:"FILE" help:"Where to write: its ending says the format (.csv, .xlsx, .vcf) unless --format does. - is standard output."`
	Business string   `required:"" placeholder:"ID" help:"The business whose contacts they are."`
	Format   string   `placeholder:"csv|xlsx|vcard3|vcard4" help:"The format of the file."`
	Filter   string   `placeholder:"QUERY" help:"Only contacts that match, written as in the address of the list: 'tag=Gold&status=any'."`
	ID       []string `name:"id" sep:"none" placeholder:"ID" help:"Only this contact. May be given several times."`
	As       string   `placeholder:"E-MAIL" help:"What this user sees. By default what everyone in the business sees."`
	Force    bool     `help:"Write over a file that is there."`
}

// Run exports contacts by the same verb as the pages, beside a running server too. The
// file has its name only once it is whole.
func (c *exportFile) Run(p program) error {
	s, err := c.settings.parse(p)
	if err != nil {
		return err
	}
	d, err := c.draft()
	if err != nil {
		return err
	}
	if _, err := os.Stat(c.File); err == nil && !c.Force && c.File != "-" {
		return errors.New(c.File + " is there already; --force writes over it")
	}
	n, err := openNode(p.ctx, s)
	if err != nil {
		return err
	}
	defer n.close()
	if err := n.prepare(p.ctx, false); err != nil {
		return err
	}
	who, err := c.actor(p, n)
	if err != nil {
		return err
	}
	if d.Filter != nil {
		values, _ := url.ParseQuery(c.Filter) // draft has read it
		filter, err := n.contacts.ReadFilter(p.ctx, who, values)
		if err != nil {
			return err
		}
		d.Filter = &filter
	}
	written, err := c.write(p, n.imports, who, d)
	if err != nil {
		return asFilterUsage(err)
	}
	if c.File != "-" {
		_, err = fmt.Fprintf(p.stdout, "%s: %d contacts\n", c.File, written)
	}
	return err
}

// draft are the choices of the flags, but for what the filter's words mean.
func (c *exportFile) draft() (d imports.ExportDraft, err error) {
	name := c.Format
	if name == "" {
		name = map[string]string{".csv": "csv", ".xlsx": "xlsx", ".vcf": "vcard3"}[strings.ToLower(filepath.Ext(c.File))]
	}
	var ok bool
	if d.Format, ok = imports.ExportFormatOf(name); !ok {
		return d, usageError{"format", "say which: csv, xlsx, vcard3 or vcard4"}
	}
	for _, text := range c.ID {
		id, ok := crm.ParseID(text)
		if !ok {
			return d, usageError{"id", fmt.Sprintf("%q is no id", text)}
		}
		d.IDs = append(d.IDs, id)
	}
	if len(d.IDs) > 0 && c.Filter != "" {
		return d, usageError{"filter", "either a filter or ids, not both"}
	}
	if len(d.IDs) == 0 {
		values, err := url.ParseQuery(c.Filter)
		if err != nil {
			return d, usageError{"filter", "write it as in an address: tag=Gold&status=any"}
		}
		d.Filter, d.By = &crm.Filter{}, slices.Collect(maps.Keys(values))
	}
	return d, nil
}

// actor is who exports: a user, or whoever runs the server, who sees what everyone does.
func (c *exportFile) actor(p program, n *node) (crm.Actor, error) {
	who, err := n.operator(p.ctx, c.Business, "parley export", crm.ViaSystem)
	if err != nil || c.As == "" {
		return who, err
	}
	users, err := n.team.Users(p.ctx, who)
	if err != nil {
		return who, err
	}
	for _, u := range users {
		if strings.EqualFold(u.Email, c.As) && u.Active {
			who.UserID, who.Role, who.Name = u.ID, u.Role, u.Name+" (parley export)"
			return who, nil
		}
	}
	return who, usageError{"as", "the business has no active user " + c.As}
}

// write writes the file under another name first, and gives it its own when it is whole.
func (c *exportFile) write(p program, s *imports.Imports, who crm.Actor, d imports.ExportDraft) (written int, err error) {
	bar, total := newBar(p.stderr), 0
	if bar != nil {
		if total, err = s.CountForExport(p.ctx, who, d, 1<<31-1); err != nil {
			return 0, err
		}
	}
	told := func(done int) {
		written = done
		if bar != nil {
			bar.count("exporting", done, max(total, done))
		}
	}
	defer bar.clear()
	if c.File == "-" {
		return written, s.Export(p.ctx, who, d, p.stdout, told)
	}
	f, err := os.CreateTemp(filepath.Dir(c.File), ".parley-export-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.Remove(f.Name()) }() // it is gone when all went well
	err = s.Export(p.ctx, who, d, f, told)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	return written, os.Rename(f.Name(), c.File)
}

// asFilterUsage says of a filter that cannot be read that the flag is at fault.
func asFilterUsage(err error) error {
	var known *crm.Error
	if !errors.As(err, &known) || known.Kind != crm.Invalid {
		return err
	}
	said := []string{}
	for _, f := range known.Fields {
		said = append(said, f.Field+": "+f.Detail)
	}
	return usageError{"filter", strings.Join(append(said, known.Detail)[:max(len(said), 1)], " ")}
}
