package whatsapp

import (
	"cmp"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
)

// message is one of messages[]. What it holds stands under the name of its type.
type message struct {
	ID               channel.Word `json:"id"`
	From             channel.Word `json:"from"`
	FromUserID       channel.Word `json:"from_user_id"`
	FromParentUserID channel.Word `json:"from_parent_user_id"`
	Timestamp        channel.Word `json:"timestamp"`
	Type             channel.Word `json:"type"`

	Context  *quoted   `json:"context"`
	Referral *referral `json:"referral"`

	Text        *text        `json:"text"`
	Image       *media       `json:"image"`
	Video       *media       `json:"video"`
	Audio       *media       `json:"audio"`
	Document    *media       `json:"document"`
	Sticker     *media       `json:"sticker"`
	Location    *location    `json:"location"`
	Contacts    []card       `json:"contacts"`
	Button      *button      `json:"button"`
	Interactive *interactive `json:"interactive"`
	Order       *order       `json:"order"`
	Reaction    *reaction    `json:"reaction"`
	System      *system      `json:"system"`
}

// quoted says to what a message answers or from where it was forwarded.
type quoted struct {
	ID                  channel.Word `json:"id"`
	Forwarded           bool         `json:"forwarded"`
	FrequentlyForwarded bool         `json:"frequently_forwarded"`
	ReferredProduct     *struct {
		ProductRetailerID channel.Word `json:"product_retailer_id"`
	} `json:"referred_product"`
}

// referral is the advertisement or post from which somebody began to write.
type referral struct {
	SourceURL channel.Word `json:"source_url"`
	Headline  channel.Word `json:"headline"`
	Body      channel.Word `json:"body"`
}

// part is what one type of message holds.
type part interface {
	// read fills in the message, or says why it cannot.
	read(*crm.InboundMessage) error
}

// inbound is the message in our terms.
func (m message) inbound(senders directory) (crm.Inbound, error) {
	item := crm.Inbound{
		ExternalID: string(m.ID),
		At:         m.Timestamp.Time(),
		Sender:     sender(senders.find(m.From, m.FromUserID), m.From, m.FromUserID, m.FromParentUserID),
	}
	switch {
	case m.ID == "":
		return item, channel.Problem("The message has no id.")
	case m.Type == "system" && m.System != nil && m.System.moves():
		var err error
		item.Moved, err = m.System.move(&item.Sender)
		return item, err
	case item.Sender.Address == "":
		return item, channel.Problem("The message names no sender.")
	case m.Type == "reaction":
		var err error
		item.Reaction, err = m.Reaction.inbound()
		return item, err
	}
	item.Message = &crm.InboundMessage{Content: m.content()}
	return item, m.part().read(item.Message)
}

// part is what the message's type names. A type that is not known is no error: somebody
// wrote, and should be answered.
func (m message) part() part {
	switch m.Type {
	case "text":
		return m.Text
	case "image":
		return file{m.Image, crm.ImageMessage, "Photo"}
	case "video":
		return file{m.Video, crm.VideoMessage, "Video"}
	case "audio":
		return file{m.Audio, crm.AudioMessage, "Audio"}
	case "document":
		return file{m.Document, crm.DocumentMessage, "Document"}
	case "sticker":
		return file{m.Sticker, crm.StickerMessage, "Sticker"}
	case "location":
		return m.Location
	case "contacts":
		return cards(m.Contacts)
	case "button":
		return m.Button
	case "interactive":
		return m.Interactive
	case "order":
		return m.Order
	case "system":
		return m.System
	}
	return unsupported(m.Type)
}

// content is what any type of message may carry.
func (m message) content() crm.Content {
	var content crm.Content
	if c := m.Context; c != nil {
		content.QuotedID = string(c.ID)
		content.Forwarded = c.Forwarded || c.FrequentlyForwarded
		if c.ReferredProduct != nil {
			content.Referral = "Product " + string(c.ReferredProduct.ProductRetailerID)
		}
	}
	if r := m.Referral; r != nil {
		content.Referral = join(" – ", string(cmp.Or(r.Headline, r.Body)), string(r.SourceURL))
	}
	return content
}

// join joins what is there.
func join(separator string, parts ...string) string {
	var some []string
	for _, part := range parts {
		if part != "" {
			some = append(some, part)
		}
	}
	return strings.Join(some, separator)
}

func missing(what string) error {
	return channel.Problem("The message says it holds %s, but there is none.", what)
}
