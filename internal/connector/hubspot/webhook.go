package hubspot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
)

// privateMark stands in the id of a hint behind a contact that is said to have been erased
// for data protection: once it is gone, nothing else says why.
const privateMark = "!"

func cutPrivate(id string) (string, bool) { return strings.CutSuffix(id, privateMark) }

// freshFor is how old a webhook may be.
const freshFor = 5 * time.Minute

// Hints reads a webhook: a list of events of one or several accounts.
func (c client) Hints(call connector.Call) ([]connector.Hint, error) {
	if !signed(call, c.app.ClientSecret) && !signed(call, c.app.WebhookKey) {
		return nil, connector.ErrSignature
	}
	var events []struct {
		PortalID         json.Number
		ObjectID         json.Number
		SubscriptionType string
		ObjectTypeID     string
		PrimaryObjectID  json.Number
		NewObjectID      json.Number
		MergedObjectIDs  []json.Number
	}
	if err := json.Unmarshal(call.Body, &events); err != nil {
		return nil, crm.Errorf(crm.Invalid, "not_json", "This is not JSON.")
	}
	var list []connector.Hint
	for _, e := range events {
		object, what, _ := strings.Cut(e.SubscriptionType, ".")
		if object != "contact" && (object != "object" || e.ObjectTypeID != "0-1") || !isID(e.PortalID.String()) {
			continue
		}
		ids := append([]json.Number{e.ObjectID, e.PrimaryObjectID, e.NewObjectID}, e.MergedObjectIDs...)
		for n, number := range ids {
			id := number.String()
			if !isID(id) || id == "0" || n > 0 && id == e.ObjectID.String() {
				continue
			}
			if what == "privacyDeletion" {
				id += privateMark
			}
			list = append(list, connector.Hint{Org: e.PortalID.String(), Feed: crm.FeedContacts, ID: id})
		}
	}
	return list, nil
}

// unescaped are the only characters of an address that HubSpot decodes before it signs.
var unescaped = strings.NewReplacer("%3A", ":", "%2F", "/", "%3F", "?", "%40", "@", "%21", "!", "%24", "$", "%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%2C", ",", "%3B", ";",
	"%3a", ":", "%2f", "/", "%3f", "?", "%2a", "*", "%2c", ",", "%3b", ";")

// signed checks HubSpot's third kind of signature, which is of method, address, body and
// time, with the secret of the app.
func signed(call connector.Call, key string) bool {
	stamp := call.Header.Get("X-HubSpot-Request-Timestamp")
	ms, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || key == "" || call.Now.Sub(time.UnixMilli(ms)).Abs() > freshFor {
		return false
	}
	given, err := base64.StdEncoding.Strict().DecodeString(call.Header.Get("X-HubSpot-Signature-v3"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(key))
	for _, part := range []string{call.Method, unescaped.Replace(call.URL), string(call.Body), stamp} {
		_, _ = mac.Write([]byte(part)) // never fails
	}
	return hmac.Equal(mac.Sum(nil), given)
}
