package contacts

import (
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// write makes two contacts of one again.
func (u *undoing) write(tx *db.Tx) (p Parting, err error) {
	business, before := u.who.BusinessID, u.merge.Before
	kept, stayed := crm.Parted(&before.Kept.Contact, &before.After, u.now)
	p.Stayed, p.Freed = stayed, u.freed
	kept.BusinessID = business
	for _, c := range []*crm.Contact{kept, u.gone} {
		if c.Tags, err = tagsNow(tx, business, c.Tags); err != nil {
			return p, err
		}
	}
	u.gone.BusinessID, u.gone.Identities = business, nil
	store.AddContacts(tx, business, []*crm.Contact{u.gone}) // indexed below
	store.ReturnInvoices(tx, business, before.Gone.Invoices, kept.ID, u.gone.ID)
	store.PutLinks(tx, business, before.Links)
	u.writeIdentities(tx, kept)
	if err := u.writeConversations(tx, kept); err != nil {
		return p, err
	}
	store.SetContactTags(tx, business, kept.ID, kept.Tags)
	store.SetContactViewers(tx, business, kept.ID, kept.Visibility.UserIDs)
	u.writeOptOuts(tx)
	changes := diff(u.now, kept)
	kept.Version++
	kept.UpdatedAt, kept.UpdatedBy = u.at, u.who.Name
	store.ChangeContact(tx, business, kept)
	store.ChangeContact(tx, business, u.gone)
	store.ForgetDuplicates(tx, business, before.Gone.Lent)
	for _, d := range before.Gone.Dismissed {
		store.RememberDismissed(tx, business, d, u.who.Name)
	}
	store.EndMerge(tx, business, u.merge.ID, u.at)
	u.note(kept.ID, "Parted from "+u.gone.Name()+" again."+said(" Changed since the merge, and left so: ", stayed), changes)
	u.note(u.gone.ID, "Parted from "+kept.Name()+" again."+said(" Taken off since the merge, and not given back: ", u.freed), nil)
	list, err := store.ContactsByID(tx, business, []crm.ID{kept.ID, u.gone.ID})
	for _, c := range list {
		if c.ID == kept.ID {
			p.Kept = c
		} else {
			p.Restored = c
		}
	}
	return p, err
}

// said is a beginning with a list, or nothing where the list is empty.
func said(beginning string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	return beginning + strings.Join(list, ", ") + "."
}

func (u *undoing) note(contact crm.ID, note string, changes []crm.Change) {
	event := u.who.Event(crm.ContactParted, u.at)
	event.ContactID, event.SubjectID, event.Note, event.Changes = contact, u.merge.ID, note, changes
	u.events = append(u.events, event)
}

// writeIdentities gives back what was the other's. A primary one that nobody changed
// since is again the one it was.
func (u *undoing) writeIdentities(tx *db.Tx, kept *crm.Contact) {
	business, before := u.who.BusinessID, u.merge.Before
	for _, h := range u.returns {
		store.GiveIdentity(tx, business, h.Key(), u.gone.ID, h.Primary)
		u.gone.Identities = append(u.gone.Identities, h.Identity())
	}
	kept.Identities = slices.DeleteFunc(slices.Clone(u.now.Identities), func(i crm.Identity) bool {
		return slices.ContainsFunc(u.returns, func(h store.HeldIdentity) bool { return h.Key() == i.Key() })
	})
	for n, i := range kept.Identities {
		if was := before.Kept.Contact.Primary(i.Kind); was != "" && u.now.Primary(i.Kind) == before.After.Primary(i.Kind) {
			kept.Identities[n].Primary = i.Value == was
		}
	}
	kept.Identities = onePrimary(kept.Identities)
	for _, i := range kept.Identities {
		store.GiveIdentity(tx, business, i.Key(), kept.ID, i.Primary)
	}
}

// writeConversations gives the other's conversations back, and those that began since to
// whose address wrote in them; then opens again what the merge closed.
func (u *undoing) writeConversations(tx *db.Tx, kept *crm.Contact) error {
	business, before := u.who.BusinessID, u.merge.Before
	store.LockConversationsOf(tx, business, []crm.ID{kept.ID})
	conversations, err := store.ConversationsOf(tx, business, []crm.ID{kept.ID})
	if err != nil {
		return err
	}
	known := map[crm.ID]store.ConversationState{}
	owner := map[crm.ID]crm.ID{}
	for _, s := range before.Kept.Conversations {
		known[s.ID], owner[s.ID] = s, kept.ID
	}
	for _, s := range before.Gone.Conversations {
		known[s.ID], owner[s.ID] = s, u.gone.ID
	}
	var moving []crm.ID
	isOpen := map[crm.ID]bool{} // by contact
	for _, v := range conversations {
		if owner[v.ID] == "" && u.wrote(v) || owner[v.ID] == u.gone.ID {
			owner[v.ID] = u.gone.ID
			moving = append(moving, v.ID)
			u.told(crm.ConversationMoved, u.gone.ID, v, u.who.Name+" undid the merge")
		} else {
			owner[v.ID] = kept.ID
		}
		isOpen[owner[v.ID]] = isOpen[owner[v.ID]] || v.Status == crm.Open
		u.reactivate(kept, owner[v.ID], v)
	}
	store.MoveConversations(tx, business, moving, u.gone.ID)
	for _, v := range conversations {
		s, was := known[v.ID]
		if !was {
			continue
		}
		u.writeVisibility(tx, owner[v.ID], v, s)
		if s.Closed && v.Status == crm.Closed && v.ClosedAt.Equal(u.merge.At) && !isOpen[owner[v.ID]] {
			// Handed over to nobody is a hand-over, too (V3).
			if s.AssigneeID != "" && !slices.ContainsFunc(u.users, func(x crm.User) bool { return x.ID == s.AssigneeID && x.Active }) {
				s.AssigneeID, s.HandedOver = "", false
			}
			store.RestoreConversation(tx, business, s)
			u.told(crm.ConversationReopened, owner[v.ID], v, "")
		}
	}
	u.touch(kept, conversations, owner)
	return nil
}

// reactivate leaves active whoever wrote since the merge, though archived before it (C8).
// Somebody may have archived the merged one after that.
func (u *undoing) reactivate(kept *crm.Contact, owner crm.ID, v crm.Conversation) {
	if u.now.Status != crm.Active || !v.LastReceivedAt.After(u.merge.At) {
		return
	}
	for _, c := range []*crm.Contact{kept, u.gone} {
		if c.ID == owner {
			c.Status = crm.Active
		}
	}
}

// writeVisibility gives back who saw a conversation, where nobody changed that since.
func (u *undoing) writeVisibility(tx *db.Tx, contact crm.ID, v crm.Conversation, s store.ConversationState) {
	if s.Narrowed == nil || v.Visibility.Mode != s.Narrowed.Mode || !slices.Equal(sorted(v.Visibility.UserIDs), sorted(s.Narrowed.UserIDs)) {
		return
	}
	store.SetConversationVisibility(tx, u.who.BusinessID, v.ID, s.Visibility)
	u.told(crm.ConversationVisible, contact, v, "")
	if s.Unassigned && v.AssigneeID == "" && v.AssignNote == cannotSeeAnyMore {
		store.AssignConversation(tx, u.who.BusinessID, v.ID, s.AssigneeID, s.HandedOver, s.AssignNote)
	}
}

// wrote reports whether the address of a conversation that began since the merge is the
// restored contact's.
func (u *undoing) wrote(v crm.Conversation) bool {
	phone := crm.InboundPhone(v.Address).Value
	return v.Address != "" && slices.ContainsFunc(u.returns, func(h store.HeldIdentity) bool {
		return h.Kind == crm.WhatsAppIdentity && h.Value == v.Address || h.Kind == crm.PhoneIdentity && h.Value == phone
	})
}

// touch says when messages last went to or came from each of the two.
func (u *undoing) touch(kept *crm.Contact, conversations []crm.Conversation, owner map[crm.ID]crm.ID) {
	before := u.merge.Before
	kept.LastMessageAt = before.Kept.Contact.LastMessageAt
	for _, v := range conversations {
		c := kept
		if owner[v.ID] == u.gone.ID {
			c = u.gone
		}
		if v.LastMessageAt.After(u.merge.At) && v.LastMessageAt.After(c.LastMessageAt) {
			c.LastMessageAt = v.LastMessageAt
		}
	}
}

// writeOptOuts gives each the opt-outs that were its own. What was said since the merge
// holds for both: nobody knows which of the two said it (B5).
func (u *undoing) writeOptOuts(tx *db.Tx) {
	business, before := u.who.BusinessID, u.merge.Before
	had := func(s store.Side, family crm.Family) bool {
		return slices.ContainsFunc(s.OptOuts, func(o store.SaidStop) bool { return o.Family == family })
	}
	for _, stop := range before.Gone.OptOuts {
		store.OptOut(tx, business, u.gone.ID, stop.Family, stop.At, stop.Source, stop.Wording)
		if !had(before.Kept, stop.Family) && !slices.Contains(u.stopped, stop.Family) {
			store.OptIn(tx, business, u.merge.KeptID, stop.Family)
		}
	}
	for _, family := range u.stopped {
		if slices.Contains(u.now.OptOuts, family) {
			store.OptOut(tx, business, u.gone.ID, family, u.at, "merge", "said while the two were one contact")
		}
	}
}

func (u *undoing) told(t crm.EventType, contact crm.ID, v crm.Conversation, note string) {
	if v.Status != crm.Open && t != crm.ConversationReopened {
		return
	}
	event := u.who.Event(t, u.at)
	event.ContactID, event.ConversationID, event.Note = contact, v.ID, note
	u.events = append(u.events, event)
}

// tagsNow are tags as they are by now: those that were merged are what they became, those
// that were deleted are missing.
func tagsNow(tx *db.Tx, business crm.ID, then []crm.Tag) ([]crm.Tag, error) {
	ids := make([]crm.ID, len(then))
	for n, t := range then {
		ids[n] = t.ID
	}
	now, err := store.TagsByID(tx, business, ids)
	var list []crm.Tag
	for _, id := range ids {
		if t, ok := now[id]; ok && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list, err
}
