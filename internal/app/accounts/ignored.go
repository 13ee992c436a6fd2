package accounts

import (
	"context"
	"slices"
	"strings"

	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Ignored is a page of the records of a connection that an admin chose to ignore (S2), the
// last first; next is nil on the last page. Those of people who were erased are not listed:
// nothing of them is kept (C10). Admins only.
func (s *Accounts) Ignored(ctx context.Context, who crm.Actor, id crm.ID, after *store.IgnoredPlace, limit int) (list []crm.Link, next *store.IgnoredPlace, err error) {
	if !who.IsAdmin() {
		return nil, nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.Connection(tx, who.BusinessID, id); err != nil {
			return err
		}
		list, err = store.Ignored(tx, who.BusinessID, id, after, limit+1)
		return err
	})
	if len(list) > limit {
		list = list[:limit]
		next = &store.IgnoredPlace{At: list[limit-1].UpdatedAt, RemoteID: list[limit-1].RemoteID}
	}
	return list, next, err
}

// TakenUp is what became of a record that was ignored.
type TakenUp struct {
	RemoteID string
	// Outcome is archived also for what is not there any more, and empty for what has no id
	// of its own to be read by: with everything else it is read again from now on.
	Outcome crm.SyncOutcome
	Err     error // why it is ignored still
}

// TakeUp looks at ignored records anew: each is read over there at once and placed as one
// that was never seen, by matching (S2), each in a transaction of its own: one that cannot
// be does not hold up the others. Of an invoice, it is taken where it can be read. Admins
// only. Errors: NotFound; Conflicting where it is not connected, or its first run was not
// begun.
func (s *Accounts) TakeUp(ctx context.Context, who crm.Actor, id crm.ID, remotes []string) ([]TakenUp, error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	var c crm.Connection
	var links map[string]crm.Link
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if c, err = store.Connection(tx, who.BusinessID, id); err != nil {
			return err
		}
		links, err = store.LinksOf(tx, who.BusinessID, id, remotes)
		return err
	})
	if err != nil {
		return nil, err
	}
	ignored := func(remote string) bool { return links[remote].State == crm.LinkIgnored && !links[remote].Erased }
	taker := &taker{who: who}
	if wanted := slices.DeleteFunc(slices.Clone(remotes), func(r string) bool { return !ignored(r) }); len(wanted) > 0 {
		if err := taker.read(ctx, s, c, wanted); err != nil {
			return nil, err
		}
	}
	list := make([]TakenUp, len(remotes))
	for n, remote := range remotes {
		if list[n] = (TakenUp{RemoteID: remote, Err: crm.ErrNotFound}); ignored(remote) {
			list[n].Outcome, list[n].Err = taker.take(ctx, remote)
		}
		if err := list[n].Err; err != nil && crm.KindOf(err) == "" {
			return nil, err
		}
	}
	return list, nil
}

// isNoContact reports whether what is on the review list is no contact that can be read by
// its id: an invoice, or what came without an id.
func isNoContact(remote string) bool {
	return strings.HasPrefix(remote, invoiceName) || isNameless(remote)
}

func isNameless(remote string) bool {
	_, named := NumberOf(remote)
	return !named
}

// NumberOf is what a record goes by over there, be it a contact or an invoice; ok is false for
// one that came without an id.
func NumberOf(remote string) (number string, ok bool) {
	number = strings.TrimPrefix(remote, invoiceName)
	return number, !strings.HasPrefix(number, "?")
}

// taker takes ignored records up again.
type taker struct {
	*job
	who  crm.Actor
	page connector.Page
}

// read reads the records over there that have an id to be read by.
func (t *taker) read(ctx context.Context, s *Accounts, c crm.Connection, remotes []string) (err error) {
	if err := mustBeConnected(c); err != nil {
		return err
	}
	if !c.Following {
		return crm.Errorf(crm.Conflicting, "not_followed", "Nothing of it is followed yet. See the preview and begin the first run, and take it up then.")
	}
	if t.job, err = s.asked(ctx, c); err != nil {
		return err
	}
	var contacts, numbers []string
	for _, remote := range remotes {
		switch number, ok := NumberOf(remote); {
		case !ok:
		case number != remote:
			numbers = append(numbers, number)
		default:
			contacts = append(contacts, remote)
		}
	}
	if t.page, err = t.readAsked(ctx, crm.FeedContacts, contacts); err != nil {
		return err
	}
	invoices, err := t.readAsked(ctx, crm.FeedInvoices, numbers)
	t.page.Invoices = invoices.Invoices
	return err
}

// take places one record.
func (t *taker) take(ctx context.Context, remote string) (outcome crm.SyncOutcome, err error) {
	err = t.s.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := store.LockConnection(tx, t.c.BusinessID, t.c.ID)
		if err != nil {
			return err
		}
		if err := mustBeConnected(c); err != nil { // it ended meanwhile
			return err
		}
		ignored, err := store.ForgetIgnored(tx, t.c.BusinessID, t.c.ID, remote)
		if err != nil {
			return err
		}
		if !ignored { // somebody was faster
			return crm.ErrNotFound
		}
		if outcome, err = t.place(tx, &c, remote); err != nil {
			return err
		}
		return t.s.reviewed(tx, t.who, c)
	})
	return outcome, err
}

func (t *taker) place(tx *db.Tx, c *crm.Connection, remote string) (crm.SyncOutcome, error) {
	id, invoice := strings.CutPrefix(remote, invoiceName)
	if isNameless(remote) {
		feed := crm.FeedContacts
		if invoice {
			feed = crm.FeedInvoices
		}
		return "", t.s.wantFeed(tx, c, feed, crm.SyncSweep)
	}
	if invoice {
		for _, i := range t.page.Invoices {
			if i.ID == id {
				outcomes, err := t.saveInvoices(tx, []connector.Invoice{i})
				if err != nil {
					return "", err
				}
				return outcomes[0], nil
			}
		}
		return crm.SyncArchived, nil
	}
	for _, r := range t.page.Contacts {
		if r.ID != remote {
			continue
		}
		p := t.one(tx, t.who, r)
		if err := p.look(); err != nil {
			return "", err
		}
		p.outcomes[0] = p.place(0, p.records[0])
		if err := p.write(); err != nil {
			return "", err
		}
		return p.outcomes[0], nil
	}
	return crm.SyncArchived, nil // it is not there any more
}
