package contacts

import (
	"errors"

	"parley/internal/crm"
)

// prepared is a draft whose texts were cleaned and whose identities were read.
type prepared struct {
	draft      *crm.Draft
	phone      *crm.Identity // what Phone sets; nil when it clears or does not mention it
	email      *crm.Identity
	identities []crm.Identity // what Identities sets
	custom     map[string]any // what Custom sets, typed; nil clears
	problems   crm.Problems
}

// prepare reads a draft as a person of the business's country means it.
func prepare(d *crm.Draft, b crm.Business) prepared {
	p := prepared{draft: d, problems: d.Normalise()}
	if d.Phone != nil && *d.Phone != "" {
		p.phone = p.readPhone("phone", *d.Phone, "mobile", b)
	}
	if d.Email != nil && *d.Email != "" {
		p.email = p.readEmail("email", *d.Email, "")
	}
	if d.Identities != nil {
		for _, i := range *d.Identities {
			p.readIdentity(i, b)
		}
	}
	return p
}

func (p *prepared) readIdentity(i crm.Identity, b crm.Business) {
	var read *crm.Identity
	switch i.Kind {
	case crm.PhoneIdentity:
		read = p.readPhone("identities", i.Value, i.Label, b)
	case crm.EmailIdentity:
		read = p.readEmail("identities", i.Value, i.Label)
	case crm.WhatsAppIdentity:
		return // known from messages only; it stays as it is
	default:
		p.problems.Add("identities", "unknown_kind", "%q is neither phone nor email.", i.Kind)
	}
	if read == nil {
		return
	}
	read.Primary = i.Primary
	for _, other := range p.identities {
		if other.Key() == read.Key() {
			return // the same one in two spellings
		}
	}
	p.identities = append(p.identities, *read)
}

func (p *prepared) readPhone(field, text, label string, b crm.Business) *crm.Identity {
	phone, err := crm.ParsePhone(text, b.Country, b.Demo)
	if err != nil && p.draft.Held {
		held := crm.InboundPhone(text)
		held.Primary = true
		return &held
	}
	if err != nil {
		p.addProblem(field, err)
		return nil
	}
	return &crm.Identity{Kind: crm.PhoneIdentity, Value: phone.E164, Entered: phone.Entered, Label: p.label(field, label), Primary: true}
}

func (p *prepared) readEmail(field, text, label string) *crm.Identity {
	value, entered, err := crm.ParseEmail(text)
	if err != nil {
		p.addProblem(field, err)
		return nil
	}
	return &crm.Identity{Kind: crm.EmailIdentity, Value: value, Entered: entered, Label: p.label(field, label), Primary: true}
}

func (p *prepared) label(field, label string) string {
	return crm.CleanLine(&p.problems, field, label, 40)
}

func (p *prepared) addProblem(field string, err error) {
	var e *crm.Error
	if errors.As(err, &e) {
		p.problems.Add(field, e.Code, "%s", e.Detail)
		return
	}
	p.problems.Add(field, "invalid", "%s", err)
}

// wanted are the identities that the draft brings.
func (p *prepared) wanted() []crm.Identity {
	list := append([]crm.Identity{}, p.identities...)
	list = append(list, p.draft.Inbound...)
	if p.phone != nil {
		list = append(list, *p.phone)
	}
	if p.email != nil {
		list = append(list, *p.email)
	}
	return list
}
