package channel

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Files downloads the files of messages. A provider names their addresses, so it says
// here which of them may see the account's secrets.
type Files struct {
	Client *http.Client
	// Base is the configured address of the provider's API; its host and scheme are
	// trusted even without TLS, since the operator chose them.
	Base string
	// Domains are the provider's own: they and their subdomains are trusted by https.
	Domains []string
	// Authorize puts the account's secret on a request to a trusted address.
	Authorize func(*http.Request)
}

// Open fetches a file from a trusted address; redirects to other places are followed
// by https and without the secret. The error is a *SendError.
func (f Files) Open(ctx context.Context, address string) (io.ReadCloser, string, error) {
	request, err := Request(ctx, http.MethodGet, address, "", nil)
	if err != nil {
		return nil, "", err
	}
	if !f.trusted(request.URL) {
		return nil, "", &SendError{Outcome: Refused, Code: "address",
			Reason: "The file lies at an address that is not the provider's. It was not fetched."}
	}
	request.Header.Del("Accept")
	f.Authorize(request)
	client := *stayingHere(f.Client)
	client.CheckRedirect = f.follow
	response, err := client.Do(request)
	if err != nil {
		return nil, "", &SendError{Outcome: NotSent, Code: "no connection", Err: err,
			Reason: "The provider could not be reached. The file can be fetched later."}
	}
	if response.StatusCode/100 != 2 {
		_ = response.Body.Close()
		return nil, "", Reply{Status: response.StatusCode, Header: response.Header}.fileFailed()
	}
	return response.Body, response.Header.Get("Content-Type"), nil
}

// follow takes the secret off a redirect, whose target the provider does not vouch for
// in the same way.
func (f Files) follow(request *http.Request, before []*http.Request) error {
	if len(before) >= 5 {
		return errors.New("too many redirects")
	}
	request.Header.Del("Authorization")
	if request.URL.Scheme != "https" && !f.trusted(request.URL) {
		return errors.New("redirect to an address without TLS")
	}
	return nil
}

func (f Files) trusted(address *url.URL) bool {
	if base, err := url.Parse(f.Base); err == nil && address.Scheme == base.Scheme && address.Host == base.Host {
		return true
	}
	host := strings.ToLower(address.Hostname())
	return address.Scheme == "https" && (address.Port() == "" || address.Port() == "443") &&
		slices.ContainsFunc(f.Domains, func(domain string) bool {
			return host == domain || strings.HasSuffix(host, "."+domain)
		})
}

// fileFailed is what the status of an answer says of a file.
func (r Reply) fileFailed() *SendError {
	failed := r.Failed()
	switch failed.Outcome {
	case Refused:
		failed.Reason = "The provider does not have the file any more."
	case Unknown:
		failed.Outcome, failed.Reason = NotSent, "The provider had a fault. The file can be fetched later."
	case NotSent:
		failed.Reason = "The provider asks to wait. The file can be fetched later."
	}
	return failed
}
