package contacts

import (
	"maps"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// LinksField is the choice between the records of two contacts in another system, should
// both have one there (C11).
const LinksField = "links"

// TwoLinks are the records of two contacts in the systems in which both have one.
type TwoLinks struct{ Into, From string }

// lookAtLinks reads the records of both in other systems.
func (j *joining) lookAtLinks(tx *db.Tx, choices map[string]crm.MergeChoice) (rest map[string]crm.MergeChoice, err error) {
	into, err := store.LinksOfContact(tx, j.who.BusinessID, j.into.ID)
	if err != nil {
		return nil, err
	}
	from, err := store.LinksOfContact(tx, j.who.BusinessID, j.from.ID)
	if err != nil {
		return nil, err
	}
	j.before.Links = append(into, from...)
	var intoNames, fromNames []string
	for _, a := range into {
		for _, b := range from {
			if a.ConnectionID == b.ConnectionID {
				intoNames, fromNames = append(intoNames, a.Name), append(fromNames, b.Name)
				j.clash = append(j.clash, [2]crm.Link{a, b})
			}
		}
	}
	if len(j.clash) > 0 {
		j.links = &TwoLinks{strings.Join(intoNames, ", "), strings.Join(fromNames, ", ")}
	}
	if _, said := choices[LinksField]; !said {
		return choices, nil
	}
	rest = maps.Clone(choices)
	delete(rest, LinksField)
	return rest, nil
}

// chooseLinks moves the records of the one that goes. Of two in one system the one that
// was not chosen is ignored from now on, and remembered, so that nothing makes the person
// again.
func (j *joining) chooseLinks(tx *db.Tx, choice crm.MergeChoice) error {
	if len(j.clash) > 0 && choice != crm.FromInto && choice != crm.FromGone {
		return &crm.Error{Kind: crm.Conflicting, Code: "two_links", Detail: "Both have a record in the same system: " + j.links.Into + " and " + j.links.From + ". Choose which of them goes on to be followed.",
			Fields: []crm.FieldError{{Field: "fields." + LinksField, Code: "required", Detail: "Choose into or from: which record goes on to be followed."}}}
	}
	store.MoveLinks(tx, j.who.BusinessID, j.from.ID, j.into.ID)
	for _, pair := range j.clash {
		loser := pair[1]
		if choice == crm.FromGone {
			loser = pair[0]
		}
		loser.State, loser.ContactID, loser.Seen, loser.UpdatedAt = crm.LinkIgnored, "", "", j.now
		store.PutLinks(tx, j.who.BusinessID, []crm.Link{loser})
	}
	return nil
}
