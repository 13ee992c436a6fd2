package contacts

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Brought is a row of a file that is to become a contact, or to add to one (M3, M4).
type Brought struct {
	Line int
	// Draft holds what the row has and nothing that is empty: texts as Normalise leaves
	// them, identities as compared with the primary ones first, typed custom values. It
	// names no contact: its identities do.
	Draft *crm.Draft
	Tags  []crm.Tag // put on the contact beside those it has
	ID    crm.ID    // of the contact, should the row make one
	// Known is the contact whose id stands in the row: a row of a file that Parley exported.
	// It may be none of this business, or hidden. Unusual are numbers that only whoever has
	// them already may have.
	Known   crm.ID
	Unusual []crm.Unusual
	// Same is the contact that an earlier row of the file was about, if it is known to be
	// this one, and SameLine where that row stands.
	Same     crm.ID
	SameLine int
}

// BroughtPlan is what becomes of one row.
type BroughtPlan struct {
	Outcome   crm.RowOutcome
	ContactID crm.ID // empty for a refused row
	Version   int64  // of the contact that an unchanged or skipped row adds nothing to
	Created   bool   // the contact is made by this row
	SameLine  int
	crm.RowSaid
}

// bringing is the state in which rows of one chunk are looked at, one after another.
type bringing struct {
	*surroundings
	who      crm.Actor
	existing crm.Existing
	now      time.Time
	was      map[crm.ID]*crm.Contact // of those that were there before
	is       map[crm.ID]*crm.Contact // as the rows so far leave them
	lines    map[crm.ID]int          // the row that was first about a contact
	order    []crm.ID                // contacts in the order in which rows were about them
}

// PlanBrought says what SaveBrought would do with each row, and writes nothing.
func PlanBrought(tx *db.Tx, who crm.Actor, rows []Brought, existing crm.Existing, now time.Time) ([]BroughtPlan, error) {
	plans, _, err := planBrought(tx, who, rows, existing, now, false)
	return plans, err
}

// Saved is what became of rows.
type Saved struct {
	Plans   []BroughtPlan
	Created []*crm.Contact
	Changed []store.ContactChange
}

// SaveBrought plans rows and writes what the plan says, in the caller's transaction, with
// one event for each contact. Those created are to be told to store.IndexNew at its end. Two
// transactions that bring the same number cannot both commit: the key of identity decides, and
// db.Write has the loser look again.
func (s *Contacts) SaveBrought(tx *db.Tx, who crm.Actor, rows []Brought, existing crm.Existing, now time.Time) (Saved, error) {
	plans, b, err := planBrought(tx, who, rows, existing, now, true)
	if err != nil {
		return Saved{}, err
	}
	saved := Saved{Plans: plans}
	var events []crm.Event
	for _, id := range b.order {
		was, is := b.was[id], b.is[id]
		line := fmt.Sprintf("Line %d", b.lines[id])
		if was == nil {
			saved.Created = append(saved.Created, is)
			event := who.Event(crm.ContactCreated, now)
			event.ContactID, event.Note = id, line
			events = append(events, event)
			continue
		}
		difference := diff(was, is)
		if len(difference) == 0 && was.NameIsPlaceholder == is.NameIsPlaceholder {
			continue
		}
		is.Version = was.Version + 1
		is.UpdatedAt, is.UpdatedBy = now, who.Name
		saved.Changed = append(saved.Changed, store.ContactChange{Before: was, After: is})
		event := who.Event(crm.ContactChanged, now)
		event.ContactID, event.Changes, event.Note = id, difference, line
		events = append(events, event)
	}
	store.ChangeContacts(tx, who.BusinessID, saved.Changed, now) // what they give up is free then
	store.AddContacts(tx, who.BusinessID, saved.Created)
	return saved, s.record(tx, events...)
}

func planBrought(tx *db.Tx, who crm.Actor, rows []Brought, existing crm.Existing, now time.Time, lock bool) ([]BroughtPlan, *bringing, error) {
	b := &bringing{who: who, existing: existing, now: now, was: map[crm.ID]*crm.Contact{}, is: map[crm.ID]*crm.Contact{}, lines: map[crm.ID]int{},
		surroundings: &surroundings{current: map[crm.ID]*crm.Contact{}, holders: map[crm.IdentityKey]crm.Owner{}, users: map[crm.ID]crm.User{}}}
	if err := b.look(tx, rows, lock); err != nil {
		return nil, nil, err
	}
	plans := make([]BroughtPlan, len(rows))
	for n := range rows {
		row := rows[n] // what is made of it is not kept: it may be planned again
		said := b.settleUnusual(&row)
		plans[n] = b.row(&row)
		plans[n].Warnings = append(plans[n].Warnings, said...)
	}
	return plans, b, nil
}

// look reads the holders of what the rows bring; with lock nobody else changes them until
// the transaction ends.
func (b *bringing) look(tx *db.Tx, rows []Brought, lock bool) error {
	var wanted []crm.Identity
	for _, row := range rows {
		wanted = append(wanted, *row.Draft.Identities...)
		for _, u := range row.Unusual {
			wanted = append(wanted, u.Identity)
			if u.Else != nil {
				wanted = append(wanted, *u.Else)
			}
		}
	}
	holdings, err := store.Holders(tx, b.who.BusinessID, wanted)
	if err != nil {
		return err
	}
	held := holdersOf(holdings, rows)
	if lock && len(held) > 0 && tx.Engine() == db.Postgres {
		// Who held a number before the lock may have lost it when the lock is ours.
		store.LockContacts(tx, b.who.BusinessID, held)
		if holdings, err = store.Holders(tx, b.who.BusinessID, wanted); err != nil {
			return err
		}
		held = holdersOf(holdings, rows)
	}
	needUsers := false
	for _, h := range holdings {
		b.holders[h.Key()] = h.Owner
		needUsers = needUsers || h.UserID != ""
	}
	contacts, err := store.ContactsByID(tx, b.who.BusinessID, held)
	if err != nil {
		return err
	}
	for _, c := range contacts {
		b.was[c.ID], b.is[c.ID] = c, c
		needUsers = needUsers || c.Visibility.Mode == crm.Chosen
	}
	for _, h := range holdings { // as Plan does of those who went in between
		if h.ContactID != "" && b.was[h.ContactID] == nil {
			delete(b.holders, h.Key())
		}
	}
	if !needUsers {
		return nil
	}
	users, err := store.Users(tx, b.who.BusinessID)
	for _, u := range users {
		b.users[u.ID] = u
	}
	return err
}

// holdersOf are the contacts that rows may be about.
func holdersOf(holdings []store.Holding, rows []Brought) []crm.ID {
	var list []crm.ID
	for _, row := range rows {
		if row.Known != "" {
			list = append(list, row.Known)
		}
	}
	for _, h := range holdings {
		if h.ContactID != "" {
			list = append(list, h.ContactID)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// row applies the rules to one row.
func (b *bringing) row(row *Brought) BroughtPlan {
	var owners []crm.ID
	for _, i := range *row.Draft.Identities {
		owner, taken := b.holders[i.Key()]
		switch {
		case !taken:
		case owner.UserID != "":
			return refusedRow(fieldOfKind(i.Kind), "team_member", "%s belongs to a team member%s.", i.Shown(), b.userName(owner.UserID))
		case !slices.Contains(owners, owner.ContactID):
			owners = append(owners, owner.ContactID)
		}
	}
	if known := b.is[row.Known]; row.Known != "" && known != nil && b.sees(known) && !slices.Contains(owners, row.Known) {
		owners = append(owners, row.Known)
	}
	switch len(owners) {
	case 0:
		if row.Known != "" && !enough(row.Draft) {
			return refusedRow("", "not_enough", "There is no such contact, and for a new one a first name, a last name and a phone number or an e-mail are needed.")
		}
		return b.create(row)
	case 1:
		return b.match(row, owners[0])
	}
	var named []string
	for _, id := range owners {
		named = append(named, b.named(id))
	}
	return refusedRow("", "two_contacts", "Its phone numbers and e-mails belong to different people: %s.", strings.Join(named, " and "))
}

// enough reports whether a row has what a contact must have (C2).
func enough(d *crm.Draft) bool {
	return d.Fields[crm.FirstName] != "" && d.Fields[crm.LastName] != "" && len(*d.Identities) > 0
}

// settleUnusual gives a row the numbers that only who has them may have, and says which
// are left out.
func (b *bringing) settleUnusual(row *Brought) (said []crm.FieldError) {
	if len(row.Unusual) == 0 {
		return nil
	}
	draft := *row.Draft
	list := slices.Clone(*draft.Identities)
	for _, u := range row.Unusual {
		switch owner := b.holders[u.Identity.Key()]; {
		case owner.ContactID != "":
			list = append(list, u.Identity)
		case u.Else != nil:
			list = append(list, *u.Else)
		default:
			said = append(said, u.Warning)
		}
	}
	draft.Identities = &list
	row.Draft = &draft
	return said
}

func fieldOfKind(kind crm.IdentityKind) string { return string(kind) }

func refusedRow(field, code, format string, args ...any) BroughtPlan {
	return BroughtPlan{Outcome: crm.RowRefused, RowSaid: crm.RowSaid{Reasons: []crm.FieldError{{Field: field, Code: code, Detail: fmt.Sprintf(format, args...)}}}}
}

// userName is ", NAME" for admins, who may know the team's numbers.
func (b *bringing) userName(id crm.ID) string {
	if u, ok := b.users[id]; ok && b.who.IsAdmin() {
		return ", " + u.Name
	}
	return ""
}

// named is how a contact is called in a reason, as far as the asker may see (I6).
func (b *bringing) named(id crm.ID) string {
	c := b.is[id]
	switch {
	case b.was[id] == nil:
		return fmt.Sprintf("%s of line %d", c.Name(), b.lines[id])
	case !b.sees(c):
		return "another contact"
	case c.Status == crm.Archived:
		return c.Name() + " (archived)"
	}
	return c.Name()
}

func (b *bringing) sees(c *crm.Contact) bool {
	return crm.CanSee(c.Visibility, b.who.UserID, b.who.Role, b.active)
}

func (b *bringing) create(row *Brought) BroughtPlan {
	c := &crm.Contact{BusinessID: b.who.BusinessID, ID: row.ID, Status: crm.Active, Source: crm.SourceImport,
		Visibility: crm.Visibility{Mode: crm.Everyone, UserIDs: []crm.ID{}}, Version: 1,
		CreatedAt: b.now, CreatedBy: b.who.Name, UpdatedAt: b.now, UpdatedBy: b.who.Name}
	for field, text := range row.Draft.Fields {
		*c.Text(field) = text
	}
	c.Identities = slices.Clone(*row.Draft.Identities)
	c.Tags = row.Tags
	c.Custom = row.Draft.Custom
	b.hold(row, c)
	return BroughtPlan{Outcome: crm.RowCreate, ContactID: c.ID, Created: true}
}

// hold notes what the rows so far make of a contact.
func (b *bringing) hold(row *Brought, c *crm.Contact) {
	if b.lines[c.ID] == 0 {
		b.lines[c.ID] = row.Line
		b.order = append(b.order, c.ID)
	}
	if old := b.is[c.ID]; old != nil {
		for _, i := range old.Identities {
			delete(b.holders, i.Key())
		}
	}
	b.is[c.ID] = c
	for _, i := range c.Identities {
		b.holders[i.Key()] = crm.Owner{ContactID: c.ID}
	}
}

// match puts a row onto the contact that it is about.
func (b *bringing) match(row *Brought, id crm.ID) BroughtPlan {
	before := b.is[id]
	if !b.sees(before) {
		return refusedRow("", "hidden_contact", "This is the number or e-mail of a contact that you may not see.")
	}
	plan := BroughtPlan{ContactID: id}
	same := b.lines[id]
	if same == 0 && row.Same == id {
		same = row.SameLine
	}
	existing := b.existing
	if same > 0 {
		plan.Outcome, plan.SameLine = crm.RowSame, same
		plan.Reasons = []crm.FieldError{{Code: "same_in_file", Detail: fmt.Sprintf("The same person as line %d.", same)}}
		if existing == crm.OverwriteExisting { // two rows that take turns would never come to rest
			existing = crm.FillExisting
		}
		if !sameName(row.Draft, before) {
			existing = crm.SkipExisting
			plan.Warnings = append(plan.Warnings, crm.FieldError{Code: "another_name", Detail: "The number or e-mail is the same and the name is not. Nothing was taken of this row."})
		}
	} else if before.Status == crm.Archived {
		plan.Warnings = append(plan.Warnings, crm.FieldError{Code: "archived", Detail: before.Name() + " is archived and stays so."})
	}
	if existing == crm.SkipExisting {
		if same == 0 {
			plan.Outcome, plan.Version = crm.RowSkipped, before.Version
		}
		b.hold(row, before)
		return plan
	}
	after := b.laid(row, before, existing == crm.OverwriteExisting)
	plan.Changes = diff(before, after)
	b.hold(row, after)
	switch {
	case same > 0:
	case len(plan.Changes) == 0 && before.NameIsPlaceholder == after.NameIsPlaceholder:
		plan.Outcome, plan.Version = crm.RowUnchanged, before.Version
	default:
		plan.Outcome = crm.RowUpdate
	}
	return plan
}

// sameName reports whether a row calls a contact what it is called.
func sameName(d *crm.Draft, c *crm.Contact) bool {
	return crm.Fold(d.Fields[crm.FirstName]) == crm.Fold(c.FirstName) && crm.Fold(d.Fields[crm.LastName]) == crm.Fold(c.LastName)
}

// laid is a contact with a row laid over it. What the row does not have stays.
func (b *bringing) laid(row *Brought, before *crm.Contact, overwrite bool) *crm.Contact {
	copied := *before
	c := &copied
	c.Identities, c.Tags = slices.Clone(before.Identities), slices.Clone(before.Tags)
	c.Custom = maps.Clone(before.Custom)
	named := before.NameIsPlaceholder && row.Draft.Fields[crm.FirstName] != "" && row.Draft.Fields[crm.LastName] != ""
	if named { // a name takes the place of a placeholder whole (C3)
		c.FirstName, c.MiddleName, c.LastName, c.NameIsPlaceholder = "", "", "", false
	}
	for field, text := range row.Draft.Fields {
		if target := c.Text(field); overwrite || *target == "" && fits(row.Draft, before, field) {
			*target = text
		}
	}
	for key, v := range row.Draft.Custom {
		if _, has := c.Custom[key]; overwrite || !has {
			if c.Custom == nil {
				c.Custom = crm.CustomValues{}
			}
			c.Custom[key] = v
		}
	}
	for _, t := range row.Tags {
		if !slices.ContainsFunc(c.Tags, func(had crm.Tag) bool { return had.ID == t.ID }) {
			c.Tags = append(c.Tags, t)
		}
	}
	c.Identities = laidIdentities(c.Identities, *row.Draft.Identities, overwrite)
	return c
}

// fits reports whether a part of an address may be filled in: not when another part says
// that it is another address.
func fits(d *crm.Draft, c *crm.Contact, field crm.Field) bool {
	address, _, isAddress := strings.Cut(string(field), "_address.")
	if !isAddress {
		return true
	}
	for other, text := range d.Fields {
		if strings.HasPrefix(string(other), address+"_address.") && *c.Text(other) != "" && crm.Fold(*c.Text(other)) != crm.Fold(text) {
			return false
		}
	}
	return true
}

// laidIdentities adds the identities of a row. With overwrite a primary one that is new
// takes the place of the old one, which is free then (C9); else it stands beside it.
func laidIdentities(had, brought []crm.Identity, overwrite bool) []crm.Identity {
	list := had
	for _, i := range brought {
		if slices.ContainsFunc(list, func(h crm.Identity) bool { return h.Key() == i.Key() }) {
			continue
		}
		if overwrite && i.Primary {
			list = slices.DeleteFunc(list, func(h crm.Identity) bool {
				return h.Kind == i.Kind && h.Primary && !slices.ContainsFunc(brought, func(o crm.Identity) bool { return o.Key() == h.Key() })
			})
			for n := range list {
				list[n].Primary = list[n].Primary && list[n].Kind != i.Kind
			}
		}
		i.Primary = i.Primary && !slices.ContainsFunc(list, func(h crm.Identity) bool { return h.Kind == i.Kind && h.Primary })
		list = append(list, i)
	}
	return onePrimary(list)
}
