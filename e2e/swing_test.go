package e2e

import (
	"net/http/httptest"
	"slices"
	"testing"

	"parley/internal/connector/hubspotemulator"
	"parley/internal/connector/xeroemulator"
)

// TestChangedInTurnInTheBrowser has Xero and HubSpot change one field in turn: the contact
// says that it is frozen, and an admin says which is right.
func TestChangedInTurnInTheBrowser(t *testing.T) {
	t.Parallel()
	x := xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "key"})
	h := hubspotemulator.New(hubspotemulator.Config{ClientID: "client", ClientSecret: "hush"})
	org, portal := x.AddOrg("Firm Ltd", "GB", "GBP"), h.AddAccount("firm.example", "GBP")
	in := func(city string) xeroemulator.Contact {
		return xeroemulator.Contact{Name: "Ana Ruiz", FirstName: "Ana", LastName: "Ruiz", EmailAddress: "ana@both.example", Addresses: []xeroemulator.Address{{AddressType: "STREET", City: city}}}
	}
	book := x.PutContact(org, in("Leeds"))
	card := h.PutContact(portal, "", map[string]string{"firstname": "Ana", "lastname": "Ruiz", "email": "ana@both.example", "city": "Leeds"})
	i := emptyInstallation(t, "sqlite")
	i.found(t)
	two := []books{{"xero", x.Handler(), x.Consent, "PARLEY_XERO_URL", "PARLEY_XERO_IDENTITY_URL"}, {"hubspot", h.Handler(), h.Consent, "PARLEY_HUBSPOT_URL", "PARLEY_HUBSPOT_IDENTITY_URL"}}
	var settings []string
	for _, b := range two {
		provider := httptest.NewServer(b.handler)
		t.Cleanup(provider.Close)
		settings = slices.Concat(settings, b.settings(provider.URL))
	}
	api := client{i.serve(t, settings...), i.token}
	look := func(c connection) {
		t.Helper()
		api.must(t, "POST", "/connections/"+c.ID+"/sync", nil, nil)
		eventually(t, "it was looked at", func() (bool, any) {
			var now connection
			err := api.call(t.Context(), "GET", "/connections/"+c.ID, nil, &now)
			return err == nil && !now.Running, now
		})
	}
	ofXero, ofHub := connectBooks(t, api, two[0]), connectBooks(t, api, two[1])
	look(ofXero)
	look(ofHub)
	change := func(city string) {
		moved := in(city)
		moved.ContactID = book
		x.PutContact(org, moved)
		look(ofXero)
	}
	change("Bath")
	h.PutContact(portal, card, map[string]string{"city": "York"})
	look(ofHub)
	change("Hull")

	b := newBrowser(t)
	b.signIn(api.server.address(), adminEmail, adminPassword)
	pictures := func(name, at string) {
		t.Helper()
		for _, manner := range looks() {
			b.manner(manner)
			eval[bool](b, `(document.querySelector(`+quoted(at)+`).scrollIntoView({block: "center"}), true)`)
			b.accessible(manner.name+" "+name, manner.width, "")
			b.picture(manner.name + "-" + name)
		}
		b.scheme("light")
		b.size(1360, 840)
	}
	b.open(api.server.address() + "/contacts?q=ana%40both.example")
	b.click("#contact-rows a")
	b.sees("#frozen", "City")
	contact := eval[string](b, "location.pathname")
	pictures("frozen", "#frozen")
	b.open(api.server.address() + "/settings/integrations/" + ofXero.ID + "/review")
	b.sees(".items", "changed it in turn")
	b.sees(".items", "Hull")
	pictures("changed-in-turn", ".items")
	b.click(`button[value$=" ignore"][name="one"]`)
	b.sees("body", "Done.")
	b.open(api.server.address() + contact)
	b.sees("body", "York")
	if eval[bool](b, `document.querySelector("#frozen") !== null`) {
		t.Error("it is still frozen")
	}
	b.quiet()
}
