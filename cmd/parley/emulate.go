package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"parley/internal/connector/hubspotemulator"
	"parley/internal/connector/quickbooksemulator"
	"parley/internal/connector/xeroemulator"
)

// emulator is another system that the demo starts beside itself, so that anyone can try a
// connection without an account there. It ends with the process.
type emulator struct {
	title   string
	address string
	// ready is told where Parley listens, for webhooks.
	ready func(parley string)
}

// emulate starts those that were asked for and points this process at them.
func (c *demo) emulate() ([]emulator, error) {
	var list []emulator
	if c.WithXero {
		xero := xeroemulator.New(xeroemulator.Config{ClientID: "parley-demo", ClientSecret: "parley-demo", WebhookKey: "parley-demo"})
		xero.Sample()
		address, err := serveBeside(xero.Handler())
		if err != nil {
			return nil, err
		}
		point("XERO", address, "PARLEY_XERO_URL", "PARLEY_XERO_IDENTITY_URL")
		list = append(list, emulator{"Xero", address, func(parley string) { xero.TellAt(parley + "/hooks/xero") }})
	}
	if c.WithQB {
		books := quickbooksemulator.New(quickbooksemulator.Config{ClientID: "parley-demo", ClientSecret: "parley-demo", WebhookKey: "parley-demo"})
		books.Sample()
		address, err := serveBeside(books.Handler())
		if err != nil {
			return nil, err
		}
		point("QUICKBOOKS", address, "PARLEY_QUICKBOOKS_URL", "PARLEY_INTUIT_OAUTH_URL")
		list = append(list, emulator{"QuickBooks", address, func(parley string) { books.TellAt(parley + "/hooks/quickbooks") }})
	}
	if c.WithHub {
		hub := hubspotemulator.New(hubspotemulator.Config{ClientID: "parley-demo", ClientSecret: "parley-demo"})
		hub.Sample()
		address, err := serveBeside(hub.Handler())
		if err != nil {
			return nil, err
		}
		point("HUBSPOT", address, "PARLEY_HUBSPOT_URL", "PARLEY_HUBSPOT_IDENTITY_URL")
		list = append(list, emulator{"HubSpot", address, func(parley string) { hub.TellAt(parley+"/hooks/hubspot", "") }})
	}
	return list, nil
}

// point sets the operator's settings for a provider to an emulator.
func point(provider, address string, addresses ...string) {
	for _, name := range addresses {
		_ = os.Setenv(name, address)
	}
	for _, name := range []string{"CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_KEY"} {
		_ = os.Setenv("PARLEY_"+provider+"_"+name, "parley-demo")
	}
}

func serveBeside(h http.Handler) (address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("start an emulator: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}
