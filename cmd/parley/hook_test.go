package main

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
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
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "2130706433", "0x7f.1"} {
		status, err := closed(t.Context(), hooks.Call{URL: "http://" + host + ":" + port + "/"})
		if err == nil {
			t.Errorf("%s was reached: %d", host, status)
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
