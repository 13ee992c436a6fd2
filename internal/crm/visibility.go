package crm

import "slices"

// Visibility says who sees a contact's new conversations (V2).
type Visibility struct {
	Mode    VisibilityMode `json:"mode"`
	UserIDs []ID           `json:"user_ids"`
}

// VisibilityMode is everyone, or chosen users.
type VisibilityMode string

// The modes.
const (
	Everyone VisibilityMode = "everyone"
	Chosen   VisibilityMode = "chosen"
)

// CanSee reports whether a user sees what has this visibility. active holds the chosen
// users who are active: when none is left, every admin sees it. The same rule stands in
// SQL in store/visible.go; a test keeps the two equal.
func CanSee(v Visibility, user ID, role Role, active func(ID) bool) bool {
	if v.Mode != Chosen {
		return true
	}
	if slices.Contains(v.UserIDs, user) {
		return true
	}
	return role == Admin && !slices.ContainsFunc(v.UserIDs, active)
}

// MaySee is CanSee for one of the users of a business, who must be active.
func MaySee(users []User, id ID, v Visibility) bool {
	at := slices.IndexFunc(users, func(u User) bool { return u.ID == id })
	return at >= 0 && users[at].Active && CanSee(v, id, users[at].Role, func(other ID) bool {
		return slices.ContainsFunc(users, func(u User) bool { return u.ID == other && u.Active })
	})
}
