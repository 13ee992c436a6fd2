package dav

import (
	"slices"
	"strings"

	"parley/internal/card"
	"parley/internal/crm"
	"parley/internal/importer"
)

// said is what a card says of somebody, in our words.
type said struct {
	uid                 string
	state               string // of the contact as it was when the card was given out
	group               bool   // it is no person, but a list of cards
	first, middle, last string
	formatted           string
	business            string
	identities          []crm.Identity
	addresses           []saidAddress
	tags                []string // nil: the card says nothing of tags
	notes               *string  // nil: nor of notes
}

type saidAddress struct {
	crm.Address
	billing bool
}

func readSaid(list []importer.CardProperty) said {
	var s said
	labels := map[string]string{}
	for _, p := range list {
		if p.Name() == "X-ABLABEL" {
			labels[p.Group()] = strings.Trim(strings.TrimSuffix(strings.TrimPrefix(p.Text(), "_$!<"), ">!$_"), " ") // _$!<Home>!$_ is Apple's "home"
		}
	}
	preferred := map[crm.IdentityKind]bool{}
	for _, p := range list {
		switch p.Name() {
		case "UID":
			if s.uid = clean(p.Text()); len(s.uid) > 300 {
				s.uid = ""
			}
		case card.StateProperty:
			s.state = clean(p.Text())
		case "KIND", "X-ADDRESSBOOKSERVER-KIND": // the second is Apple's, in vCard 3.0
			s.group = strings.EqualFold(clean(p.Text()), "group")
		case "N":
			parts := append(p.Components(), "", "", "")
			s.last, s.first, s.middle = clean(parts[0]), clean(parts[1]), clean(parts[2])
		case "FN":
			s.formatted = clean(p.Text())
		case "ORG":
			if parts := p.Components(); s.business == "" {
				s.business = clean(parts[0])
			}
		case "TEL", "EMAIL":
			kind := crm.PhoneIdentity
			if p.Name() == "EMAIL" {
				kind = crm.EmailIdentity
			}
			value := clean(strings.TrimPrefix(strings.TrimPrefix(p.Text(), "tel:"), "mailto:"))
			if value == "" {
				continue
			}
			first := p.Preferred() && !preferred[kind]
			preferred[kind] = preferred[kind] || first
			s.identities = append(s.identities, crm.Identity{Kind: kind, Value: value, Label: labelOf(p, labels[p.Group()]), Primary: first})
		case "ADR":
			parts := append(p.Components(), make([]string, 7)...)
			street := strings.Join(slices.DeleteFunc([]string{strings.TrimSpace(parts[2]), strings.TrimSpace(parts[1]), strings.TrimSpace(parts[0])}, func(t string) bool { return t == "" }), "\n")
			a := saidAddress{crm.Address{Street: street, City: clean(parts[3]), Region: clean(parts[4]), PostalCode: clean(parts[5]), Country: clean(parts[6])},
				p.Group() != "" && strings.EqualFold(labels[p.Group()], card.BillingLabel)}
			if a.Address != (crm.Address{}) {
				s.addresses = append(s.addresses, a)
			}
		case "CATEGORIES":
			if s.tags == nil {
				s.tags = []string{}
			}
			for _, tag := range p.List() {
				s.tags = append(s.tags, clean(tag))
			}
		case "NOTE":
			text := strings.TrimSpace(p.Text())
			s.notes = &text
		}
	}
	return s
}

func clean(text string) string { return strings.TrimSpace(text) }

// labelOf is what a number is called.
func labelOf(p importer.CardProperty, label string) string {
	switch {
	case p.Group() != "" && label != "":
		return strings.ToValidUTF8(label[:min(len(label), 40)], "")
	case p.Is("FAX"):
		return "fax"
	case p.Is("CELL"), p.Is("IPHONE"):
		return "mobile"
	case p.Is("WORK"):
		return "work"
	case p.Is("HOME"):
		return "home"
	}
	return ""
}

// lay is what a card makes of a contact. Only what it says otherwise than the card that we
// gave out is taken: a client may spell it in its own way. What a card cannot carry stays:
// custom fields, visibility, the assignee; and so do tags, notes and the billing address
// where the card does not mention them, for many address books know nothing of those. now
// is nil for somebody new.
func (s said) lay(now *crm.Contact, tags []crm.Tag, fields []crm.CustomField, business crm.Business) crm.Draft {
	d := crm.Draft{Fields: map[crm.Field]string{}}
	var was said
	before := &crm.Contact{}
	if now != nil {
		before = now
		list, _ := importer.ReadCard([]byte(card.Card{Contact: now, Version: card.V3, Fields: fields}.String())) // our own
		was = readSaid(list)
	}
	s.identities = known(s.identities, was.identities, business)
	s.layNames(d.Fields, was)
	if s.business != was.business {
		d.Fields[crm.BusinessName] = s.business
	}
	s.layAddresses(d.Fields, before)
	if s.notes != nil && (was.notes == nil || *s.notes != *was.notes) {
		d.Fields[crm.Notes] = *s.notes
	}
	if now == nil || !sameIdentities(s.identities, was.identities) {
		list := s.withPrimary(was)
		d.Identities = &list
	}
	if s.tags != nil && !slices.Equal(s.tags, was.tags) {
		var ids []crm.ID
		for _, t := range tags { // a name that is no tag makes none (T1)
			if slices.ContainsFunc(s.tags, func(name string) bool { return crm.TagKey(name) == crm.TagKey(t.Name) }) {
				ids = append(ids, t.ID)
			}
		}
		d.Tags = &ids
	}
	return d
}

// layNames takes the parts of the name, or parts the whole where there are none.
func (s said) layNames(fields map[crm.Field]string, was said) {
	if s.first == "" && s.last == "" {
		if s.formatted == was.formatted || s.formatted == s.business {
			if was.first+was.last == "" {
				return // it had no name and has none
			}
		} else {
			s.first, s.last = crm.SplitName(s.formatted)
		}
	}
	if s.first != was.first || s.middle != was.middle || s.last != was.last {
		fields[crm.FirstName], fields[crm.MiddleName], fields[crm.LastName] = s.first, s.middle, s.last
	}
}

// layAddresses finds out which address is which: what is called billing, or is the billing
// address already, is that one; the first other one is the contact's. An address that
// there is no room for is left out.
func (s said) layAddresses(fields map[crm.Field]string, now *crm.Contact) {
	var contact, billing *crm.Address
	for _, a := range s.addresses {
		a.Country = countryOf(a.Country, now)
		switch {
		case billing == nil && (a.billing || a.Address == now.Billing && a.Address != now.Contact):
			billing = &a.Address
		case contact == nil:
			contact = &a.Address
		}
	}
	if contact == nil {
		contact = &crm.Address{}
	}
	set := func(address crm.Address, was crm.Address, street, city, region, postal, country crm.Field) {
		if address == was {
			return
		}
		fields[street], fields[city], fields[region], fields[postal], fields[country] = address.Street, address.City, address.Region, address.PostalCode, address.Country
	}
	set(*contact, now.Contact, crm.ContactStreet, crm.ContactCity, crm.ContactRegion, crm.ContactPostalCode, crm.ContactCountry)
	if billing != nil {
		set(*billing, now.Billing, crm.BillingStreet, crm.BillingCity, crm.BillingRegion, crm.BillingPostalCode, crm.BillingCountry)
	}
}

// countryOf is the code of a country that a card names; one that is not known is left out.
func countryOf(text string, now *crm.Contact) string {
	if text == "" || text == now.Contact.Country || text == now.Billing.Country {
		return text
	}
	return importer.CountryOf(text)
}

// known spells numbers and addresses as we do where they are the same, and leaves them
// their label where the card has none.
func known(list, was []crm.Identity, business crm.Business) []crm.Identity {
	list = slices.Clone(list)
	for n, i := range list {
		for _, o := range was {
			if o.Kind == i.Kind && (o.Value == i.Value || crm.SameIdentity(i.Kind, i.Value, o.Value, business.Country, business.Demo)) {
				list[n].Value = o.Value
				if i.Label == "" {
					list[n].Label = o.Label
				}
			}
		}
	}
	return list
}

// withPrimary says which of each kind is the main one: that which the card prefers, else the
// one that was it, else the first.
func (s said) withPrimary(was said) []crm.Identity {
	list := slices.Clone(s.identities)
	for _, kind := range []crm.IdentityKind{crm.PhoneIdentity, crm.EmailIdentity} {
		is := func(i crm.Identity) bool { return i.Kind == kind && i.Primary }
		if slices.ContainsFunc(list, is) {
			continue
		}
		main := slices.IndexFunc(was.identities, is)
		at := slices.IndexFunc(list, func(i crm.Identity) bool {
			return i.Kind == kind && main >= 0 && i.Value == was.identities[main].Value
		})
		if at < 0 {
			at = slices.IndexFunc(list, func(i crm.Identity) bool { return i.Kind == kind })
		}
		if at >= 0 {
			list[at].Primary = true
		}
	}
	return list
}

// sameIdentities compares without regard to order; a card that prefers nothing leaves the
// main ones as they are.
func sameIdentities(a, b []crm.Identity) bool {
	if len(a) != len(b) {
		return false
	}
	prefers := slices.ContainsFunc(a, func(i crm.Identity) bool { return i.Primary })
	for _, i := range a {
		if !slices.ContainsFunc(b, func(o crm.Identity) bool {
			return o.Kind == i.Kind && o.Value == i.Value && o.Label == i.Label && (!prefers || o.Primary == i.Primary)
		}) {
			return false
		}
	}
	return true
}
