package broadcasts

import (
	"context"
	"errors"
	"strconv"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Sample is a broadcast's message as one contact would get it.
type Sample struct {
	ContactID crm.ID
	Name      string
	Address   string
	Text      string
	Template  *crm.FilledTemplate
	Skip      crm.SkipReason // why there is no text for this one
	Missing   []string       // merge fields that leave a gap
}

// SMS counts the parts of the text, for an SMS.
func (s Sample) SMS() crm.SMSCount { return crm.SMSParts(s.Text) }

// Samples are the messages for the first few who would get a broadcast, whether it is
// saved or not. Admins only.
func (s *Broadcasts) Samples(ctx context.Context, who crm.Actor, b *crm.Broadcast, n int) (list []Sample, err error) {
	if !crm.MayBroadcast(who) {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		c, err := contentOf(tx, b)
		if err != nil {
			return err
		}
		var ids []crm.ID
		addresses := map[crm.ID]string{}
		err = s.audience(tx, who, b, &c, func(a store.Candidate, skip crm.SkipReason) error {
			if skip == "" {
				ids = append(ids, a.ContactID)
				addresses[a.ContactID] = a.Address
			}
			if len(ids) == n {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return err
		}
		people, err := store.ContactsByID(tx, b.BusinessID, ids)
		list = nil
		for _, id := range ids {
			for _, p := range people {
				if p.ID == id {
					list = append(list, c.sample(b, p, addresses[id]))
				}
			}
		}
		return err
	})
	return list, err
}

func (c *content) sample(b *crm.Broadcast, p *crm.Contact, address string) Sample {
	f := c.fill(b, p)
	sample := Sample{ContactID: p.ID, Name: p.Name(), Address: address, Text: f.text, Template: f.template, Skip: f.skip}
	if c.template == nil {
		sample.Missing = c.text.Missing(crm.MergeValues{Contact: p, Custom: c.custom, Agent: b.ByName, Our: c.business.Name})
	}
	return sample
}

// Tried is how a test ended.
type Tried struct {
	Address    string
	Text       string
	ExternalID string
}

// Try sends a broadcast's message once to the number of the one who asks, or to another
// one, filled in for the first who would get it. It is in no conversation and counts
// nowhere. The error is of kind Invalid, or Conflicting with why the provider did not take
// it. Admins only.
func (s *Broadcasts) Try(ctx context.Context, who crm.Actor, id crm.ID, to string) (t Tried, err error) {
	row, err := s.Get(ctx, who, id)
	if err != nil {
		return t, err
	}
	b := row.Broadcast
	var c content
	var problems crm.Problems
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if c, err = messageOf(tx, b); err != nil {
			return err
		}
		u, err := store.User(tx, who.BusinessID, who.UserID)
		if to == "" {
			to = u.Phone
		}
		return err
	})
	if err != nil {
		return t, err
	}
	for _, p := range append(missing(b), c.problems...) {
		if p.Field != "audience" {
			problems = append(problems, p)
		}
	}
	phone, wrong := crm.ParsePhone(to, c.business.Country, c.business.Demo)
	switch {
	case to == "":
		problems.Add("to", "required", "You have no phone number in your profile. Write one here.")
	case wrong != nil:
		problems.Add("to", "bad_phone", "%s", wrong)
	}
	if c.business.Held {
		return t, errHeld
	}
	if err := problems.Err(); err != nil {
		return t, err
	}
	samples, err := s.Samples(ctx, who, b, 1)
	if err != nil {
		return t, err
	}
	sample := c.sample(b, &crm.Contact{BusinessID: b.BusinessID, FirstName: who.Name, Custom: crm.CustomValues{}}, phone.E164)
	if len(samples) > 0 {
		sample = samples[0]
	}
	if sample.Skip != "" {
		return t, crm.Errorf(crm.Conflicting, string(sample.Skip), "%s", sample.Skip.Words())
	}
	open, err := s.Open(c.channel)
	if err != nil {
		return t, err
	}
	if err := s.note(ctx, who, id, crm.BroadcastTried); err != nil {
		return t, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendPatience)
	defer cancel()
	external, err := open.Send(ctx, crm.Outbound{ID: crm.NewID(s.Now()), Address: phone.E164, Text: sample.Text, Template: sample.Template})
	if failure := channel.FailureOf(err); failure != nil {
		return t, crm.Errorf(crm.Conflicting, "not_sent", "%s", failure.Reason)
	}
	return Tried{phone.E164, sample.Text, external}, nil
}

func plural(n int) string {
	if n == 1 {
		return "1 person"
	}
	return strconv.Itoa(n) + " people"
}
