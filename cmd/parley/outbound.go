package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// outbound makes the calls to providers. It reaches public addresses, the networks the
// operator allowed, and the gateways the operator named.
type outbound struct {
	client  *http.Client
	bases   map[string]string // kind of channel or connection → base address, "" for the provider's own
	allowed []netip.Prefix
	hosts   map[string]bool // host:port of the operator's gateways
}

// baseSettings are the operator's settings for the addresses of providers.
var baseSettings = map[string]string{
	"whatsapp":   "PARLEY_WHATSAPP_URL",
	"twilio_sms": "PARLEY_TWILIO_URL",
	"vonage_sms": "PARLEY_VONAGE_URL",

	"xero":          "PARLEY_XERO_URL",
	"xero_identity": "PARLEY_XERO_IDENTITY_URL",

	"quickbooks":          "PARLEY_QUICKBOOKS_URL",
	"quickbooks_identity": "PARLEY_INTUIT_OAUTH_URL",

	"hubspot":          "PARLEY_HUBSPOT_URL",
	"hubspot_identity": "PARLEY_HUBSPOT_IDENTITY_URL",
}

func newOutbound(allowed []netip.Prefix) *outbound {
	o := &outbound{bases: map[string]string{}, allowed: allowed, hosts: map[string]bool{}}
	for kind, name := range baseSettings {
		base := strings.TrimRight(os.Getenv(name), "/")
		o.bases[kind] = base
		if u, err := url.Parse(base); err == nil && u.Host != "" {
			o.hosts[hostPort(u)] = true
		}
	}
	open := &net.Dialer{Timeout: 10 * time.Second}
	guarded := &net.Dialer{Timeout: 10 * time.Second, Control: o.control}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = 64
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if o.hosts[address] {
			return open.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
	o.client = &http.Client{Transport: transport, Timeout: 90 * time.Second} // each exchange has a shorter end of its own
	return o
}

func (o *outbound) base(kind string) string { return o.bases[kind] }

func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "http" {
		return u.Host + ":80"
	}
	return u.Host + ":443"
}

// control refuses an address after its name was resolved, so that no name can lead into
// the inside.
func (o *outbound) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap()
	for _, prefix := range o.allowed {
		if prefix.Contains(ip) {
			return nil
		}
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || sharedAddresses.Contains(ip) {
		return fmt.Errorf("%s is not a public address; --allow-outbound lets calls reach it", ip)
	}
	return nil
}

// sharedAddresses are those of carriers (RFC 6598), which are inside for somebody.
var sharedAddresses = netip.MustParsePrefix("100.64.0.0/10")
