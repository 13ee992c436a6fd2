package crm

// Role is what a user may do (V5).
type Role string

// The roles.
const (
	Admin Role = "admin"
	Agent Role = "agent"
)

// Actor is who acts, in which business. Every verb takes one.
type Actor struct {
	BusinessID ID
	UserID     ID     // empty when no person acts
	Role       Role   // empty when no person acts
	Name       string // of the user, or of what acts: "WhatsApp", "Import of list.csv"
	Via        Via
	Address    string // network address of the request, for the audit log
}

// Via is by which way an act came (C5: "from what").
type Via string

// The ways.
const (
	ViaPage    Via = "page"
	ViaAPI     Via = "api"
	ViaMessage Via = "message"
	ViaImport  Via = "import"
	ViaSync    Via = "sync"
	ViaSystem  Via = "system"
)

// IsAdmin reports whether a person with the admin role acts.
func (a Actor) IsAdmin() bool { return a.Role == Admin }

// System is Parley itself acting in a business: jobs, time passing.
func System(business ID) Actor {
	return Actor{BusinessID: business, Name: "Parley", Via: ViaSystem}
}
