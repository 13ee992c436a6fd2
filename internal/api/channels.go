package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/store"
)

// Channel is one number or account. Secrets never come back: Secrets says which are set
// (A5).
type Channel struct {
	ID            crm.ID            `json:"id"`
	Kind          string            `json:"kind"`
	Family        crm.Family        `json:"family" enum:"sms,whatsapp"`
	Name          string            `json:"name"`
	Settings      map[string]string `json:"settings" doc:"Those that are no secrets."`
	Secrets       []string          `json:"secrets" doc:"Names of the secret settings that are set."`
	MaxPerSecond  float64           `json:"max_per_second"`
	Active        bool              `json:"active"`
	WebhookURL    string            `json:"webhook_url" doc:"The address to enter at the provider."`
	LastInboundAt string            `json:"last_inbound_at" doc:"When something last came in, to the minute; empty if never."`
	Problem       string            `json:"problem" doc:"Why it does not work; empty while it does."`
	CreatedAt     string            `json:"created_at" format:"date-time"`
}

// NewChannel is a channel to make.
type NewChannel struct {
	Kind     string         `json:"kind" doc:"whatsapp, twilio_sms, vonage_sms or simulator."`
	Name     string         `json:"name,omitempty"`
	Settings map[string]any `json:"settings,omitempty" doc:"What the kind needs, as text. max_per_second is a number."`
}

// ChannelDraft is what an admin wants a channel to be. A secret that is left out or empty
// stays as it is.
type ChannelDraft struct {
	Name     *string        `json:"name,omitempty"`
	Settings map[string]any `json:"settings,omitempty"`
	Active   *bool          `json:"active,omitempty"`
}

func (a *API) addChannels() {
	tags := []string{"Channels"}
	add(a, huma.Operation{OperationID: "listChannels", Method: http.MethodGet, Path: "/channels", Tags: tags,
		Summary: "List channels, oldest first"}, rule{access: Admin}, a.listChannels)
	add(a, huma.Operation{OperationID: "createChannel", Method: http.MethodPost, Path: "/channels", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Connect a number or account"}, rule{access: Admin}, a.createChannel)
	add(a, huma.Operation{OperationID: "getChannel", Method: http.MethodGet, Path: "/channels/{id}", Tags: tags,
		Summary: "Read a channel"}, rule{access: Admin, of: ofChannel}, a.getChannel)
	add(a, huma.Operation{OperationID: "changeChannel", Method: http.MethodPatch, Path: "/channels/{id}", Tags: tags,
		Summary: "Change a channel, or switch it off and on"}, rule{access: Admin, of: ofChannel}, a.changeChannel)
	add(a, huma.Operation{OperationID: "checkChannel", Method: http.MethodPost, Path: "/channels/{id}/check", Tags: tags,
		Summary: "Ask the provider whether the channel works", Description: "Nothing is sent."}, rule{access: Admin, of: ofChannel}, a.checkChannel)
}

// channel reads a channel as it goes out.
func (a *API) channel(ctx context.Context, id crm.ID) (*struct{ Body Channel }, error) {
	c := callOf(ctx)
	ch, has, err := a.Team.Channel(ctx, c.who, id)
	if err != nil {
		return nil, err
	}
	out := Channel{ID: ch.ID, Kind: ch.Kind, Family: ch.Family, Name: ch.Name, Settings: map[string]string{}, Secrets: []string{},
		MaxPerSecond: ch.MaxPerSecond, Active: ch.Active, WebhookURL: c.base + "/hooks/" + ch.ID.String(),
		LastInboundAt: shownTime(ch.LastInboundAt), Problem: ch.Problem, CreatedAt: shownTime(ch.CreatedAt)}
	maps.Copy(out.Settings, ch.Settings)
	for _, name := range slices.Sorted(maps.Keys(has)) {
		if has[name] {
			out.Secrets = append(out.Secrets, name)
		}
	}
	return &struct{ Body Channel }{out}, nil
}

func (a *API) listChannels(ctx context.Context, in *ListParams) (*struct{ Body Page[Channel] }, error) {
	list, err := a.Team.Channels(ctx, callOf(ctx).who)
	if err != nil {
		return nil, err
	}
	ids, err := pageOf("channels", list, *in, func(ch store.Channel) string { return ch.ID.String() }, func(ch store.Channel) crm.ID { return ch.ID })
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[Channel] }{Page[Channel]{Items: []Channel{}, Next: ids.Next, Count: ids.Count}}
	for _, id := range ids.Items {
		ch, err := a.channel(ctx, id)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, ch.Body)
	}
	return out, nil
}

func (a *API) getChannel(ctx context.Context, in *ByID) (*struct{ Body Channel }, error) {
	return a.channel(ctx, in.ID)
}

func (a *API) createChannel(ctx context.Context, in *struct{ Body NewChannel }) (*struct{ Body Channel }, error) {
	d := team.ChannelDraft{Kind: in.Body.Kind, Name: in.Body.Name}
	if err := readSettings(&d, in.Body.Settings); err != nil {
		return nil, err
	}
	ch, err := a.Team.PutChannel(ctx, callOf(ctx).who, d)
	if err != nil {
		return nil, err
	}
	return a.channel(ctx, ch.ID)
}

// ChangeChannel is a PATCH.
type ChangeChannel struct {
	ByID
	Body ChannelDraft
}

func (a *API) changeChannel(ctx context.Context, in *ChangeChannel) (*struct{ Body Channel }, error) {
	who := callOf(ctx).who
	ch, _, err := a.Team.Channel(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	d := team.ChannelDraft{ID: in.ID, Name: ch.Name, MaxPerSecond: ch.MaxPerSecond, Active: in.Body.Active}
	if in.Body.Name != nil {
		d.Name = *in.Body.Name
	}
	if err := readSettings(&d, in.Body.Settings); err != nil {
		return nil, err
	}
	if _, err := a.Team.PutChannel(ctx, who, d); err != nil {
		return nil, err
	}
	return a.channel(ctx, in.ID)
}

// readSettings puts settings into a draft: text, and max_per_second as a number.
func readSettings(d *team.ChannelDraft, settings map[string]any) error {
	d.Settings = map[string]string{}
	var problems crm.Problems
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		text, isText := settings[name].(string)
		number, isNumber := settings[name].(float64)
		if isText && name == "max_per_second" {
			var err error
			number, err = strconv.ParseFloat(text, 64)
			isNumber = err == nil
		}
		switch {
		case name == "max_per_second" && isNumber && number > 0 && number <= 1000:
			d.MaxPerSecond = number
		case name == "max_per_second":
			problems.Add("settings.max_per_second", "out_of_range", "This must be a number above 0 and up to 1000.")
		case isText:
			d.Settings[name] = text
		default:
			problems.Add("settings."+name, "wrong_type", "This must be text, in quotation marks.")
		}
	}
	return problems.Err()
}

// Check is what the provider said of a channel.
type Check struct {
	OK      bool   `json:"ok"`
	Note    string `json:"note" doc:"What was found, in words."`
	Problem string `json:"problem" doc:"Why it does not work; empty when it does."`
}

func (a *API) checkChannel(ctx context.Context, in *ByID) (*struct{ Body Check }, error) {
	note, problem, err := a.Team.CheckChannel(ctx, callOf(ctx).who, in.ID)
	return &struct{ Body Check }{Check{problem == "", note, problem}}, err
}
