package team

import (
	"context"
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Tags are the tags of the business by name, with how many contacts the actor sees with
// each.
func (s *Team) Tags(ctx context.Context, who crm.Actor) (list []store.CountedTag, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.CountedTags(tx, who)
		return err
	})
	return list, err
}

// TagNames are the tags of the business by name, for pickers.
func (s *Team) TagNames(ctx context.Context, who crm.Actor) (list []crm.Tag, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.Tags(tx, who.BusinessID)
		return err
	})
	return list, err
}

// PutTag makes a tag (with an empty ID) or renames and recolours one. Admins only (T1).
// The error is of kind Invalid, or Conflicting when the name is taken.
func (s *Team) PutTag(ctx context.Context, who crm.Actor, t crm.Tag) (crm.Tag, error) {
	if !who.IsAdmin() {
		return t, crm.ErrForbidden
	}
	var problems crm.Problems
	t.Name = strings.Join(strings.Fields(crm.CleanLine(&problems, "name", t.Name, 60)), " ")
	if t.Name == "" {
		problems.Add("name", "required", "A tag needs a name.")
	}
	if t.Colour == "" {
		t.Colour = crm.TagColours[0]
	}
	if !slices.Contains(crm.TagColours, t.Colour) {
		problems.Add("colour", "unknown_colour", "A colour is one of %s.", strings.Join(crm.TagColours, ", "))
	}
	if err := problems.Err(); err != nil {
		return t, err
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockIdentities(tx, who.BusinessID, []crm.IdentityKey{{Scope: "tag", Value: crm.TagKey(t.Name)}})
		other, found, err := store.TagByName(tx, who.BusinessID, t.Name)
		if err != nil {
			return err
		}
		if found && other.ID != t.ID {
			return &crm.Error{Kind: crm.Conflicting, Code: "tag_exists", Detail: "There is a tag " + other.Name + " already.",
				Fields: []crm.FieldError{{Field: "name", Code: "tag_exists", Detail: "There is a tag " + other.Name + " already."}}}
		}
		now := s.Now()
		event := who.Event(crm.TagCreated, now)
		if t.ID == "" {
			t.ID = crm.NewID(now)
			store.AddTag(tx, who.BusinessID, t, now)
		} else {
			if _, err := store.TagByID(tx, who.BusinessID, t.ID); err != nil {
				return err
			}
			event.Type = crm.TagChanged
			store.ChangeTag(tx, who.BusinessID, t)
		}
		event.SubjectID, event.Note = t.ID, t.Name
		return s.record(tx, event)
	})
	return t, err
}

// Tag reads one tag.
func (s *Team) Tag(ctx context.Context, who crm.Actor, id crm.ID) (t crm.Tag, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		t, err = store.TagByID(tx, who.BusinessID, id)
		return err
	})
	return t, err
}
