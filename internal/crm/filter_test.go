package crm_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

var filterWords = crm.FilterWords{
	Tags:  []crm.Tag{{ID: crm.NewID(time.Now()), Name: "Gold"}, {ID: crm.NewID(time.Now()), Name: "Late, payer"}},
	Users: []crm.User{{ID: crm.NewID(time.Now()), Name: "Ana"}},
	Fields: []crm.CustomField{
		{Key: "size", Label: "Size", Kind: crm.CustomNumber}, {Key: "since", Label: "Since", Kind: crm.CustomDate},
		{Key: "plan", Label: "Plan", Kind: crm.CustomChoice, Options: []crm.CustomOption{{Value: "a", Label: "Plan A"}}},
		{Key: "vip", Label: "VIP", Kind: crm.CustomBoolean}, {Key: "nick", Label: "Nick", Kind: crm.CustomText},
	},
	Zone: time.FixedZone("east", 2*3600),
}

// A filter that is written and read again is the same filter.
func TestFilterRoundTrip(t *testing.T) {
	gold, late, ana := filterWords.Tags[0].ID.String(), filterWords.Tags[1].ID.String(), filterWords.Users[0].ID.String()
	choices := map[string][]string{
		"q": {"ann"}, "status": {"active", "archived", "any"}, "tag": {gold, late, "gold", "Late, payer", "gold,late, payer"}, "any_tag": {gold, late}, "not_tag": {late},
		"assignee": {ana, "nobody"}, "source": {"manual", "whatsapp", "xero"}, "country": {"GB", "de", "none"},
		"last_message_after": {"2026-01-02", "2026-01-02T03:04:05Z"}, "last_message_before": {"2026-03-04"}, "last_message": {"never"},
		"has": {"phone", "email", "phone,email"}, "has_not": {"email"}, "opt_out": {"sms", "whatsapp"}, "not_opt_out": {"sms"},
		"custom.size": {"4", "1,234.50", "-3"}, "custom.size.min": {"-4.5"}, "custom.since.max": {"2026-01-02"}, "custom.plan": {"Plan A", "a"},
		"custom.vip": {"yes", "no"}, "custom.nick": {"Bo"}, "custom.nick.set": {"yes", "no"},
	}
	single := map[string]bool{"q": true, "status": true, "last_message_after": true, "last_message_before": true, "last_message": true,
		"custom.size.min": true, "custom.since.max": true, "custom.nick.set": true}
	rapid.Check(t, func(t *rapid.T) {
		values := map[string][]string{}
		for name, of := range choices {
			if !rapid.Bool().Draw(t, name) {
				continue
			}
			n := 1
			if !single[name] {
				n = rapid.IntRange(1, 2).Draw(t, name+" times")
			}
			for range n {
				values[name] = append(values[name], rapid.SampledFrom(of).Draw(t, name+" value"))
			}
		}
		f := crm.ParseFilter(values, filterWords)
		if err := f.Err(); err != nil && !strings.Contains(err.Error(), "no tag") {
			t.Fatal(err)
		} else if err != nil {
			return
		}
		again := crm.ParseFilter(f.Values(), filterWords)
		if !reflect.DeepEqual(f.Values(), again.Values()) || again.Err() != nil {
			t.Fatalf("%v became %v", f.Values(), again.Values())
		}
		if f.Narrows() != (len(f.Values()) > 0 && !reflect.DeepEqual(f.Values(), map[string][]string{"status": {"active"}})) {
			t.Fatalf("narrows: %v of %v", f.Narrows(), f.Values())
		}
		text, _ := json.Marshal(f.Values())
		var object map[string]any
		_ = json.Unmarshal(text, &object)
		if values, problems := crm.FilterValues(object); len(problems) > 0 || !reflect.DeepEqual(crm.ParseFilter(values, filterWords).Values(), f.Values()) {
			t.Fatalf("as JSON %s: %v", text, problems)
		}
	})
}

// Whatever is wrong is named, and such a filter says so.
func TestFilterProblems(t *testing.T) {
	for query, want := range map[string]string{
		"nope=1": "nope unknown_parameter", "nope=": "nope unknown_parameter", "tag=Silver": "tag unknown_tag", "any_tag=" + string(crm.NewID(time.Now())): "any_tag unknown_tag",
		"status=dead": "status unknown_value", "status=active,archived": "status too_many", "assignee=me": "assignee unknown_user", "source=%00": "source unknown_value",
		"country=XX": "country unknown_country", "last_message_after=soon": "last_message_after not_a_date", "last_message_before=99999-01-01": "last_message_before not_a_date",
		"last_message=ever": "last_message unknown_value", "has=fax": "has unknown_value", "opt_out=mail": "opt_out unknown_value", "q=a%00b": "q control_character", "q=%ff": "q not_text",
		"q=a&q=b": "q too_many", "custom.nope=1": "custom.nope unknown_field", "custom.size=four": "custom.size not_a_number", "custom.size=1,234": "custom.size not_a_number",
		"custom.plan=B": "custom.plan unknown_option", "custom.plan.min=a": "custom.plan.min no_order", "custom.size.most=1": "custom.size.most unknown_parameter",
		"custom.since=02/03/2026": "custom.since ambiguous_date", "tag=" + strings.Repeat("Gold&tag=", 51): "tag too_many", "custom.nick.set=maybe": "custom.nick.set unknown_value",
	} {
		values, _ := url.ParseQuery(query)
		f := crm.ParseFilter(values, filterWords)
		if len(f.Problems) != 1 || f.Problems[0].Field+" "+f.Problems[0].Code != want {
			t.Errorf("%s: %v, want %s", query, f.Problems, want)
		}
		if !f.Narrows() || crm.KindOf(f.Err()) != crm.Invalid {
			t.Errorf("%s passes", query)
		}
	}
	if _, problems := crm.FilterValues(map[string]any{"tag": map[string]any{}, "any_tag": []any{[]any{}}, "q": nil}); len(problems) != 3 {
		t.Errorf("nested values: %v", problems)
	}
}

// A day begins where the business is; a renamed tag is the same tag.
func TestFilterMeaning(t *testing.T) {
	f := crm.ParseFilter(map[string][]string{"last_message_after": {"2026-01-02"}, "tag": {"GOLD"}, "last_message": {"never"}}, filterWords)
	if !f.After.Equal(time.Date(2026, 1, 1, 22, 0, 0, 0, time.UTC)) || !f.NoMessage {
		t.Errorf("%v", f)
	}
	renamed := filterWords
	renamed.Tags = []crm.Tag{{ID: filterWords.Tags[0].ID, Name: "Platinum"}}
	if again := crm.ParseFilter(f.Values(), renamed); again.Err() != nil || again.Tags[0] != filterWords.Tags[0].ID {
		t.Errorf("%v", again)
	}
	deleted := filterWords
	deleted.Tags = nil
	if crm.ParseFilter(f.Values(), deleted).Err() == nil {
		t.Error("a filter on a deleted tag passes")
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("tag=Gold&custom.size.min=3&q=a")
	f.Add("custom.=&custom..=1&custom.size.=2&last_message_after=2026-02-30")
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query)
		filter := crm.ParseFilter(values, filterWords)
		if filter.Err() == nil && crm.ParseFilter(filter.Values(), filterWords).Err() != nil {
			t.Errorf("%q is read once and not twice: %v", query, crm.ParseFilter(filter.Values(), filterWords).Problems)
		}
	})
}
