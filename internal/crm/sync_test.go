package crm_test

import (
	"maps"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

func TestMerge(t *testing.T) {
	type V = crm.Values
	policy := func(p crm.SyncPolicy) func(string) crm.SyncPolicy { return func(string) crm.SyncPolicy { return p } }
	for _, row := range []struct {
		name               string
		base, ours, theirs crm.Values
		policy             crm.SyncPolicy
		newer              bool
		here, there        crm.Values
		disagreed          int
	}{
		{name: "they changed", base: V{"f": "a"}, ours: V{"f": "a"}, theirs: V{"f": "b"}, here: V{"f": "b"}},
		{name: "we changed", base: V{"f": "a"}, ours: V{"f": "b"}, theirs: V{"f": "a"}, there: V{"f": "b"}},
		{name: "both the same", base: V{"f": "a"}, ours: V{"f": "b"}, theirs: V{"f": "b"}},
		{name: "empty never erases", base: V{"f": "a"}, ours: V{"f": "a"}, theirs: V{}, there: V{"f": "a"}},
		{name: "we cleared", base: V{"f": "a"}, ours: V{}, theirs: V{"f": "a"}, there: V{"f": ""}},
		{name: "we cleared, they changed", base: V{"f": "a"}, ours: V{}, theirs: V{"f": "b"}, here: V{"f": "b"}, disagreed: 1},
		{name: "first time fills", ours: V{}, theirs: V{"f": "b"}, here: V{"f": "b"}},
		{name: "first time replaces nothing", ours: V{"f": "a"}, theirs: V{"f": "b"}, there: V{"f": "a"}, disagreed: 1},
		{name: "theirs", base: V{"f": "a"}, ours: V{"f": "b"}, theirs: V{"f": "c"}, policy: crm.SyncTheirs, here: V{"f": "c"}, disagreed: 1},
		{name: "ours", base: V{"f": "a"}, ours: V{"f": "b"}, theirs: V{"f": "c"}, policy: crm.SyncOurs, there: V{"f": "b"}, disagreed: 1},
		{name: "newest, ours", base: V{"f": "a"}, ours: V{"f": "b"}, theirs: V{"f": "c"}, policy: crm.SyncNewest, newer: true, there: V{"f": "b"}, disagreed: 1},
		{name: "newest, theirs", base: V{"f": "a"}, ours: V{"f": "b"}, theirs: V{"f": "c"}, policy: crm.SyncNewest, here: V{"f": "c"}, disagreed: 1},
		{name: "ask", base: V{"f": "a"}, ours: V{"f": "b"}, theirs: V{"f": "c"}, policy: crm.SyncAsk, disagreed: 1},
		{name: "what they cannot keep", base: V{"g": "a"}, ours: V{"g": "b"}, theirs: V{}},
	} {
		a := crm.Merge(row.base, row.ours, row.theirs, []string{"f"}, policy(row.policy), row.newer)
		if !maps.Equal(a.Here, row.here) || !maps.Equal(a.There, row.there) || len(a.Disagreed) != row.disagreed {
			t.Errorf("%s: here %v, there %v, disagreed %v", row.name, a.Here, a.There, a.Disagreed)
		}
	}
}

// TestMergeComesToRest: whatever is edited on both sides, and wherever it breaks off
// between merging and sending, both end equal where changes are sent, no text is lost
// without a word, and nothing happens any more after that.
func TestMergeComesToRest(t *testing.T) {
	fields := []string{"city", "email", "phone"}
	value := rapid.SampledFrom([]string{"", "a", "b", "c", "d"})
	rapid.Check(t, func(t *rapid.T) {
		policies := map[string]crm.SyncPolicy{}
		for _, f := range fields {
			policies[f] = rapid.SampledFrom([]crm.SyncPolicy{crm.SyncTheirs, crm.SyncOurs, crm.SyncNewest}).Draw(t, "policy")
		}
		ours, theirs, base := crm.Values{}, crm.Values{}, crm.Values(nil)
		put := func(v crm.Values, f, text string) {
			if delete(v, f); text != "" {
				v[f] = text
			}
		}
		merge := func(send bool) bool {
			a := crm.Merge(base, ours, theirs, fields, func(f string) crm.SyncPolicy { return policies[f] }, rapid.Bool().Draw(t, "newer"))
			base = a.Base
			said := map[string]bool{}
			for _, d := range a.Disagreed {
				said[d.Field] = true
			}
			for f, text := range a.Here {
				if text == "" {
					t.Fatalf("%s is erased here", f)
				}
				if ours[f] != "" && !said[f] && ours[f] == text {
					t.Fatalf("%s is changed to what it was", f)
				}
				put(ours, f, text)
			}
			if send {
				for f, text := range a.There {
					put(theirs, f, text)
					put(base, f, text)
				}
			}
			return len(a.Here)+len(a.There)+len(a.Disagreed) > 0
		}
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			f := rapid.SampledFrom(fields).Draw(t, "field")
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				put(ours, f, value.Draw(t, "ours"))
			case 1:
				put(theirs, f, value.Draw(t, "theirs"))
			case 2:
				merge(false) // broken off before it was sent
			case 3:
				merge(true)
			}
		}
		merge(true)
		if !maps.Equal(ours, theirs) {
			t.Fatalf("here %v, there %v", ours, theirs)
		}
		if merge(true) {
			t.Fatal("it does not come to rest")
		}
	})
}

// TestMergeLosesNothing: a text that is replaced was either what both had agreed on, or is
// named in a disagreement.
func TestMergeLosesNothing(t *testing.T) {
	value := rapid.SampledFrom([]string{"", "a", "b", "c"})
	policy := rapid.SampledFrom(crm.SyncPolicies)
	rapid.Check(t, func(t *rapid.T) {
		base, ours, theirs := crm.Values{"f": value.Draw(t, "base")}, crm.Values{"f": value.Draw(t, "ours")}, crm.Values{"f": value.Draw(t, "theirs")}
		if rapid.Bool().Draw(t, "first") {
			base = nil
		}
		p := policy.Draw(t, "policy")
		a := crm.Merge(base, ours, theirs, []string{"f"}, func(string) crm.SyncPolicy { return p }, rapid.Bool().Draw(t, "newer"))
		here, replaced := a.Here["f"]
		if replaced && ours["f"] != "" && ours["f"] != base["f"] && len(a.Disagreed) == 0 {
			t.Fatalf("%q became %q without a word", ours["f"], here)
		}
		there, sent := a.There["f"]
		if sent && theirs["f"] != "" && theirs["f"] != base["f"] && len(a.Disagreed) == 0 {
			t.Fatalf("%q over there became %q without a word", theirs["f"], there)
		}
	})
}

// TestSwings: whatever systems change a field in whatever order, a third change in turn is
// never taken, and without one nothing is frozen.
func TestSwings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		systems := rapid.SampledFrom([]crm.ID{"x", "y", "z"})
		var taken []crm.ID
		for range rapid.IntRange(0, 12).Draw(t, "changes") {
			by := systems.Draw(t, "by")
			frozen := crm.Swings(taken, by)
			if n := len(taken); frozen != (n >= 2 && taken[n-2] == by && taken[n-1] != by) {
				t.Fatalf("%v, then %s: frozen %v", taken, by, frozen)
			}
			if frozen {
				break
			}
			taken = append(taken, by)
		}
		for n := 2; n < len(taken); n++ {
			if taken[n] == taken[n-2] && taken[n] != taken[n-1] {
				t.Fatalf("%v were taken", taken)
			}
		}
	})
}

// TestHold: a field that is held is as it was on both sides, and asked for; all others are
// as without it.
func TestHold(t *testing.T) {
	fields := []string{"city", "email"}
	value := rapid.SampledFrom([]string{"", "a", "b", "c"})
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) crm.Values {
			v := crm.Values{}
			for _, f := range fields {
				if text := value.Draw(t, name); text != "" {
					v[f] = text
				}
			}
			return v
		}
		base, ours, theirs := draw("base"), draw("ours"), draw("theirs")
		policy := func(string) crm.SyncPolicy { return crm.SyncTheirs }
		held, free := crm.Merge(base, ours, theirs, fields, policy, false), crm.Merge(base, ours, theirs, fields, policy, false)
		held.Hold("city", base["city"], ours["city"], theirs["city"])
		if _, here := held.Here["city"]; here || held.There["city"] != "" || held.Base["city"] != base["city"] {
			t.Fatalf("%+v", held)
		}
		if held.Here["email"] != free.Here["email"] || held.There["email"] != free.There["email"] || held.Base["email"] != free.Base["email"] {
			t.Fatalf("%+v, else %+v", held, free)
		}
		// answered, it is as anything that both changed
		if a := crm.Merge(held.Base, ours, theirs, fields, policy, false); a.Here["city"] != free.Here["city"] {
			t.Fatalf("after the answer %+v, else %+v", a, free)
		}
	})
}
