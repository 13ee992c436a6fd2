package main

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
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
	if !isPublic(ip) {
		return notPublic{ip}
	}
	return nil
}

// notPublic is why an address was not dialled.
type notPublic struct{ ip netip.Addr }

func (n notPublic) Error() string {
	return n.ip.String() + " is not a public address; --allow-outbound lets calls reach it"
}

// isPublic reports whether an address leads out into the internet from everywhere. One that
// stands for an IPv4 address behind a translator (NAT64) is as public as that.
func isPublic(ip netip.Addr) bool {
	if translated.Contains(ip) {
		b := ip.As16()
		return isPublic(netip.AddrFrom4([4]byte(b[12:])))
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// translated are IPv4 addresses as NAT64 writes them (RFC 6052).
var translated = netip.MustParsePrefix("64:ff9b::/96")

// special are networks that look public and are inside for somebody, or lead to addresses
// that they hide (IANA's registries of special-purpose addresses).
var special = func() (list []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", // this network, carriers, protocols, benchmarks, the future
		"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "fec0::/10", // IPv4 in disguise, local translators, nowhere, tunnels, old local ones
	} {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}()
