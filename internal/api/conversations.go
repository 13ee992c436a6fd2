package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/store"
)

// Conversation is one stretch of talking with a contact (V1).
type Conversation struct {
	ID             crm.ID                 `json:"id"`
	ContactID      crm.ID                 `json:"contact_id"`
	Status         crm.ConversationStatus `json:"status" enum:"open,closed"`
	AssigneeID     crm.ID                 `json:"assignee_id" doc:"Empty: assigned to nobody."`
	Visibility     Visibility             `json:"visibility"`
	ChannelID      crm.ID                 `json:"channel_id" doc:"Of the last message that came in."`
	LastMessageAt  string                 `json:"last_message_at" format:"date-time"`
	LastText       string                 `json:"last_text" doc:"The last message in one line."`
	Unread         bool                   `json:"unread" doc:"Something came in that the asker has not seen."`
	WindowClosesAt string                 `json:"window_closes_at" doc:"Until when free text may be sent on WhatsApp (RFC 3339); empty on other channels."`
	OpenedAt       string                 `json:"opened_at" format:"date-time"`
	ClosedAt       string                 `json:"closed_at" doc:"RFC 3339; empty while open."`
}

func conversationOf(r store.ConversationRow) Conversation {
	c := Conversation{ID: r.ID, ContactID: r.ContactID, Status: r.Status, AssigneeID: r.AssigneeID, Visibility: visibilityOf(r.Visibility),
		ChannelID: r.ChannelID, LastMessageAt: shownTime(r.LastMessageAt), LastText: r.LastText, Unread: r.Unread,
		OpenedAt: shownTime(r.OpenedAt), ClosedAt: shownTime(r.ClosedAt)}
	if r.Family == crm.WhatsApp && !r.LastInboundAt.IsZero() {
		c.WindowClosesAt = shownTime(r.LastInboundAt.Add(crm.WhatsAppWindow))
	}
	return c
}

// ConversationOut is one conversation.
type ConversationOut struct{ Body Conversation }

func conversationOut(r store.ConversationRow, err error) (*ConversationOut, error) {
	if err != nil {
		return nil, err
	}
	return &ConversationOut{conversationOf(r)}, nil
}

func (a *API) addConversations() {
	tags := []string{"Conversations"}
	one := rule{access: Agent, of: ofConversation}
	add(a, huma.Operation{OperationID: "listConversations", Method: http.MethodGet, Path: "/conversations", Tags: tags,
		Summary: "List conversations", Description: "The last message first. Without a view: open and closed ones."}, rule{access: Agent}, a.listConversations)
	add(a, huma.Operation{OperationID: "getConversation", Method: http.MethodGet, Path: "/conversations/{id}", Tags: tags,
		Summary: "Read a conversation"}, one, a.getConversation)
	add(a, huma.Operation{OperationID: "assignConversation", Method: http.MethodPost, Path: "/conversations/{id}/assign", Tags: tags,
		Summary: "Hand a conversation to a user", Description: "An empty user_id takes it back. It stands until the conversation closes."}, one, a.assignConversation)
	add(a, huma.Operation{OperationID: "handOutConversations", Method: http.MethodPost, Path: "/conversations/assign", Tags: tags,
		Summary: "Hand several conversations to a user", Description: "Each by itself: one that cannot go does not hold up the others, and the answer says why."}, rule{access: Agent}, a.handOut)
	add(a, huma.Operation{OperationID: "closeConversation", Method: http.MethodPost, Path: "/conversations/{id}/close", Tags: tags, Errors: []int{403},
		Summary: "Close a conversation", Description: "Agents close what is assigned to them or to nobody."}, one, a.closeConversation)
	add(a, huma.Operation{OperationID: "reopenConversation", Method: http.MethodPost, Path: "/conversations/{id}/reopen", Tags: tags,
		Summary: "Open a closed conversation again"}, one, a.reopenConversation)
	add(a, huma.Operation{OperationID: "setConversationVisibility", Method: http.MethodPost, Path: "/conversations/{id}/visibility", Tags: tags,
		Summary: "Change who sees this conversation"}, rule{access: Admin, of: ofConversation}, a.setVisibility)
	add(a, huma.Operation{OperationID: "seeConversation", Method: http.MethodPost, Path: "/conversations/{id}/seen", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Note that the asker has read it up to now"}, one, a.seeConversation)
}

// ConversationQuery chooses conversations.
type ConversationQuery struct {
	ListParams
	View    store.View `query:"view" enum:"open,unassigned,mine,closed" doc:"open and closed are all that the asker may see."`
	Contact crm.ID     `query:"contact" doc:"The id of a contact."`
	Query   string     `query:"q" maxLength:"500" doc:"Names, business name, e-mail or phone of the contact."`
}

func (a *API) listConversations(ctx context.Context, in *ConversationQuery) (*struct{ Body SearchPage[Conversation] }, error) {
	who := callOf(ctx).who
	filter := store.ConversationFilter{View: in.View, Query: strings.TrimSpace(in.Query), Contact: in.Contact}
	var after *store.ConversationPlace
	if in.After != "" {
		at, id, err := readPlace("conversations", in.After)
		if err != nil {
			return nil, err
		}
		after = &store.ConversationPlace{LastMessageAt: at, ID: id}
	}
	list, err := a.Inbox.List(ctx, who, filter, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body SearchPage[Conversation] }{SearchPage[Conversation]{Page: Page[Conversation]{Items: []Conversation{}}}}
	for _, row := range list.Rows {
		out.Body.Items = append(out.Body.Items, conversationOf(row))
	}
	if list.Next != nil {
		out.Body.Next = placeCursor("conversations", list.Next.LastMessageAt, list.Next.ID)
	}
	if in.Count {
		n, err := a.Inbox.Count(ctx, who, filter)
		if err != nil {
			return nil, err
		}
		out.Body.counted(n, inbox.CountCap)
	}
	out.Body.cut(list.Cut)
	return out, nil
}

func (a *API) getConversation(ctx context.Context, in *ByID) (*ConversationOut, error) {
	return conversationOut(a.Inbox.Conversation(ctx, callOf(ctx).who, in.ID))
}

// Assign is a POST.
type Assign struct {
	ByID
	Body Assignment
}

// Assignment names who gets a conversation.
type Assignment struct {
	UserID crm.ID `json:"user_id" doc:"Empty for nobody."`
}

func (a *API) assignConversation(ctx context.Context, in *Assign) (*ConversationOut, error) {
	return conversationOut(a.Inbox.Assign(ctx, callOf(ctx).who, in.ID, in.Body.UserID))
}

// HandOut names conversations and who gets them.
type HandOut struct {
	IDs            []crm.ID `json:"ids" minItems:"1" maxItems:"200"`
	UserID         crm.ID   `json:"user_id" doc:"Empty for nobody."`
	OnlyUnassigned bool     `json:"only_unassigned,omitempty" doc:"Leave those that somebody else has by now."`
}

// HandedOut is what became of each conversation.
type HandedOut struct {
	Assigned int          `json:"assigned"`
	Refused  []NotHandled `json:"refused"`
}

// NotHandled is a conversation that was left as it was, and why.
type NotHandled struct {
	ID     crm.ID `json:"id"`
	Code   string `json:"code" doc:"not_found, closed, taken, cannot_see or unknown_user."`
	Detail string `json:"detail"`
}

func (a *API) handOut(ctx context.Context, in *struct{ Body HandOut }) (*struct{ Body HandedOut }, error) {
	list, err := a.Inbox.HandOut(ctx, callOf(ctx).who, in.Body.IDs, in.Body.UserID, in.Body.OnlyUnassigned)
	out := &struct{ Body HandedOut }{HandedOut{Refused: []NotHandled{}}}
	for _, h := range list {
		if h.Refusal == nil {
			out.Body.Assigned++
			continue
		}
		out.Body.Refused = append(out.Body.Refused, NotHandled{h.ID, h.Refusal.Code, h.Refusal.Detail})
	}
	return out, err
}

func (a *API) closeConversation(ctx context.Context, in *ByID) (*ConversationOut, error) {
	return conversationOut(a.Inbox.Close(ctx, callOf(ctx).who, in.ID))
}

func (a *API) reopenConversation(ctx context.Context, in *ByID) (*ConversationOut, error) {
	return conversationOut(a.Inbox.Reopen(ctx, callOf(ctx).who, in.ID))
}

// SetVisibility is a POST.
type SetVisibility struct {
	ByID
	Body VisibilityDraft
}

func (a *API) setVisibility(ctx context.Context, in *SetVisibility) (*ConversationOut, error) {
	return conversationOut(a.Inbox.SetVisibility(ctx, callOf(ctx).who, in.ID, in.Body.visibility()))
}

func (a *API) seeConversation(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Inbox.See(ctx, callOf(ctx).who, in.ID)
}
