package whatsapp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
)

// button is a tap on a quick reply of a template.
type button struct {
	Text    channel.Word `json:"text"`
	Payload channel.Word `json:"payload"`
}

func (b *button) read(m *crm.InboundMessage) error {
	m.Type = crm.ButtonMessage
	if b == nil {
		return missing("a button")
	}
	m.Text = string(b.Text)
	if m.Text == "" {
		m.Text = string(b.Payload)
	}
	m.Content.Button = &crm.Button{ID: string(b.Payload)}
	return nil
}

// interactive is a choice from buttons or a list, or a filled-in form (a Flow).
type interactive struct {
	Type        channel.Word `json:"type"`
	ButtonReply *reply       `json:"button_reply"`
	ListReply   *reply       `json:"list_reply"`
	NFMReply    *struct {
		Name         channel.Word `json:"name"`
		Body         channel.Word `json:"body"`
		ResponseJSON string       `json:"response_json"` // JSON within a string
	} `json:"nfm_reply"`
}

type reply struct {
	ID          channel.Word `json:"id"`
	Title       channel.Word `json:"title"`
	Description channel.Word `json:"description"`
}

func (i *interactive) read(m *crm.InboundMessage) error {
	m.Type = crm.ButtonMessage
	switch {
	case i == nil:
		return missing("a choice")
	case i.ListReply != nil:
		i.ListReply.fill(m)
	case i.ButtonReply != nil:
		i.ButtonReply.fill(m)
	case i.NFMReply != nil:
		m.Type = crm.TextMessage
		m.Text = join("\n", string(i.NFMReply.Body), answers(i.NFMReply.ResponseJSON))
	default:
		return unsupported("interactive " + i.Type).read(m)
	}
	return nil
}

func (r *reply) fill(m *crm.InboundMessage) {
	m.Text = string(r.Title)
	m.Content.Button = &crm.Button{ID: string(r.ID), Description: string(r.Description)}
}

// answers writes a form's fields a line each, in the order of their names. Its
// flow_token is for programs. What is no form is shown as it came.
func answers(form string) string {
	var fields map[string]any
	if err := json.Unmarshal([]byte(form), &fields); err != nil {
		return form
	}
	var lines []string
	for name, value := range fields {
		if name == "flow_token" {
			continue
		}
		if _, ok := value.(string); !ok {
			encoded, _ := json.Marshal(value) // it came from JSON
			value = string(encoded)
		}
		lines = append(lines, fmt.Sprintf("%s: %s", name, value))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// order is a basket from a catalogue.
type order struct {
	CatalogID channel.Word `json:"catalog_id"`
	Text      channel.Word `json:"text"`
	Items     []struct {
		Product  channel.Word `json:"product_retailer_id"`
		Quantity channel.Word `json:"quantity"`
		Price    channel.Word `json:"item_price"`
		Currency channel.Word `json:"currency"`
	} `json:"product_items"`
}

func (o *order) read(m *crm.InboundMessage) error {
	m.Type = crm.OrderMessage
	if o == nil {
		return missing("an order")
	}
	basket := &crm.Order{Catalogue: string(o.CatalogID), Items: []crm.OrderItem{}}
	var lines []string
	for _, item := range o.Items {
		quantity, err := strconv.Atoi(string(item.Quantity))
		if err != nil {
			return channel.Problem("The order has a line with the quantity %q.", string(item.Quantity))
		}
		basket.Items = append(basket.Items, crm.OrderItem{
			Product: string(item.Product), Quantity: quantity, Price: string(item.Price), Currency: string(item.Currency),
		})
		line := fmt.Sprintf("%d × %s", quantity, item.Product)
		if item.Price != "" {
			line += fmt.Sprintf(" (%s %s)", item.Price, item.Currency)
		}
		lines = append(lines, line)
	}
	m.Content.Order = basket
	m.Text = join("\n", "Order: "+strings.Join(lines, ", "), string(o.Text))
	return nil
}

// reaction is an emoji on a message; without one it is taken back.
type reaction struct {
	MessageID channel.Word `json:"message_id"`
	Emoji     string       `json:"emoji"`
}

func (r *reaction) inbound() (*crm.InboundReaction, error) {
	if r == nil || r.MessageID == "" {
		return nil, channel.Problem("The reaction does not say to which message.")
	}
	return &crm.InboundReaction{ToExternalID: string(r.MessageID), Emoji: r.Emoji}, nil
}
