package contacts

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
)

//go:embed dossier.html
var pageText string

//go:embed dossier.css
var pageStyle string

// pageStyleHash names the style of the page in its policy: nothing else may be applied.
var pageStyleHash = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}()

var pageTemplate = template.Must(template.New("dossier").Funcs(template.FuncMap{
	"phone": crm.ShowPhone,
	"style": func() template.CSS { return template.CSS(pageStyle) }, // ours, and no part of it from outside
}).Parse(pageText))

// writePage writes a page for people to read and print: one file, without scripts, that
// loads nothing.
func (d *Dossier) writePage(w io.Writer) error {
	b := bufio.NewWriter(w)
	if err := pageTemplate.Execute(b, d); err != nil {
		return err
	}
	return b.Flush()
}

// Time is a time in the business's zone, as the page shows it.
func (d *Dossier) Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	zone, err := time.LoadLocation(d.Business.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return t.In(zone).Format("2 Jan 2006, 15:04")
}

// Lines are the fields of the record that hold something, as the page shows them.
func (d *Dossier) Lines() (list []DossierLine) {
	c := d.Contact
	add := func(label, text string) {
		if text != "" {
			list = append(list, DossierLine{label, text})
		}
	}
	add("First name", c.FirstName)
	add("Middle name", c.MiddleName)
	add("Last name", c.LastName)
	if c.NameIsPlaceholder {
		add("Name", "is a placeholder: nobody gave one")
	}
	add("Name on WhatsApp", c.ProfileName)
	add("Business name", c.BusinessName)
	add("Contact address", addressText(c.Contact))
	add("Billing address", addressText(c.Billing))
	var tags []string
	for _, t := range c.Tags {
		tags = append(tags, t.Name)
	}
	add("Tags", strings.Join(tags, ", "))
	add("Notes", c.Notes)
	for _, f := range d.fields {
		if v := c.Custom[f.Key]; v != nil {
			add(f.Label, d.Show(v))
		}
	}
	add("Status", string(c.Status))
	add("First came by", string(c.Source))
	add("Messages are assigned to", d.names[c.AssigneeID.String()])
	add("New conversations are seen by", d.seenBy())
	add("Made", d.Time(c.CreatedAt)+" by "+c.CreatedBy)
	add("Last changed", d.Time(c.UpdatedAt)+" by "+c.UpdatedBy)
	return list
}

// DossierLine is one field of the record on the page.
type DossierLine struct{ Label, Text string }

func (d *Dossier) seenBy() string {
	if d.Contact.Visibility.Mode != crm.Chosen {
		return "everyone in the business"
	}
	var names []string
	for _, id := range d.Contact.Visibility.UserIDs {
		names = append(names, d.names[id.String()])
	}
	return strings.Join(names, ", ")
}

func addressText(a crm.Address) string {
	parts := []string{a.Street, a.City, a.Region, a.PostalCode, a.Country}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

// Show is a value of the history in words: ids of tags and users as their names.
func (d *Dossier) Show(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if name := d.names[v]; name != "" {
			return name
		}
		return v
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, d.Show(x))
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if text := d.Show(v[key]); text != "" {
				parts = append(parts, key+": "+text)
			}
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

// Words is the name of an event or a field on the page: "contact changed".
func (d *Dossier) Words(name any) string {
	return strings.NewReplacer(".", " ", "_", " ").Replace(fmt.Sprint(name))
}

// Beside is what a message holds beside its text and files, as it is kept; empty for
// nothing.
func (d *Dossier) Beside(m crm.Message) string {
	text, err := json.Marshal(m.Content)
	if err != nil || string(text) == "{}" {
		return ""
	}
	return string(text)
}
