package contacts

import (
	"maps"
	"reflect"
	"slices"

	"parley/internal/crm"
)

// apply puts a prepared draft onto a contact. It decides nothing about who may hold what.
func apply(c *crm.Contact, p prepared, tags map[crm.ID]crm.Tag) {
	d := p.draft
	for field, text := range d.Fields {
		if target := c.Text(field); target != nil {
			*target = text
		}
	}
	_, first := d.Fields[crm.FirstName]
	_, last := d.Fields[crm.LastName]
	if first || last {
		c.NameIsPlaceholder = d.NameIsPlaceholder
	}
	if d.ProfileName != "" {
		c.ProfileName = d.ProfileName
	}
	if d.Identities != nil {
		c.Identities = replaceIdentities(c.Identities, p.besides(c.Identities))
	}
	if d.Phone != nil {
		c.Identities = setPrimary(c.Identities, crm.PhoneIdentity, p.phone)
	}
	if d.Email != nil {
		c.Identities = setPrimary(c.Identities, crm.EmailIdentity, p.email)
	}
	c.Identities = onePrimary(append(c.Identities, d.Inbound...))
	if d.Tags != nil {
		c.Tags = nil
		for _, id := range *d.Tags {
			if !slices.ContainsFunc(c.Tags, func(t crm.Tag) bool { return t.ID == tags[id].ID }) {
				c.Tags = append(c.Tags, tags[id])
			}
		}
	}
	changeTags(c, d, tags)
	if len(p.custom) > 0 {
		c.Custom = maps.Clone(c.Custom)
		if c.Custom == nil {
			c.Custom = crm.CustomValues{}
		}
		maps.Copy(c.Custom, p.custom)
		maps.DeleteFunc(c.Custom, func(_ string, v any) bool { return v == nil })
	}
	if d.Visibility != nil {
		c.Visibility = *d.Visibility
		c.Visibility.UserIDs = slices.Compact(sorted(d.Visibility.UserIDs))
		if c.Visibility.Mode != crm.Chosen {
			c.Visibility = crm.Visibility{Mode: crm.Everyone, UserIDs: []crm.ID{}}
		}
	}
	if d.AssigneeID != nil {
		c.AssigneeID = *d.AssigneeID
	}
	if d.OptOuts != nil {
		c.OptOuts = slices.Compact(slices.Sorted(slices.Values(*d.OptOuts)))
	}
}

// changeTags takes single tags off and puts others on.
func changeTags(c *crm.Contact, d *crm.Draft, tags map[crm.ID]crm.Tag) {
	if len(d.RemoveTags) > 0 {
		c.Tags = slices.DeleteFunc(c.Tags, func(t crm.Tag) bool { return slices.Contains(d.RemoveTags, t.ID) })
	}
	for _, id := range d.AddTags {
		if !slices.ContainsFunc(c.Tags, func(t crm.Tag) bool { return t.ID == tags[id].ID }) {
			c.Tags = append(c.Tags, tags[id])
		}
	}
}

// shownAgain reports whether an identity comes as we showed it, and was not typed anew.
func shownAgain(i crm.Identity) bool {
	return i.Entered == i.Value || i.Kind == crm.PhoneIdentity && i.Entered == crm.ShowPhone(i.Value)
}

// replaceIdentities keeps what cannot be typed (WhatsApp user ids) and takes the rest
// from the new list; an identity that stays keeps how it was entered.
func replaceIdentities(old, list []crm.Identity) []crm.Identity {
	var result []crm.Identity
	for _, i := range list {
		for _, o := range old {
			if o.Key() == i.Key() && shownAgain(i) {
				i.Entered = o.Entered
			}
		}
		result = append(result, i)
	}
	for _, o := range old {
		if o.Kind == crm.WhatsAppIdentity {
			result = append(result, o)
		}
	}
	return result
}

// setPrimary puts an identity in the place of the primary one of its kind, or removes
// that when i is nil: what stood there is free (C9). One that the contact has already
// becomes the primary one.
func setPrimary(list []crm.Identity, kind crm.IdentityKind, i *crm.Identity) []crm.Identity {
	var result []crm.Identity
	for _, old := range list {
		same := i != nil && old.Key() == i.Key()
		switch {
		case same:
			i.Label = old.Label
			if shownAgain(*i) {
				i.Entered = old.Entered
			}
		case old.Kind == kind && old.Primary:
		default:
			result = append(result, old)
		}
	}
	if i != nil {
		result = append([]crm.Identity{*i}, result...)
	}
	return result
}

// onePrimary makes exactly one phone and one e-mail primary where there are any (I8) and
// puts it first.
func onePrimary(list []crm.Identity) []crm.Identity {
	for _, kind := range []crm.IdentityKind{crm.PhoneIdentity, crm.EmailIdentity} {
		primary := -1
		for n, i := range list {
			if i.Kind == kind && i.Primary && (primary < 0 || !list[primary].Primary) {
				primary = n
			} else if i.Kind == kind && primary < 0 {
				primary = n
			}
		}
		for n := range list {
			if list[n].Kind == kind {
				list[n].Primary = n == primary
			}
		}
	}
	slices.SortStableFunc(list, func(a, b crm.Identity) int {
		if a.Kind != b.Kind {
			return kindOrder(a.Kind) - kindOrder(b.Kind)
		}
		return boolOrder(b.Primary) - boolOrder(a.Primary)
	})
	return list
}

func kindOrder(k crm.IdentityKind) int {
	return slices.Index([]crm.IdentityKind{crm.PhoneIdentity, crm.EmailIdentity, crm.WhatsAppIdentity}, k)
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

// diff is what changed of a contact, field by field, for its history (C5).
func diff(before, after *crm.Contact) []crm.Change {
	var list []crm.Change
	add := func(field string, old, now any) {
		if !reflect.DeepEqual(old, now) {
			list = append(list, crm.Change{Field: field, Old: old, New: now})
		}
	}
	for _, field := range crm.TextFields {
		add(string(field), *before.Text(field), *after.Text(field))
	}
	add("phone", before.Phone(), after.Phone())
	add("email", before.Email(), after.Email())
	add("other_phones", others(before, crm.PhoneIdentity), others(after, crm.PhoneIdentity))
	add("other_emails", others(before, crm.EmailIdentity), others(after, crm.EmailIdentity))
	was, now := labels(before, after), labels(after, before)
	add("labels", was, now)
	add("whatsapp", others(before, crm.WhatsAppIdentity), others(after, crm.WhatsAppIdentity))
	add("tags", tagNames(before), tagNames(after))
	add("visibility", before.Visibility.Mode, after.Visibility.Mode)
	add("visible_to", sorted(before.Visibility.UserIDs), sorted(after.Visibility.UserIDs))
	add("assignee_id", before.AssigneeID, after.AssigneeID)
	add("profile_name", before.ProfileName, after.ProfileName)
	for _, key := range customKeys(before, after) {
		add("custom."+key, before.Custom[key], after.Custom[key])
	}
	return list
}

func others(c *crm.Contact, kind crm.IdentityKind) []string {
	list := []string{}
	for _, i := range c.Identities {
		if i.Kind == kind && !i.Primary {
			list = append(list, i.Shown())
		}
	}
	slices.Sort(list)
	return list
}

// labels are those of c's identities that the other version has as well.
func labels(c, other *crm.Contact) []string {
	list := []string{}
	for _, i := range c.Identities {
		if i.Label != "" && slices.ContainsFunc(other.Identities, func(o crm.Identity) bool { return o.Key() == i.Key() }) {
			list = append(list, i.Shown()+": "+i.Label)
		}
	}
	slices.Sort(list)
	return list
}

func tagNames(c *crm.Contact) []string {
	list := []string{}
	for _, t := range c.Tags {
		list = append(list, t.Name)
	}
	slices.Sort(list)
	return list
}

func sorted(ids []crm.ID) []crm.ID {
	list := append([]crm.ID{}, ids...)
	slices.Sort(list)
	return list
}

func customKeys(before, after *crm.Contact) []string {
	keys := map[string]bool{}
	for key := range before.Custom {
		keys[key] = true
	}
	for key := range after.Custom {
		keys[key] = true
	}
	return slices.Sorted(maps.Keys(keys))
}
