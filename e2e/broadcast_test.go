package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// broadcastWritten writes a broadcast by SMS to everybody with the first tag, and answers
// with the address where it is looked over.
func broadcastWritten(b *tab, address string) string {
	b.t.Helper()
	b.open(address + "/broadcasts/new")
	b.wait("the form", `document.querySelector("#broadcast-form [role=combobox]")`)
	b.fill(`#broadcast-form [name="name"]`, "Spring")
	sms := eval[string](b, `[...document.querySelectorAll('[name="channel_id"] option')].find(o => o.textContent.includes("(SMS)")).value`)
	if eval[string](b, `document.querySelector('[name="channel_id"]').value`) != sms {
		b.choose(`#broadcast-form [name="channel_id"]`, sms)
		b.wait("the form for SMS", `location.pathname === "/broadcasts" && document.readyState === "complete" && document.querySelector('#broadcast-form [name="channel_id"]').value === `+quoted(sms))
	}
	b.wait("how many get it", `document.querySelector("#will-send")`)
	if n := b.text("#will-send"); n != "0" {
		b.t.Errorf("nobody was chosen, and %s get it", n)
	}
	b.click("#broadcast-form [role=combobox]")
	b.keys(kb.ArrowDown)
	b.wait("a tag is offered", `document.activeElement.matches("#broadcast-form [role=combobox]") && document.activeElement.getAttribute("aria-activedescendant")`)
	b.keys("\r")
	b.keys(escape)
	b.wait("the count of those with the tag", `Number(document.querySelector("#will-send").textContent.replace(/,/g, "")) > 0`)
	b.fill(`#broadcast-form textarea[name="text"]`, "Hello {{first_name|there}}, the new tiles are here.")
	b.wait("the text as three read it", `document.querySelectorAll(".samples li").length === 3 && document.querySelector(".samples .text").textContent.startsWith("Hello ")`)
	b.sees(".samples", "1 part of SMS")
	b.picture("broadcast-form")
	b.click("#broadcast-form .sticky-foot button")
	b.wait("what will happen", `/^\/broadcasts\/[0-9a-z-]+$/.test(location.pathname) && document.querySelector("#will-send")`)
	return eval[string](b, `location.pathname`)
}

// broadcastSent is the address of a broadcast that has been sent.
func broadcastSent(b *tab, address string) string {
	b.t.Helper()
	at := broadcastWritten(b, address)
	b.click(`form[action="` + at + `/start"] button`)
	b.wait("the end", `document.querySelector("#broadcast-progress") && document.querySelector("#broadcast-progress").textContent.includes("Done")`)
	return at
}

// TestBroadcast goes from choosing tags to watching the bar (B1–B4).
func TestBroadcast(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	b := newBrowser(t)
	b.signIn(server.address(), demoAdmin, demoPassword)
	at := broadcastWritten(b, server.address())
	b.picture("broadcast-review")
	b.sees("main", "Send to")
	many := b.text("#will-send")
	b.fill("#f-to", "07700 900123")
	b.click(`form[action$="/test"] button`)
	b.wait("the test", `document.querySelector("#f-to-hint")`)
	b.click(`form[action="` + at + `/start"] button`)
	b.wait("the progress", `document.querySelector("#broadcast-progress .broadcast-bar")`)
	b.wait("the end, without loading the page", `document.querySelector("#broadcast-progress").textContent.includes("Done")`)
	b.sees("#broadcast-progress", many+" of "+many+" handed over")
	b.picture("broadcast")
	b.click(`.broadcast-tabs a[href$="status=sent"]`)
	b.wait("those who were sent to", `location.search.includes("status=sent") && document.querySelectorAll(".broadcast-people tbody tr").length > 0`)
	b.sees(".broadcast-people", "Sent")
	contact := eval[string](b, `document.querySelector(".broadcast-people tbody a").getAttribute("href")`)
	b.open(server.address() + contact)
	b.sees("main", "the new tiles are here")
	b.open(server.address() + "/broadcasts")
	b.sees("#broadcasts", "Spring")
	b.picture("broadcasts")
	b.quiet()
}
