package e2e

import (
	"fmt"
	"testing"
)

const (
	phoneRows = `[data-rows="phones"] .identity-row`
	saveForm  = `#contact-form .sticky-foot button`
)

// phoneRow is the field of the nth phone, from 1.
func phoneRow(n int) string {
	return fmt.Sprintf(`[data-rows="phones"] .identity-row:nth-of-type(%d) input[name="phones"]`, n)
}

// TestContactForm goes through what a contact's page does with a mouse and keys: rows of
// numbers, a number that is taken, and putting back.
func TestContactForm(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	b := newBrowser(t)
	b.signIn(server.address(), demoAdmin, demoPassword)
	add := func(last, phone string) {
		b.open(server.address() + "/contacts/new")
		b.fill(`#contact-form input[name="first_name"]`, "Priya")
		b.fill(`#contact-form input[name="last_name"]`, last)
		b.fill(phoneRow(1), phone)
	}
	rows := func(n int) {
		t.Helper()
		b.wait(fmt.Sprint(n, " rows"), fmt.Sprintf("document.querySelectorAll(%s).length === %d", quoted(phoneRows), n))
	}
	add("Shah", "07400 777888")
	b.click(`[data-rows="phones"] [data-more-rows]`)
	rows(2)
	b.wait("the new row has the focus", `document.activeElement.matches(`+quoted(phoneRow(2))+`)`)
	b.keys("0113 496 0000")
	b.click(`[data-rows="phones"] [data-more-rows]`)
	rows(3)
	b.keys("07400 777777")
	b.click(`[data-rows="phones"] .identity-row:nth-of-type(2) [data-drop]`)
	rows(2)
	b.click(`[data-rows="phones"] .identity-row:nth-of-type(2) input[type="radio"]`)
	b.click(saveForm)
	b.sees(".contact-title", "Priya Shah")
	b.wait("the second one is the main one", `document.querySelector(`+quoted(phoneRow(1))+`).value.replace(/\D/g, "").endsWith("7400777777")`)
	contact := eval[string](b, "location.pathname")

	b.fill(`#contact-form textarea[name="notes"]`, "Likes tulips")
	b.click(saveForm)
	b.sees("#history", "Likes tulips")
	b.click(`#history form[action$="/put-back"] button`)
	b.wait("put back", `document.querySelector('#contact-form textarea[name="notes"]').value === ""`)

	add("Twin", "07400777888")
	b.click(saveForm)
	b.sees(".callout.bad", "Priya Shah")
	b.click(`.callout.bad button[name="take"]`)
	b.sees(".contact-title", "Priya Twin")

	b.open(server.address() + contact)
	b.wait("one number is left", `document.querySelectorAll(`+quoted(phoneRows)+`).length === 1`)
	b.quiet("409")
}
