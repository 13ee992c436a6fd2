package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
)

// AutoReplies is what the business answers by itself.
type AutoReplies struct {
	NewContact   crm.AutoReply `json:"new_contact" doc:"To the first message of a stranger."`
	KnownContact crm.AutoReply `json:"known_contact" doc:"Where a known contact begins a new conversation."`
	Away         crm.AutoReply `json:"away" doc:"Outside the hours, in place of the others."`
	Hours        crm.WeekHours `json:"hours" doc:"By day (monday to sunday), in the time zone of the business: stretches such as {from: 09:00, to: 17:30}. A day without any is closed."`
}

// AutoRepliesDraft is what an admin wants it to be; what is left out stays.
type AutoRepliesDraft struct {
	NewContact   *crm.AutoReply `json:"new_contact,omitempty"`
	KnownContact *crm.AutoReply `json:"known_contact,omitempty"`
	Away         *crm.AutoReply `json:"away,omitempty"`
	Hours        crm.WeekHours  `json:"hours,omitempty" doc:"Replaces all days."`
}

func (d AutoRepliesDraft) put(a *crm.AutoReplies) {
	for to, from := range map[*crm.AutoReply]*crm.AutoReply{&a.NewContact: d.NewContact, &a.KnownContact: d.KnownContact, &a.Away: d.Away} {
		if from != nil {
			*to = *from
		}
	}
	if d.Hours != nil {
		a.Hours = d.Hours
	}
}

func autoRepliesOf(a crm.AutoReplies) *struct{ Body AutoReplies } {
	if a.Hours == nil {
		a.Hours = crm.WeekHours{}
	}
	return &struct{ Body AutoReplies }{AutoReplies(a)}
}

func (a *API) addAutoReplies() {
	tags := []string{"Business"}
	add(a, huma.Operation{OperationID: "getAutoReplies", Method: http.MethodGet, Path: "/auto-replies", Tags: tags,
		Summary: "Read what is answered automatically"}, rule{access: Admin}, a.getAutoReplies)
	add(a, huma.Operation{OperationID: "setAutoReplies", Method: http.MethodPatch, Path: "/auto-replies", Tags: tags,
		Summary:     "Say what is answered automatically",
		Description: "A conversation gets one automatic reply in 24 hours at most. None goes to somebody who said stop, to a short number or a word, to a team member, or to a message that is more than an hour old."},
		rule{access: Admin}, a.setAutoReplies)
}

func (a *API) getAutoReplies(ctx context.Context, _ *struct{}) (*struct{ Body AutoReplies }, error) {
	found, err := a.Inbox.AutoReplies(ctx, callOf(ctx).who)
	if err != nil {
		return nil, err
	}
	return autoRepliesOf(found), nil
}

func (a *API) setAutoReplies(ctx context.Context, in *struct{ Body AutoRepliesDraft }) (*struct{ Body AutoReplies }, error) {
	changed, err := a.Inbox.ChangeAutoReplies(ctx, callOf(ctx).who, in.Body.put)
	if err != nil {
		return nil, err
	}
	return autoRepliesOf(changed), nil
}
