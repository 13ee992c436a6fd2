package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/team"
	"parley/internal/crm"
)

// SearchQuery is what is looked for.
type SearchQuery struct {
	Query string `query:"q" maxLength:"500" doc:"Names, business name, e-mail, phone in any spelling; for pages, the beginnings of words."`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"10" doc:"The most contacts and the most conversations."`
}

// Found are the groups of what a search found.
type Found struct {
	Contacts      []Contact         `json:"contacts" doc:"Active ones, the last active first."`
	Conversations []Conversation    `json:"conversations" doc:"With contacts that match, archived ones too; the last message first."`
	Settings      []SettingsSubject `json:"settings" doc:"Pages of settings and of the own account."`
	SearchCapped  bool              `json:"search_capped,omitempty" doc:"Not all contacts that match were looked at, as in GET /contacts."`
}

// SettingsSubject is one page of Settings or of the account.
type SettingsSubject struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Path  string `json:"path"`
}

func (a *API) addSearch() {
	add(a, huma.Operation{OperationID: "search", Method: http.MethodGet, Path: "/search", Tags: []string{"Search"},
		Summary: "Search everything", Description: "Contacts, conversations by whom they are with, and pages of settings, as far as the asker may see them. What was written in messages is not searched."},
		rule{access: Agent}, a.search)
}

func (a *API) search(ctx context.Context, in *SearchQuery) (*struct{ Body Found }, error) {
	who := callOf(ctx).who
	if crm.Fold(in.Query) == "" {
		var problems crm.Problems
		problems.Add("q", "required", "Say what to look for.")
		return nil, problems.Err()
	}
	found, err := a.Contacts.Find(ctx, who, in.Query, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Found }{Found{[]Contact{}, []Conversation{}, []SettingsSubject{}, found.Cut != ""}}
	for _, c := range found.Contacts {
		out.Body.Contacts = append(out.Body.Contacts, contactOf(c))
	}
	for _, v := range found.Conversations {
		out.Body.Conversations = append(out.Body.Conversations, conversationOf(v))
	}
	for _, s := range team.FindSubjects(who, in.Query) {
		out.Body.Settings = append(out.Body.Settings, SettingsSubject{s.Name, s.Title, s.Path})
	}
	return out, nil
}
