package crm_test

import (
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

func TestSplitName(t *testing.T) {
	for name, want := range map[string][2]string{
		"":                         {"", ""},
		"Priya":                    {"Priya", ""},
		"Priya Shah":               {"Priya", "Shah"},
		"  Priya \t Shah ":         {"Priya", "Shah"},
		"Ana Maria da Silva":       {"Ana Maria", "da Silva"},
		"Vincent van der Berg":     {"Vincent", "van der Berg"},
		"van Gogh":                 {"van", "Gogh"},
		"Shah, Priya":              {"Priya", "Shah"},
		"van der Berg, Vincent":    {"Vincent", "van der Berg"},
		"Priya,":                   {"Priya", ""},
		",":                        {"", ""},
		"Juan de la Cruz":          {"Juan", "de la Cruz"},
		"\u200b":                   {"\u200b", ""},
		"Ludwig Mies van der Rohe": {"Ludwig Mies", "van der Rohe"},
	} {
		first, last := crm.SplitName(name)
		if first != want[0] || last != want[1] {
			t.Errorf("SplitName(%q) = %q, %q; want %q, %q", name, first, last, want[0], want[1])
		}
	}
}

// TestSplitNameLosesNothing: every word of a name is in its parts, in its order where no
// comma says otherwise.
func TestSplitNameLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`\p{L}{1,8}|van|de|la`), 0, 6).Draw(t, "words")
		first, last := crm.SplitName(strings.Join(words, " "))
		if got, want := crm.FullName(first, last), crm.FullName(words...); got != want {
			t.Fatalf("%q became %q and %q", want, first, last)
		}
	})
}

// TestPlaceholderName: it names the channel, differs between contacts, and has no digit
// that somebody could take for a number (C3).
func TestPlaceholderName(t *testing.T) {
	now := time.Unix(0, 0)
	rapid.Check(t, func(t *rapid.T) {
		family := rapid.SampledFrom([]crm.Family{crm.WhatsApp, crm.SMS, ""}).Draw(t, "family")
		now = now.Add(time.Millisecond)
		first, last := crm.PlaceholderName(family, crm.NewID(now))
		if first == "" || last == "" || strings.ContainsFunc(first+last, unicode.IsDigit) {
			t.Fatalf("PlaceholderName = %q, %q", first, last)
		}
	})
}

// TestIDsSort: ids sort as the moments they were made at, and as they were made within a
// moment.
func TestIDsSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "start"))
		steps := rapid.SliceOfN(rapid.Int64Range(1, 5_000_000), 1, 50).Draw(t, "microseconds")
		ids := []crm.ID{crm.NewID(at)}
		for _, step := range steps {
			at = at.Add(time.Duration(step) * time.Microsecond)
			ids = append(ids, crm.NewID(at))
		}
		if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Fatalf("ids out of order or twice: %v", ids)
		}
	})
}

// TestIDsDiffer: many made at one moment are all different.
func TestIDsDiffer(t *testing.T) {
	now := time.Now()
	seen := map[crm.ID]bool{}
	for range 100_000 {
		seen[crm.NewID(now)] = true
	}
	if len(seen) != 100_000 {
		t.Errorf("%d different ids of 100000", len(seen))
	}
}

func TestParseID(t *testing.T) {
	id := crm.NewID(time.Now())
	for text, want := range map[string]bool{
		string(id):                             true,
		"":                                     false,
		string(id[:25]):                        false,
		string(id) + "0":                       false,
		strings.ToUpper(string(id[:25])) + "V": false,
		strings.Repeat("w", 26):                false,
		strings.Repeat("é", 13):                false,
		strings.Repeat("'", 26):                false,
	} {
		if got, ok := crm.ParseID(text); ok != want || ok && string(got) != text || !ok && got != "" {
			t.Errorf("ParseID(%q) = %q, %v; want %v", text, got, ok, want)
		}
	}
}

// TestIDInDatabase: nothing is NULL and back.
func TestIDInDatabase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var id, back crm.ID
		if rapid.Bool().Draw(t, "something") {
			id = crm.NewID(time.Now())
		}
		value, err := id.Value()
		if err != nil || (value == nil) != (id == "") {
			t.Fatalf("Value of %q = %v, %v", id, value, err)
		}
		if err := back.Scan(value); err != nil || back != id {
			t.Fatalf("%q came back as %q, %v", id, back, err)
		}
	})
	if err := new(crm.ID).Scan(7); err == nil {
		t.Error("a number was read as an id")
	}
}

func FuzzParseID(f *testing.F) {
	f.Add(string(crm.NewID(time.Unix(0, 0))))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := crm.ParseID(text); ok && (string(id) != text || len(id) != 26 || strings.Trim(text, "0123456789abcdefghijklmnopqrstuv") != "") {
			t.Fatalf("ParseID(%q) = %q", text, id)
		}
	})
}

// TestWindowOpen: open from the contact's message until shortly before 24 hours later, and
// never without one (V6).
func TestWindowOpen(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	if crm.WindowOpen(time.Time{}, at) {
		t.Error("open for somebody who never wrote")
	}
	rapid.Check(t, func(t *rapid.T) {
		after := time.Duration(rapid.Int64Range(0, int64(72*time.Hour)).Draw(t, "after"))
		open := crm.WindowOpen(at, at.Add(after))
		if open && after >= crm.WhatsAppWindow {
			t.Fatalf("open %v after the message", after)
		}
		if !open && after < crm.WhatsAppWindow-5*time.Minute {
			t.Fatalf("closed %v after the message", after)
		}
		if open && !crm.WindowOpen(at, at.Add(after/2)) {
			t.Fatalf("open after %v, but not before", after)
		}
	})
}

// TestCanSee holds rule V2 against its own words.
func TestCanSee(t *testing.T) {
	users := []crm.ID{"a", "b", "c", "d"}
	rapid.Check(t, func(t *rapid.T) {
		v := crm.Visibility{
			Mode:    rapid.SampledFrom([]crm.VisibilityMode{crm.Everyone, crm.Chosen}).Draw(t, "mode"),
			UserIDs: rapid.SliceOfDistinct(rapid.SampledFrom(users), func(id crm.ID) crm.ID { return id }).Draw(t, "chosen"),
		}
		activeUsers := rapid.SliceOfDistinct(rapid.SampledFrom(users), func(id crm.ID) crm.ID { return id }).Draw(t, "active")
		active := func(id crm.ID) bool { return slices.Contains(activeUsers, id) }
		user := rapid.SampledFrom(users).Draw(t, "user")
		role := rapid.SampledFrom([]crm.Role{crm.Admin, crm.Agent}).Draw(t, "role")
		got := crm.CanSee(v, user, role, active)
		chosen := slices.Contains(v.UserIDs, user)
		someoneLeft := slices.ContainsFunc(v.UserIDs, active)
		switch {
		case v.Mode == crm.Everyone && !got:
			t.Fatal("everyone may see it, and this user does not")
		case v.Mode == crm.Chosen && chosen && !got:
			t.Fatal("a chosen user does not see it")
		case v.Mode == crm.Chosen && !chosen && role == crm.Agent && got:
			t.Fatal("an agent who was not chosen sees it")
		case v.Mode == crm.Chosen && !chosen && role == crm.Admin && got == someoneLeft:
			t.Fatalf("an admin who was not chosen sees it: %v; chosen ones left: %v", got, someoneLeft)
		}
	})
}

// TestAssigneeFor holds rule V3: a hand-over stands while the conversation is open, else
// the contact's assignee gets the message, else nothing changes.
func TestAssigneeFor(t *testing.T) {
	someone := rapid.SampledFrom([]crm.ID{"", "a", "b"})
	rapid.Check(t, func(t *rapid.T) {
		contact := &crm.Contact{AssigneeID: someone.Draw(t, "contact's")}
		var open *crm.Conversation
		if rapid.Bool().Draw(t, "open") {
			open = &crm.Conversation{AssigneeID: someone.Draw(t, "conversation's"), HandedOver: rapid.Bool().Draw(t, "handed over")}
		}
		got := crm.AssigneeFor(contact, open)
		want := contact.AssigneeID
		if open != nil && (open.HandedOver || want == "") {
			want = open.AssigneeID
		}
		if got != want {
			t.Fatalf("assigned to %q, want %q", got, want)
		}
	})
}

// TestStatusRanks: statuses applied in any order, and more than once, end at the same
// state, which is the furthest (V7); what was delivered did not fail.
func TestStatusRanks(t *testing.T) {
	all := []crm.MessageStatusValue{crm.Queued, crm.Sending, crm.Unknown, crm.Sent, crm.Failed, crm.Delivered, crm.Read}
	if !sort.SliceIsSorted(all, func(i, j int) bool { return all[i].Rank() < all[j].Rank() }) {
		t.Error("the states do not rank in this order: ", all)
	}
	apply := func(statuses []crm.MessageStatusValue) crm.MessageStatusValue {
		state := crm.Queued
		for _, s := range statuses {
			if s.Rank() > state.Rank() {
				state = s
			}
		}
		return state
	}
	rapid.Check(t, func(t *rapid.T) {
		statuses := rapid.SliceOf(rapid.SampledFrom(append(all, crm.Received, "nonsense"))).Draw(t, "statuses")
		shuffled := rapid.Permutation(append(slices.Clone(statuses), statuses...)).Draw(t, "again, shuffled")
		if one, other := apply(statuses), apply(shuffled); one != other {
			t.Fatalf("%v ends at %s, shuffled at %s", statuses, one, other)
		}
		if got := apply(append(statuses, crm.Delivered, crm.Failed)); got != crm.Delivered && got != crm.Read {
			t.Fatalf("delivered, and then %s", got)
		}
	})
}

// TestNormalise: what a draft keeps is clean, cleaning twice changes nothing, and what
// cannot be kept is named with its field.
func TestNormalise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.SampledFrom(append(slices.Clone(crm.TextFields), "no_such_field")).Draw(t, "field")
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Z]{2}|.{0,300}|[\x00-\x20\x80-\xff]{0,5}`)).Draw(t, "text")
		d := crm.Draft{Fields: map[crm.Field]string{field: text}}
		problems := d.Normalise()
		if field == "no_such_field" && len(problems) == 0 {
			t.Fatal("an unknown field was taken")
		}
		for _, p := range problems {
			if p.Field != string(field) || p.Code == "" || p.Detail == "" {
				t.Fatalf("%q: problem %+v", text, p)
			}
		}
		if len(problems) > 0 {
			return
		}
		clean := d.Fields[field]
		if strings.TrimSpace(clean) != clean || strings.ContainsRune(clean, 0) {
			t.Fatalf("%q is kept as %q", text, clean)
		}
		if again := d.Normalise(); len(again) > 0 || d.Fields[field] != clean {
			t.Fatalf("%q is %q after one cleaning and %q after two, %v", text, clean, d.Fields[field], again)
		}
	})
}

// What cannot be seen is no name; within a text it is kept, for words are written with it.
func TestInvisibleTextIsNone(t *testing.T) {
	for text, want := range map[string]string{"\u200b\u00a0": "", "\ufeff": "", "\u00ad \u2060": "", "\u2066\u2069": "", "نمی\u200cخواهم": "نمی\u200cخواهم", "👩\u200d🌾": "👩\u200d🌾"} {
		if clean, problem := crm.FirstName.Clean(text); clean != want || problem != nil {
			t.Errorf("%q is kept as %q, %v", text, clean, problem)
		}
	}
}

// A4: what the audit log tells of, and under which kind.
func TestAuditKindOf(t *testing.T) {
	for kind, types := range map[crm.AuditKind][]crm.EventType{
		crm.AuditBroadcasts: {crm.BroadcastCreated, crm.BroadcastStarted, crm.BroadcastHalted, crm.BroadcastResumed, crm.BroadcastDropped, crm.BroadcastRetried, crm.BroadcastDeleted},
		crm.AuditChannels:   {crm.ChannelChanged, crm.TemplateSubmitted, crm.TemplateDeleted},
		crm.AuditSettings:   {crm.HookCreated, crm.HookChanged, crm.HookDeleted, crm.HookEnded, crm.SavedReplyChanged, crm.BusinessChanged},
		crm.AuditExports:    {crm.BroadcastExported, crm.ContactsExported, crm.AuditExported},
		"":                  {crm.BroadcastMoved, crm.ImportMoved, crm.MessageReceived, crm.ContactChanged},
	} {
		for _, e := range types {
			if got := crm.AuditKindOf(crm.Event{Type: e}); got != kind {
				t.Errorf("%s is filed as %q, want %q", e, got, kind)
			}
		}
	}
}
