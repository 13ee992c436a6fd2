package web

import (
	"parley/internal/app/contacts"
	"parley/internal/app/imports"
)

// Export is the address of the page that exports this list.
func (p ContactsPage) Export() string {
	if p.Address == "" {
		return "/contacts/export"
	}
	return "/contacts/export?" + p.Address
}

// ExportPage asks in which format contacts are wanted. It gets /contacts/export/file.
type ExportPage struct {
	Shell
	Count     int // contacts.CountCap + 1 means more
	Everybody bool
	Chips     []Chip
	Query     string // what was searched for
	Hidden    []Option
	Back      string
	Error     string
}

func (ExportPage) template() string { return "export" }

// People is how many there are.
func (p ExportPage) People() string {
	if p.Count > contacts.CountCap {
		return number(contacts.CountCap) + "+ contacts"
	}
	return plural(p.Count, "contact", "contacts")
}

// Chosen reports whether single contacts were chosen, of which an address has no room for many.
func (p ExportPage) Chosen() bool { return !p.Everybody && p.Query == "" && len(p.Chips) == 0 }

// Formats are the formats in the order in which they are offered.
func (ExportPage) Formats() []imports.ExportFormat { return imports.ExportFormats }
