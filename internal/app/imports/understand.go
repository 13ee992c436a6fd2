package imports

import (
	"context"
	"errors"
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/importer"
	"parley/internal/store"
)

// Fields are what a column can hold, without the business's own (custom.KEY).
func Fields() []string { return importer.Fields() }

// Encodings are the encodings that a file can be read in.
func Encodings() []string { return importer.Encodings() }

// Missing says what needs a column before the import can begin (M2): of "first_name",
// "last_name" and "phone_or_email".
func Missing(i *crm.Import) []string { return importer.Mapping(i.Choices.Mapping).Missing() }

// understand opens the file with the choices, writes what it is into i, and counts its
// rows. fresh forgets the mapping, for the columns are others; chosen is laid over it.
func (s *Imports) understand(ctx context.Context, i *crm.Import, fresh bool, chosen map[int]string) error {
	around, err := s.around(ctx, i.BusinessID)
	if err != nil {
		return err
	}
	if i.Choices.Country == "" {
		i.Choices.Country = around.business.Country
	}
	f, err := s.openFile(ctx, i, around)
	if err != nil {
		return err
	}
	if fresh {
		if i.Total, err = f.Count(); err != nil {
			return onLine(err)
		}
		i.File, i.Choices.Mapping = fileOf(f), f.Proposed()
		if err := s.remember(ctx, i, f); err != nil {
			return err
		}
	}
	layMapping(i.Choices.Mapping, chosen)
	return f.Check(i.Choices.Mapping)
}

// layMapping puts chosen fields into a mapping. A field that takes one column leaves the
// one that it had.
func layMapping(mapping, chosen map[int]string) {
	for column, field := range chosen {
		mapping[column] = field
		if field == importer.Ignore || importer.TakesSeveral(field) {
			continue
		}
		for other, had := range mapping {
			if _, named := chosen[other]; had == field && !named {
				mapping[other] = importer.Ignore
			}
		}
	}
}

// remember takes the mapping that was chosen last for a file with these columns (M2).
func (s *Imports) remember(ctx context.Context, i *crm.Import, f *importer.File) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		earlier, found, err := store.ImportChoicesFor(tx, i.BusinessID, i.File.Fingerprint)
		if err != nil || !found || f.Check(earlier.Mapping) != nil {
			return err
		}
		i.Choices.Mapping, i.File.Remembered = earlier.Mapping, true
		for n := range i.File.Columns {
			c := &i.File.Columns[n]
			if c.Field = earlier.Mapping[c.Index]; c.Field == "" {
				c.Field = importer.Ignore
			}
			c.Confidence, c.Doubtful = 1, false
		}
		return nil
	})
}

// around is what of the business a file is read with.
type around struct {
	business crm.Business
	fields   []crm.CustomField
}

func (s *Imports) around(ctx context.Context, business crm.ID) (a around, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if a.business, err = store.Business(tx, business); err != nil {
			return err
		}
		a.fields, err = store.CustomFields(tx, business)
		return err
	})
	return a, err
}

// custom are the business's own fields as the importer takes them.
func (a around) custom() []importer.CustomField {
	var list []importer.CustomField
	for _, f := range a.fields {
		list = append(list, importer.CustomField{Key: f.Key, Label: f.Label, Parse: func(text string) (any, error) {
			v, err := f.Parse(text)
			if err != nil {
				return nil, err
			}
			if option, ok := f.Option(text); ok && f.Kind == crm.CustomChoice && option.Retired {
				return nil, crm.Errorf(crm.Invalid, "retired_option", "%s cannot be chosen any more.", option.Label)
			}
			return v, nil
		}})
	}
	return list
}

func (s *Imports) openFile(ctx context.Context, i *crm.Import, a around) (*importer.File, error) {
	c := i.Choices
	f, err := importer.Open(s.open(ctx, i), i.Size, importer.Options{Encoding: c.Encoding, Delimiter: c.Delimiter, HeaderLine: c.HeaderLine, Sheet: c.Sheet,
		Country: c.Country, Custom: a.custom(), MaxBytes: s.Limit()})
	return f, onLine(err)
}

// onLine puts the line of an error of a file where everybody finds it.
func onLine(err error) error {
	var at *importer.LineError
	var known *crm.Error
	if !errors.As(err, &at) || !errors.As(err, &known) {
		return err
	}
	copied := *known
	copied.Line = at.Line
	return &copied
}

func fileOf(f *importer.File) crm.ImportFile {
	file := crm.ImportFile{Format: string(f.Format), Encoding: f.Encoding, Delimiter: f.Delimiter, HeaderLine: f.HeaderLine,
		Sheet: f.Sheet, Sheets: f.Sheets, System: f.System, Doubts: f.Doubts, Fingerprint: f.Fingerprint()}
	for _, c := range f.Columns {
		file.Columns = append(file.Columns, crm.ImportColumn{Index: c.Index, Header: c.Header, Samples: c.Samples, Field: c.Field,
			Confidence: c.Confidence, Doubtful: c.Doubtful, Label: c.Label})
	}
	return file
}

// parser makes drafts of rows that were staged, without the file.
func parser(i *crm.Import, a around) (*importer.Parser, error) {
	columns := make([]importer.Column, len(i.File.Columns))
	for n, c := range i.File.Columns {
		columns[n] = importer.Column{Index: c.Index, Header: c.Header, Label: c.Label}
	}
	return importer.NewParser(columns, importer.Settings{Mapping: i.Choices.Mapping, Country: i.Choices.Country, Demo: a.business.Demo, Custom: a.custom(), Format: importer.Format(i.File.Format)})
}

// Draft is what somebody wants to choose otherwise (PATCH). What is nil stays.
type Draft struct {
	Mapping    map[int]string // of columns that are to hold something else
	Country    *string
	Existing   *crm.Existing
	Tags       *[]string
	CreateTags *bool
	Encoding   *string
	Delimiter  *string
	HeaderLine **int // points at nil to leave it to the file
	Sheet      *string
}

// reads reports whether it changes how the file is read.
func (d Draft) reads() bool {
	return d.Encoding != nil || d.Delimiter != nil || d.HeaderLine != nil || d.Sheet != nil
}

// Choose changes the choices of an import that has not begun. A preview there was is void.
// When the file is read in another way the mapping is proposed anew. Errors are of kind
// Invalid; Conflicting when it has begun; Forbidden when an agent wants to make tags (T1).
func (s *Imports) Choose(ctx context.Context, who crm.Actor, id crm.ID, d Draft) (*crm.Import, error) {
	i, err := s.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if err := d.check(who); err != nil {
		return nil, err
	}
	d.lay(&i.Choices)
	fresh := d.reads()
	if err := s.understand(ctx, i, fresh, d.Mapping); err != nil {
		return nil, err
	}
	return s.change(ctx, who, id, func(tx *db.Tx, now *crm.Import) error {
		if now.Status.Began() {
			return notNow(now, "Its choices cannot be changed any more.")
		}
		if fresh {
			store.DropImportEdits(tx, who.BusinessID, id)
		}
		now.Choices, now.File, now.Total = i.Choices, i.File, i.Total
		now.Status, now.Counts, now.Place, now.Problem = crm.ImportMapping, nil, 0, nil
		now.Round++ // whoever makes a preview stops
		return nil
	})
}

func (d Draft) lay(c *crm.ImportChoices) {
	lay(&c.Country, d.Country)
	lay(&c.Existing, d.Existing)
	lay(&c.Tags, d.Tags)
	lay(&c.CreateTags, d.CreateTags)
	lay(&c.Encoding, d.Encoding)
	lay(&c.Delimiter, d.Delimiter)
	lay(&c.HeaderLine, d.HeaderLine)
	lay(&c.Sheet, d.Sheet)
}

func lay[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (d Draft) check(who crm.Actor) error {
	if d.CreateTags != nil && *d.CreateTags && !who.IsAdmin() {
		return crm.Errorf(crm.Forbidden, "tags_need_admin", "Only an admin can have new tags made.")
	}
	var problems crm.Problems
	if d.Country != nil {
		*d.Country = strings.ToUpper(*d.Country)
	}
	if d.Country != nil && !crm.IsCountry(*d.Country) {
		problems.Add("country", "unknown_country", "A country is two letters such as GB.")
	}
	if d.Existing != nil && !slices.Contains([]crm.Existing{crm.FillExisting, crm.OverwriteExisting, crm.SkipExisting}, *d.Existing) {
		problems.Add("existing", "unknown_choice", "Choose fill, overwrite or skip.")
	}
	if d.Tags != nil {
		if len(*d.Tags) > 50 {
			problems.Add("tags", "too_many", "At most 50 tags.")
		}
		for n, name := range *d.Tags {
			if (*d.Tags)[n] = crm.FullName(crm.CleanLine(&problems, "tags", name, 60)); (*d.Tags)[n] == "" {
				problems.Add("tags", "required", "A tag needs a name.")
			}
		}
	}
	return problems.Err()
}
