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

// Download opens a file at an address that a message named. Only trusted addresses are
// asked: those at the host of Base, which the operator chose, and by https those of the
// provider's domains and their subdomains. Redirects to other places are followed by
// https, without the account's secret. The error is a *SendError.
func (a API) Download(ctx context.Context, address string, domains ...string) (io.ReadCloser, string, error) {
	f := files{a, domains}
	request, err := newRequest(ctx, http.MethodGet, address, "", nil)
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

// files are the files of a provider with its own domains.
type files struct {
	API
	domains []string
}

// follow takes the secret off a redirect to an address that is not trusted.
func (f files) follow(request *http.Request, before []*http.Request) error {
	if len(before) >= 5 {
		return errors.New("too many redirects")
	}
	if f.trusted(request.URL) {
		return nil
	}
	request.Header.Del("Authorization")
	if request.URL.Scheme != "https" {
		return errors.New("redirect to an address without TLS")
	}
	return nil
}

func (f files) trusted(address *url.URL) bool {
	if base, err := url.Parse(f.Base); err == nil && address.Scheme == base.Scheme && address.Host == base.Host {
		return true
	}
	host := strings.ToLower(address.Hostname())
	return address.Scheme == "https" && (address.Port() == "" || address.Port() == "443") &&
		slices.ContainsFunc(f.domains, func(domain string) bool {
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
