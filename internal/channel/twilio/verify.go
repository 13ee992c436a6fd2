package twilio

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"parley/internal/channel"
)

// signatureHeader carries the signature of address and form ("Webhooks security").
const signatureHeader = "X-Twilio-Signature"

// Sign is the value of X-Twilio-Signature: the HMAC-SHA1 under the auth token, in base64,
// of the address as called followed by each name and value of the form, sorted by name.
// Values of a name that comes more than once are sorted and each counts once.
func Sign(authToken, address string, form url.Values) string {
	var signed strings.Builder
	signed.WriteString(address)
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			signed.WriteString(name + value)
		}
	}
	mac := hmac.New(sha1.New, []byte(authToken))
	mac.Write([]byte(signed.String()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Verify checks the signature in constant time. Without an auth token nothing passes.
// JSON is signed by its hash in the address; a form by its values.
func (c *Channel) Verify(call channel.Call) error {
	got := call.Header.Get(signatureHeader)
	if c.authToken == "" || got == "" {
		return channel.ErrSignature
	}
	address, err := url.Parse(call.URL)
	if err != nil {
		return channel.ErrSignature
	}
	var form url.Values
	if hash := address.Query().Get("bodySHA256"); hash != "" {
		sum := sha256.Sum256(call.Body)
		if !hmac.Equal([]byte(strings.ToLower(hash)), []byte(hex.EncodeToString(sum[:]))) {
			return channel.ErrSignature
		}
	} else if form, err = url.ParseQuery(string(call.Body)); err != nil {
		return channel.ErrSignature
	}
	for _, spelling := range spellings(call.URL, address) {
		if hmac.Equal([]byte(got), []byte(Sign(c.authToken, spelling, form))) {
			return nil
		}
	}
	return channel.ErrSignature
}

// spellings are the ways in which Twilio may have written the address it called: as it
// is, and with the port of the scheme said or left out. Nothing else is changed: not a
// byte may differ.
func spellings(raw string, address *url.URL) []string {
	with := map[string]string{"https": ":443", "http": ":80"}[address.Scheme]
	if address.Host == "" || with == "" {
		return []string{raw}
	}
	other := address.Host + with
	if port := address.Port(); port != "" {
		other = strings.TrimSuffix(address.Host, ":"+port)
	}
	return []string{raw, strings.Replace(raw, address.Host, other, 1)}
}

func isHTTPS(address string) bool { return strings.HasPrefix(address, "https://") }

// form are the values of a call: of its body, or of the address when Twilio is set to GET.
func form(call channel.Call) (url.Values, error) {
	if cmp.Or(call.Method, "POST") == "GET" {
		return call.Query, nil
	}
	return url.ParseQuery(string(call.Body))
}
