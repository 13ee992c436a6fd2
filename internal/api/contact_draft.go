package api

import (
	"context"
	"slices"
	"strings"

	"parley/internal/crm"
)

// ContactDraft is what a call wants a contact to be. What is left out stays as it is; an
// empty value clears.
type ContactDraft struct {
	FirstName      *string            `json:"first_name,omitempty"`
	MiddleName     *string            `json:"middle_name,omitempty"`
	LastName       *string            `json:"last_name,omitempty"`
	BusinessName   *string            `json:"business_name,omitempty"`
	Email          *string            `json:"email,omitempty" doc:"The primary e-mail. A new one takes the old one's place."`
	Phone          *string            `json:"phone,omitempty" doc:"The primary phone in any spelling; without + it is read as one of the business's country."`
	ContactAddress *AddressDraft      `json:"contact_address,omitempty"`
	BillingAddress *AddressDraft      `json:"billing_address,omitempty"`
	Tags           []string           `json:"tags,omitempty" maxItems:"200" doc:"Names or ids of tags that exist; they replace all tags."`
	Notes          *string            `json:"notes,omitempty"`
	Custom         crm.CustomValues   `json:"custom,omitempty" doc:"Custom fields by their key: see /custom-fields. An empty text clears one."`
	Identities     []IdentityDraft    `json:"identities,omitempty" maxItems:"100" doc:"Replaces all phones and e-mails."`
	Visibility     *ContactVisibility `json:"visibility,omitempty"`
	AssigneeID     *crm.ID            `json:"assignee_id,omitempty"`
	OptOuts        []crm.Family       `json:"opt_outs,omitempty" enum:"sms,whatsapp" maxItems:"10" doc:"The channel families that the person wants no broadcasts on; it replaces what is there. Name none to opt them in again."`
}

// AddressDraft changes the parts of an address that it has.
type AddressDraft struct {
	Street     *string `json:"street,omitempty"`
	City       *string `json:"city,omitempty"`
	Region     *string `json:"region,omitempty"`
	PostalCode *string `json:"postal_code,omitempty"`
	Country    *string `json:"country,omitempty" doc:"ISO 3166-1 alpha-2."`
}

// IdentityDraft is one phone or e-mail. WhatsApp user ids stay as they are.
type IdentityDraft struct {
	Kind    crm.IdentityKind `json:"kind" enum:"phone,email,whatsapp"`
	Value   string           `json:"value"`
	Primary bool             `json:"primary,omitempty"`
	Label   string           `json:"label,omitempty"`
}

// VisibilityDraft says who shall see (V2).
type VisibilityDraft struct {
	Mode    crm.VisibilityMode `json:"mode" enum:"everyone,chosen"`
	UserIDs []crm.ID           `json:"user_ids,omitempty" maxItems:"1000"`
}

// ContactVisibility says who shall see a contact's new conversations.
type ContactVisibility struct {
	VisibilityDraft
	AlsoOpen bool `json:"also_open,omitempty" doc:"Also for the conversation that is open now, where the caller may see it. An assignee who may not see it any more loses it."`
}

func (v *VisibilityDraft) visibility() crm.Visibility {
	return crm.Visibility{Mode: v.Mode, UserIDs: v.UserIDs}
}

// draft translates a body. The error is of kind Invalid.
func (a *API) draft(ctx context.Context, who crm.Actor, in ContactDraft) (d crm.Draft, err error) {
	d = crm.Draft{Fields: map[crm.Field]string{}, Email: in.Email, Phone: in.Phone, AssigneeID: in.AssigneeID}
	for field, text := range in.texts() {
		if text != nil {
			d.Fields[field] = *text
		}
	}
	if in.Identities != nil {
		list := make([]crm.Identity, len(in.Identities))
		for n, i := range in.Identities {
			list[n] = crm.Identity{Kind: i.Kind, Value: i.Value, Primary: i.Primary, Label: i.Label}
		}
		d.Identities = &list
	}
	if in.OptOuts != nil {
		d.OptOuts = &in.OptOuts
	}
	if in.Visibility != nil {
		v := in.Visibility.visibility()
		d.Visibility, d.AlsoOpen = &v, in.Visibility.AlsoOpen
	}
	var problems crm.Problems
	d.Custom = in.Custom
	if in.Tags != nil {
		ids, err := a.tagIDs(ctx, who, "tags", in.Tags, false, &problems)
		if err != nil {
			return d, err
		}
		d.Tags = &ids
	}
	return d, problems.Err()
}

// texts are the fields of text by their name in crm; nil where one is left out.
func (in *ContactDraft) texts() map[crm.Field]*string {
	contact, billing := in.ContactAddress, in.BillingAddress
	if contact == nil {
		contact = &AddressDraft{}
	}
	if billing == nil {
		billing = &AddressDraft{}
	}
	return map[crm.Field]*string{
		crm.FirstName: in.FirstName, crm.MiddleName: in.MiddleName, crm.LastName: in.LastName,
		crm.BusinessName: in.BusinessName, crm.Notes: in.Notes,
		crm.ContactStreet: contact.Street, crm.ContactCity: contact.City, crm.ContactRegion: contact.Region,
		crm.ContactPostalCode: contact.PostalCode, crm.ContactCountry: contact.Country,
		crm.BillingStreet: billing.Street, crm.BillingCity: billing.City, crm.BillingRegion: billing.Region,
		crm.BillingPostalCode: billing.PostalCode, crm.BillingCountry: billing.Country,
	}
}

// tagIDs finds tags by their names or ids. A text that is none may be several, parted by
// commas, where lists says so.
func (a *API) tagIDs(ctx context.Context, who crm.Actor, field string, wanted []string, lists bool, problems *crm.Problems) ([]crm.ID, error) {
	ids := []crm.ID{}
	if len(wanted) == 0 {
		return ids, nil
	}
	tags, err := a.Team.TagNames(ctx, who)
	if err != nil {
		return nil, err
	}
	known := map[string]crm.ID{}
	for _, t := range tags {
		known[t.ID.String()] = t.ID
	}
	for _, t := range tags {
		known[crm.TagKey(t.Name)] = t.ID
	}
	for _, text := range wanted {
		names := []string{text}
		if _, ok := known[crm.TagKey(text)]; !ok && lists {
			names = strings.Split(text, ",")
		}
		for _, name := range names {
			id, ok := known[crm.TagKey(name)]
			if !ok {
				problems.Add(field, "unknown_tag", "There is no tag %q.", name)
			} else if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}
