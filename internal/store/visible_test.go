package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/store"
)

// rounds is how many made-up teams each engine is asked about.
const rounds = 60

// TestVisibilityIsOneRule: crm.CanSee and the condition in SQL give the same answer for
// any team and any contact or conversation, through the rows themselves (V2).
func TestVisibilityIsOneRule(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			if round++; round > rounds {
				return
			}
			oneRule(t, rt, d)
		})
	})
}

func oneRule(t *testing.T, rt *rapid.T, d *db.DB) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	business := crm.NewID(now)
	users := make([]crm.User, rapid.IntRange(1, 4).Draw(rt, "users"))
	for i := range users {
		users[i] = crm.User{BusinessID: business, ID: crm.NewID(now), Name: fmt.Sprint("user ", i), CreatedAt: now,
			Role:   rapid.SampledFrom([]crm.Role{crm.Admin, crm.Agent}).Draw(rt, "role"),
			Active: rapid.Bool().Draw(rt, "active")}
	}
	active := func(id crm.ID) bool {
		return slices.ContainsFunc(users, func(u crm.User) bool { return u.ID == id && u.Active })
	}
	visibility := func(what string) crm.Visibility {
		v := crm.Visibility{Mode: rapid.SampledFrom([]crm.VisibilityMode{crm.Everyone, crm.Chosen}).Draw(rt, what)}
		for _, u := range users {
			// Viewers may be left over from when it was chosen: then they mean nothing.
			if rapid.Bool().Draw(rt, what+" for "+u.Name) {
				v.UserIDs = append(v.UserIDs, u.ID)
			}
		}
		return v
	}
	contacts := make([]*crm.Contact, 3)
	conversations := make([]crm.Conversation, len(contacts))
	for i := range contacts {
		contacts[i] = &crm.Contact{ID: crm.NewID(now), Status: crm.Active, Source: crm.SourceManual, Version: 1,
			Visibility: visibility(fmt.Sprint("contact ", i)), CreatedAt: now, UpdatedAt: now}
		conversations[i] = crm.Conversation{BusinessID: business, ID: crm.NewID(now), ContactID: contacts[i].ID,
			Visibility: visibility(fmt.Sprint("conversation ", i)), LastMessageAt: now, OpenedAt: now}
	}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		store.AddBusiness(tx, crm.Business{ID: business, Name: "Rosas", Country: "GB", TimeZone: "UTC", CreatedAt: now})
		for _, u := range users {
			store.AddUser(tx, u)
		}
		store.AddContacts(tx, business, contacts)
		for _, v := range conversations {
			store.OpenConversation(tx, v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		for _, u := range users {
			who := crm.Actor{BusinessID: business, UserID: u.ID, Role: u.Role}
			listed, err := store.Contacts(tx, who, crm.Filter{}, "", nil, 10)
			if err != nil {
				return err
			}
			inbox, _, err := store.Conversations(tx, who, store.ConversationFilter{View: store.ViewOpen}, nil, 10)
			if err != nil {
				return err
			}
			for i, c := range contacts {
				want := crm.CanSee(c.Visibility, u.ID, u.Role, active)
				_, err := store.Contact(tx, who, c.ID)
				agree(rt, "contact", who, c.Visibility, want, err)
				if slices.ContainsFunc(listed, func(l *crm.Contact) bool { return l.ID == c.ID }) != want {
					rt.Fatalf("%s %s: the list shows the contact: %v", u.Role, u.Name, !want)
				}
				v := conversations[i]
				want = crm.CanSee(v.Visibility, u.ID, u.Role, active)
				_, err = store.ConversationByID(tx, who, v.ID)
				agree(rt, "conversation", who, v.Visibility, want, err)
				if slices.ContainsFunc(inbox, func(l store.ConversationRow) bool { return l.ID == v.ID }) != want {
					rt.Fatalf("%s %s: the list shows the conversation: %v", u.Role, u.Name, !want)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func agree(rt *rapid.T, what string, who crm.Actor, v crm.Visibility, want bool, err error) {
	if err != nil && crm.KindOf(err) != crm.NotFound {
		rt.Fatal(err)
	}
	if got := err == nil; got != want {
		rt.Fatalf("%s %s sees the %s (%s, %d chosen): %v in SQL, %v in Go", who.Role, who.UserID, what, v.Mode, len(v.UserIDs), got, want)
	}
}
