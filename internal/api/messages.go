package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/store"
)

// Message is one message of a conversation. A message that was claimed for sending and
// may be with the provider already still shows as queued.
type Message struct {
	ID             crm.ID                 `json:"id"`
	ConversationID crm.ID                 `json:"conversation_id"`
	ContactID      crm.ID                 `json:"contact_id"`
	Direction      crm.Direction          `json:"direction" enum:"in,out"`
	ChannelID      crm.ID                 `json:"channel_id"`
	Address        string                 `json:"address" doc:"The other side's exact id."`
	Type           crm.MessageType        `json:"type" doc:"text, image, video, audio, document, sticker, location, contacts, button, order, template, system or unsupported."`
	Text           string                 `json:"text"`
	Media          []Media                `json:"media"`
	Content        crm.Content            `json:"content" doc:"What it holds beside its text; each part only where it applies."`
	Reactions      []crm.Reaction         `json:"reactions"`
	Status         crm.MessageStatusValue `json:"status" enum:"received,queued,unknown,sent,failed,delivered,read,skipped" doc:"Only moves forward. queued also while it is being handed over; unknown where nobody can tell whether it arrived: it is not sent again by itself. skipped is an automatic reply that was left out in the end."`
	Error          string                 `json:"error" doc:"Why it failed or was left out, in plain words."`
	ErrorCode      string                 `json:"error_code" doc:"The provider's own code."`
	ExternalID     string                 `json:"external_id" doc:"The provider's id; empty until sent."`
	At             string                 `json:"at" format:"date-time"`
	BroadcastID    crm.ID                 `json:"broadcast_id" doc:"The broadcast that it was part of; empty for what was written in the conversation."`
}

// Media is a file of a message.
type Media struct {
	ID          crm.ID `json:"id"`
	ContentType string `json:"content_type"`
	Name        string `json:"name"`
	Size        int64  `json:"size" doc:"In bytes; 0 until known."`
	URL         string `json:"url" doc:"Where to get it, with the same token; empty while it waits to be sent."`
}

func messageOf(m crm.Message) Message {
	out := Message{ID: m.ID, ConversationID: m.ConversationID, ContactID: m.ContactID, Direction: m.Direction, ChannelID: m.ChannelID,
		Address: m.Address, Type: m.Type, Text: m.Text, Media: []Media{}, Content: m.Content, Reactions: append([]crm.Reaction{}, m.Reactions...),
		Status: m.Status, Error: m.Error, ErrorCode: m.ErrorCode, ExternalID: m.ExternalID, At: shownTime(m.At), BroadcastID: m.BroadcastID}
	if out.Status == crm.Sending {
		out.Status = crm.Queued
	}
	for _, f := range m.Media {
		out.Media = append(out.Media, Media{f.ID, f.Type, f.Name, f.Size, Prefix + "/media/" + f.ID.String()})
	}
	return out
}

// MessageOut is one message.
type MessageOut struct{ Body Message }

func (a *API) addMessages() {
	tags := []string{"Messages"}
	add(a, huma.Operation{OperationID: "listMessages", Method: http.MethodGet, Path: "/conversations/{id}/messages", Tags: tags,
		Summary: "List the messages of a conversation", Description: "Newest first."}, rule{access: Agent, of: ofConversation}, a.listMessages)
	add(a, huma.Operation{OperationID: "sendMessage", Method: http.MethodPost, Path: "/conversations/{id}/messages", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Answer", Description: "Goes out on the channel on which the contact last wrote, unless another is named. 409 window_closed: WhatsApp takes free text only within 24 hours of the contact's last message; an approved template goes at any time."},
		rule{access: Agent, of: ofConversation}, a.sendMessage)
	add(a, huma.Operation{OperationID: "getMessage", Method: http.MethodGet, Path: "/messages/{id}", Tags: tags,
		Summary: "Read a message"}, rule{access: Agent, of: ofMessage}, a.getMessage)
	add(a, huma.Operation{OperationID: "react", Method: http.MethodPost, Path: "/messages/{id}/reaction", Tags: tags,
		Summary: "Put an emoji on a message", Description: "On WhatsApp, within the 24 hours. The business has one on each message: another takes its place, an empty one takes it back."},
		rule{access: Agent, of: ofMessage}, a.react)
	add(a, huma.Operation{OperationID: "uploadMedia", Method: http.MethodPost, Path: "/conversations/{id}/media", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Bring a file to send", Description: "multipart/form-data with a part named file. What it is is read from its bytes and must be what its name says and what the channel takes. It waits for a day to be sent with media_id of a message.",
		Errors: []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}}, rule{access: Agent, of: ofConversation, upload: true, media: true}, a.uploadMedia)
	a.takesFile("/conversations/{id}/media")
	a.addMedia()
}

// MessageQuery chooses a page of messages.
type MessageQuery struct {
	ByID
	ListParams
}

func (a *API) listMessages(ctx context.Context, in *MessageQuery) (*struct{ Body Page[Message] }, error) {
	who := callOf(ctx).who
	var before *store.MessagePlace
	if in.After != "" {
		at, id, err := readPlace("messages", in.After)
		if err != nil {
			return nil, err
		}
		before = &store.MessagePlace{At: at, ID: id}
	}
	thread, err := a.Inbox.Messages(ctx, who, in.ID, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[Message] }{Page[Message]{Items: []Message{}}}
	for _, m := range thread.Messages {
		out.Body.Items = append(out.Body.Items, messageOf(m))
	}
	if thread.Older != nil {
		out.Body.Next = placeCursor("messages", thread.Older.At, thread.Older.ID)
	}
	if in.Count {
		n, err := a.Inbox.CountMessages(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		out.Body.counted(n, inbox.CountCap)
	}
	return out, nil
}

// NewMessage is an answer to send.
type NewMessage struct {
	Text      string          `json:"text,omitempty" doc:"Up to 4096 characters on WhatsApp, 1600 by SMS."`
	ChannelID crm.ID          `json:"channel_id,omitempty" doc:"Empty: the channel on which the contact last wrote."`
	QuotedID  crm.ID          `json:"quoted_id,omitempty" doc:"The message that it answers, on the same WhatsApp channel."`
	MediaID   crm.ID          `json:"media_id,omitempty" doc:"A file that POST /conversations/{id}/media took from the same caller; the text is its caption."`
	Template  *TemplateChoice `json:"template,omitempty" doc:"An approved template of a WhatsApp channel instead of text: it may go at any time."`
}

// TemplateChoice is a template to send, and what its variables are filled with.
type TemplateChoice struct {
	Name      string            `json:"name"`
	Language  string            `json:"language" doc:"As the template has it: en, en_GB."`
	Variables map[string]string `json:"variables,omitempty" doc:"A value for each variable: \"1\" in the body, \"header.1\", \"button.0.1\", and \"header\" for the https address of a picture, film or document. Merge fields are filled from the contact: {{first_name}}, {{first_name|there}}."`
}

// choice is what is meant, nil for none.
func (t *TemplateChoice) choice() *crm.TemplateChoice {
	if t == nil {
		return nil
	}
	return &crm.TemplateChoice{Name: t.Name, Language: t.Language, Variables: t.Variables}
}

func templateChoiceOf(t *crm.TemplateChoice) *TemplateChoice {
	if t == nil {
		return nil
	}
	return &TemplateChoice{Name: t.Name, Language: t.Language, Variables: t.Variables}
}

// SendMessage is a POST.
type SendMessage struct {
	ByID
	Body NewMessage
}

func (a *API) sendMessage(ctx context.Context, in *SendMessage) (*MessageOut, error) {
	reply := inbox.Reply{Conversation: in.ID, Text: in.Body.Text, ChannelID: in.Body.ChannelID, Quoted: in.Body.QuotedID, File: in.Body.MediaID, Template: in.Body.Template.choice()}
	m, err := a.Inbox.Reply(ctx, callOf(ctx).who, reply)
	if crm.KindOf(err) == crm.NotFound && in.Body.ChannelID != "" {
		// The conversation is there, the guard has looked: it is the channel.
		var problems crm.Problems
		problems.Add("channel_id", "unknown_channel", "There is no such channel.")
		err = problems.Err()
	}
	if err != nil {
		return nil, err
	}
	return &MessageOut{messageOf(m)}, nil
}

// NewReaction is an emoji to put on a message.
type NewReaction struct {
	ByID
	Body struct {
		Emoji string `json:"emoji" doc:"One emoji; empty takes it back."`
	}
}

func (a *API) react(ctx context.Context, in *NewReaction) (*MessageOut, error) {
	m, err := a.Inbox.React(ctx, callOf(ctx).who, in.ID, in.Body.Emoji)
	if err != nil {
		return nil, err
	}
	return &MessageOut{messageOf(m)}, nil
}

// UploadQuery says for which channel a file is.
type UploadQuery struct {
	ByID
	ChannelID string `query:"channel_id" doc:"Empty: the channel on which the contact last wrote."`
}

func (a *API) uploadMedia(ctx context.Context, in *UploadQuery) (*struct{ Body Media }, error) {
	c := callOf(ctx)
	f, err := a.Inbox.Attach(ctx, c.who, in.ID, crm.ID(in.ChannelID), c.upload.name, c.upload)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Media }{Media{f.ID, f.Type, f.Name, f.Size, ""}}, nil
}

func (a *API) getMessage(ctx context.Context, in *ByID) (*MessageOut, error) {
	m, err := a.Inbox.Message(ctx, callOf(ctx).who, in.ID)
	return &MessageOut{messageOf(m)}, err
}
