package whatsapp

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
)

type text struct {
	Body *string `json:"body"`
}

func (t *text) read(m *crm.InboundMessage) error {
	m.Type = crm.TextMessage
	if t == nil || t.Body == nil {
		return missing("text")
	}
	m.Text = *t.Body
	return nil
}

// media is a file by its id; it is fetched when somebody wants it (see Fetch).
type media struct {
	ID       channel.Word `json:"id"`
	MimeType channel.Word `json:"mime_type"`
	SHA256   channel.Word `json:"sha256"`
	Caption  string       `json:"caption"`
	Filename string       `json:"filename"`
	Voice    bool         `json:"voice"`
}

// file is a message that is a file: its text is the caption, else what it is.
type file struct {
	media *media
	kind  crm.MessageType
	word  string
}

func (f file) read(m *crm.InboundMessage) error {
	m.Type = f.kind
	if f.media == nil || f.media.ID == "" {
		return missing("a file")
	}
	m.Text = f.media.Caption
	switch {
	case m.Text != "":
	case f.media.Filename != "":
		m.Text = f.media.Filename
	case f.media.Voice:
		m.Text = "Voice message"
	default:
		m.Text = f.word
	}
	m.Media = []crm.Media{{
		Type:      string(f.media.MimeType),
		Name:      f.media.Filename,
		SHA256:    hexHash(string(f.media.SHA256)),
		Reference: string(f.media.ID),
	}}
	return nil
}

// hexHash turns Meta's hash into hex: webhooks carry it in base64, the media endpoint in
// hex. What is neither is left out.
func hexHash(s string) string {
	if raw, err := hex.DecodeString(s); err == nil && len(raw) == 32 {
		return strings.ToLower(s)
	}
	if raw, err := base64.StdEncoding.DecodeString(s); err == nil && len(raw) == 32 {
		return hex.EncodeToString(raw)
	}
	return ""
}

type location struct {
	Latitude  *float64     `json:"latitude"`
	Longitude *float64     `json:"longitude"`
	Name      channel.Word `json:"name"`
	Address   channel.Word `json:"address"`
	URL       channel.Word `json:"url"`
}

func (l *location) read(m *crm.InboundMessage) error {
	m.Type = crm.LocationMessage
	if l == nil || l.Latitude == nil || l.Longitude == nil {
		return missing("a place")
	}
	m.Content.Location = &crm.Location{
		Latitude: *l.Latitude, Longitude: *l.Longitude,
		Name: string(l.Name), Address: string(l.Address), URL: string(l.URL),
	}
	if m.Text = join(", ", string(l.Name), string(l.Address)); m.Text == "" {
		m.Text = degrees(*l.Latitude) + ", " + degrees(*l.Longitude)
	}
	return nil
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', 5, 64) }

// card is a contact that somebody shared.
type card struct {
	Name struct {
		Formatted channel.Word `json:"formatted_name"`
		First     channel.Word `json:"first_name"`
		Middle    channel.Word `json:"middle_name"`
		Last      channel.Word `json:"last_name"`
	} `json:"name"`
	Org struct {
		Company channel.Word `json:"company"`
	} `json:"org"`
	Phones []struct {
		Phone channel.Word `json:"phone"`
		WaID  channel.Word `json:"wa_id"`
	} `json:"phones"`
	Emails []struct {
		Email channel.Word `json:"email"`
	} `json:"emails"`
}

type cards []card

func (c cards) read(m *crm.InboundMessage) error {
	m.Type = crm.ContactsMessage
	if len(c) == 0 {
		return missing("contacts")
	}
	lines := make([]string, len(c))
	for i, card := range c {
		shared := card.shared()
		m.Content.Contacts = append(m.Content.Contacts, shared)
		lines[i] = "Contact: " + join(", ", shared.Name, shared.Company, strings.Join(shared.Phones, ", "), strings.Join(shared.Emails, ", "))
	}
	m.Text = strings.Join(lines, "\n")
	return nil
}

func (c card) shared() crm.SharedContact {
	shared := crm.SharedContact{Name: string(c.Name.Formatted), Company: string(c.Org.Company)}
	if shared.Name == "" {
		shared.Name = crm.FullName(string(c.Name.First), string(c.Name.Middle), string(c.Name.Last))
	}
	for _, p := range c.Phones {
		switch {
		case p.WaID != "": // the number in full, whatever way it was saved
			shared.Phones = append(shared.Phones, address(crm.Sender{Phone: string(p.WaID)}))
		case p.Phone != "":
			shared.Phones = append(shared.Phones, string(p.Phone))
		}
	}
	for _, e := range c.Emails {
		if e.Email != "" {
			shared.Emails = append(shared.Emails, string(e.Email))
		}
	}
	return shared
}

// unsupported is a message that Meta does not hand on, or of a type newer than Parley.
type unsupported string

func (u unsupported) read(m *crm.InboundMessage) error {
	m.Type = crm.Unsupported
	kind := ""
	if u != "" && u != "unsupported" && u != "unknown" {
		kind = " (" + string(u) + ")"
	}
	m.Text = "A message that cannot be shown here" + kind + ". Ask the sender to write it as text."
	return nil
}
