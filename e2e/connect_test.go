package e2e

import (
	"fmt"
	"testing"
)

// TestConnectXeroInTheBrowser goes from nothing to a change that arrives: consent over
// there, a preview, the first run, the review, and back.
func TestConnectXeroInTheBrowser(t *testing.T) {
	t.Parallel()
	server := launch(t, nil, "demo", "--with-xero")
	b := newBrowser(t)
	b.signIn(server.address(), demoAdmin, demoPassword)
	look := func(name string) {
		t.Helper()
		for _, manner := range looks() {
			b.manner(manner)
			b.accessible(manner.name+" "+name, manner.width, "")
			b.picture(manner.name + "-" + name)
		}
		b.scheme("light")
		b.size(1360, 840)
	}
	b.open(server.address() + "/settings/integrations")
	look("integrations")
	b.click(`.choice[href$="provider=xero"]`)
	b.sees("h1", "Connect Xero")
	look("integration-new")
	b.click("#connect")
	b.sees("h1", "Emulated Xero")
	xero := eval[string](b, "location.origin")
	b.click(`button[value="yes"]`)

	b.sees("#first-title", "The first run")
	look("integration-fresh")
	b.click("#preview")
	b.sees("#integration-state", "This is what would happen.")
	b.click("#see-preview")
	b.sees(".import-rows", "Harriet")
	b.sees(".import-rows", "A supplier.")
	look("sync-preview")
	b.click("#start")

	b.sees("#state-title", "Followed")
	b.sees("#integration-state", "Up to date")
	b.sees("#review", "Review")
	look("integration")
	b.click("#review")
	b.sees(".items", "Cash sale")
	b.sees(".items", "as well, and came first")
	look("sync-review")
	b.click(`.items li:nth-child(1) button[value$=" create"]`)
	b.sees("body", "Done.")

	b.open(server.address() + "/contacts?q=harriet.lowe")
	b.sees("#contact-rows", "Harriet Lowe")
	b.click("#contact-rows a")
	b.sees("body", "INV-001")
	contact := eval[string](b, "location.pathname")

	// Somebody marries, and the bookkeeper hears of it first.
	b.open(xero + "/")
	b.wait("Harriet in Xero", `document.querySelector('input[value="Harriet Lowe"]')`)
	eval[bool](b, `(() => { const f = document.querySelector('input[value="Harriet Lowe"]').form; f.last.value = "Quill"; f.name.value = "Harriet Quill"; f.requestSubmit(f.querySelector("button")); return true })()`)
	b.wait("it is saved there", `document.querySelector('input[value="Harriet Quill"]')`)
	eventually(t, "the change", func() (bool, any) {
		b.open(server.address() + contact)
		name := b.text("h1")
		return name == "Harriet Quill", name
	})
	b.sees("#history", "a sync with Xero")

	b.open(server.address() + "/settings/integrations")
	b.click(".items a")
	b.click(`input[name="push"]`)
	b.click(`form[action$="/push"] button`)
	b.sees("body", "Saved.")
	eval[int](b, fmt.Sprintf(`fetch(%s).then(r => r.text()).then(t => { const d = new DOMParser().parseFromString(t, "text/html"); const f = new URLSearchParams(new FormData(d.querySelector("#contact-form"))); f.set("last_name", "Marsh"); return fetch(%s, {method: "POST", body: f}) }).then(r => r.status)`, quoted(contact), quoted(contact)))
	eventually(t, "the change over there", func() (bool, any) {
		b.open(xero + "/")
		return eval[bool](b, `document.querySelector('input[value="Marsh"]') !== null`), "not there yet"
	})
	b.open(server.address() + "/settings/integrations")
	b.click(".items a")
	b.click(`a[href$="/sent"]`)
	b.sees(".items", "Sent")
	look("sync-sent")
	b.quiet()
}
