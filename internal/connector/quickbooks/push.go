package quickbooks

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"parley/internal/connector"
	"parley/internal/crm"
)

// Push makes a customer, or changes one that was just read: only what is to change is sent
// ("sparse"), with the version that it was read at, so that what somebody changed meanwhile
// is Stale and not overwritten. requestid makes a write happen once.
func (c client) Push(ctx context.Context, a connector.Access, w connector.Write) (connector.Record, error) {
	body, err := written(w)
	if err != nil {
		return connector.Record{}, err
	}
	r, err := connector.Request(http.MethodPost, c.address(a, "/customer", url.Values{"requestid": {w.Key}}), body)
	if err != nil {
		return connector.Record{}, err
	}
	var answer struct{ Customer json.RawMessage }
	reply, err := c.calls.Do(ctx, a, r, &answer)
	if err == nil {
		err = faultOf(reply)
	}
	if err != nil {
		return connector.Record{}, unsure(err)
	}
	became := record(answer.Customer)
	if became.ID == "" || became.Damaged != "" {
		return connector.Record{}, connector.Fail(connector.Unsure, "no customer", "It answered without the customer.")
	}
	return became, nil
}

// unsure is an error of a write whose answer could not be read: it may have happened.
func unsure(err error) error {
	if connector.TroubleOf(err) == connector.Garbled {
		return &connector.Error{Trouble: connector.Unsure, Code: "not json", Reason: "Its answer to the change cannot be read.", Err: err}
	}
	return err
}

// written is the body of a write.
func written(w connector.Write) (map[string]any, error) {
	body := map[string]any{}
	var now customer
	var had map[string]any
	if w.Current != nil {
		err := json.Unmarshal(w.Current.Current, &now)
		if err == nil {
			err = json.Unmarshal(w.Current.Current, &had)
		}
		if err != nil {
			return nil, connector.Fail(connector.Garbled, "not json", "The customer as it was read cannot be read again.")
		}
		body["Id"], body["SyncToken"], body["sparse"] = now.ID, now.SyncToken, true
		if w.Name != "" {
			body["DisplayName"] = tidy(w.Name)
		} else if name, changed := rename(now, w.Set); changed {
			body["DisplayName"] = tidy(name)
		}
		if now.nameless() { // its display name is the firm's, and stays so beside a person's
			body["CompanyName"] = clip(deleted.ReplaceAllString(now.DisplayName, ""), 100)
		}
	} else {
		body["DisplayName"] = tidy(w.Name)
	}
	for field, name := range map[string]string{"first_name": "GivenName", "middle_name": "MiddleName", "last_name": "FamilyName", "business_name": "CompanyName"} {
		if text, ok := w.Set[field]; ok && (text != "" || w.Current != nil) {
			body[name] = clip(text, 100)
		}
	}
	if text, ok := w.Set["email"]; ok && (text != "" || w.Current != nil) {
		body["PrimaryEmailAddr"] = map[string]any{"Address": withEmail(now.PrimaryEmailAddr.Address, text)}
	}
	if number, ok := w.Set["phone"]; ok && (number != "" || w.Current != nil) {
		name := "Mobile"
		if at := slices.IndexFunc(now.slots(), func(s slot) bool { return s.kind == w.Phone }); at >= 0 {
			name = now.slots()[at].name
		}
		body[name] = map[string]any{"FreeFormNumber": number}
	}
	for _, which := range [][2]string{{"contact_address.", "ShipAddr"}, {"billing_address.", "BillAddr"}} {
		if laid := withAddress(had[which[1]], which[0], w.Set); laid != nil {
			body[which[1]] = laid
		}
	}
	return body, nil
}

// rename is what a customer is to be called: its own name follows where it was made of the
// names or of the company.
func rename(now customer, set crm.Values) (string, bool) {
	or := func(field, text string) string {
		if other, ok := set[field]; ok {
			return other
		}
		return text
	}
	name := crm.FullName(now.DisplayName)
	person := crm.FullName(or("first_name", now.GivenName), or("middle_name", now.MiddleName), or("last_name", now.FamilyName))
	company := crm.FullName(or("business_name", now.CompanyName))
	renamed := name
	switch name {
	case crm.FullName(now.GivenName, now.MiddleName, now.FamilyName):
		renamed = person
	case crm.FullName(now.GivenName, now.FamilyName):
		renamed = crm.FullName(or("first_name", now.GivenName), or("last_name", now.FamilyName))
	case crm.FullName(now.CompanyName):
		renamed = company
	default:
		if now.nameless() && company != "" { // the name was the company's
			renamed = company
		}
	}
	if renamed == "" {
		renamed = person + company
	}
	return renamed, renamed != "" && renamed != name
}

// nameless reports whether a customer is called by its display name alone.
func (k customer) nameless() bool {
	return strings.TrimSpace(k.GivenName+k.MiddleName+k.FamilyName+k.CompanyName) == ""
}

// withEmail puts an address in the place of the first one; the others stay.
func withEmail(text, email string) string {
	list := addresses(text)
	if len(list) > 0 {
		list = list[1:]
	}
	list = slices.DeleteFunc(list, func(other string) bool { return strings.EqualFold(other, email) })
	if email != "" {
		list = append([]string{email}, list...)
	}
	return strings.Join(list, ", ")
}

// withAddress lays fields over an address, which QuickBooks takes whole; nil where nothing
// of it is to change.
func withAddress(had any, which string, set crm.Values) map[string]any {
	laid := map[string]any{}
	if known, ok := had.(map[string]any); ok {
		for name, value := range known {
			if name != "Lat" && name != "Long" { // where it was
				laid[name] = value
			}
		}
	}
	changed := false
	for field, text := range set {
		part, ours := strings.CutPrefix(field, which)
		if !ours {
			continue
		}
		changed = true
		switch part {
		case "street":
			rows := strings.SplitN(text, "\n", 5)
			for n, name := range []string{"Line1", "Line2", "Line3", "Line4", "Line5"} {
				if laid[name] = ""; n < len(rows) {
					laid[name] = clip(strings.ReplaceAll(rows[n], "\n", ", "), 500)
				}
			}
		case "city":
			laid["City"] = clip(text, 255)
		case "region":
			laid["CountrySubDivisionCode"] = clip(text, 255)
		case "postal_code":
			laid["PostalCode"] = clip(text, 30)
		case "country":
			laid["Country"] = clip(crm.CountryInEnglish(text), 255)
		}
	}
	if !changed {
		return nil
	}
	return laid
}

// Find looks for a customer of the name under which an earlier try made it, that has the
// phone or the e-mail which that try sent: a name alone proves nothing.
func (c client) Find(ctx context.Context, a connector.Access, w connector.Write) (*connector.Record, error) {
	list, _, err := c.query(ctx, a, "Customer", []string{"DisplayName = '" + quoted(tidy(w.Name)) + "'"}, "MAXRESULTS 10")
	if err != nil {
		return nil, err
	}
	for _, raw := range list {
		r := record(raw)
		email, phone := w.Set["email"], w.Set["phone"]
		if email != "" && slices.Contains(r.Emails, email) || phone != "" && slices.ContainsFunc(r.Phones, func(p connector.Phone) bool { return p.Text == phone }) {
			return &r, nil
		}
	}
	return nil, nil
}

func quoted(text string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text)
}

// tidy is a name as QuickBooks takes it: no colon, tab or line break.
func tidy(name string) string {
	return clip(crm.FullName(strings.ReplaceAll(name, ":", " ")), 500)
}

func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}
