package hubspotemulator

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Contact is a contact. Properties are texts; what is missing is null.
type Contact struct {
	ID         string
	Properties map[string]string
	Created    time.Time
	Updated    time.Time
	Archived   bool
	// Raw, when it is set, is sent instead: a record that cannot be read.
	Raw string
}

// stampForm is how HubSpot writes times.
const stampForm = "2006-01-02T15:04:05.000Z"

// shown is a contact with the properties that were asked for, and those that always come.
func (c *Contact) shown(properties []string) json.RawMessage {
	if c.Raw != "" {
		return json.RawMessage(c.Raw)
	}
	values := map[string]any{"hs_object_id": c.ID, "createdate": c.Created.Format(stampForm), "lastmodifieddate": c.Updated.Format(stampForm)}
	for _, p := range properties {
		if _, given := values[p]; given {
			continue
		}
		if values[p] = nil; c.Properties[p] != "" {
			values[p] = c.Properties[p]
		}
	}
	body, _ := json.Marshal(map[string]any{"id": c.ID, "properties": values, "createdAt": c.Created.Format(stampForm), "updatedAt": c.Updated.Format(stampForm), "archived": c.Archived})
	return body
}

func (o *account) contact(id string) *Contact {
	for _, c := range o.contacts {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// holder is the contact that has an e-mail, as its main one or another.
func (o *account) holder(email string) *Contact {
	email = strings.ToLower(email)
	for _, c := range o.contacts {
		all := strings.Split(strings.ToLower(c.Properties["email"]+";"+c.Properties["hs_additional_emails"]), ";")
		if email != "" && slices.Contains(all, email) && !c.Archived {
			return c
		}
	}
	return nil
}

// put lays properties over a contact, or makes one, and notes what webhooks say of it.
func (e *Emulator) put(o *account, id string, set map[string]string, source string) *Contact {
	now := e.Last
	c := o.contact(id)
	if c == nil {
		e.id++
		c = &Contact{ID: strconv.Itoa(e.id), Properties: map[string]string{}, Created: now}
		o.contacts = append(o.contacts, c)
		e.note(o, event{SubscriptionType: "contact.creation", ObjectID: json.Number(c.ID), ChangeSource: source})
	}
	for _, property := range slices.Sorted(maps.Keys(set)) {
		if c.Properties[property] != set[property] {
			c.Properties[property] = set[property]
			e.note(o, event{SubscriptionType: "contact.propertyChange", ObjectID: json.Number(c.ID), PropertyName: property, PropertyValue: set[property], ChangeSource: source})
		}
	}
	c.Updated = now
	return c
}

// PutContact lays properties over the contact with an id, or makes one, as a person does in
// HubSpot, and tells webhooks. It answers with its id.
func (e *Emulator) PutContact(portal, id string, set map[string]string) string {
	e.Mu.Lock()
	e.Tick()
	id = e.put(e.account(portal), id, set, "CRM_UI").ID
	e.Mu.Unlock()
	e.Tell()
	return id
}

// Fill adds contacts without telling anybody, as an import does: all of them at one moment.
func (e *Emulator) Fill(portal string, list ...map[string]string) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	e.Tick()
	for _, set := range list {
		e.put(e.account(portal), "", set, "IMPORT")
	}
	e.events = nil
}

// Damage makes a contact one that cannot be read.
func (e *Emulator) Damage(portal, id, raw string) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	e.account(portal).contact(id).Raw = raw
}

// Contact is a contact as it is now.
func (e *Emulator) Contact(portal, id string) Contact {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	if c := e.account(portal).contact(id); c != nil {
		copied := *c
		copied.Properties = maps.Clone(c.Properties)
		return copied
	}
	return Contact{}
}

// Contacts are all of an account.
func (e *Emulator) Contacts(portal string) []Contact {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	var list []Contact
	for _, c := range e.account(portal).contacts {
		copied := *c
		copied.Properties = maps.Clone(c.Properties)
		list = append(list, copied)
	}
	return list
}

// Archive deletes a contact, as HubSpot calls it: it can be restored.
func (e *Emulator) Archive(portal, id string) { e.archive(portal, id, true, "contact.deletion") }

// Restore takes a contact out of the archive.
func (e *Emulator) Restore(portal, id string) { e.archive(portal, id, false, "contact.restore") }

func (e *Emulator) archive(portal, id string, archived bool, told string) {
	e.Mu.Lock()
	o := e.account(portal)
	if c := o.contact(id); c != nil {
		c.Archived, c.Updated = archived, e.Tick()
		e.note(o, event{SubscriptionType: told, ObjectID: json.Number(id), ChangeSource: "CRM_UI"})
	}
	e.Mu.Unlock()
	e.Tell()
}

// Erase deletes a contact for data protection: nothing is left.
func (e *Emulator) Erase(portal, id string) {
	e.Mu.Lock()
	o := e.account(portal)
	o.contacts = slices.DeleteFunc(o.contacts, func(c *Contact) bool { return c.ID == id })
	e.Tick()
	e.note(o, event{SubscriptionType: "contact.privacyDeletion", ObjectID: json.Number(id), ChangeSource: "CRM_UI"})
	e.Mu.Unlock()
	e.Tell()
}

// Merge makes one contact part of another, which gets its e-mails and what was empty.
func (e *Emulator) Merge(portal, from, into string) {
	e.Mu.Lock()
	o := e.account(portal)
	loser, winner := o.contact(from), o.contact(into)
	join := func(list ...string) string {
		return strings.Join(slices.DeleteFunc(list, func(text string) bool { return text == "" }), ";")
	}
	for property, text := range loser.Properties {
		switch {
		case property == "email" && winner.Properties["email"] != "":
			winner.Properties["hs_additional_emails"] = join(winner.Properties["hs_additional_emails"], text)
		case winner.Properties[property] == "":
			winner.Properties[property] = text
		}
	}
	winner.Properties["hs_merged_object_ids"] = join(winner.Properties["hs_merged_object_ids"], from)
	winner.Updated = e.Tick()
	o.contacts = slices.DeleteFunc(o.contacts, func(c *Contact) bool { return c.ID == from })
	o.merged[from] = into
	e.note(o, event{SubscriptionType: "contact.merge", ObjectID: json.Number(into), ChangeSource: "CRM_UI", Primary: json.Number(into), Merged: []json.Number{json.Number(from)}})
	e.Mu.Unlock()
	e.Tell()
}
