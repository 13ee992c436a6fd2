package seed

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Rich is what a Seeder puts on contacts so that lists can be filtered: five tags each
// from common to rare, an assignee, a country, custom fields, opt-outs, times of last
// messages.
type Rich struct {
	// Segments hold a quarter each, Regions a twentieth, Campaigns a fortieth, Lots one in
	// 400, spread evenly. Cohorts hold a hundredth each, made one after another.
	Segments, Regions, Campaigns, Lots, Cohorts []crm.ID
	Users                                       []crm.ID // one of them on two contacts in five; the last on one in 5,000
}

func (s *Seeder) rich(ctx context.Context) (*Rich, error) {
	r := &Rich{}
	for _, group := range []struct {
		name string
		n    int
		into *[]crm.ID
	}{{"Segment", 4, &r.Segments}, {"Region", 20, &r.Regions}, {"Campaign", 40, &r.Campaigns}, {"Lot", 400, &r.Lots}, {"Cohort", 100, &r.Cohorts}} {
		for i := range group.n {
			tag, err := s.Team.PutTag(ctx, s.Who, crm.Tag{Name: fmt.Sprintf("%s %d", group.name, i+1), Colour: crm.TagColours[i%len(crm.TagColours)]})
			if err != nil {
				return nil, err
			}
			*group.into = append(*group.into, tag.ID)
		}
	}
	for i := range 6 {
		u, _, err := s.Team.Invite(ctx, s.Who, team.UserDraft{Name: new(fmt.Sprintf("Agent %d", i+1)), Email: new(fmt.Sprintf("agent%d@seed.example", i+1))})
		if err != nil {
			return nil, err
		}
		r.Users = append(r.Users, u.ID)
	}
	for _, f := range []crm.CustomField{{Label: "Size", Kind: crm.CustomNumber}, {Label: "Joined", Kind: crm.CustomDate}, {Label: "Partner", Kind: crm.CustomBoolean},
		{Label: "Plan", Kind: crm.CustomChoice, Options: []crm.CustomOption{{Label: "Free"}, {Label: "Basic"}, {Label: "Pro"}}}} {
		if _, err := s.Contacts.PutCustomField(ctx, s.Who, f); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// enrich adds to the ith of n contacts.
func (r *Rich) enrich(random *rand.Rand, d *crm.Draft, i, n int) {
	pick := func(ids []crm.ID) crm.ID { return ids[random.IntN(len(ids))] }
	d.Tags = &[]crm.ID{pick(r.Segments), pick(r.Regions), pick(r.Campaigns), pick(r.Lots), r.Cohorts[i*len(r.Cohorts)/n]}
	switch {
	case random.IntN(5000) == 0:
		d.AssigneeID = &r.Users[len(r.Users)-1]
	case random.IntN(5) < 2:
		d.AssigneeID = new(pick(r.Users[:len(r.Users)-1]))
	}
	d.Fields[crm.ContactCountry] = []string{"GB", "GB", "GB", "DE", "DE", "FR", "NL", "", "", ""}[random.IntN(10)]
	if random.IntN(1000) == 0 {
		d.Fields[crm.ContactCountry] = "IS"
	}
	d.Source = []crm.Source{crm.SourceImport, crm.SourceImport, crm.SourceWhatsApp, crm.SourceSMS}[random.IntN(4)]
	if random.IntN(2000) == 0 {
		d.Source = crm.SourceManual
	}
	d.Custom = map[string]any{"plan": []string{"", "free", "free", "basic", "pro"}[random.IntN(5)]}
	if random.IntN(2) == 0 {
		d.Custom["size"] = fmt.Sprint(random.IntN(500))
	}
	if random.IntN(100) == 0 {
		d.Custom["partner"] = "yes"
	}
	d.Custom["joined"] = fmt.Sprintf("20%02d-%02d-%02d", 10+random.IntN(16), 1+random.IntN(12), 1+random.IntN(28))
}

// touch notes last messages for three in five of the contacts of a chunk, and that one in
// a hundred opted out.
func (r *Rich) touch(ctx context.Context, s *Seeder, random *rand.Rand, saved []crm.ID, now time.Time) error {
	return s.Contacts.DB.Write(ctx, func(tx *db.Tx) error {
		groups := map[int][]crm.ID{}
		for _, id := range saved {
			if random.IntN(5) < 3 {
				day := random.IntN(700)
				groups[day] = append(groups[day], id)
			}
			if random.IntN(100) == 0 {
				store.OptOut(tx, s.Who.BusinessID, id, crm.SMS, now, "message", "STOP")
			}
		}
		for day, ids := range groups {
			store.TouchContacts(tx, s.Who.BusinessID, ids, now.Add(-time.Duration(day)*24*time.Hour-time.Duration(random.IntN(86400))*time.Second))
		}
		return nil
	})
}
