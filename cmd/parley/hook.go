package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"parley/internal/app/hooks"
)

// hookPoster makes the calls to businesses' own systems. It is not the client for
// providers: the gateways that the operator named for those are none of a business's
// business. The address is looked at when it is dialled, after its name was resolved, so
// that no name can lead into the inside, whatever it was resolved to before.
func hookPoster(allowed []netip.Prefix) func(context.Context, hooks.Call) (int, error) {
	guard := &outbound{allowed: allowed}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.DialContext = (&net.Dialer{Timeout: 5 * time.Second, Control: guard.control}).DialContext
	transport.MaxIdleConnsPerHost = 4
	client := &http.Client{Transport: transport, Timeout: 15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return func(ctx context.Context, call hooks.Call) (int, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, call.URL, bytes.NewReader(call.Body))
		if err != nil {
			return 0, notReached("The address is not valid.")
		}
		request.Header.Set("User-Agent", "parley/"+release)
		for name, value := range call.Headers {
			request.Header.Set(name, value)
		}
		answer, err := client.Do(request)
		if err != nil {
			return 0, hookFailure(err)
		}
		defer func() { _ = answer.Body.Close() }()
		_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be used again
		return answer.StatusCode, nil
	}
}

// notReached is why an endpoint could not be called, in words.
type notReached string

func (n notReached) Error() string { return string(n) }

// hookFailure says why a call failed as far as it concerns the business: which addresses
// names have in the operator's network, and who resolves them, it is not told.
func hookFailure(err error) error {
	var u *url.Error
	var name *net.DNSError
	var inside notPublic
	var lost *net.OpError
	switch {
	case errors.As(err, &u) && u.Timeout():
		return notReached("It did not answer within 15 seconds.")
	case errors.As(err, &inside):
		return notReached("It could not be reached: it has no public address. Whoever runs Parley can allow it with --allow-outbound.")
	case errors.As(err, &name):
		return notReached("It could not be reached: its name could not be found.")
	case errors.As(err, &lost):
		err = lost.Err // without the addresses of both ends
	case u != nil:
		err = u.Err
	}
	return notReached("It could not be reached: " + err.Error() + ".")
}
