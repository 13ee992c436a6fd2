package accounts_test

import (
	"fmt"
	"slices"
	"testing"

	"parley/internal/app/accounts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// A4: the audit log says of a connection what was asked for and which choice became what, in
// words.
func TestWhatIsSaidOfAConnection(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		b.connect(t)
		must(t, b.Accounts.Preview(t.Context(), b.M, b.id))
		must(t, b.Accounts.Sync(t.Context(), b.M, b.id))
		for _, options := range []crm.SyncOptions{
			{Policies: map[string]crm.SyncPolicy{"last_name": crm.SyncAsk, "phone": crm.SyncOurs}, SwapAddresses: true}, // ours is as delivered
			{Phones: []string{"DEFAULT", "MOBILE"}, All: true},
		} {
			must(t, b.Accounts.Configure(t.Context(), b.M, b.id, accounts.Settings{Options: &options}))
		}
		var said []string
		must(t, b.DB.Read(t.Context(), func(tx *db.Tx) error {
			list, err := store.EventsAfter(tx, b.M.BusinessID, store.Cursor{}, 1000)
			for _, e := range list {
				if e.Type != crm.ConnectionChanged {
					continue
				}
				text := e.Note
				for _, c := range e.Changes {
					text += fmt.Sprintf("; %s %v>%v", c.Field, c.Old, c.New)
				}
				said = append(said, text)
			}
			return err
		}))
		const name = "Xero, Rosas Flowers Ltd"
		want := []string{name + "; state connecting>connected", name + ": a preview", name + ": a look at what changed; following false>true",
			name + "; wins.last_name theirs>ask; swap_addresses false>true", name + "; wins.last_name ask>theirs; swap_addresses true>false; phones >DEFAULT, MOBILE; all false>true"}
		if !slices.Equal(said, want) {
			t.Errorf("said:\n%q\nwant:\n%q", said, want)
		}
	})
}
