package hubspot

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"parley/internal/connector"
	"parley/internal/crm"
)

// Push makes a contact, or changes one that was just read: only what is to change is sent.
// HubSpot knows no versions, so that reading again just before is all there is against
// overwriting (S4); and no keys of requests, so that Find looks for what an earlier try
// made. It does not let two contacts have one e-mail.
func (c client) Push(ctx context.Context, a connector.Access, w connector.Write) (connector.Record, error) {
	set := map[string]string{}
	for field, text := range w.Set {
		switch property := cmp.Or(byField[field], custom[field]); {
		case field == "phone":
			set[cmp.Or(byPhone[w.Phone], byPhone["Mobile"])] = text
		case countries[field] != "":
			set[countries[field]] = crm.CountryInEnglish(text)
		case property != "":
			set[property] = text
		}
	}
	method, path, body := http.MethodPost, objects, map[string]any{"properties": set, "associations": []string{}}
	if w.Current != nil {
		method, path, body = http.MethodPatch, objects+"/"+url.PathEscape(w.Current.ID), map[string]any{"properties": set}
	} else {
		for property, text := range set {
			if text == "" {
				delete(set, property)
			}
		}
	}
	var raw json.RawMessage
	if _, err := c.send(ctx, a, method, path, body, &raw); err != nil {
		if connector.TroubleOf(err) == connector.Garbled {
			err = &connector.Error{Trouble: connector.Unsure, Code: "not json", Reason: "Its answer to the change cannot be read.", Err: err}
		}
		return connector.Record{}, err
	}
	var id struct{ ID string }
	if _ = json.Unmarshal(raw, &id); !isID(id.ID) {
		return connector.Record{}, connector.Fail(connector.Unsure, "no contact", "It answered without the contact.")
	}
	return c.became(ctx, a, id.ID, raw)
}

// became is a contact after a write: the answer names only what was written, so that it is
// read once more. Where that fails, the answer has to do.
func (c client) became(ctx context.Context, a connector.Access, id string, raw json.RawMessage) (connector.Record, error) {
	page, err := c.Read(ctx, a, crm.FeedContacts, []string{id})
	if err == nil {
		for _, r := range page.Contacts {
			if r.ID == id && r.Damaged == "" && !r.Gone {
				return r, nil
			}
		}
	}
	r, _ := record(raw, a.Org)
	if r.Damaged != "" {
		return r, connector.Fail(connector.Unsure, "no contact", "Its answer to the change cannot be read.")
	}
	return r, nil
}

// Find looks for the contact with the e-mail of an earlier try, or with its number and
// name. A search finds a new contact only after some seconds; an e-mail is found at once.
func (c client) Find(ctx context.Context, a connector.Access, w connector.Write) (*connector.Record, error) {
	if email := w.Set["email"]; email != "" {
		var raw json.RawMessage
		_, err := c.send(ctx, a, http.MethodGet, objects+"/"+url.PathEscape(email)+"?"+url.Values{"idProperty": {"email"}, "properties": {joined()}}.Encode(), nil, &raw)
		if connector.TroubleOf(err) == connector.Missing {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return ours(raw, a.Org, w), nil
	}
	number := w.Set["phone"]
	if number == "" {
		return nil, nil
	}
	var got answer
	if _, err := c.search(ctx, a, newQuery("lastmodifieddate", filter{cmp.Or(byPhone[w.Phone], byPhone["Mobile"]), "EQ", number}), &got); err != nil {
		return nil, err
	}
	for _, raw := range got.Results {
		if r := ours(raw, a.Org, w); r != nil {
			return r, nil
		}
	}
	return nil, nil
}

// ours is a contact that was found, where its names are those that were sent.
func ours(raw json.RawMessage, org crm.Organisation, w connector.Write) *connector.Record {
	r, _ := record(raw, org)
	for _, field := range []string{"first_name", "last_name", "business_name"} {
		if r.Values[field] != w.Set[field] {
			return nil
		}
	}
	return &r
}
