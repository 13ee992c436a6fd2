package web

import (
	"time"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

func sampleMerge() MergePage {
	list := sampleContacts()
	into, from := list[0], list[6]
	from.Notes, into.Notes = hostile, "a\nb"
	after, err := crm.Merged(&into, &from, nil)
	if err != nil {
		panic(err)
	}
	after.OptOuts = []crm.Family{crm.SMS}
	after.Visibility = crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{dana.ID}}
	page := MergePage{Shell: sampleShell("contacts", "Merge two contacts"), Error: "Choose again.", Names: map[string]string{dana.ID.String(): dana.Name},
		Preview: contacts.MergePreview{From: &from, Into: &into, After: after, Conversations: 3, Messages: 1204, OpenBoth: true}}
	page.mergeRows(map[string]crm.MergeChoice{"business_name": crm.FromGone})
	return page
}

func sampleJustMerged() ContactPage {
	hiro := sampleContacts()[0]
	entry := HistoryEntry{Clock: clock, Contact: &hiro, UndoMerge: sampleID(60), Event: crm.Event{Type: crm.ContactMerged, At: ago(time.Minute), ActorName: "Ana Reis",
		Note: hostile + " became part of this contact.", Changes: []crm.Change{{Field: "other_phones", Old: []any{}, New: []any{"+447700900777"}}}}}
	return ContactPage{Shell: sampleShell("contacts", hiro.Name()), Contact: &hiro, Form: sampleForm(hiro), JustMerged: &entry, History: HistoryList{Entries: []HistoryEntry{entry}}}
}

func sampleDuplicates() DuplicatesPage {
	list := sampleContacts()
	row := func(a, b int, reason string) DuplicateRow {
		return duplicateRow(contacts.Pair{Duplicate: store.Duplicate{ID: sampleID(600 + a), Reason: reason}, A: &list[a], B: &list[b]}, a == 0)
	}
	return DuplicatesPage{Shell: sampleShell("contacts", "Duplicates"), Count: DuplicatesCount{"2"}, Next: "/contacts/duplicates?after=60.x",
		Rows: []DuplicateRow{row(0, 6, "Same name and the same business"), row(5, 1, "Similar name and the same postal code")}}
}
