package contacts

import (
	"context"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// ReadFilter reads a filter from its names and values, as crm.ParseFilter does, with the
// tags, users and fields that there are now. What is wrong with it is in its Problems;
// the error is a fault.
func (s *Contacts) ReadFilter(ctx context.Context, who crm.Actor, values map[string][]string) (f crm.Filter, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		f, err = ReadFilter(tx, who.BusinessID, values)
		return err
	})
	return f, err
}

// ReadFilter is the same in the caller's transaction.
func ReadFilter(tx *db.Tx, business crm.ID, values map[string][]string) (crm.Filter, error) {
	words, err := filterWords(tx, business)
	return crm.ParseFilter(values, words), err
}

// FilterWords are the tags, users, fields and time zone that filters are read with.
func (s *Contacts) FilterWords(ctx context.Context, who crm.Actor) (words crm.FilterWords, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		words, err = filterWords(tx, who.BusinessID)
		return err
	})
	return words, err
}

func filterWords(tx *db.Tx, business crm.ID) (words crm.FilterWords, err error) {
	b, err := store.Business(tx, business)
	if err != nil {
		return words, err
	}
	if words.Zone, err = time.LoadLocation(b.TimeZone); err != nil {
		words.Zone = time.UTC
	}
	if words.Tags, err = store.Tags(tx, business); err != nil {
		return words, err
	}
	if words.Gone, err = store.GoneTags(tx, business); err != nil {
		return words, err
	}
	if words.Users, err = store.Users(tx, business); err != nil {
		return words, err
	}
	words.Fields, err = store.CustomFields(tx, business)
	return words, err
}
