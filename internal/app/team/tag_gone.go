package team

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// uniteChunk and clearChunk are how many contacts get another tag, or lose one with an
// entry in their history, in one transaction: well under 100 ms, so that webhooks do not
// wait for it.
const (
	uniteChunk = 2000
	clearChunk = 500
)

// DeleteTag takes a tag off everyone who carries it. It is gone from everywhere at once;
// the histories of many contacts say so in the seconds after, also over a restart
// (contacts.KeepTidy). Filters that name it say that it is missing. Admins only.
func (s *Team) DeleteTag(ctx context.Context, who crm.Actor, id crm.ID) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := store.TagByID(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		return s.retire(tx, who, t, crm.Tag{})
	})
}

// MergeTags makes a tag part of another one, which everyone who carried either carries
// then. Filters that name the old one mean the other from then on. Admins only.
//
// The merge is one transaction. Where very many carry the tag they get the other one
// before it, in chunks, so that nobody waits; a crash among these leaves contacts with
// both tags, and merging again goes on.
func (s *Team) MergeTags(ctx context.Context, who crm.Actor, id, into crm.ID) (kept crm.Tag, err error) {
	if !who.IsAdmin() {
		return kept, crm.ErrForbidden
	}
	var old crm.Tag
	check := func(tx *db.Tx) error {
		if old, kept, err = tagsToMerge(tx, who.BusinessID, id, into); err != nil {
			return err
		}
		return nil
	}
	many := 0
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := check(tx); err != nil {
			return err
		}
		many, err = store.TagCarriers(tx, who.BusinessID, id, uniteChunk+1)
		return err
	})
	after := crm.ID("")
	for more := many > uniteChunk; more && err == nil; {
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			last, err := store.UniteTag(tx, who.BusinessID, old.ID, kept.ID, after, uniteChunk)
			after, more = max(after, last), last != ""
			if err != nil {
				return err
			}
			event := who.Event(crm.TagMoved, s.Now())
			event.SubjectID, event.Note = kept.ID, kept.Name
			return s.record(tx, event)
		})
	}
	if err != nil {
		return kept, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := check(tx); err != nil {
			return err
		}
		if _, err := store.UniteTag(tx, who.BusinessID, old.ID, kept.ID, after, 0); err != nil {
			return err
		}
		return s.retire(tx, who, old, kept)
	})
	return kept, err
}

func tagsToMerge(tx *db.Tx, business, id, into crm.ID) (old, kept crm.Tag, err error) {
	if old, err = store.TagByID(tx, business, id); err != nil {
		return old, kept, err
	}
	var problems crm.Problems
	if _, ok := crm.ParseID(string(into)); ok {
		kept, err = store.TagByID(tx, business, into)
	} else {
		err = crm.ErrNotFound
	}
	switch {
	case into == "":
		problems.Add("into", "required", "Choose the tag that it shall become.")
	case crm.KindOf(err) == crm.NotFound:
		problems.Add("into", "unknown_tag", "There is no such tag.")
	case err != nil:
		return old, kept, err
	case kept.ID == old.ID:
		problems.Add("into", "same_tag", "A tag cannot become part of itself.")
	}
	return old, kept, problems.Err()
}

// retire takes a tag out of use; into is what it becomes, or no tag. Of few carriers the
// rest is done at once, of many by contacts.KeepTidy.
func (s *Team) retire(tx *db.Tx, who crm.Actor, t, into crm.Tag) error {
	gone := crm.GoneTag{Tag: t, Business: who.BusinessID, Into: into, At: s.Now(), By: who}
	event := who.Event(crm.TagDeleted, gone.At)
	event.SubjectID, event.Note = t.ID, t.Name
	if into.ID != "" {
		event.Type, event.Note, event.Changes = crm.TagMerged, t.Name+" became part of "+into.Name, []crm.Change{gone.Change()}
	}
	events := []crm.Event{event}
	many, err := store.TagCarriers(tx, who.BusinessID, t.ID, clearChunk+1)
	if err != nil {
		return err
	}
	store.SetTagGone(tx, gone)
	if many <= clearChunk {
		ids, err := store.ClearTag(tx, gone, clearChunk)
		if err != nil {
			return err
		}
		for _, id := range ids {
			events = append(events, gone.Retagged(id))
		}
	}
	return s.record(tx, events...)
}

// TagNow reads a tag, or what it became when it was merged.
func (s *Team) TagNow(ctx context.Context, who crm.Actor, id crm.ID) (t crm.Tag, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		tags, err := store.TagsByID(tx, who.BusinessID, []crm.ID{id})
		if err != nil {
			return err
		}
		var found bool
		if t, found = tags[id]; !found {
			return crm.ErrNotFound
		}
		return nil
	})
	return t, err
}
