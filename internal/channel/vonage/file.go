package vonage

import "parley/internal/crm"

// Files are none: SMS over Vonage carries text.
func (c *Channel) Files() crm.FileRules {
	return crm.FileRules{Refusal: "SMS over Vonage carries text only. Send a link, or answer on another channel."}
}
