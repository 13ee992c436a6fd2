package channeltest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/internal/channel/whatsapp"
)

// Meta emulates the Graph API for one phone number. Its fields are set before use.
type Meta struct {
	outbox
	PhoneNumberID string
	AccessToken   string
	AppSecret     string
	Batch         int          // the most items of one webhook; 0 is Meta's own 1000
	Client        *http.Client // for webhooks; nil is the default one

	TemplatePage   int     // the most templates of one page; 0 is 100
	TemplateFaults []Fault // what the next calls about templates meet, one each
	uploadFaults   []Fault // what the next calls that hand over an example meet, one each
	templates      []MetaTemplate
	templateCount  int
	uploads        int
	sessions       []*metaUpload
	examples       []File
}

// metaAccountID is the business account that the number belongs to.
const metaAccountID = "102290129340398"

// NewMeta is an emulator with made-up keys: see Settings.
func NewMeta() *Meta {
	return &Meta{PhoneNumberID: "106540352242922", AccessToken: "meta-access-token", AppSecret: "meta-app-secret"}
}

// Settings are those of a whatsapp channel that speaks with this emulator.
func (m *Meta) Settings() map[string]string {
	return map[string]string{
		"phone_number_id": m.PhoneNumberID, "business_account_id": metaAccountID,
		"app_secret": m.AppSecret, "verify_token": "meta-verify-token", "access_token": m.AccessToken,
	}
}

// ServeHTTP answers as https://graph.facebook.com would.
func (m *Meta) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/examples/"):
		m.serveExample(w, r)
		return
	case strings.HasPrefix(r.URL.Path, "/v23.0/upload:"):
		m.takeUpload(w, r)
		return
	case r.Header.Get("Authorization") != "Bearer "+m.AccessToken:
		metaError(w, http.StatusUnauthorized, 190, "Invalid OAuth access token")
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/files/"); ok {
		m.serveFile(w, id)
		return
	}
	path, versioned := strings.CutPrefix(r.URL.Path, "/v23.0/")
	file, known := m.file(path)
	switch {
	case !versioned || r.UserAgent() == "":
		metaError(w, http.StatusBadRequest, 100, "Unknown path, or no User-Agent")
	case r.Method == http.MethodPost && path == m.PhoneNumberID+"/messages":
		m.send(w, r)
	case r.Method == http.MethodPost && path == m.PhoneNumberID+"/media":
		m.uploadMedia(w, r)
	case r.Method == http.MethodGet && path == "app":
		m.serveApp(w, r)
	case r.Method == http.MethodPost && path == metaAppID+"/uploads":
		m.startUpload(w, r)
	case path == metaAccountID+"/message_templates":
		m.serveTemplates(w, r)
	case m.hasTemplate(path):
		m.serveTemplate(w, r, path)
	case r.Method == http.MethodGet && path == m.PhoneNumberID:
		writeJSON(w, http.StatusOK, map[string]any{"display_phone_number": "+44 7700 900999", "verified_name": "Parley Test", "id": m.PhoneNumberID})
	case r.Method == http.MethodGet && known:
		writeJSON(w, http.StatusOK, map[string]any{"url": "http://" + r.Host + "/files/" + path, "mime_type": file.ContentType, "id": path})
	default:
		metaError(w, http.StatusBadRequest, 100, "Unsupported request: object does not exist")
	}
}

// metaSend is a text or a template as POST /{phone number id}/messages takes it.
type metaSend struct {
	Product       string `json:"messaging_product"`
	RecipientType string `json:"recipient_type"`
	To            string `json:"to"`
	Recipient     string `json:"recipient"`
	Type          string `json:"type"`
	Text          struct {
		Body       string `json:"body"`
		PreviewURL bool   `json:"preview_url"`
	} `json:"text"`
	Template metaSentTemplate `json:"template"`
	Image    *metaFile        `json:"image"`
	Video    *metaFile        `json:"video"`
	Audio    *metaFile        `json:"audio"`
	Document *metaFile        `json:"document"`
	Reaction *struct {
		MessageID string `json:"message_id"`
		Emoji     string `json:"emoji"`
	} `json:"reaction"`
	Context struct {
		MessageID string `json:"message_id"`
	} `json:"context"`
	CallbackData string `json:"biz_opaque_callback_data"`
}

var (
	metaNumber = regexp.MustCompile(`^\+[0-9]{5,15}$`) // the plus is a must with us
	metaUserID = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)
)

// wrong says what is wrong with a request, or "".
func (s metaSend) wrong() string {
	switch n := utf8.RuneCountInString(s.Text.Body); {
	case s.Product != "whatsapp" || s.RecipientType != "individual" || !slices.Contains([]string{"text", "template", "reaction", "image", "video", "audio", "document"}, s.Type):
		return "messaging_product, recipient_type or type is wrong"
	case s.To != "" && !metaNumber.MatchString(s.To):
		return "to is not a number with its plus"
	case s.To == "" && !metaUserID.MatchString(s.Recipient):
		return "recipient is not a user id"
	case s.Type == "reaction" && (s.Reaction == nil || s.Reaction.MessageID == ""):
		return "reaction names no message"
	case s.Type == "text" && (n == 0 || n > 4096):
		return "text.body must have 1 to 4096 characters"
	}
	return ""
}

func (m *Meta) send(w http.ResponseWriter, r *http.Request) {
	var body metaSend
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		metaError(w, http.StatusBadRequest, 100, err.Error())
		return
	}
	if wrong := body.wrong(); wrong != "" {
		metaError(w, http.StatusBadRequest, 100, wrong)
		return
	}
	if body.Type == "template" {
		if code, wrong := m.templateRefusal(body.Template); code != 0 {
			metaError(w, http.StatusBadRequest, code, wrong)
			return
		}
	}
	var file *File
	caption := body.Text.Body
	switch body.Type {
	case "text", "template", "reaction":
	default:
		var wrong string
		if file, caption, wrong = m.sentFile(body); wrong != "" {
			metaError(w, http.StatusBadRequest, 131053, wrong)
			return
		}
	}
	if body.Reaction != nil {
		caption, body.Context.MessageID = body.Reaction.Emoji, body.Reaction.MessageID
	}
	message := Accepted{
		Type: body.Type, File: file,
		Template: body.Template.shown(),
		ClientID: body.CallbackData, To: cmp.Or(body.To, body.Recipient),
		Text: caption, QuotedID: body.Context.MessageID,
	}
	name := func(n int) string { return fmt.Sprintf("wamid.EMULATED%08d", n) }
	m.take(w, r, message, name, func(f Fault) {
		status := f.Status
		if f.Code == 0 {
			w.WriteHeader(status) // no error of Meta's: a proxy on the way, say
			return
		}
		metaError(w, cmp.Or(status, http.StatusBadRequest), f.Code, "Ordered by the test")
	}, func(taken Accepted) {
		contact := map[string]any{"input": taken.To}
		if body.To != "" {
			contact["wa_id"] = strings.TrimPrefix(taken.To, "+")
		}
		writeJSON(w, http.StatusOK, map[string]any{
			"messaging_product": "whatsapp", "contacts": []any{contact},
			"messages": []any{map[string]any{"id": taken.ExternalID, "message_status": "accepted"}},
		})
	})
}

// Deliver calls a webhook about items, up to Batch in one call, in their order.
func (m *Meta) Deliver(ctx context.Context, hookURL string, items ...Item) error {
	for batch := range slices.Chunk(items, cmp.Or(m.Batch, 1000)) {
		body := whatsapp.Notification(m.changes(batch)...)
		if err := Post(ctx, m.Client, whatsapp.Signed(m.AppSecret, hookURL, body)); err != nil {
			return err
		}
	}
	return nil
}

// changes puts each run of messages or of statuses into a change of its own, as Meta
// keeps them apart.
func (m *Meta) changes(items []Item) []whatsapp.Value {
	var changes []whatsapp.Value
	known := map[string]bool{}
	for i, item := range items {
		if i == 0 || (item.Status == "") != (items[i-1].Status == "") {
			changes = append(changes, whatsapp.Value{PhoneNumberID: m.PhoneNumberID})
			clear(known)
		}
		value := &changes[len(changes)-1]
		switch {
		case item.Raw != nil:
			value.Messages = append(value.Messages, item.Raw)
		case item.Status != "":
			value.Statuses = append(value.Statuses, whatsapp.StatusOf(item.ID, item.Status, item.To, item.ClientID, item.Code, item.At))
		default:
			value.Messages = append(value.Messages, whatsapp.TextMessage(item.From, item.Text, item.ID, item.At))
			if key := item.From.Phone + " " + item.From.UserID; !known[key] {
				known[key] = true
				value.Contacts = append(value.Contacts, whatsapp.Contact(item.From))
			}
		}
	}
	return changes
}

func metaError(w http.ResponseWriter, status, code int, message string) {
	writeJSON(w, status, map[string]any{"error": map[string]any{
		"message": fmt.Sprintf("(#%d) %s", code, message), "type": "OAuthException", "code": code,
		"error_data": map[string]any{"messaging_product": "whatsapp", "details": message}, "fbtrace_id": "emulated",
	}})
}
