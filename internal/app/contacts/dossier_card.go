package contacts

import (
	"io"

	"parley/internal/card"
	"parley/internal/crm"
)

// writeCard writes the record as a vCard of version 3.0.
func (d *Dossier) writeCard(w io.Writer) error {
	_, err := io.WriteString(w, vCard(d.Contact))
	return err
}

func vCard(c *crm.Contact) string { return card.Card{Contact: c, Version: card.V3}.String() }
