package accounts_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"parley/internal/connector"
	"parley/internal/connector/emulator"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// A webhook that did not arrive shows in the numbers of the next one: everybody is looked
// at soon, whosever it was, and not again for each that comes late (H.3).
func TestMissedWebhook(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		b.connect(t)
		b.sync(t)
		hear := func(first, last int) {
			t.Helper()
			body := []byte(fmt.Sprintf(`{"events":[{"resourceId":"1c1d","tenantId":"of somebody else","eventCategory":"CONTACT","eventType":"UPDATE"}],"firstEventSequence":%d,"lastEventSequence":%d,"entropy":"x"}`, first, last))
			must(t, b.Accounts.Receive(t.Context(), "xero", connector.Call{Body: body, Header: http.Header{"X-Xero-Signature": {emulator.Sign("xero-webhook-key", body)}}}))
		}
		// missed says what is to be looked at because a webhook is missing, and does it.
		missed := func() (feeds int) {
			t.Helper()
			for _, kind := range []crm.FeedKind{crm.FeedContacts, crm.FeedInvoices} {
				must(t, b.DB.Read(t.Context(), func(tx *db.Tx) error {
					hints, err := store.Hints(tx, b.M.BusinessID, b.id, kind, 10)
					feeds += len(hints)
					return err
				}))
				b.Sleep(time.Minute + 2*time.Second)
				b.work(t, kind)
			}
			return feeds
		}
		hear(76, 77)
		hear(78, 78)
		hear(75, 75) // it is late, or comes again
		if n := missed(); n != 0 {
			t.Errorf("with no number missing %d feeds are looked at", n)
		}
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.LastName = "Patel" })
		hear(81, 81)
		if n := missed(); n != 2 {
			t.Errorf("with a number missing %d feeds are looked at", n)
		}
		if c := b.holder(t, crm.PhoneIdentity, "+447400123456"); c.LastName != "Patel" {
			t.Errorf("what the missing one said did not arrive: %s", c.LastName)
		}
		hear(84, 84)
		if n := missed(); n != 0 {
			t.Errorf("right after %d feeds are looked at", n)
		}
		b.Sleep(5 * time.Minute)
		hear(86, 90)
		if n := missed(); n != 2 {
			t.Errorf("some minutes later %d feeds are looked at", n)
		}
		hear(1, 1) // they begin anew
		hear(2, 2)
		b.Sleep(5 * time.Minute)
		hear(5, 5)
		if n := missed(); n != 2 {
			t.Errorf("with other numbers %d feeds are looked at", n)
		}
	})
}
