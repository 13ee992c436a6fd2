package crm

import "time"

// Business is one tenant; everything belongs to exactly one (A1).
type Business struct {
	ID       ID
	Name     string
	Country  string // ISO 3166-1 alpha-2; local phone numbers are read as of here (I2)
	TimeZone string // IANA name; days and broadcasts follow it
	// Demo is a sample business: numbers reserved for fiction are accepted (I2).
	Demo bool
	// Held is a restored copy: nothing is sent or synced until an admin releases it, for
	// the original may still be running.
	Held      bool
	CreatedAt time.Time
}

// ReopenWithin is how long after closing a new message reopens a conversation instead
// of starting another (V1).
const ReopenWithin = 24 * time.Hour

// User is an admin or agent of a business.
type User struct {
	BusinessID ID
	ID         ID
	Name       string
	Email      string // primary e-mail as entered
	Phone      string // E.164 or empty
	Role       Role
	Active     bool
	// Invited means that no password was set yet.
	Invited   bool
	CreatedAt time.Time
}

// Session is one sign-in of a user in a browser.
type Session struct {
	ID         ID
	UserID     ID
	CreatedAt  time.Time
	LastSeenAt time.Time
	ExpiresAt  time.Time
	Address    string
	UserAgent  string
}
