package web

import (
	"testing"

	"parley/internal/crm"
)

// A record that an admin placed was placed by them, and not by a sync with them.
func TestWhoDidIt(t *testing.T) {
	for want, event := range map[string]crm.Event{
		"a sync with Xero":               {ActorName: "Xero", Via: crm.ViaSync},
		"Mira Rosas, from Xero":          {ActorName: "Mira Rosas, from Xero", ActorID: sampleID(1), Via: crm.ViaSync},
		"Mira Rosas through the API":     {ActorName: "Mira Rosas", ActorID: sampleID(1), Via: crm.ViaAPI},
		"a message on the shop's number": {ActorName: "the shop's number", Via: crm.ViaMessage},
	} {
		if by := (HistoryEntry{Event: event}).By(); by != want {
			t.Errorf("by %s, want %s", by, want)
		}
	}
}
