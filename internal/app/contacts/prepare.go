package contacts

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"parley/internal/crm"
)

// prepared is a draft whose texts were cleaned and whose identities were read.
type prepared struct {
	draft      *crm.Draft
	phone      *crm.Identity // what Phone sets; nil when it clears or does not mention it
	email      *crm.Identity
	identities []crm.Identity // what Identities sets
	custom     map[string]any // what Custom sets, typed; nil clears
	unread     []unread
	stays      []stays
	problems   crm.Problems
}

// unread is a number or address of the draft that no person could enter. It may stay
// where the contact has it already: a provider wrote it (I3).
type unread struct {
	field    string
	identity crm.Identity // as given
	problems crm.Problems
}

// stays is a WhatsApp user id among the draft's Identities. It may stay where the contact
// has it; nobody can give one to a contact but WhatsApp (I5).
type stays struct{ field, value string }

// prepare reads a draft as a person of the business's country means it.
func prepare(d *crm.Draft, b crm.Business) prepared {
	p := prepared{draft: d, problems: d.Normalise()}
	if d.Phone != nil && strings.TrimSpace(*d.Phone) != "" {
		p.phone = p.readPhone("phone", *d.Phone, "mobile", b)
	}
	if d.Email != nil && strings.TrimSpace(*d.Email) != "" {
		p.email = p.readEmail("email", *d.Email, "")
	}
	if d.Identities != nil {
		for n, i := range *d.Identities {
			p.readIdentity(fmt.Sprintf("identities[%d].value", n), i, b)
		}
	}
	return p
}

// readIdentity reads one of the draft's Identities, for a problem under field.
func (p *prepared) readIdentity(field string, i crm.Identity, b crm.Business) {
	var read *crm.Identity
	before := len(p.problems)
	switch i.Kind {
	case crm.PhoneIdentity:
		read = p.readPhone(field, i.Value, i.Label, b)
	case crm.EmailIdentity:
		read = p.readEmail(field, i.Value, i.Label)
	case crm.WhatsAppIdentity:
		p.stays = append(p.stays, stays{field, i.Value})
		return // known from messages only; it stays as it is
	default:
		p.problems.Add(field, "unknown_kind", "%q is neither phone nor email.", i.Kind)
		return
	}
	if read == nil {
		p.unread = append(p.unread, unread{field, i, slices.Clone(p.problems[before:])})
		p.problems = p.problems[:before]
		return
	}
	read.Primary = i.Primary
	p.addIdentity(*read)
}

// addIdentity adds what Identities sets; the same one in two spellings is one.
func (p *prepared) addIdentity(i crm.Identity) {
	for n := range p.identities {
		if p.identities[n].Key() == i.Key() {
			p.identities[n].Primary = p.identities[n].Primary || i.Primary
			return
		}
	}
	p.identities = append(p.identities, i)
}

// keepHeld takes what could not be read where the contact has it already, and reports the
// rest.
func (p *prepared) keepHeld(before *crm.Contact) {
	for _, s := range p.stays {
		if !p.draft.Held && !slices.ContainsFunc(before.Identities, func(i crm.Identity) bool { return i.Kind == crm.WhatsAppIdentity && i.Value == s.value }) {
			p.problems.Add(s.field, "whatsapp_id", "A WhatsApp user id is known from messages only; this contact does not have it.")
		}
	}
	for _, u := range p.unread {
		held := slices.IndexFunc(before.Identities, func(i crm.Identity) bool {
			return i.Kind == u.identity.Kind && (u.identity.Value == i.Value || u.identity.Value == crm.ShowPhone(i.Value))
		})
		if held < 0 {
			p.problems = append(p.problems, u.problems...)
			continue
		}
		kept := before.Identities[held]
		kept.Primary, kept.Label = u.identity.Primary, p.label(u.field, u.identity.Label)
		p.addIdentity(kept)
	}
}

// besides is what Identities sets where Phone or Email names the main one besides: a number
// that was not there before stays as a further one, and only the old main one makes room.
func (p *prepared) besides(before []crm.Identity) []crm.Identity {
	list := slices.Clone(p.identities)
	for n, i := range list {
		named := i.Kind == crm.PhoneIdentity && p.draft.Phone != nil || i.Kind == crm.EmailIdentity && p.draft.Email != nil
		if named && !slices.ContainsFunc(before, func(o crm.Identity) bool { return o.Key() == i.Key() }) {
			list[n].Primary = false
		}
	}
	return list
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

// label is a label as it is kept; what is wrong with it is said at its own field.
func (p *prepared) label(field, label string) string {
	return crm.CleanLine(&p.problems, strings.TrimSuffix(field, ".value")+".label", label, 40)
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
