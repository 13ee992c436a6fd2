package crm

import (
	"maps"
	"reflect"
	"slices"
)

// Parted is the kept contact once a merge is undone (C11): what stands as the merge left
// it is as it was before; what changed since stays, and is named. Identities are the
// caller's, for they depend on who holds them by now.
func Parted(before, after, now *Contact) (c *Contact, stayed []string) {
	parted := *now
	c = &parted
	back := func(field string, untouched bool, restore func()) {
		if untouched {
			restore()
		} else {
			stayed = append(stayed, field)
		}
	}
	for _, f := range TextFields {
		back(string(f), *now.Text(f) == *after.Text(f), func() { *c.Text(f) = *before.Text(f) })
	}
	if c.FirstName == before.FirstName && c.MiddleName == before.MiddleName && c.LastName == before.LastName {
		c.NameIsPlaceholder = before.NameIsPlaceholder
	}
	back("assignee_id", now.AssigneeID == after.AssigneeID, func() { c.AssigneeID = before.AssigneeID })
	back("visibility", sameVisibility(now.Visibility, after.Visibility), func() { c.Visibility = before.Visibility })
	back("profile_name", now.ProfileName == after.ProfileName, func() { c.ProfileName = before.ProfileName })
	back("status", now.Status == after.Status, func() { c.Status = before.Status })
	c.Custom = maps.Clone(now.Custom)
	for _, key := range customKeys(before, after, now) {
		back("custom."+key, reflect.DeepEqual(now.Custom[key], after.Custom[key]), func() {
			if v, had := before.Custom[key]; had {
				c.Custom[key] = v
			} else {
				delete(c.Custom, key)
			}
		})
	}
	c.Tags = nil
	for _, t := range now.Tags {
		if hasTag(before, t.ID) || !hasTag(after, t.ID) {
			c.Tags = append(c.Tags, t)
		}
	}
	if len(now.Tags) != len(after.Tags) || slices.ContainsFunc(now.Tags, func(t Tag) bool { return !hasTag(after, t.ID) }) {
		stayed = append(stayed, "tags")
	}
	return c, stayed
}

func hasTag(c *Contact, id ID) bool {
	return slices.ContainsFunc(c.Tags, func(t Tag) bool { return t.ID == id })
}

func sameVisibility(a, b Visibility) bool {
	return a.Mode == b.Mode && slices.Equal(slices.Sorted(slices.Values(a.UserIDs)), slices.Sorted(slices.Values(b.UserIDs)))
}

func customKeys(list ...*Contact) []string {
	keys := map[string]bool{}
	for _, c := range list {
		for key := range c.Custom {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}
