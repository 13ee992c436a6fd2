package imports_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/app/imports"
	"parley/internal/crm"
)

// TestPreviewOfFarRows: rows about one person are known as such however many lie between
// them, those that are being kept at the moment among them (M3).
func TestPreviewOfFarRows(t *testing.T) {
	const many = 1200 // a chunk has 500 rows and more
	file := func(line func(n int) string) string {
		var b strings.Builder
		b.WriteString("First name,Last name,Phone,Email,Company\n")
		for n := range many {
			b.WriteString(line(n) + "\n")
		}
		return b.String()
	}
	person := func(n int) string { return fmt.Sprintf("P%d,Person,07400 %06d,,", n, n) }
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		// What they have in common stands in the file.
		const people = 400
		i := run(t, w, w.M, file(func(n int) string { return person(n % people) }), imports.Draft{})
		if i.Counts[crm.RowCreate] != people || i.Counts[crm.RowSame] != many-people {
			t.Errorf("each of %d people %d times: %v", people, many/people, nonZero(i.Counts))
		}
	})
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		// Only a contact who is there has it in common.
		known := w.Put(t, "Ann", "Lee", "07400 999001", "ann@lee.example")
		i := run(t, w, w.M, file(func(n int) string {
			switch n {
			case 10:
				return "Ann,Lee,07400 999001,,"
			case 700:
				return "Ann,Lee,,ann@lee.example,Lee & Co"
			}
			return person(n)
		}), imports.Draft{})
		if i.Counts[crm.RowCreate] != many-2 || i.Counts[crm.RowUnchanged] != 1 || i.Counts[crm.RowSame] != 1 {
			t.Errorf("Ann twice: %v", nonZero(i.Counts))
		}
		c, err := w.Contacts.Get(t.Context(), w.M, known.ID)
		must(t, err)
		if c.BusinessName != "Lee & Co" {
			t.Errorf("her business is %q", c.BusinessName)
		}
	})
}
