package xero

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"parley/internal/connector"
	"parley/internal/crm"
)

// Push makes a contact, or changes one that was just read. Xero replaces lists whole, so
// phones and addresses that are not ours to change go back as they came. A new one takes
// our id as its ContactNumber, by which it is found again should the answer be lost.
func (c client) Push(ctx context.Context, a connector.Access, w connector.Write) (connector.Record, error) {
	body := map[string]any{}
	var now contact
	method, path := http.MethodPut, "/Contacts"
	if w.Current != nil {
		if err := json.Unmarshal(w.Current.Current, &now); err != nil {
			return connector.Record{}, connector.Fail(connector.Garbled, "not json", "The contact as it was read cannot be read again.")
		}
		method, path = http.MethodPost, "/Contacts/"+url.PathEscape(now.ContactID)
		body["ContactID"] = now.ContactID
		if name, changed := w.Rename(now.Name, now.FirstName, now.LastName); changed {
			body["Name"] = clip(tidy(name), 255)
		}
	} else {
		body["Name"], body["ContactNumber"] = clip(tidy(w.Name), 255), w.OurID
	}
	for field, name := range map[string]string{"first_name": "FirstName", "last_name": "LastName", "email": "EmailAddress"} {
		if text, ok := w.Set[field]; ok {
			body[name] = clip(text, 255)
		}
	}
	if number, ok := w.Set["phone"]; ok {
		body["Phones"] = withPhone(now.Phones, w.Phone, number)
	}
	if list, changed := withAddresses(now.Addresses, w.Set); changed {
		body["Addresses"] = list
	}
	r, err := connector.Request(method, c.api+"/api.xro/2.0"+path+query(method), map[string]any{"Contacts": []any{body}})
	if err != nil {
		return connector.Record{}, err
	}
	r.Header.Set("xero-tenant-id", a.Org.ID)
	r.Header.Set("Idempotency-Key", w.Key)
	var answer struct{ Contacts []json.RawMessage }
	if _, err := c.calls.Do(ctx, a, r, &answer); err != nil {
		return connector.Record{}, unsure(err)
	}
	if len(answer.Contacts) != 1 {
		return connector.Record{}, connector.Fail(connector.Unsure, "no contact", "It answered without the contact.")
	}
	var v validated
	_ = json.Unmarshal(answer.Contacts[0], &v)
	if refused := v.refusal(); refused != nil {
		return connector.Record{}, refused
	}
	return record(answer.Contacts[0], a.Org), nil
}

// Find looks for a contact that has our id as its ContactNumber.
func (c client) Find(ctx context.Context, a connector.Access, w connector.Write) (*connector.Record, error) {
	page, _, _, err := c.contacts(ctx, a, url.Values{"searchTerm": {w.OurID}, "page": {"1"}, "includeArchived": {"true"}}, "")
	for n := range page.Contacts {
		if page.Contacts[n].OurID == w.OurID {
			return &page.Contacts[n], err
		}
	}
	return nil, err
}

func query(method string) string {
	if method == http.MethodPut {
		return "?summarizeErrors=false"
	}
	return ""
}

// unsure is an error of a write whose answer could not be read: it may have happened.
func unsure(err error) error {
	if connector.TroubleOf(err) == connector.Garbled {
		return &connector.Error{Trouble: connector.Unsure, Code: "not json", Reason: "Its answer to the change cannot be read.", Err: err}
	}
	return err
}

// withPhone puts a number into the slot that it was read from; the others stay.
func withPhone(list []phone, slot, e164 string) []phone {
	if slot == "" {
		slot = "MOBILE"
	}
	number := phone{PhoneType: slot}
	if e164 != "" {
		country, rest := crm.PhoneParts(e164)
		number.PhoneCountryCode, number.PhoneNumber = country, rest
	}
	var kept []phone
	for _, p := range list {
		if p.PhoneType != slot {
			kept = append(kept, p)
		}
	}
	return append(kept, number)
}

// withAddresses lays fields over the two addresses; the others stay.
func withAddresses(list []address, set crm.Values) (result []address, changed bool) {
	result = append(result, list...)
	for _, pair := range [][2]string{{"contact_address.", "STREET"}, {"billing_address.", "POBOX"}} {
		at := -1
		for n := range result {
			if result[n].AddressType == pair[1] {
				at = n
			}
		}
		for field, text := range set {
			part, ours := strings.CutPrefix(field, pair[0])
			if !ours {
				continue
			}
			if changed = true; at < 0 {
				result = append(result, address{AddressType: pair[1]})
				at = len(result) - 1
			}
			result[at].lay(part, text)
		}
	}
	return result, changed
}

func (a *address) lay(part, text string) {
	switch part {
	case "street":
		rows := append(strings.SplitN(text, "\n", 4), "", "", "")
		a.AddressLine1, a.AddressLine2, a.AddressLine3, a.AddressLine4 = clip(rows[0], 500), clip(rows[1], 500), clip(rows[2], 500), clip(strings.ReplaceAll(rows[3], "\n", ", "), 500)
	case "city":
		a.City = clip(text, 255)
	case "region":
		a.Region = clip(text, 255)
	case "postal_code":
		a.PostalCode = clip(text, 50)
	case "country":
		a.Country = clip(letters(crm.CountryInEnglish(text)), 50)
	}
}

// letters are those of a country's name: Xero takes nothing else.
func letters(text string) string {
	return crm.FullName(strings.Map(func(r rune) rune {
		if r == '&' {
			return ' '
		}
		if strings.ContainsRune("().,’'-", r) {
			return ' '
		}
		return r
	}, text))
}

// tidy is a name as Xero takes it: no angle brackets, no double spaces.
func tidy(name string) string {
	return crm.FullName(strings.NewReplacer("<", " ", ">", " ").Replace(name))
}

func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}
