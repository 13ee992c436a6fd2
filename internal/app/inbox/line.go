package inbox

import (
	"strings"
	"unicode/utf8"

	"parley/internal/crm"
)

// maxText is the most characters of a message that are kept.
const maxText = 20_000

// line is a message in one line, for the list of conversations.
func line(m crm.Message) string {
	text := strings.Join(strings.Fields(m.Text), " ")
	if text == "" {
		text = kindName(m.Type)
	}
	return clip(text, 140)
}

func kindName(t crm.MessageType) string {
	switch t {
	case crm.ImageMessage:
		return "Picture"
	case crm.VideoMessage:
		return "Video"
	case crm.AudioMessage:
		return "Voice message"
	case crm.DocumentMessage:
		return "Document"
	case crm.StickerMessage:
		return "Sticker"
	case crm.LocationMessage:
		return "Location"
	case crm.ContactsMessage:
		return "Contact card"
	case crm.OrderMessage:
		return "Order"
	}
	return "Message"
}

// clean makes a text from outside storable: valid UTF-8 without NUL, which PostgreSQL
// cannot hold, and not endless.
func clean(s string, maximum int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "")
	return clip(s, maximum)
}

func clip(s string, maximum int) string {
	if utf8.RuneCountInString(s) <= maximum {
		return s
	}
	return string([]rune(s)[:maximum-1]) + "…"
}
