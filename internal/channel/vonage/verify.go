package vonage

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"parley/internal/channel"
)

// A token may be this much older or younger than our clock. Vonage repeats a call for
// 24 hours, and does not say whether it signs it anew: a tighter limit could lose what
// came in while we were away. An old call that is played again changes nothing, since
// its message is known by its id.
const (
	maxAge  = 25 * time.Hour
	maxSkew = 5 * time.Minute
)

// claims are what a signed webhook says of itself ("Signed webhooks").
type claims struct {
	IssuedAt      int64  `json:"iat"`
	ID            string `json:"jti,omitempty"`
	Issuer        string `json:"iss,omitempty"`
	PayloadHash   string `json:"payload_hash"` // of the raw body, SHA-256 in hex
	APIKey        string `json:"api_key"`
	ApplicationID string `json:"application_id,omitempty"`
}

var encoding = base64.RawURLEncoding

// Sign is the JSON Web Token that Vonage puts behind "Bearer " for a body.
func Sign(signatureSecret, apiKey, applicationID string, body []byte, at time.Time) string {
	payload, _ := json.Marshal(claims{
		IssuedAt: at.Unix(), ID: hash(body)[:32], Issuer: "Vonage",
		PayloadHash: hash(body), APIKey: apiKey, ApplicationID: applicationID,
	}) // texts and a number always encode
	signed := encoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encoding.EncodeToString(payload)
	return signed + "." + encoding.EncodeToString(mac(signatureSecret, signed))
}

// Verify checks the token, that it is about this very body, and that it is of our
// account. Without a signature secret nothing passes.
func (c *Channel) Verify(call channel.Call) error {
	token, bearer := strings.CutPrefix(call.Header.Get("Authorization"), "Bearer ")
	parts := strings.Split(token, ".")
	if c.signatureSecret == "" || !bearer || len(parts) != 3 {
		return channel.ErrSignature
	}
	header, payload := parts[0], parts[1]
	got, err := encoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(got, mac(c.signatureSecret, header+"."+payload)) {
		return channel.ErrSignature
	}
	var algorithm struct {
		Alg string `json:"alg"`
	}
	var claimed claims
	if decode(header, &algorithm) != nil || algorithm.Alg != "HS256" || decode(payload, &claimed) != nil {
		return channel.ErrSignature
	}
	age := call.Now.Sub(time.Unix(claimed.IssuedAt, 0))
	if age > maxAge || age < -maxSkew || claimed.APIKey != c.apiKey || !hmac.Equal([]byte(strings.ToLower(claimed.PayloadHash)), []byte(hash(call.Body))) {
		return channel.ErrSignature
	}
	if c.applicationID != "" && claimed.ApplicationID != "" && claimed.ApplicationID != c.applicationID {
		return channel.ErrSignature
	}
	return nil
}

func mac(secret, signed string) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(signed))
	return m.Sum(nil)
}

func hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func decode(part string, into any) error {
	data, err := encoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
