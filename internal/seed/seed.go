// Package seed fills a business with plausible people and conversations, for the demo and
// for benchmarks. It goes in by the same verbs as everything else.
package seed

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"parley/internal/app/contacts"
	"parley/internal/app/inbox"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Seeder fills one business. Numbers come from a fixed source, so two runs are alike.
type Seeder struct {
	Team     *team.Team
	Contacts *contacts.Contacts
	Inbox    *inbox.Inbox
	Who      crm.Actor // an admin
	// Channels are the channels on which conversations come in.
	Channels []store.Channel
	// Progress is told how many contacts are there, now and then. nil: nobody.
	Progress func(done int)
	// Filtered makes the contacts rich (see Rich), for measuring lists.
	Filtered bool
}

// chunk is how many contacts are saved in one transaction.
const chunk = 10_000

// Fill makes n contacts, with tags, and a conversation with some of them: with every
// second one of the newest forty, and with one in two hundred of the rest.
func (s *Seeder) Fill(ctx context.Context, n int) error {
	tags, err := s.tags(ctx)
	if err != nil {
		return err
	}
	var rich *Rich
	if s.Filtered {
		if rich, err = s.rich(ctx); err != nil {
			return err
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	// They came over two years, and the last one a minute ago.
	now := s.Contacts.Now()
	step := 2 * 365 * 24 * time.Hour / time.Duration(n+1)
	for start := 0; start < n; start += chunk {
		size := min(chunk, n-start)
		drafts := make([]*crm.Draft, size)
		for i := range drafts {
			drafts[i] = person(random, start+i, tags)
			if rich != nil {
				rich.enrich(random, drafts[i], start+i, n)
			}
		}
		at := now.Add(-step * time.Duration(n-start))
		saved, err := s.save(ctx, drafts, at)
		if err != nil {
			return err
		}
		if rich != nil {
			if err := rich.touch(ctx, s, random, saved, now); err != nil {
				return err
			}
		}
		if start == 0 || start == 5*chunk {
			if err := s.Contacts.DB.Analyze(ctx); err != nil {
				return err
			}
		}
		if err := s.talk(ctx, random, drafts, start, n, now, step); err != nil {
			return err
		}
		if s.Progress != nil {
			s.Progress(start + size)
		}
	}
	return s.index(ctx)
}

func (s *Seeder) index(ctx context.Context) error {
	if err := s.Contacts.Index(ctx); err != nil {
		return err
	}
	return s.Contacts.DB.Write(ctx, func(tx *db.Tx) error {
		store.OptimizeIndex(tx)
		return nil
	})
}

func (s *Seeder) tags(ctx context.Context) ([]crm.ID, error) {
	var ids []crm.ID
	for _, t := range tagNames {
		tag, err := s.Team.PutTag(ctx, s.Who, crm.Tag{Name: t.name, Colour: t.colour})
		if err != nil {
			return nil, err
		}
		ids = append(ids, tag.ID)
	}
	return ids, nil
}

func (s *Seeder) save(ctx context.Context, drafts []*crm.Draft, at time.Time) (ids []crm.ID, err error) {
	err = s.Contacts.DB.Write(ctx, func(tx *db.Tx) error {
		planned, err := s.Contacts.Save(tx, s.Who, drafts, contacts.Policy{Free: true}, at)
		ids = nil
		for _, p := range planned {
			if err == nil && p.Err != nil {
				err = p.Err
			}
			if p.After != nil {
				ids = append(ids, p.After.ID)
			}
		}
		return err
	})
	return ids, err
}

// person makes up the nth contact.
func person(random *rand.Rand, n int, tags []crm.ID) *crm.Draft {
	people := people[n%len(people)]
	first, last := people.first[random.IntN(len(people.first))], people.last[random.IntN(len(people.last))]
	plan := plans[people.country]
	phone := fmt.Sprintf("%s%0*d", plan.prefix, plan.digits, (n*37+13)%pow10(plan.digits))
	d := &crm.Draft{Source: crm.SourceManual, Fields: map[crm.Field]string{crm.FirstName: first, crm.LastName: last},
		Inbound: []crm.Identity{{Kind: crm.PhoneIdentity, Value: phone, Entered: phone, Label: "mobile"}}}
	if n%4 != 3 {
		email := fmt.Sprintf("%s.%s%d@example.com", ascii(first), ascii(last), n)
		d.Inbound = append(d.Inbound, crm.Identity{Kind: crm.EmailIdentity, Value: email, Entered: email})
	}
	if n%3 == 0 {
		d.Fields[crm.BusinessName] = firms[random.IntN(len(firms))]
		d.Fields[crm.ContactCity] = cities[n%len(cities)]
		d.Fields[crm.ContactCountry] = people.country
	}
	var chosen []crm.ID
	for i := range random.IntN(3) {
		chosen = append(chosen, tags[(random.IntN(len(tags)/2)+i*len(tags)/2)%len(tags)])
	}
	d.Tags = &chosen
	return d
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// ascii is a name as it may stand in an e-mail address.
func ascii(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKD.String(s))
	if s == "" {
		return "info"
	}
	return s
}

// talk has some of the people write. The newest write one by one, and some are answered;
// what the others wrote is filed together.
func (s *Seeder) talk(ctx context.Context, random *rand.Rand, drafts []*crm.Draft, start, n int, now time.Time, step time.Duration) error {
	if len(s.Channels) == 0 {
		return nil
	}
	together := make([][]crm.Inbound, len(s.Channels))
	for i, d := range drafts {
		left := n - start - i // 1 is the newest
		if left > 40 && left%200 != 0 || left <= 40 && left%2 != 0 {
			continue
		}
		phone, channel := d.Inbound[0].Value, left/2%len(s.Channels)
		talk := talks[random.IntN(len(talks))]
		item := crm.Inbound{ExternalID: fmt.Sprintf("seed-%d", start+i), At: now.Add(-min(step*time.Duration(left), time.Duration(left)*13*time.Minute)),
			Sender:  crm.Sender{Phone: phone, Address: phone},
			Message: &crm.InboundMessage{Type: crm.TextMessage, Text: talk[0]}}
		if left > 40 {
			together[channel] = append(together[channel], item)
			continue
		}
		answer := ""
		if random.IntN(3) == 0 {
			answer = talk[1]
		}
		if err := s.receive(ctx, s.Channels[channel], []crm.Inbound{item}, answer); err != nil {
			return err
		}
	}
	for channel, items := range together {
		if len(items) == 0 {
			continue
		}
		if err := s.receive(ctx, s.Channels[channel], items, ""); err != nil {
			return err
		}
	}
	return nil
}

// receive files messages as if it were the time at which the last one was written, and
// answers it some minutes later. The answer leaves when jobs run.
func (s *Seeder) receive(ctx context.Context, ch store.Channel, items []crm.Inbound, answer string) error {
	item := items[len(items)-1]
	clock := item.At
	then := &inbox.Inbox{DB: s.Inbox.DB, Contacts: s.Inbox.Contacts, Now: func() time.Time { return clock }, Wake: s.Inbox.Wake,
		Deliver: func(*db.Tx, crm.ID, crm.ID) error { return nil }}
	if err := then.Receive(ctx, ch, "", items); err != nil || answer == "" {
		return err
	}
	clock = clock.Add(7 * time.Minute)
	page, err := then.List(ctx, s.Who, store.ConversationFilter{View: store.ViewOpen, Query: item.Sender.Phone}, nil, 1)
	if err != nil || len(page.Rows) == 0 {
		return err
	}
	_, err = then.Reply(ctx, s.Who, inbox.Reply{Conversation: page.Rows[0].ID, Text: answer})
	return err
}
