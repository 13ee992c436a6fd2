package api_test

import (
	"fmt"
	"slices"
)

// merge is C11: from becomes part of into.
func (b *book) merge(by, from, into string, got answer) ruling {
	switch p := b.people[by]; {
	case b.out(by):
		return ruling{status: 401}
	case !p.admin:
		return ruling{status: 403}
	}
	gone, kept := b.visible(from, by), b.visible(into, by)
	switch {
	case gone == nil:
		return ruling{status: 404}
	case from == into || kept == nil:
		return ruling{status: 422}
	}
	see := b.narrower(kept.see, gone.see)
	m := merged{id: got.str("merge_id"), kept: kept.clone(), gone: gone.clone()}
	var talks []*talk // of both
	for _, t := range b.talks {
		if t.contact == from || t.contact == into {
			talks = append(talks, t)
			m.talks = append(m.talks, *t)
			if nobody(b.narrower(t.see, see)) {
				return ruling{status: 409}
			}
		}
	}
	if nobody(see) {
		return ruling{status: 409}
	}
	if kept.placeholder && !gone.placeholder {
		kept.first, kept.last, kept.placeholder = gone.first, gone.last, false
	}
	kept.phones, kept.emails = append(slices.Clone(kept.phones), gone.phones...), append(slices.Clone(kept.emails), gone.emails...)
	for _, tag := range gone.tags {
		if !slices.Contains(kept.tags, tag) {
			kept.tags = append(slices.Clone(kept.tags), tag)
		}
	}
	kept.see, kept.archived, kept.changed = see, kept.archived && gone.archived, true
	kept.assignee = ""
	for _, assignee := range []string{gone.assignee, m.kept.assignee} { // the kept one's first
		if b.sees(see, assignee) {
			kept.assignee = assignee
		}
	}
	b.joinTalks(talks, kept)
	delete(b.contacts, from)
	m.after = b.state(into)
	b.merges = append(b.merges, &m)
	return ruling{status: 200}
}

// joinTalks moves what was the other's, leaves one open, and shows none to more people.
func (b *book) joinTalks(talks []*talk, kept *entry) {
	var open *talk
	for _, t := range talks {
		if t.open && (open == nil || t.last.After(open.last)) {
			open = t
		}
	}
	for _, t := range talks {
		t.contact = kept.id
		if t.open && t != open {
			t.open, t.handed, t.closed = false, false, b.now
		}
		if see := b.narrower(t.see, kept.see); !slices.Equal(b.seers(see), b.seers(t.see)) {
			if b.sees(t.see, t.assignee) && !b.sees(see, t.assignee) {
				t.assignee, t.handed = "", false
			}
			t.see = see
		}
	}
}

// narrower is the circle of those who are in both.
func (b *book) narrower(x, y circle) circle {
	switch {
	case y == nil:
		return x
	case x == nil:
		return y
	}
	both := circle{}
	for _, name := range b.seers(x) {
		if b.sees(y, name) {
			both = append(both, name)
		}
	}
	return both
}

// nobody reports whether there was no one who saw both.
func nobody(both circle) bool { return both != nil && len(both) == 0 }

// state is all that there is of a contact, and who is there to see it.
func (b *book) state(id string) string {
	e := b.contacts[id]
	if e == nil {
		return ""
	}
	text := e.text() + e.first + e.last
	for _, t := range b.talks {
		if t.contact == id {
			text += fmt.Sprint("\n", t.id, t.text(), t.handed, t.heard)
		}
	}
	return text + b.seers(nil).String()
}

// untouched reports whether nothing has happened to a merged contact since.
func (b *book) untouched(m *merged) bool { return b.state(m.kept.id) == m.after }

// undo gives both back as they were. What it does to a contact that changed since is
// TestUndoKeepsWhatHappenedSince's.
func (b *book) undo(by, id string) ruling {
	switch p := b.people[by]; {
	case b.out(by):
		return ruling{status: 401}
	case !p.admin:
		return ruling{status: 403}
	}
	m := b.merges[slices.IndexFunc(b.merges, func(m *merged) bool { return m.id == id })]
	e := b.contacts[m.kept.id]
	switch {
	case e == nil: // a call at the same instant deleted or merged it
		return ruling{status: 409}
	case b.visible(m.kept.id, by) == nil:
		return ruling{status: 404}
	case m.undone:
		return ruling{status: 409}
	}
	m.undone = true
	kept, gone := m.kept.clone(), m.gone.clone()
	kept.version, kept.changed = e.version, true
	gone.version, gone.changed = 0, true
	b.contacts[kept.id], b.contacts[gone.id] = &kept, &gone
	for _, was := range m.talks {
		*b.talkByID(was.id) = was
	}
	return ruling{status: 200}
}
