package imports

import (
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/importer"
)

// exportColumn is one column of a table of contacts.
type exportColumn struct {
	header string
	cell   func(c *crm.Contact) string
	// plain is a number as we keep it, which no spreadsheet runs as a formula: "+447400123456".
	plain bool
	// counts is a value that a workbook holds as a number where it can.
	counts bool
}

// exportColumns are the columns of a table. They are the same whoever is in it: a column
// for the fourth phone of somebody hidden would tell of them (V2). Package importer knows
// the headers (systems.txt).
func exportColumns(a around) []exportColumn {
	text := func(f crm.Field) func(*crm.Contact) string {
		return func(c *crm.Contact) string { return *c.Text(f) }
	}
	name := func(f crm.Field) func(*crm.Contact) string {
		return func(c *crm.Contact) string {
			if c.NameIsPlaceholder { // it is no name, and must not become one on the way back
				return ""
			}
			return *c.Text(f)
		}
	}
	list := []exportColumn{{header: importer.OwnID, cell: func(c *crm.Contact) string { return c.ID.String() }},
		{header: "First name", cell: name(crm.FirstName)}, {header: "Middle name", cell: name(crm.MiddleName)}, {header: "Last name", cell: name(crm.LastName)},
		{header: "Business name", cell: text(crm.BusinessName)}}
	list = append(list, identityColumns(crm.EmailIdentity, "Email", "More emails")...)
	list = append(list, identityColumns(crm.PhoneIdentity, "Phone", "More phones")...)
	list = append(list, exportColumn{header: importer.OwnLabels, cell: labelLines})
	for _, one := range []struct {
		header string
		field  crm.Field
	}{{"Street", crm.ContactStreet}, {"City", crm.ContactCity}, {"Region", crm.ContactRegion}, {"Postal code", crm.ContactPostalCode}, {"Country", crm.ContactCountry},
		{"Billing street", crm.BillingStreet}, {"Billing city", crm.BillingCity}, {"Billing region", crm.BillingRegion}, {"Billing postal code", crm.BillingPostalCode},
		{"Billing country", crm.BillingCountry}} {
		list = append(list, exportColumn{header: one.header, cell: text(one.field)})
	}
	list = append(list, exportColumn{header: "Tags", cell: func(c *crm.Contact) string {
		var names []string
		for _, t := range c.Tags {
			names = append(names, t.Name)
		}
		return importer.WriteList(names)
	}}, exportColumn{header: "Notes", cell: text(crm.Notes)})
	told := toldColumns()
	for _, f := range a.fields {
		list = append(list, customColumn(f, slices.Concat(list, told)))
	}
	return append(list, told...)
}

// aside is how many phones, and e-mails, have a column of their own.
const aside = 3

func identityColumns(kind crm.IdentityKind, header, more string) []exportColumn {
	shown := func(c *crm.Contact) (list []string) {
		for _, i := range c.Identities { // primary ones first
			if i.Kind == kind {
				list = append(list, i.Shown())
			}
		}
		return list
	}
	var list []exportColumn
	for n := range aside {
		h := header
		if n > 0 {
			h += " " + itoa(n+1)
		}
		list = append(list, exportColumn{header: h, plain: kind == crm.PhoneIdentity, cell: func(c *crm.Contact) string {
			if all := shown(c); n < len(all) {
				return importer.WriteList(all[n : n+1])
			}
			return ""
		}})
	}
	return append(list, exportColumn{header: more, plain: kind == crm.PhoneIdentity, cell: func(c *crm.Contact) string {
		if all := shown(c); len(all) > aside {
			return importer.WriteList(all[aside:])
		}
		return ""
	}})
}

func labelLines(c *crm.Contact) string {
	var lines []string
	for _, i := range c.Identities {
		if i.Label != "" && i.Kind != crm.WhatsAppIdentity {
			lines = append(lines, i.Label+": "+i.Shown())
		}
	}
	return strings.Join(lines, "\n")
}

// customColumn is the column of a field of the business's own, under its label unless
// another column is called so.
func customColumn(f crm.CustomField, others []exportColumn) exportColumn {
	column := exportColumn{header: f.Label, counts: f.Kind == crm.CustomNumber, plain: f.Kind == crm.CustomNumber, cell: func(c *crm.Contact) string {
		v, ok := c.Custom[f.Key]
		if !ok {
			return ""
		}
		return f.Write(v)
	}}
	if slices.ContainsFunc(others, func(o exportColumn) bool { return importer.SameHeader(o.header, f.Label) }) || crm.Harmless(f.Label) != f.Label {
		column.header = "custom." + f.Key
	}
	return column
}

// toldColumns are columns for people, which an import leaves alone.
func toldColumns() []exportColumn {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return []exportColumn{{header: "Status", cell: func(c *crm.Contact) string { return string(c.Status) }},
		{header: "WhatsApp name", cell: func(c *crm.Contact) string { return c.ProfileName }},
		{header: "Opted out of", cell: func(c *crm.Contact) string {
			var list []string
			for _, f := range c.OptOuts {
				list = append(list, string(f))
			}
			return importer.WriteList(list)
		}},
		{header: "Source", cell: func(c *crm.Contact) string { return string(c.Source) }},
		{header: "Created", cell: func(c *crm.Contact) string { return at(c.CreatedAt) }},
		{header: "Last changed", cell: func(c *crm.Contact) string { return at(c.UpdatedAt) }}}
}
