package contacts

import (
	"maps"
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Policy says how drafts are taken.
type Policy struct {
	// Minimum demands first name, last name and a phone or an e-mail (C2).
	Minimum bool
	// Free promises that the drafts are new contacts whose identities nobody holds: the
	// caller looked, under lock. Nothing is looked up again.
	Free bool
	// Note is a sentence for the history of each contact that is made or changed.
	Note string
	// Subject is what their history says it was part of: an act on many.
	Subject crm.ID
	// Unlocked takes no lock for each number: there are too many for PostgreSQL's table of
	// locks. Two transactions that bring the same one cannot both commit: the key of
	// identity decides, and db.Write has the loser look again.
	Unlocked bool
	// Seen promises that who may change the contacts of the drafts: the caller looked (V2).
	Seen bool
}

// Outcome is what saving a draft does.
type Outcome string

// The outcomes.
const (
	Create    Outcome = "create"
	Update    Outcome = "update"
	Unchanged Outcome = "unchanged"
	Refused   Outcome = "refused"
)

// Planned is what becomes of one draft.
type Planned struct {
	Outcome Outcome
	Before  *crm.Contact // nil for Create
	After   *crm.Contact // nil for Refused
	Changes []crm.Change
	Err     error // an *crm.Error, for Refused
}

// surroundings are what the rules look at, read once for all drafts.
type surroundings struct {
	business crm.Business
	current  map[crm.ID]*crm.Contact
	holders  map[crm.IdentityKey]crm.Owner
	held     map[crm.ID]*crm.Contact // contacts that hold something a draft wants
	users    map[crm.ID]crm.User
	tags     map[crm.ID]crm.Tag
	fields   map[string]crm.CustomField // by key
}

// Plan says what Save would do with each draft, and writes nothing. Errors that belong to
// a draft are in its Planned; the error returned is a fault.
func Plan(tx *db.Tx, who crm.Actor, drafts []*crm.Draft, policy Policy, now time.Time) ([]Planned, error) {
	s, ready, err := look(tx, who, drafts, policy)
	if err != nil {
		return nil, err
	}
	list := make([]Planned, len(drafts))
	claimed := map[crm.IdentityKey]bool{} // by earlier drafts of the same call
	for n := range ready {
		list[n] = s.plan(who, ready[n], policy, claimed, now)
	}
	return list, nil
}

// look reads what the rules need for these drafts, and no more.
func look(tx *db.Tx, who crm.Actor, drafts []*crm.Draft, policy Policy) (*surroundings, []prepared, error) {
	s := &surroundings{current: map[crm.ID]*crm.Contact{}, holders: map[crm.IdentityKey]crm.Owner{}, held: map[crm.ID]*crm.Contact{},
		users: map[crm.ID]crm.User{}, tags: map[crm.ID]crm.Tag{}, fields: map[string]crm.CustomField{}}
	ready := make([]prepared, len(drafts))
	if policy.Free {
		for n, d := range drafts {
			ready[n] = prepared{draft: d, problems: d.Normalise()}
		}
		return s, ready, s.readAround(tx, who, drafts)
	}
	var err error
	if s.business, err = store.Business(tx, who.BusinessID); err != nil {
		return nil, nil, err
	}
	var ids []crm.ID
	var wanted []crm.Identity
	for n, d := range drafts {
		ready[n] = prepare(d, s.business)
		wanted = append(wanted, ready[n].wanted()...)
		if d.ID != "" {
			ids = append(ids, d.ID)
		}
	}
	if err := s.readContacts(tx, who, ids, wanted, policy); err != nil {
		return nil, nil, err
	}
	return s, ready, s.readAround(tx, who, drafts)
}

// readContacts reads, under lock, the contacts that drafts change and those that hold
// what drafts want.
func (s *surroundings) readContacts(tx *db.Tx, who crm.Actor, ids []crm.ID, wanted []crm.Identity, policy Policy) error {
	keys := make([]crm.IdentityKey, len(wanted))
	for n, i := range wanted {
		keys[n] = i.Key()
	}
	if !policy.Unlocked {
		store.LockIdentities(tx, who.BusinessID, keys) // before contacts, as receiving does
	}
	store.LockContacts(tx, who.BusinessID, ids)
	var current []*crm.Contact
	var err error
	if policy.Seen {
		current, err = store.ContactsByID(tx, who.BusinessID, ids)
	} else {
		current, err = store.ContactsSeen(tx, who, ids)
	}
	if err != nil {
		return err
	}
	for _, c := range current {
		s.current[c.ID] = c
	}
	holdings, err := store.Holders(tx, who.BusinessID, wanted)
	if err != nil {
		return err
	}
	var held []crm.ID
	for _, h := range holdings {
		s.holders[h.Key()] = h.Owner
		if h.ContactID != "" && s.current[h.ContactID] == nil {
			held = append(held, h.ContactID)
		}
	}
	contacts, err := store.ContactsByID(tx, who.BusinessID, held)
	for _, c := range contacts {
		s.held[c.ID] = c
	}
	// Who went between the two looks holds nothing any more. Should somebody else hold it by
	// now, the key of identity says so when it is written, and the rules look again.
	for _, h := range holdings {
		if h.ContactID != "" && s.current[h.ContactID] == nil && s.held[h.ContactID] == nil {
			delete(s.holders, h.Key())
		}
	}
	return err
}

// readAround reads users and tags where a draft or a conflict will ask for them.
func (s *surroundings) readAround(tx *db.Tx, who crm.Actor, drafts []*crm.Draft) error {
	needUsers, needFields := len(s.held) > 0, false
	var tags []crm.ID
	for _, owner := range s.holders {
		needUsers = needUsers || owner.UserID != ""
	}
	for _, d := range drafts {
		needUsers = needUsers || d.Visibility != nil || d.AssigneeID != nil
		if d.Tags != nil {
			tags = append(tags, *d.Tags...)
		}
		tags = append(tags, d.AddTags...)
		needFields = needFields || len(d.Custom) > 0
	}
	if needUsers {
		users, err := store.Users(tx, who.BusinessID)
		if err != nil {
			return err
		}
		for _, u := range users {
			s.users[u.ID] = u
		}
	}
	if len(tags) > 0 {
		// A form may have been open while a tag that it has was merged.
		slices.Sort(tags)
		now, err := store.TagsByID(tx, who.BusinessID, slices.Compact(tags))
		if err != nil {
			return err
		}
		s.tags = now
	}
	if needFields {
		fields, err := store.CustomFields(tx, who.BusinessID)
		if err != nil {
			return err
		}
		for _, f := range fields {
			s.fields[f.Key] = f
		}
	}
	return nil
}

// plan applies the rules to one draft.
func (s *surroundings) plan(who crm.Actor, p prepared, policy Policy, claimed map[crm.IdentityKey]bool, now time.Time) Planned {
	before, after, err := s.start(who, p.draft, now)
	if err != nil {
		return Planned{Outcome: Refused, Err: err}
	}
	p.keepHeld(after)
	s.checkPeople(&p, after)
	s.checkTags(&p)
	checkOptOuts(&p)
	s.readCustom(&p, before)
	if len(p.problems) == 0 {
		apply(after, p, s.tags)
	}
	if policy.Minimum {
		checkMinimum(&p, before, after)
	}
	if err := p.problems.Err(); err != nil {
		return Planned{Outcome: Refused, Before: before, Err: err}
	}
	for _, i := range p.wanted() {
		if err := s.checkFree(who, p, i, after.ID, claimed); err != nil {
			return Planned{Outcome: Refused, Before: before, Err: err}
		}
	}
	for _, i := range p.wanted() {
		claimed[i.Key()] = true
	}
	if before == nil {
		return Planned{Outcome: Create, After: after}
	}
	changes := diff(before, after)
	if len(changes) == 0 && before.NameIsPlaceholder == after.NameIsPlaceholder && slices.Equal(before.OptOuts, after.OptOuts) {
		return Planned{Outcome: Unchanged, Before: before, After: before}
	}
	after.Version++
	after.UpdatedAt, after.UpdatedBy = now, who.Name
	return Planned{Outcome: Update, Before: before, After: after, Changes: changes}
}

// start is the contact as it is and a copy to change, or a new one.
func (s *surroundings) start(who crm.Actor, d *crm.Draft, now time.Time) (before, after *crm.Contact, err error) {
	if d.ID == "" || s.current[d.ID] == nil && d.Inbound != nil {
		id := d.ID
		if id == "" {
			id = crm.NewID(now)
		}
		return nil, &crm.Contact{BusinessID: who.BusinessID, ID: id, Status: crm.Active, Source: d.Source,
			Visibility: crm.Visibility{Mode: crm.Everyone, UserIDs: []crm.ID{}}, Version: 1,
			CreatedAt: now, CreatedBy: who.Name, UpdatedAt: now, UpdatedBy: who.Name}, nil
	}
	before = s.current[d.ID]
	if before == nil {
		return nil, nil, crm.ErrNotFound
	}
	if d.Version != 0 && d.Version != before.Version {
		return before, nil, &crm.Error{Kind: crm.Stale, Code: "stale_version", Current: before, ChangedBy: before.UpdatedBy,
			Detail: "Somebody changed this contact in the meantime: " + before.UpdatedBy + "."}
	}
	copied := *before
	copied.Identities = slices.Clone(before.Identities)
	copied.Tags = slices.Clone(before.Tags)
	return before, &copied, nil
}

// checkMinimum demands C2 of what would be saved. A contact known by a WhatsApp id alone
// may stay without phone and e-mail (I5).
func checkMinimum(p *prepared, before, after *crm.Contact) {
	if before != nil && before.NameIsPlaceholder && after.NameIsPlaceholder && len(p.problems) == 0 {
		return // a placeholder may be edited bit by bit
	}
	missing := func(field crm.Field) bool {
		text, asked := p.draft.Fields[field]
		if !asked {
			text = *after.Text(field)
		}
		// A contact that never had the part (a one-word name from WhatsApp) can be saved
		// without it; taking one away is refused.
		return text == "" && (before == nil || *before.Text(field) != "")
	}
	if missing(crm.FirstName) {
		p.problems.Add("first_name", "required", "A first name is needed.")
	}
	if missing(crm.LastName) {
		p.problems.Add("last_name", "required", "A last name is needed.")
	}
	reachable := len(p.wanted()) > 0 || len(p.problems) == 0 && len(after.Identities) > 0
	for _, problem := range p.problems { // a number that cannot be read is a number given
		reachable = reachable || problem.Field == "phone" || problem.Field == "email" || strings.HasPrefix(problem.Field, "identities")
	}
	if before != nil && p.draft.Phone == nil && p.draft.Email == nil && p.draft.Identities == nil {
		reachable = true // nothing about them changes
	}
	if !reachable {
		p.problems.Add("phone", "phone_or_email_required", "A phone number or an e-mail address is needed.")
		p.problems.Add("email", "phone_or_email_required", "A phone number or an e-mail address is needed.")
	}
}

// checkPeople refuses viewers who are not there and an assignee who may not see (V3).
func (s *surroundings) checkPeople(p *prepared, c *crm.Contact) {
	visibility, assignee := c.Visibility, c.AssigneeID
	if v := p.draft.Visibility; v != nil {
		visibility = *v
		for _, id := range v.UserIDs {
			if u, ok := s.users[id]; !ok || !u.Active && !p.draft.Held {
				p.problems.Add("visibility", "unknown_user", "One of the chosen people is not an active user.")
				return
			}
		}
		switch {
		case v.Mode != crm.Everyone && v.Mode != crm.Chosen:
			p.problems.Add("visibility", "unknown_mode", "Visibility is everyone or chosen.")
			return
		case v.Mode == crm.Chosen && len(v.UserIDs) == 0:
			p.problems.Add("visibility", "nobody_chosen", "Choose at least one person, or everyone.")
			return
		}
	}
	if p.draft.AssigneeID != nil {
		assignee = *p.draft.AssigneeID
		if u, ok := s.users[assignee]; assignee != "" && (!ok || !u.Active) {
			p.problems.Add("assignee_id", "unknown_user", "This person is not an active user.")
			return
		}
	}
	if p.draft.Visibility == nil && p.draft.AssigneeID == nil || assignee == "" {
		return
	}
	u := s.users[assignee]
	if !crm.CanSee(visibility, u.ID, u.Role, s.active) {
		p.problems.Add("assignee_id", "cannot_see", "%s may not see this contact's conversations. Add %s to those who may see them, or assign somebody else.", u.Name, u.Name)
	}
}

func (s *surroundings) active(id crm.ID) bool { return s.users[id].Active }

func (s *surroundings) checkTags(p *prepared) {
	wanted := p.draft.AddTags
	if p.draft.Tags != nil {
		wanted = slices.Concat(*p.draft.Tags, wanted)
	}
	for _, id := range wanted {
		if _, ok := s.tags[id]; !ok {
			p.problems.Add("tags", "unknown_tag", "There is no tag %q.", id)
		}
	}
}

// readCustom reads the values of custom fields as their definitions say.
func (s *surroundings) readCustom(p *prepared, before *crm.Contact) {
	read := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(p.draft.Custom)) {
		field, ok := s.fields[key]
		if !ok {
			p.problems.Add("custom."+key, "unknown_field", "There is no custom field %q.", key)
			continue
		}
		v, err := field.Parse(p.draft.Custom[key])
		if err != nil {
			p.problems.Add("custom."+key, err.Code, "%s", err.Detail)
			continue
		}
		if text, ok := v.(string); ok && field.Kind == crm.CustomChoice {
			if o, _ := field.Option(text); o.Retired && (before == nil || before.Custom[key] != v) {
				p.problems.Add("custom."+key, "retired_option", "%s cannot be chosen any more.", o.Label)
			}
		}
		read[key] = v
	}
	p.custom = read
}

// checkFree refuses an identity that somebody else holds, and says what can be done (I6).
func (s *surroundings) checkFree(who crm.Actor, p prepared, i crm.Identity, self crm.ID, claimed map[crm.IdentityKey]bool) error {
	owner, taken := s.holders[i.Key()]
	if taken && owner.ContactID == self {
		return nil
	}
	if !taken && !claimed[i.Key()] {
		return nil
	}
	conflict := &crm.Conflict{Field: p.fieldOf(i), Value: i.Shown(), HeldBy: "contact", Actions: []string{}}
	detail := "Another contact has this already."
	switch {
	case owner.UserID != "":
		conflict.HeldBy = "user"
		detail = "This is used by a team member."
		if u := s.users[owner.UserID]; who.IsAdmin() {
			conflict.ID, conflict.Name = u.ID, u.Name
			detail = "This is used by a team member, " + u.Name + "."
		}
	default:
		holder := s.held[owner.ContactID]
		if holder == nil {
			holder = s.current[owner.ContactID]
		}
		if holder != nil {
			detail = describeHolder(who, conflict, holder, s.active)
		}
	}
	return &crm.Error{Kind: crm.Conflicting, Code: "identity_taken", Detail: detail, Conflict: conflict,
		Fields: []crm.FieldError{{Field: conflict.Field, Code: "identity_taken", Detail: detail}}}
}

// describeHolder says who has it, as far as the asker may see.
func describeHolder(who crm.Actor, conflict *crm.Conflict, holder *crm.Contact, active func(crm.ID) bool) string {
	archived := holder.Status == crm.Archived
	if archived {
		conflict.HeldBy = "archived_contact"
	}
	if !crm.CanSee(holder.Visibility, who.UserID, who.Role, active) {
		if archived {
			return "An archived contact has this already."
		}
		return "Another contact has this already."
	}
	conflict.ID, conflict.Name = holder.ID, holder.Name()
	conflict.Actions = []string{"open"}
	if archived {
		conflict.Actions = append(conflict.Actions, "restore")
	}
	if who.IsAdmin() {
		conflict.Actions = append(conflict.Actions, "merge")
	}
	conflict.Actions = append(conflict.Actions, "free")
	if archived {
		return holder.Name() + ", who is archived, has this already."
	}
	return holder.Name() + " has this already."
}

func (p *prepared) fieldOf(i crm.Identity) string {
	switch {
	case p.phone != nil && p.phone.Key() == i.Key():
		return "phone"
	case p.email != nil && p.email.Key() == i.Key():
		return "email"
	case i.Kind == crm.EmailIdentity:
		return "email"
	}
	return "phone"
}
