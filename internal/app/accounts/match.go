package accounts

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"parley/internal/connector"
	"parley/internal/crm"
)

// known is a record as it is compared with ours.
type known struct {
	connector.Record
	values crm.Values     // with phone and email
	phones []crm.Identity // the main one first
	emails []crm.Identity
	slot   string // the kind of phone that the main one was read from
	seen   string // a digest of it all
	left   []string
}

// identities are all by which the record can be told.
func (k *known) identities() []crm.Identity { return slices.Concat(k.phones, k.emails) }

// know brings a record to the form in which it is compared.
func (j *job) know(r connector.Record) *known {
	k := &known{Record: r, values: crm.Values{}}
	if k.ID == "" { // nothing can be told of it: what it says is all there is to know it by
		k.ID = nameless(k.Damaged)
	}
	values := r.Values
	if j.c.Options.SwapAddresses {
		values = values.Swapped()
	}
	for field, text := range values {
		if text = crm.SyncText(field, text); text != "" {
			k.values[field] = text
		}
	}
	k.readPhones(j)
	for _, text := range r.Emails {
		value, entered, err := crm.ParseEmail(text)
		if err != nil {
			k.left = append(k.left, "The e-mail "+clip(text)+" cannot be used: "+err.Error())
			continue
		}
		k.addIdentity(&k.emails, crm.Identity{Kind: crm.EmailIdentity, Value: value, Entered: entered})
	}
	if len(k.phones) > 0 {
		k.values["phone"] = k.phones[0].Value
	}
	if len(k.emails) > 0 {
		k.values["email"] = k.emails[0].Value
	}
	text, _ := json.Marshal([]any{k.values, k.phones, k.emails, k.Archived, k.Erased, k.Gone, k.MergedTo, k.OurID}) // plain values never fail
	sum := sha256.Sum256(text)
	k.seen = hex.EncodeToString(sum[:16])
	return k
}

// nameless is an id for what came without one.
func nameless(said string) string {
	sum := sha256.Sum256([]byte(said))
	return "?" + hex.EncodeToString(sum[:16])
}

// readPhones reads the numbers in the order of the connection: the likeliest mobile first.
func (k *known) readPhones(j *job) {
	order := j.c.Options.Phones
	if len(order) == 0 {
		order = j.kind.Phones
	}
	rank := func(p connector.Phone) int {
		if at := slices.Index(order, p.Kind); at >= 0 {
			return at
		}
		return len(order)
	}
	list := slices.Clone(k.Phones)
	slices.SortStableFunc(list, func(a, b connector.Phone) int { return cmp.Compare(rank(a), rank(b)) })
	for _, p := range list {
		phone, err := crm.ParsePhone(p.Text, j.country, j.demo)
		if err != nil {
			k.left = append(k.left, "The number "+clip(p.Text)+" cannot be used: "+err.Error())
			continue
		}
		label := strings.ToLower(p.Kind)
		if label == "default" {
			label = ""
		}
		if len(k.phones) == 0 {
			k.slot = p.Kind
		}
		k.addIdentity(&k.phones, crm.Identity{Kind: crm.PhoneIdentity, Value: phone.E164, Entered: phone.Entered, Label: label})
	}
}

func (k *known) addIdentity(list *[]crm.Identity, i crm.Identity) {
	if !slices.ContainsFunc(*list, func(had crm.Identity) bool { return had.Key() == i.Key() }) {
		i.Primary = len(*list) == 0
		*list = append(*list, i)
	}
}

func clip(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}

// draftOf is a contact that a record makes. A firm without a person's name gets
// placeholder names beside its business name (S2).
func (k *known) draftOf(id crm.ID, source crm.Source) *crm.Draft {
	d := &crm.Draft{ID: id, Source: source, Fields: map[crm.Field]string{}, Inbound: k.identities()}
	for field, text := range k.values {
		if field != "phone" && field != "email" {
			d.Fields[crm.Field(field)] = text
		}
	}
	if k.values["first_name"] == "" && k.values["last_name"] == "" {
		first, last := crm.PlaceholderName("", id)
		d.Fields[crm.FirstName], d.Fields[crm.LastName], d.NameIsPlaceholder = first, last, true
	}
	return d
}
