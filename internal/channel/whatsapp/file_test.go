package whatsapp

import (
	"slices"
	"testing"

	"parley/internal/crm"
)

// What may be the example of a header may be sent as that as well, up to the same size.
func TestHeaderFilesAreFilesOfMessages(t *testing.T) {
	list := crm.HeaderFiles("").Rules
	if len(list) == 0 {
		t.Fatal("there are none")
	}
	for _, rule := range list {
		if !slices.Contains(rules.Rules, rule) {
			t.Errorf("%+v is no file that WhatsApp takes", rule)
		}
	}
}
