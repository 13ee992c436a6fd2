package api

import (
	"strconv"
	"strings"

	"parley/internal/crm"
)

// Contact is a contact as it goes out (C1). Every key is there; what is unknown is empty.
type Contact struct {
	ID                crm.ID         `json:"id"`
	FirstName         string         `json:"first_name"`
	MiddleName        string         `json:"middle_name"`
	LastName          string         `json:"last_name"`
	BusinessName      string         `json:"business_name"`
	Email             string         `json:"email" doc:"The primary e-mail as entered."`
	Phone             string         `json:"phone" doc:"The primary phone in E.164."`
	ContactAddress    crm.Address    `json:"contact_address"`
	BillingAddress    crm.Address    `json:"billing_address"`
	Tags              []string       `json:"tags" doc:"Names of tags."`
	Notes             string         `json:"notes"`
	Custom            map[string]any `json:"custom" doc:"Custom fields by their key."`
	Status            crm.Status     `json:"status" enum:"active,archived"`
	NameIsPlaceholder bool           `json:"name_is_placeholder" doc:"Made by a message, and nobody has given a name yet."`
	ProfileName       string         `json:"profile_name" doc:"The name the sender chose on WhatsApp."`
	Identities        []crm.Identity `json:"identities" doc:"All phones, e-mails and WhatsApp user ids, primary ones first."`
	Visibility        Visibility     `json:"visibility"`
	AssigneeID        crm.ID         `json:"assignee_id"`
	OptOuts           []crm.Family   `json:"opt_outs" enum:"sms,whatsapp"`
	Source            crm.Source     `json:"source" doc:"manual, whatsapp, sms, import, …"`
	Version           int64          `json:"version" doc:"What If-Match names."`
	CreatedAt         string         `json:"created_at" format:"date-time"`
	UpdatedAt         string         `json:"updated_at" format:"date-time"`
	// Warnings are advice on what was just saved; a saved contact has none.
	Warnings []crm.FieldError `json:"warnings,omitempty" doc:"Only in the answer to a save: advice about what was saved, such as phone_landline."`
}

// Visibility says who sees new conversations (V2).
type Visibility struct {
	Mode    crm.VisibilityMode `json:"mode" enum:"everyone,chosen"`
	UserIDs []crm.ID           `json:"user_ids"`
}

func visibilityOf(v crm.Visibility) Visibility {
	return Visibility{v.Mode, append([]crm.ID{}, v.UserIDs...)}
}

func contactOf(c *crm.Contact) Contact {
	out := Contact{ID: c.ID, FirstName: c.FirstName, MiddleName: c.MiddleName, LastName: c.LastName, BusinessName: c.BusinessName,
		Email: c.Email(), Phone: c.Phone(), ContactAddress: c.Contact, BillingAddress: c.Billing, Tags: []string{}, Notes: c.Notes,
		Custom: c.Custom, Status: c.Status, NameIsPlaceholder: c.NameIsPlaceholder, ProfileName: c.ProfileName,
		Identities: append([]crm.Identity{}, c.Identities...), Visibility: visibilityOf(c.Visibility), AssigneeID: c.AssigneeID,
		OptOuts: append([]crm.Family{}, c.OptOuts...), Source: c.Source, Version: c.Version,
		CreatedAt: shownTime(c.CreatedAt), UpdatedAt: shownTime(c.UpdatedAt)}
	for _, t := range c.Tags {
		out.Tags = append(out.Tags, t.Name)
	}
	if out.Custom == nil {
		out.Custom = map[string]any{}
	}
	return out
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// parseETag reads a version out of If-Match; -1 for what can be none. A proxy that
// compresses may have made the tag weak.
func parseETag(text string) int64 {
	text = strings.TrimPrefix(strings.TrimSpace(text), "W/")
	version, err := strconv.ParseInt(strings.Trim(text, `"`), 10, 64)
	if err != nil || version < 1 {
		return -1
	}
	return version
}

// landlines advises a mobile number where one of the phones is a landline (C2).
func landlines(c *crm.Contact) (list []crm.FieldError) {
	for n, i := range c.Identities {
		if i.Kind == crm.PhoneIdentity && crm.IsLandline(i.Value) {
			list = append(list, crm.FieldError{Field: "identities[" + strconv.Itoa(n) + "].value", Code: "phone_landline",
				Detail: i.Value + " is a landline. WhatsApp and text messages want a mobile number."})
		}
	}
	return list
}
