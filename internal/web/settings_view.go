package web

import (
	"strings"
	"time"

	"parley/internal/app/team"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/store"
)

// Settings is the frame of Settings (admins only, V5) and of a user's own account: the
// shell with a list of subjects. Pages embed it.
type Settings struct {
	Shell
	Subject string // the name of one of team.Subjects
	Unfiled int    // messages that could not be filed, for the mark beside the subject
}

// MenuItem is one line of the menu beside the pages of Settings and of the account.
type MenuItem struct {
	team.Subject
	Heading string // what stands above it, where another part begins
}

// Menu is the menu for the reader.
func (s Settings) Menu() []MenuItem {
	var items []MenuItem
	heading := ""
	for _, subject := range team.SubjectsOf(crm.Actor{Role: s.User.Role}) {
		item := MenuItem{Subject: subject, Heading: "Settings"}
		if subject.Account {
			item.Heading = "Your account"
		}
		if heading == item.Heading {
			item.Heading = ""
		} else {
			heading = item.Heading
		}
		items = append(items, item)
	}
	return items
}

// BusinessPage posts to /settings/business: name, country, time_zone.
type BusinessPage struct {
	Settings
	Form  Form
	Zones []Option
	// Held is a restored copy that does not send yet; it posts to /settings/business/release.
	Held bool
}

func (BusinessPage) template() string { return "business" }

// Countries are the choices of the drop-down.
func (BusinessPage) Countries() []Option { return countries() }

// ProfilePage posts to /account: name, email, phone; and to /account/password:
// old_password, password.
type ProfilePage struct {
	Settings
	Form     Form
	Password Form
}

func (ProfilePage) template() string { return "profile" }

// SessionsPage lists where the user is signed in. Ending one posts to
// /account/sessions/{id}/end, all others to /account/sessions/end-others.
type SessionsPage struct {
	Settings
	Sessions []crm.Session
	Current  crm.ID
}

func (SessionsPage) template() string { return "sessions" }

// Browser is a guess at what the session runs in, for people.
func (SessionsPage) Browser(userAgent string) string { return browserName(userAgent) }

// TokensPage lists a user's API tokens (A3). Making one posts to /account/tokens: name;
// ending one to /account/tokens/{id}/end.
type TokensPage struct {
	Settings
	Form   Form
	Tokens []TokenView
	Made   string // the token just made; shown once and never again
	Book   string // the address of the address book
	ForIt  bool   // the token was made for the address book
}

func (TokensPage) template() string { return "tokens" }

// TokenView is one token without its secret.
type TokenView struct {
	ID         crm.ID
	Name       string
	CreatedAt  time.Time
	LastUsedAt time.Time
}

// UsersPage lists the users. Inviting posts to /settings/users: name, email, phone, role;
// a change of role to /settings/users/{id}/role: role; reactivating to
// /settings/users/{id}/reactivate (for deactivating see LeavingPage); a link to set a password anew to
// /settings/users/{id}/reset.
type UsersPage struct {
	Settings
	Form  Form
	Users []crm.User
	// Left counts the contacts that are still assigned to deactivated users (V4).
	Left map[crm.ID]int
	// Link is the address just made for somebody to come in by, shown once.
	Link    string
	LinkFor string
}

func (UsersPage) template() string { return "users" }

// LeavingPage asks where that shall go which a user has who is deactivated (V4). It posts
// to /settings/users/{id}/deactivate: where (nobody or heir), hand_over_to.
type LeavingPage struct {
	Settings
	Form     Form
	Leaving  crm.User
	Holdings store.Holdings
	Users    []crm.User // active ones, without the one who leaves
}

func (LeavingPage) template() string { return "leaving" }

// Nothing reports whether there is nothing to find a place for.
func (p LeavingPage) Nothing() bool { return p.Holdings == store.Holdings{} }

// Heirs are the choices.
func (p LeavingPage) Heirs() []Option {
	options := []Option{{"", "Choose…"}}
	for _, u := range p.Users {
		options = append(options, Option{u.ID.String(), u.Name})
	}
	return options
}

// Roles are the choices.
func (UsersPage) Roles() []Option {
	return []Option{{string(crm.Agent), "Agent: answers messages, edits contacts"}, {string(crm.Admin), "Admin: everything, Settings too"}}
}

// ChannelsPage lists the channels.
type ChannelsPage struct {
	Settings
	Channels []ChannelRow
}

func (ChannelsPage) template() string { return "channels" }

// ChannelRow is one channel in the list.
type ChannelRow struct {
	Clock
	ID     crm.ID
	Name   string
	Kind   channel.Kind
	Family crm.Family // of this channel; a simulator's kind does not know it
	LastIn time.Time  // zero: nothing came in yet
	// Active reports whether it is switched on.
	Active bool
	// Trouble says why it does not work any more; empty when it does.
	Trouble string
}

// NewChannelPage takes a kind from the address (?kind=), or shows them all to choose from. It
// posts to /settings/channels: kind, name, and settings.KEY for each Setting of the kind.
type NewChannelPage struct {
	Settings
	Kinds []channel.Kind
	Kind  *channel.Kind // nil: none chosen yet
	Form  Form
}

// Setting is the field of one setting.
func (p NewChannelPage) Setting(s channel.Setting) Input {
	return ChannelPage{Form: p.Form}.Setting(s)
}

func (NewChannelPage) template() string { return "channel-new" }

// ChannelPage is one channel: what to do at the provider, its webhook address, its
// settings. Secrets are written, never shown (A5).
//
// It posts to /settings/channels/{id}: name, max_per_second, active, and settings.KEY for each
// Setting;
// an empty secret leaves the one that is kept. Checking posts to
// /settings/channels/{id}/check.
type ChannelPage struct {
	Settings
	Form       Form
	Channel    ChannelRow
	WebhookURL string
	// Kept says for which secrets a value is kept.
	Kept  map[string]bool
	Check *CheckResult
}

func (ChannelPage) template() string { return "channel" }

// Steps are the provider's steps with this channel's values in them. A secret is never
// among them.
func (p ChannelPage) Steps() []string {
	pairs := []string{"{webhook_url}", p.WebhookURL}
	for _, s := range p.Channel.Kind.Settings {
		value := p.Form.Value("settings." + s.Key)
		if s.Secret {
			value = ""
		}
		pairs = append(pairs, "{"+s.Key+"}", firstText(value, "“"+s.Label+"” below"))
	}
	r := strings.NewReplacer(pairs...)
	var steps []string
	for _, step := range p.Channel.Kind.Steps {
		steps = append(steps, r.Replace(step))
	}
	return steps
}

// Setting is the field of one setting.
func (p ChannelPage) Setting(s channel.Setting) Input {
	i := p.Form.Input("settings."+s.Key, s.Label, "text")
	i.Help, i.Required, i.Autocomplete = s.Help, !s.Optional, "off"
	if s.Secret {
		i.Type, i.Value, i.Autocomplete = "password", "", "new-password"
		if p.Kept[s.Key] {
			i.Required = false
			i.Help = strings.TrimSpace("A value is kept and not shown. Leave this empty to keep it. " + s.Help)
		}
	}
	return i
}

// CheckResult is what "Check connection" found: the fragment of
// POST /settings/channels/{id}/check.
type CheckResult struct {
	OK   bool
	Text string
}

func (CheckResult) template() string { return "check-result" }

// TagsPage lists the tags. Making one posts to /settings/tags: name, colour; changing to
// /settings/tags/{id}: name, colour; deleting to /settings/tags/{id}/delete.
type TagsPage struct {
	Settings
	Form Form
	Tags []TagRow
}

func (TagsPage) template() string { return "tags" }

// Colours are those a tag can have.
func (TagsPage) Colours() []string { return crm.TagColours }

// TagRow is one tag with how many contacts have it.
type TagRow struct {
	Tag      crm.Tag
	Contacts int
	Form     Form // what was typed and refused
}

// Colours are those a tag can have.
func (TagRow) Colours() []string { return crm.TagColours }

// TagMergePage asks which tag another one becomes. It posts to /settings/tags/{id}/merge:
// into.
type TagMergePage struct {
	Settings
	Form   Form
	Tag    TagRow
	Others []TagRow
}

func (TagMergePage) template() string { return "tag-merge" }

// Into is the drop-down of the other tags.
func (p TagMergePage) Into() Input {
	options := []Option{{"", "Choose a tag"}}
	for _, t := range p.Others {
		options = append(options, Option{t.Tag.ID.String(), t.Tag.Name + " (" + plural(t.Contacts, "contact", "contacts") + ")"})
	}
	return p.Form.Input("into", "It becomes part of", "select").With("required").Choose(options)
}

// UnfiledPage lists messages that could not be filed (I7). Trying again posts to
// /settings/unfiled/{id}/retry.
type UnfiledPage struct {
	Settings
	Rows []UnfiledRow
	Next string
}

func (UnfiledPage) template() string { return "unfiled" }

// UnfiledRow is one of them.
type UnfiledRow struct {
	Clock
	ID      crm.ID
	Reason  string // in words
	Sender  string
	Text    string
	Channel string
	At      time.Time
}

// browserName is a guess from a User-Agent, good enough to tell two sessions apart.
func browserName(userAgent string) string {
	name, system := "A browser", ""
	for _, b := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(userAgent, b[0]) {
			name = b[1]
			break
		}
	}
	for _, s := range [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(userAgent, s[0]) {
			system = s[1]
			break
		}
	}
	if system == "" {
		return name
	}
	return name + " on " + system
}
