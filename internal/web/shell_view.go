package web

import "parley/internal/crm"

// Shell is the frame around a page for somebody who is signed in. Pages embed it.
type Shell struct {
	Clock
	Title    string
	Business string // its name
	User     crm.User
	Section  string // inbox, contacts, settings or account: what is marked in the navigation
	Unread   int    // conversations with something unread, as far as the user may see (V2)
	// Simulator shows the way to /simulator.
	Simulator bool
	// Live is the address of the live connection, from where this page ends; empty: from
	// when the browser connects.
	Live string
	// Broken are connections that an admin must connect again.
	Broken BrokenMark
	// Said is what was just done, said once after a redirect.
	Said string
}

// Admin reports whether the reader is an admin, who sees more of the navigation.
func (s Shell) Admin() bool { return s.User.Role == crm.Admin }

// Alone is the frame of a page without navigation: signing in, setting up, errors.
type Alone struct {
	Title string
	Wide  bool
}

// Notice is something to be said in the corner of a page that stays as it is; the answer
// to a fragment that could not be made.
type Notice struct {
	Bad  bool
	Text string
	ID   string // of the log entry, when it is our fault
}

func (Notice) template() string { return "notice" }

// ErrorPage says that something is not there, not allowed or broken. Shell is nil for
// somebody who is not signed in.
type ErrorPage struct {
	Alone  Alone
	Status int
	Text   string
	ID     string // of the log entry, when it is our fault
}

func (ErrorPage) template() string { return "error-page" }

// Heading is the error in a few words.
func (e ErrorPage) Heading() string {
	switch e.Status {
	case 403:
		return "This is not for you"
	case 404:
		return "There is nothing here"
	case 409, 412:
		return "That clashes with something"
	case 429:
		return "A little slower, please"
	case 503:
		return "Parley is not ready"
	}
	if e.Status < 500 {
		return "That did not work"
	}
	return "Something went wrong"
}

// BrokenMark says in the navigation that connections must be connected again (S6).
type BrokenMark struct{ Names []string }

func (BrokenMark) template() string { return "broken-mark" }
