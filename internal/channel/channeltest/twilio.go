package channeltest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"parley/internal/channel"
	"parley/internal/channel/twilio"
)

// Twilio emulates the Message resource of one account. Its fields are set before use.
type Twilio struct {
	outbox
	AccountSid string
	AuthToken  string
	From       string
	Client     *http.Client // for webhooks; nil is the default one
}

// NewTwilio is an emulator with made-up keys: see Settings.
func NewTwilio() *Twilio {
	return &Twilio{AccountSid: "AC00000000000000000000000000000001", AuthToken: "twilio-auth-token", From: "+447700900999"}
}

// Settings are those of a twilio_sms channel that speaks with this emulator.
func (t *Twilio) Settings() map[string]string {
	return map[string]string{"account_sid": t.AccountSid, "auth_token": t.AuthToken, "from": t.From}
}

// ServeHTTP answers as https://api.twilio.com would.
func (t *Twilio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	if user != t.AccountSid || password != t.AuthToken {
		twilioError(w, http.StatusUnauthorized, 20003, "Authenticate")
		return
	}
	account := "/2010-04-01/Accounts/" + t.AccountSid
	media, isMedia := strings.CutPrefix(r.URL.Path, account+"/Media/")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == account+"/Messages.json":
		t.send(w, r)
	case r.Method == http.MethodGet && r.URL.Path == account+"/Messages.json":
		t.list(w, r.URL.Query().Get("To"))
	case r.Method == http.MethodGet && r.URL.Path == account+".json":
		writeJSON(w, http.StatusOK, map[string]any{"sid": t.AccountSid, "friendly_name": "Parley Test", "status": "active", "type": "Full"})
	case r.Method == http.MethodGet && isMedia:
		t.serveFile(w, media)
	default:
		twilioError(w, http.StatusNotFound, 20404, "The requested resource was not found")
	}
}

// MediaURL is the address of a file that was added, on an emulator at a base address.
func (t *Twilio) MediaURL(base, id string) string {
	return base + "/2010-04-01/Accounts/" + t.AccountSid + "/Media/" + id
}

func (t *Twilio) send(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		twilioError(w, http.StatusBadRequest, 20001, err.Error())
		return
	}
	form := r.PostForm
	switch n := utf8.RuneCountInString(form.Get("Body")); {
	case form.Get("To") == "":
		twilioError(w, http.StatusBadRequest, 21604, "A 'To' phone number is required")
		return
	case form.Get("From") == "" && form.Get("MessagingServiceSid") == "":
		twilioError(w, http.StatusBadRequest, 21603, "A 'From' phone number is required")
		return
	case n == 0 && form.Get("MediaUrl") == "" || n > 1600:
		twilioError(w, http.StatusBadRequest, 21617, "The message body has a wrong length")
		return
	}
	callback, _ := url.Parse(form.Get("StatusCallback"))
	message := Accepted{To: form.Get("To"), Text: form.Get("Body"), Callback: form.Get("StatusCallback")}
	if address := form.Get("MediaUrl"); address != "" {
		file, err := t.fetch(r.Context(), address)
		if err != nil {
			twilioError(w, http.StatusBadRequest, 11200, err.Error())
			return
		}
		message.File = file
	}
	if callback != nil {
		message.ClientID = callback.Query().Get("message")
	}
	name := func(n int) string { return fmt.Sprintf("SM%032x", n) }
	t.take(w, r, message, name, func(f Fault) {
		if f.Code == 0 {
			w.WriteHeader(f.Status)
			return
		}
		twilioError(w, cmp.Or(f.Status, http.StatusBadRequest), f.Code, "Ordered by the test")
	}, func(taken Accepted) { t.created(w, taken, form) })
}

// created answers with the Message resource.
func (t *Twilio) created(w http.ResponseWriter, taken Accepted, form url.Values) {
	now := time.Now().UTC().Format(time.RFC1123Z)
	optional := func(name string) any {
		if form.Get(name) == "" {
			return nil
		}
		return form.Get(name)
	}
	path := "/2010-04-01/Accounts/" + t.AccountSid + "/Messages/" + taken.ExternalID
	writeJSON(w, http.StatusCreated, map[string]any{
		"account_sid": t.AccountSid, "api_version": "2010-04-01", "body": taken.Text,
		"date_created": now, "date_sent": nil, "date_updated": now, "direction": "outbound-api",
		"error_code": nil, "error_message": nil, "from": optional("From"), "to": taken.To,
		"messaging_service_sid": optional("MessagingServiceSid"), "num_media": strconv.Itoa(len(form["MediaUrl"])), "num_segments": "1",
		"price": nil, "price_unit": nil, "sid": taken.ExternalID, "status": "queued",
		"subresource_uris": map[string]any{"media": path + "/Media.json"}, "uri": path + ".json",
	})
}

// fetch takes a file from the address that came with a message.
func (t *Twilio) fetch(ctx context.Context, address string) (*File, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := cmp.Or(t.Client, http.DefaultClient).Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the file answered %d", response.StatusCode)
	}
	return &File{response.Header.Get("Content-Type"), data}, err
}

// list answers with the messages to a number, newest first.
func (t *Twilio) list(w http.ResponseWriter, to string) {
	messages := []any{}
	for _, m := range slices.Backward(t.Accepted()) {
		if m.To == to {
			messages = append(messages, map[string]any{"sid": m.ExternalID, "to": m.To, "body": m.Text, "status": "sent", "direction": "outbound-api",
				"date_created": m.At.UTC().Format(time.RFC1123Z), "error_code": nil, "error_message": nil})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"messages": messages, "page": 0, "page_size": 200})
}

// Deliver calls a webhook about items, one call each and in their order. States of a
// message that asked for them elsewhere go there.
func (t *Twilio) Deliver(ctx context.Context, hookURL string, items ...Item) error {
	for _, item := range items {
		if err := Post(ctx, t.Client, t.call(hookURL, item)); err != nil {
			return err
		}
	}
	return nil
}

func (t *Twilio) call(hookURL string, item Item) channel.Call {
	if item.Status == "" {
		return twilio.Signed(t.AuthToken, hookURL, twilio.MessageForm(t.AccountSid, item.ID, item.From.Phone, t.From, item.Text))
	}
	address := cmp.Or(t.callbackOf(item.ID), hookURL)
	return twilio.Signed(t.AuthToken, address, twilio.StatusForm(t.AccountSid, item.ID, item.Status, t.From, item.To, item.Code))
}

func twilioError(w http.ResponseWriter, status, code int, message string) {
	writeJSON(w, status, map[string]any{
		"code": code, "message": message, "status": status,
		"more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
	})
}
