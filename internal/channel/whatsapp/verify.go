package whatsapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/url"

	"parley/internal/channel"
)

// signatureHeader carries the signature of the raw body ("Validating payloads").
const signatureHeader = "X-Hub-Signature-256"

// Sign is the value of the header X-Hub-Signature-256 for a body: sha256= and the
// HMAC-SHA256 under the app secret in lower-case hex.
func Sign(appSecret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Verify checks the signature in constant time. Without an app secret nothing passes.
func (c *Channel) Verify(call channel.Call) error {
	got := call.Header.Get(signatureHeader)
	if c.appSecret == "" || !hmac.Equal([]byte(got), []byte(Sign(c.appSecret, call.Body))) {
		return channel.ErrSignature
	}
	return nil
}

// Challenge answers Meta's GET when the webhook is saved: the challenge itself, when the
// verify token is ours ("Verification requests").
func (c *Channel) Challenge(query url.Values) (string, error) {
	token := query.Get("hub.verify_token")
	if query.Get("hub.mode") != "subscribe" || c.verifyToken == "" ||
		subtle.ConstantTimeCompare([]byte(token), []byte(c.verifyToken)) != 1 {
		return "", channel.ErrSignature
	}
	return query.Get("hub.challenge"), nil
}
