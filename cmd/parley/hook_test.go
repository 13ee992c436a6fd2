package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"parley/internal/app/hooks"
)

// A business's webhooks reach no address inside, whatever it is written as, and go nowhere
// else by a redirect.
func TestHookPoster(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
		}
	}))
	defer server.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	closed := hookPoster(nil)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "2130706433", "0x7f.1",
		"[64:ff9b::7f00:1]", "[64:ff9b::a00:1]", "[64:ff9b:1::a00:1]", "[::7f00:1]", "[2002:7f00:1::1]", "[2001:0:a00:1::1]", "[fec0::1]", "0.0.0.1", "240.0.0.1", "198.18.0.1"} {
		status, err := closed(t.Context(), hooks.Call{URL: "http://" + host + ":" + port + "/"})
		if err == nil || strings.Contains(err.Error(), strings.Trim(host, "[]")) {
			t.Errorf("%s: %d, %v", host, status, err)
		}
	}
	if calls != 0 {
		t.Errorf("%d calls came through", calls)
	}
	open := hookPoster([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	if status, err := open(t.Context(), hooks.Call{URL: server.URL + "/", Body: []byte("{}")}); status != 200 || err != nil {
		t.Errorf("allowed by the operator: %d, %v", status, err)
	}
	if status, err := open(t.Context(), hooks.Call{URL: server.URL + "/away"}); status != http.StatusTemporaryRedirect || err != nil || calls != 2 {
		t.Errorf("a redirect: %d, %v, %d calls", status, err, calls)
	}
}

// What a name has for an address in the operator's network, and who resolves it, a business
// is not told.
func TestHookFailure(t *testing.T) {
	at := &net.TCPAddr{IP: net.ParseIP("10.1.2.3"), Port: 443}
	for _, row := range []struct {
		err  error
		want string
	}{
		{&net.DNSError{Err: "no such host", Name: "db.internal", Server: "10.0.0.2:53", IsNotFound: true}, "It could not be reached: its name could not be found."},
		{&net.OpError{Op: "dial", Net: "tcp", Addr: at, Err: notPublic{netip.MustParseAddr("10.1.2.3")}}, "It could not be reached: it has no public address. Whoever runs Parley can allow it with --allow-outbound."},
		{&net.OpError{Op: "dial", Net: "tcp", Addr: at, Err: syscall.ECONNREFUSED}, "It could not be reached: connection refused."},
		{&net.OpError{Op: "read", Net: "tcp", Source: at, Addr: at, Err: syscall.ECONNRESET}, "It could not be reached: connection reset by peer."},
		{io.ErrUnexpectedEOF, "It could not be reached: unexpected EOF."},
	} {
		if got := hookFailure(&url.Error{Op: "Post", URL: "https://x.example", Err: row.err}).Error(); got != row.want {
			t.Errorf("%v: %q, want %q", row.err, got, row.want)
		}
	}
}

// Addresses are public where they lead out from everywhere.
func TestPublicAddresses(t *testing.T) {
	for address, want := range map[string]bool{"93.184.216.34": true, "2606:2800:220:1::1": true, "64:ff9b::5db8:d822": true, "2001:4860:4860::8888": true,
		"64:ff9b::a9fe:a9fe": false, "100.127.0.1": false, "fd12::1": false} {
		if got := isPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
