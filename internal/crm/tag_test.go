package crm_test

import (
	"slices"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"parley/internal/crm"
)

// T1: names are compared without regard to case and outer space, and to nothing else.
func TestTagKey(t *testing.T) {
	for name, same := range map[string]string{
		"Gold": " gOLD\t", "Café": "CAFE\u0301 ", "İzmir": "I\u0307ZMIR", "Ünlü": "ünlü", "\u200fVIP\u200b": "vip", "Ångström": "\u212bngström",
	} {
		if crm.TagKey(name) != crm.TagKey(same) {
			t.Errorf("%q and %q are two tags", name, same)
		}
	}
	for name, other := range map[string]string{"Cafe": "Café", "Gold": "Göld", "A B": "AB", "x²": "x2", "👩\u200d👧": "👩👧"} {
		if crm.TagKey(name) == crm.TagKey(other) {
			t.Errorf("%q and %q are one tag", name, other)
		}
	}
	letters := rapid.SampledFrom([]rune("aAäÄéÉiIİıßẞſσςΣ\u0301\u0307\u0308\u00a0 \u200d\u212a2²ﬁ"))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(letters, 0, 6, -1)
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		if key := crm.TagKey(a); key != crm.TagKey(" "+norm.NFD.String(a)+"\n") || key != crm.TagKey(key) {
			t.Fatalf("%q has several keys", a)
		}
		// What a migration relies on: two keys that differed differ still.
		if crm.TagKey(a) == crm.TagKey(b) && crm.Fold(a) != crm.Fold(b) {
			t.Fatalf("%q and %q became one", a, b)
		}
	})
}

// A filter takes the tag of that name, or else the only one without regard to accents.
func TestTagByName(t *testing.T) {
	tags := []crm.Tag{{ID: "1", Name: "Café"}, {ID: "2", Name: "cafe"}, {ID: "3", Name: "Zürich"}}
	for text, want := range map[string]crm.ID{"cafe": "2", "CAFÉ": "1", "zurich": "3", "Zu\u0308rich": "3", " zürich ": "3", "cafè": "", "caf": "", "": ""} {
		got, found := crm.TagByName(tags, text)
		if got.ID != want || found != (want != "") {
			t.Errorf("%q: %v", text, got)
		}
	}
	if tags = append(tags, crm.Tag{Name: "École"}, crm.Tag{Name: "Fox"}); !slices.IsSortedFunc([]crm.Tag{tags[1], tags[0], tags[3], tags[4], tags[2]}, crm.TagOrder{}.Compare) {
		t.Error("tags do not stand by name, é beside e")
	}
}
