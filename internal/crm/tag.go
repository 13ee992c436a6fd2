package crm

import "time"

// Tag is a label that admins make and everyone puts on contacts (T1).
type Tag struct {
	ID     ID     `json:"id"`
	Name   string `json:"name"`
	Colour string `json:"colour"`
}

// TagColours are the colours a tag can have; the first is the default.
var TagColours = []string{"grey", "blue", "green", "amber", "red", "violet", "teal", "pink"}

// GoneTag is a tag that was deleted, or merged into another one.
type GoneTag struct {
	Tag
	Business ID
	Into     Tag // what it became; its ID is empty when the tag was deleted
	At       time.Time
	By       Actor
}

// Change says that contacts lost the tag or have another one in its place. It is one tag
// against one, unlike a change of "tags", for what else a contact carries does not matter.
func (t GoneTag) Change() Change { return Change{Field: "tag", Old: t.Name, New: t.Into.Name} }

// Retagged is the entry of it in the history of a contact.
func (t GoneTag) Retagged(contact ID) Event {
	e := t.By.Event(ContactRetagged, t.At)
	e.ContactID, e.SubjectID, e.Changes = contact, t.ID, []Change{t.Change()}
	return e
}
