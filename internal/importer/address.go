package importer

import "strconv"

// addressGroup is the columns that make one address.
type addressGroup struct {
	key     string
	order   int // which group is taken first where all else is equal
	billing bool
	parts   map[concept][]int
	columns int
}

// addresses sorts the columns of addresses into the addresses they make, and gives the
// contact address and the billing address one each.
func (p *proposal) addresses(found []candidate) {
	p.numbers(found)
	var groups []*addressGroup
	for i, c := range found {
		if c.field&(street|house|address|city|region|postcode|country) == 0 {
			continue
		}
		key, order, isBilling := groupOf(p.file.marks[i])
		var group *addressGroup
		for _, g := range groups {
			if g.key == key {
				group = g
			}
		}
		if group == nil {
			group = &addressGroup{key: key, order: order, billing: isBilling, parts: map[concept][]int{}}
			groups = append(groups, group)
		}
		group.parts[c.field] = append(group.parts[c.field], i)
		group.columns++
	}
	var contact, bill, plainGroup *addressGroup
	for _, g := range groups {
		if g.key == "" {
			plainGroup = g
		}
		if g.billing {
			if bill == nil || p.weight(g) > p.weight(bill) {
				bill = g
			}
		} else if contact == nil || p.weight(g) > p.weight(contact) || p.weight(g) == p.weight(contact) && g.order < contact.order {
			contact = g
		}
	}
	p.giveAddress("contact_address.", contact, found)
	p.giveAddress("billing_address.", bill, found)
	if plainGroup == nil {
		return
	}
	// What stands by itself completes the one address there is: "Country" beside "Mailing city".
	for _, one := range []struct {
		prefix string
		g      *addressGroup
	}{{"contact_address.", contact}, {"billing_address.", bill}} {
		if one.g != nil && one.g != plainGroup && len(groups) == 2 {
			for part, columns := range plainGroup.parts {
				if len(one.g.parts[part]) == 0 && part&(street|address|house) == 0 {
					p.give(columns[0], one.prefix+partNames[part], plausible)
				}
			}
			return
		}
	}
}

var partNames = map[concept]string{street: "street", house: "street", address: "street", city: "city", region: "region", postcode: "postal_code", country: "country"}

// weight says how much of an address a group has, and how much stands in it.
func (p *proposal) weight(g *addressGroup) float64 {
	w := 0.0
	for part, columns := range g.parts {
		if part == house {
			continue
		}
		most := 0
		for _, i := range columns {
			most = max(most, p.profiles[i].filled)
		}
		w++
		if most > 0 {
			w += 1.5
		}
	}
	return w
}

func (p *proposal) giveAddress(prefix string, g *addressGroup, found []candidate) {
	if g == nil {
		return
	}
	streets := len(g.parts[street]) > 0
	for part, columns := range g.parts {
		name := prefix + partNames[part]
		switch part {
		case street, house:
			for _, i := range columns {
				p.give(i, name, found[i].confidence)
			}
		case address:
			for n, i := range columns {
				if p.apart(g, i) || !streets && (n == 0 || p.file.marks[i].part > 1) {
					p.give(i, name, found[i].confidence)
				}
			}
		default:
			best := columns[0]
			for _, i := range columns[1:] {
				if p.better(found, i, best) {
					best = i
				}
			}
			p.give(best, name, found[best].confidence)
		}
	}
}

// apart reports whether an "Address" column is the first line of an address whose other
// street columns are what comes below it: "Address 2", "Suite".
func (p *proposal) apart(g *addressGroup, i int) bool {
	for _, s := range g.parts[street] {
		if m := p.file.marks[s]; m.has(street) && m.part < 2 {
			return false
		}
	}
	return len(g.parts[street]) > 0 && g.parts[address][0] == i
}

// numbers gives a bare "No." behind a street to the street: the number of the house.
func (p *proposal) numbers(found []candidate) {
	for i := 1; i < len(found); i++ {
		m, v := p.file.marks[i], &p.profiles[i]
		if m.means&^filler == number && m.unknown == 0 && m.part == 0 && found[i-1].field&(street|address) != 0 && (v.filled == 0 || v.part(v.digital) > 0.6) {
			found[i] = candidate{house, plausible}
			p.file.marks[i].means |= house
		}
	}
}

// groupOf says to which address a column belongs.
func groupOf(m headerMark) (key string, order int, isBilling bool) {
	switch {
	case m.has(billing):
		key, order, isBilling = "billing", 1, true
	case m.has(mailing):
		key, order = "mailing", 2
	case m.has(work) || m.has(company) && !m.addressFirst:
		key, order = "work", 1
	case m.has(home):
		key, order = "home", 4
	case m.has(shipping):
		key, order = "shipping", 5
	case m.has(other):
		key, order = "other", 6
	case m.group > 0:
		key, order = "", 3
	default:
		key, order = "", 3
	}
	if m.group > 1 {
		key, order = key+strconv.Itoa(m.group), order+10
	}
	return key, order, isBilling
}
