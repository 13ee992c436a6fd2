package api_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// book is what a business holds, as its rules say, and nothing of how Parley keeps it.
// model_rules_test.go changes it; model_test.go compares it with what the product shows.
type book struct {
	people   map[string]*person // by name
	contacts map[string]*entry  // by id
	talks    []*talk
	merges   []*merged
	unfiled  int
	now      time.Time
	fresh    int // contacts whose id the product has not told yet
	late     bool
}

// person is a user.
type person struct {
	name, id     string
	admin        bool
	active, was  bool // now, and before the calls that are made at one instant
	phone, email string
}

// circle are the names of those who may see something; nil is everyone (V2).
type circle []string

// entry is a contact. The first phone and the first e-mail are the primary ones (I8).
type entry struct {
	id, first, last string
	placeholder     bool // the product chose the names (C3)
	phones, emails  []string
	tags            []string
	see             circle
	assignee        string // a name
	archived        bool
	version         int
	changed         bool // since version: the product must have counted it on (C4)
	loose           bool // a primary one went: which of the others follows is the product's choice
}

// talk is a conversation.
type talk struct {
	id, contact string
	open        bool
	assignee    string
	handed      bool // by a person: stands until it closes (V3)
	see         circle
	last        time.Time // the last message
	heard       int       // messages that came in
	closed      time.Time
}

// merged is a merge that may be undone, with both sides as they were (C11).
type merged struct {
	id         string
	kept, gone entry
	talks      []talk // of both
	after      string // what stood there right after it
	undone     bool
}

// later is the time of what happened since the product was last looked at.
var later = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (b *book) clone() *book {
	c := *b
	c.people, c.contacts, c.talks = map[string]*person{}, map[string]*entry{}, nil
	for name, p := range b.people {
		copied := *p
		c.people[name] = &copied
	}
	for id, e := range b.contacts {
		copied := e.clone()
		c.contacts[id] = &copied
	}
	for _, t := range b.talks {
		copied := *t
		c.talks = append(c.talks, &copied)
	}
	c.merges = nil
	for _, m := range b.merges {
		copied := *m
		c.merges = append(c.merges, &copied)
	}
	return &c
}

func (e *entry) clone() entry {
	c := *e
	c.phones, c.emails, c.tags = slices.Clone(e.phones), slices.Clone(e.emails), slices.Clone(e.tags)
	return c
}

// out reports whether somebody's calls are refused (V4). One who was let in while being
// deactivated may be late: the call goes on.
func (b *book) out(by string) bool {
	p := b.people[by]
	return !p.active && !(b.late && p.was)
}

// sees is V2 for active users.
func (b *book) sees(see circle, name string) bool {
	p := b.people[name]
	return p != nil && p.active && b.shown(see, name)
}

// shown is V2 for whoever was let in: everyone, or those chosen; all admins when none of
// them is active.
func (b *book) shown(see circle, name string) bool {
	p := b.people[name]
	if see == nil || slices.Contains(see, name) {
		return true
	}
	return p.admin && !slices.ContainsFunc(see, func(other string) bool { return b.people[other].active })
}

// seers are the active users who see something.
func (b *book) seers(see circle) circle {
	list := circle{}
	for _, name := range slices.Sorted(maps.Keys(b.people)) {
		if b.sees(see, name) {
			list = append(list, name)
		}
	}
	return list
}

// visible is the contact with this id as far as somebody may see it, or nil.
func (b *book) visible(id, by string) *entry {
	if e := b.contacts[id]; e != nil && b.shown(e.see, by) {
		return e
	}
	return nil
}

func (b *book) talkByID(id string) *talk {
	for _, t := range b.talks {
		if t.id == id {
			return t
		}
	}
	return nil
}

func (b *book) openTalk(contact string) *talk {
	for _, t := range b.talks {
		if t.contact == contact && t.open {
			return t
		}
	}
	return nil
}

// holder is who has a phone or an e-mail: a contact, a user, or neither (I1).
func (b *book) holder(identity string) (*entry, *person) {
	for _, e := range b.contacts {
		if slices.Contains(e.phones, identity) || slices.Contains(e.emails, identity) {
			return e, nil
		}
	}
	for _, p := range b.people {
		if p.phone == identity || p.email == identity {
			return nil, p
		}
	}
	return nil, nil
}

// text is a contact as GET shows it, in one line, its version aside.
func (e *entry) text() string {
	names := e.first + " " + e.last
	if e.placeholder {
		names = "(placeholder)"
	}
	return fmt.Sprintf("%s %s; %s; tags %s; seen by %s; assigned %q; archived %v", names, first(e.phones), first(e.emails), ordered(e.tags), e.see, e.assignee, e.archived)
}

func (t *talk) text() string {
	return fmt.Sprintf("of %s; open %v; assigned %q; seen by %s", t.contact, t.open, t.assignee, t.see)
}

func (c circle) String() string {
	if c == nil {
		return "everyone"
	}
	return ordered(c)
}

// first is a list whose first one matters and the order of the others does not.
func first(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	return list[0] + " " + ordered(list[1:])
}

func ordered(list []string) string {
	return "[" + strings.Join(slices.Sorted(slices.Values(list)), " ") + "]"
}

// without removes from a list, leaving the list itself as it was.
func without(list []string, gone string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == gone })
}
