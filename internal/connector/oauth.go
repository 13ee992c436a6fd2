package connector

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// OAuth is the part of OAuth 2 that providers have in common: the authorization code
// with state and, where there is PKCE, its proof; and the refresh token.
type OAuth struct {
	App
	Authorize, Token string // addresses
	Scopes           []string
	// PKCE sends the proof of RFC 7636. InBody puts the app's secret into the form
	// instead of the header.
	PKCE, InBody bool
}

// URL is where an admin consents.
func (o OAuth) URL(state, verifier string) string {
	q := url.Values{"response_type": {"code"}, "client_id": {o.ClientID}, "redirect_uri": {o.RedirectURL},
		"scope": {strings.Join(o.Scopes, " ")}, "state": {state}}
	if o.PKCE {
		sum := sha256.Sum256([]byte(verifier))
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
	}
	return o.Authorize + "?" + q.Encode()
}

// Exchange makes a token of the code that the provider called back with.
func (o OAuth) Exchange(ctx context.Context, callback url.Values, verifier string) (Token, error) {
	if problem := callback.Get("error"); problem != "" {
		said := "."
		if problem != "access_denied" { // which is all that there is to say of somebody who says no
			said = ": " + Excerpt([]byte(problem+" "+callback.Get("error_description")))
		}
		return Token{}, Fail(Refused, "consent", "The permission was not given there"+said)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {callback.Get("code")}, "redirect_uri": {o.RedirectURL}}
	if o.PKCE {
		form.Set("code_verifier", verifier)
	}
	return o.ask(ctx, form, "")
}

// Refresh makes a new token of an old one.
func (o OAuth) Refresh(ctx context.Context, old Token) (Token, error) {
	return o.ask(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh}}, old.Refresh)
}

func (o OAuth) ask(ctx context.Context, form url.Values, refresh string) (Token, error) {
	var answer struct {
		AccessToken  string      `json:"access_token"`
		RefreshToken string      `json:"refresh_token"`
		ExpiresIn    json.Number `json:"expires_in"`
	}
	reply, err := o.post(ctx, o.Token, form)
	if err != nil {
		return Token{}, err
	}
	if reply.Status/100 != 2 {
		return Token{}, o.refusal(reply)
	}
	if err := reply.decode(&answer); err != nil {
		return Token{}, err
	}
	seconds, _ := answer.ExpiresIn.Int64()
	if answer.AccessToken == "" || seconds <= 0 {
		return Token{}, Fail(Garbled, "no token", "It answered without a token.")
	}
	if answer.RefreshToken != "" {
		refresh = answer.RefreshToken
	}
	return Token{Access: answer.AccessToken, Refresh: refresh, ExpiresAt: o.Now().Add(time.Duration(seconds) * time.Second)}, nil
}

// refusal reads why no token was given. A grant that is not taken any more is dead; a
// wrong secret is the operator's to mend, and kills nothing.
func (o OAuth) refusal(r Reply) *Error {
	var said struct {
		Error string `json:"error"`
		Also  string `json:"status"` // HubSpot
	}
	_ = json.Unmarshal(r.Body, &said)
	switch {
	case said.Error == "invalid_grant" || said.Also == "BAD_REFRESH_TOKEN" || said.Also == "BAD_AUTH_CODE":
		return Fail(Dead, "invalid_grant", "The permission was taken back or has expired.")
	case said.Error == "invalid_client" || said.Error == "unauthorized_client":
		return Fail(Away, said.Error, "It does not know this Parley any more. Ask whoever runs it to check the keys of the app.")
	case r.Status == http.StatusTooManyRequests:
		return &Error{Trouble: Wait, Code: "http 429", Reason: "It asks to call less often.", After: max(r.retryAfter(), 10*time.Second)}
	case r.Status/100 == 5:
		return Fail(Away, "http "+http.StatusText(r.Status), "It has a fault.")
	}
	return Fail(Away, "token", "It gave no token: "+Excerpt(r.Body))
}

// Revoke tells the provider to forget a token.
func (o OAuth) Revoke(ctx context.Context, address string, form url.Values) error {
	reply, err := o.post(ctx, address, form)
	if err == nil && reply.Status/100 == 5 {
		err = Fail(Away, "revoke", "It has a fault.")
	}
	return err
}

func (o OAuth) post(ctx context.Context, address string, form url.Values) (Reply, error) {
	if o.InBody {
		form.Set("client_id", o.ClientID)
		form.Set("client_secret", o.ClientSecret)
	}
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return Reply{}, &Error{Trouble: Away, Code: "address", Err: err, Reason: "The address of the provider is not valid. Ask whoever runs Parley."}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !o.InBody {
		r.SetBasicAuth(url.QueryEscape(o.ClientID), url.QueryEscape(o.ClientSecret))
	}
	reply, err := Client{HTTP: o.HTTP}.exchange(ctx, r)
	if err != nil {
		return reply, &Error{Trouble: Away, Code: "no answer", Err: err, Reason: "It could not be reached."}
	}
	return reply, nil
}

// SignedBase64 checks base64(HMAC-SHA256(key, body)), as three providers sign.
func SignedBase64(key string, body []byte, signature string) error {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write(body) // never fails
	given, err := base64.StdEncoding.Strict().DecodeString(signature)
	if key == "" || err != nil || !hmac.Equal(mac.Sum(nil), given) {
		return ErrSignature
	}
	return nil
}
