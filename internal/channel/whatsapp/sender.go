package whatsapp

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
)

// userID is the shape of a business-scoped user id: a country, a dot, up to 128 letters
// and digits; that of a parent portfolio has ENT. in between ("Business-scoped user IDs").
var userID = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)

// profile is one of the contacts[] beside messages: who somebody is, in their own words.
type profile struct {
	Profile struct {
		Name     channel.Word `json:"name"`
		Username channel.Word `json:"username"`
	} `json:"profile"`
	WaID         channel.Word `json:"wa_id"`
	UserID       channel.Word `json:"user_id"`
	ParentUserID channel.Word `json:"parent_user_id"`
}

// profiles are contacts[]. They are an extra: one that cannot be read says nothing.
type profiles []profile

func (p *profiles) UnmarshalJSON(data []byte) error {
	var list []json.RawMessage
	_ = json.Unmarshal(data, &list)
	for _, raw := range list {
		var one profile
		if decode(raw, &one) != nil {
			one = profile{}
		}
		*p = append(*p, one)
	}
	return nil
}

// directory finds the profile that goes with a sender.
type directory struct {
	profiles profiles
	single   bool // only one message stands beside them
}

// find is the profile with the same user id or number. With one profile and one message
// they belong together even when the numbers differ, as Meta says they may.
func (d directory) find(phone, user channel.Word) profile {
	for _, p := range d.profiles {
		if user != "" && p.UserID == user || phone != "" && p.WaID == phone {
			return p
		}
	}
	if d.single && len(d.profiles) == 1 {
		return d.profiles[0]
	}
	return profile{}
}

// sender is who a set of ids belongs to. Meta's own form of the number, the wa_id, comes
// before the one in from. An answer goes to the number, or to the user id without one.
func sender(p profile, from, user, parent channel.Word) crm.Sender {
	if userID.MatchString(string(from)) {
		from, user = "", cmp.Or(user, from)
	}
	s := crm.Sender{
		Phone:        string(cmp.Or(p.WaID, from)),
		UserID:       string(cmp.Or(user, p.UserID)),
		ParentUserID: string(cmp.Or(parent, p.ParentUserID)),
		Username:     string(p.Profile.Username),
		ProfileName:  string(p.Profile.Name),
	}
	s.Address = address(s)
	return s
}

func address(s crm.Sender) string {
	switch {
	case s.Phone == "":
		return cmp.Or(s.UserID, s.ParentUserID)
	case strings.Trim(s.Phone, "0123456789") == "":
		return "+" + s.Phone
	}
	return s.Phone
}
