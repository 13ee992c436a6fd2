package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/store"
)

// User is an admin or agent.
type User struct {
	ID        crm.ID   `json:"id"`
	Name      string   `json:"name"`
	Email     string   `json:"email"`
	Phone     string   `json:"phone" doc:"E.164, or empty."`
	Role      crm.Role `json:"role" enum:"agent,admin"`
	Active    bool     `json:"active"`
	Invited   bool     `json:"invited" doc:"No password was set yet."`
	CreatedAt string   `json:"created_at" format:"date-time"`
}

// Invited is a new user and the link by which that user sets a password.
type Invited struct {
	User
	InvitationURL string `json:"invitation_url" doc:"Good once, for seven days; shown only here."`
}

func userOf(u crm.User) User {
	return User{u.ID, u.Name, u.Email, u.Phone, u.Role, u.Active, u.Invited, shownTime(u.CreatedAt)}
}

// UserDraft is what an admin wants a user to be.
type UserDraft struct {
	Name   *string   `json:"name,omitempty"`
	Email  *string   `json:"email,omitempty" doc:"What the user signs in with."`
	Phone  *string   `json:"phone,omitempty"`
	Role   *crm.Role `json:"role,omitempty" enum:"agent,admin"`
	Active *bool     `json:"active,omitempty" doc:"false deactivates: sessions and tokens end, open conversations return to unassigned."`
	// HandOverTo matters only where active becomes false.
	HandOverTo *crm.ID `json:"hand_over_to,omitempty" doc:"With active false: the active user who gets the open conversations and the assigned contacts, as far as that user may see them, and who sees what only this one was chosen to see. See /users/{id}/holdings."`
}

// NewUser is somebody to invite.
type NewUser struct {
	Name  string   `json:"name"`
	Email string   `json:"email" doc:"What the user signs in with."`
	Phone string   `json:"phone,omitempty"`
	Role  crm.Role `json:"role,omitempty" enum:"agent,admin" default:"agent"`
}

func (a *API) addUsers() {
	tags := []string{"Users"}
	add(a, huma.Operation{OperationID: "listUsers", Method: http.MethodGet, Path: "/users", Tags: tags,
		Summary: "List users by name, deactivated ones included"}, rule{access: Admin}, a.listUsers)
	add(a, huma.Operation{OperationID: "getMe", Method: http.MethodGet, Path: "/users/me", Tags: tags,
		Summary: "Read whose token this is"}, rule{access: SignedIn}, a.getMe)
	add(a, huma.Operation{OperationID: "inviteUser", Method: http.MethodPost, Path: "/users", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Invite a user"}, rule{access: Admin}, a.inviteUser)
	add(a, huma.Operation{OperationID: "changeUser", Method: http.MethodPatch, Path: "/users/{id}", Tags: tags, Errors: []int{409},
		Summary: "Change, deactivate or reactivate a user"}, rule{access: Admin, of: ofUser}, a.changeUser)
	add(a, huma.Operation{OperationID: "getHoldings", Method: http.MethodGet, Path: "/users/{id}/holdings", Tags: tags,
		Summary: "Count what a user holds", Description: "What deactivating has to find a new place for. After it, contacts counts those that wait for a new choice (GET /contacts?assignee=)."},
		rule{access: Admin, of: ofUser}, a.getHoldings)
	add(a, huma.Operation{OperationID: "createToken", Method: http.MethodPost, Path: "/users/{id}/tokens", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Make an API token", Description: "Agents for themselves, admins for anyone. The token is shown only here."},
		rule{access: Agent, of: ofUser, self: true}, a.createToken)
}

func (a *API) listUsers(ctx context.Context, in *ListParams) (*struct{ Body Page[User] }, error) {
	list, err := a.Team.Users(ctx, callOf(ctx).who)
	if err != nil {
		return nil, err
	}
	page, err := pageOf("users", list, *in, func(u crm.User) string { return store.Fold(u.Name) + " " + u.ID.String() }, userOf)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Page[User] }{*page}, nil
}

func (a *API) getMe(ctx context.Context, _ *struct{}) (*struct{ Body User }, error) {
	who := callOf(ctx).who
	u, err := a.Team.User(ctx, who, who.UserID)
	return &struct{ Body User }{userOf(u)}, err
}

func (a *API) inviteUser(ctx context.Context, in *struct{ Body NewUser }) (*struct{ Body Invited }, error) {
	c := callOf(ctx)
	d := team.UserDraft{Name: &in.Body.Name, Email: &in.Body.Email, Role: &in.Body.Role}
	if in.Body.Phone != "" {
		d.Phone = &in.Body.Phone
	}
	u, token, err := a.Team.Invite(ctx, c.who, d)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Invited }{Invited{userOf(u), a.InvitationURL(c.base, token)}}, nil
}

// ChangeUser is a PATCH.
type ChangeUser struct {
	ByID
	Body UserDraft
}

func (a *API) changeUser(ctx context.Context, in *ChangeUser) (*struct{ Body User }, error) {
	u, err := a.Team.ChangeUser(ctx, callOf(ctx).who, in.ID, team.UserDraft(in.Body))
	return &struct{ Body User }{userOf(u)}, err
}

// Holdings is what a user holds (V4).
type Holdings struct {
	OpenConversations int `json:"open_conversations" doc:"Assigned to the user."`
	Contacts          int `json:"contacts" doc:"Whose messages are assigned to the user."`
	OnlyTheirs        int `json:"only_theirs" doc:"Contacts that no other active user was chosen to see: all admins see them once the user is deactivated without an heir."`
}

func (a *API) getHoldings(ctx context.Context, in *ByID) (*struct{ Body Holdings }, error) {
	h, err := a.Team.Holdings(ctx, callOf(ctx).who, in.ID)
	return &struct{ Body Holdings }{Holdings{h.Conversations, h.Contacts, h.OnlyTheirs}}, err
}

// NewToken is a token to make.
type NewToken struct {
	Name string `json:"name,omitempty" doc:"What it is for."`
}

// CreateToken is a POST whose body may be left out.
type CreateToken struct {
	ByID
	Body *NewToken
}

// Token is an API token (A3).
type Token struct {
	Token string `json:"token" doc:"Shown only here."`
}

func (a *API) createToken(ctx context.Context, in *CreateToken) (*struct{ Body Token }, error) {
	name := ""
	if in.Body != nil {
		name = in.Body.Name
	}
	token, err := a.Team.NewToken(ctx, callOf(ctx).who, in.ID, name)
	return &struct{ Body Token }{Token{token}}, err
}
