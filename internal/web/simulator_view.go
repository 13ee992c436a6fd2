package web

import "parley/internal/crm"

// SimulatorPage is a phone from which a customer writes. It posts to /simulator/messages:
// channel_id, from, name, text, and asks for /simulator/thread?channel_id=&from= to see
// what came back.
type SimulatorPage struct {
	Alone     Alone
	Channels  []ComposerChannel // those of kind simulator
	ChannelID crm.ID
	Strangers []Stranger // suggestions
	From      string
	Name      string
	Thread    SimulatorThread
	Live      string // address of the live connection
}

func (SimulatorPage) template() string { return "simulator" }

// Family is that of the channel chosen.
func (p SimulatorPage) Family() crm.Family {
	for _, c := range p.Channels {
		if c.ID == p.ChannelID {
			return c.Family
		}
	}
	return crm.WhatsApp
}

// Stranger is somebody to be.
type Stranger struct{ Name, From string }

// SimulatorThread is what the phone shows: the fragment of GET /simulator/thread.
type SimulatorThread struct {
	Business string
	Messages Messages
}

func (SimulatorThread) template() string { return "simulator-thread" }
