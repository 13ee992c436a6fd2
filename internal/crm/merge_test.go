package crm_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

// V2: whoever sees a narrowed visibility saw both, now and as long as nobody changes it;
// and it is refused only where nobody active sees both.
func TestNarrower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var users []crm.User
		for n := range rapid.IntRange(1, 5).Draw(t, "users") {
			role := rapid.SampledFrom([]crm.Role{crm.Admin, crm.Agent}).Draw(t, "role")
			users = append(users, crm.User{ID: crm.ID(fmt.Sprintf("u%d", n)), Role: role, Active: rapid.Bool().Draw(t, "active")})
		}
		active := func(id crm.ID) bool {
			for _, u := range users {
				if u.ID == id {
					return u.Active
				}
			}
			return false
		}
		draw := func(name string) crm.Visibility {
			v := crm.Visibility{Mode: rapid.SampledFrom([]crm.VisibilityMode{crm.Everyone, crm.Chosen}).Draw(t, name)}
			for _, u := range users {
				if v.Mode == crm.Chosen && rapid.Bool().Draw(t, name+string(u.ID)) {
					v.UserIDs = append(v.UserIDs, u.ID)
				}
			}
			return v
		}
		a, b := draw("a"), draw("b")
		v, ok := crm.Narrower(a, b, users)
		both := 0
		for _, u := range users {
			sees := func(v crm.Visibility) bool { return u.Active && crm.CanSee(v, u.ID, u.Role, active) }
			if sees(a) && sees(b) {
				both++
			}
			if ok && sees(v) != (sees(a) && sees(b)) {
				t.Fatalf("%+v sees %+v and %+v, of which came %+v", u, a, b, v)
			}
		}
		if a.Mode == crm.Chosen && b.Mode == crm.Chosen && ok != (both > 0) {
			t.Fatalf("ok %v with %d who see both", ok, both)
		}
	})
}

// C11: without choices the kept contact's values stand, the other's fill what is empty,
// and a real name beats a placeholder.
func TestMergedDefaults(t *testing.T) {
	into := &crm.Contact{ID: "a", FirstName: "WhatsApp", LastName: "Contact ABCD", NameIsPlaceholder: true, Notes: "likes tulips",
		Contact: crm.Address{City: "Leeds"}, Custom: map[string]any{"size": 4.0}, Status: crm.Archived, OptOuts: []crm.Family{crm.SMS},
		Identities: []crm.Identity{{Kind: crm.PhoneIdentity, Value: "+441", Primary: true}}}
	from := &crm.Contact{ID: "b", FirstName: "Priya", LastName: "Shah", BusinessName: "Shah & Co", Notes: "VIP",
		Contact: crm.Address{Street: "1 High St", City: "York"}, Billing: crm.Address{City: "York"}, Custom: map[string]any{"size": 5.0, "colour": "red"}, Status: crm.Active,
		Identities: []crm.Identity{{Kind: crm.PhoneIdentity, Value: "+442", Primary: true}, {Kind: crm.EmailIdentity, Value: "p@shah.example", Primary: true}}}
	c, err := crm.Merged(into, from, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name() != "Priya Shah" || c.NameIsPlaceholder || c.BusinessName != "Shah & Co" || c.Notes != "likes tulips\n\nVIP" ||
		c.Contact != (crm.Address{City: "Leeds"}) || c.Billing.City != "York" || c.Custom["size"] != 4.0 || c.Custom["colour"] != "red" ||
		c.Status != crm.Active || c.Phone() != "+441" || c.Email() != "p@shah.example" || len(c.Identities) != 3 || len(c.OptOuts) != 1 {
		t.Errorf("%+v", c)
	}
	if into.Notes != "likes tulips" || len(into.Custom) != 1 {
		t.Error("merging changed what it was given")
	}
	c, err = crm.Merged(into, from, map[string]crm.MergeChoice{"phone": "from", "notes": "from", "custom.size": "from", "last_name": "into"})
	if err != nil || c.Phone() != "+442" || c.Notes != "VIP" || c.Custom["size"] != 5.0 || c.LastName != "Contact ABCD" {
		t.Errorf("%+v, %v", c, err)
	}
	for field, choice := range map[string]crm.MergeChoice{"nickname": "from", "first_name": "both", "notes": "mine", "custom.none": "from"} {
		if _, err := crm.Merged(into, from, map[string]crm.MergeChoice{field: choice}); crm.KindOf(err) != crm.Invalid {
			t.Errorf("%s %s: %v", field, choice, err)
		}
	}
}
