package crm

import (
	"cmp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Tag is a label that admins make and everyone puts on contacts (T1).
type Tag struct {
	ID     ID     `json:"id"`
	Name   string `json:"name"`
	Colour string `json:"colour"`
}

// TagKey is the form in which names of tags are compared: without regard to case and outer
// space (T1), marks that nobody sees among it, and in whichever form an accent is written.
// Café and Cafe are two tags.
func TagKey(name string) string {
	name = strings.TrimFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	return norm.NFC.String(strings.ToLower(norm.NFC.String(name)))
}

// TagOrder is the order in which tags are shown: by name, é beside e. It remembers how a name
// is compared, so that the lists of many contacts cost no more than the names in them.
type TagOrder map[string]tagPlace

type tagPlace struct{ folded, key string }

// Compare is for slices.SortFunc.
func (o TagOrder) Compare(a, b Tag) int {
	x, y := o.place(a.Name), o.place(b.Name)
	return cmp.Or(cmp.Compare(x.folded, y.folded), cmp.Compare(x.key, y.key))
}

func (o TagOrder) place(name string) tagPlace {
	p, known := o[name]
	if !known {
		p = tagPlace{Fold(name), TagKey(name)}
		o[name] = p
	}
	return p
}

// TagByName finds a tag as people write it: the one of that name, or else the only one that
// has it without regard to accents. It is for looking for contacts; what is put on them goes
// by the name alone.
func TagByName(tags []Tag, text string) (Tag, bool) {
	for _, key := range []func(string) string{TagKey, Fold} {
		wanted, found := key(text), []Tag(nil)
		for _, t := range tags {
			if key(t.Name) == wanted {
				found = append(found, t)
			}
		}
		if len(found) == 1 {
			return found[0], true
		}
	}
	return Tag{}, false
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
