package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const escape = "\x1b"

// TestStory is the whole of it, as the demo lets a newcomer see it: a stranger writes, is
// a contact at once, is answered, and what came of the answer is seen.
func TestStory(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	admin := newBrowser(t)
	admin.signIn(server.address(), demoAdmin, demoPassword)
	agent := newBrowser(t)
	agent.signIn(server.address(), demoAgent, demoPassword)
	phone := admin.another()
	phone.open(server.address() + "/simulator")
	phone.click(`[data-stranger="+447700900322"]`)
	phone.wait("the stranger's phone", `new URL(location.href).searchParams.get("from") === "+447700900322" && document.readyState === "complete"`)
	for _, b := range []*tab{admin, agent} {
		eval[bool](b, `window.neverReloaded = true`)
	}

	write := func(text string) {
		t.Helper()
		phone.fill("#sim-text", text+"\r")
		phone.sees("#sim-messages .msg.out", text)
	}
	write("hello")
	for _, b := range []*tab{admin, agent} { // live, at the top
		b.sees("#rows > .conv.unread:first-child", "hello")
		b.click("#rows > .conv:first-child > a")
		b.sees("#messages article.in", "hello")
	}
	if name := admin.text("#thread-header h2"); regexp.MustCompile(`\d`).MatchString(name) || strings.Contains(name, "Ben") {
		t.Errorf("a stranger is called %q", name)
	}

	admin.click("#composer-text")
	admin.keys("Good mor")
	write("are you open today?")
	admin.sees("#messages article.in", "are you open today?")
	admin.sees("#rows > .conv:first-child", "are you open today?")
	if draft := admin.value("#composer-text"); draft != "Good mor" {
		t.Errorf("of the draft there is %q", draft)
	}
	admin.keys("ning! We are.\r") // the focus has not moved either
	admin.sees("#messages article.out", "Good morning! We are.")
	admin.wait("the field is empty", `document.querySelector("#composer-text").value === ""`)
	agent.sees("#messages article.out", "Good morning! We are.")
	phone.sees("#sim-messages .msg.in", "Good morning! We are.")
	for _, b := range []*tab{admin, agent} {
		b.wait("it was read", `document.querySelector('#messages article.out[data-status="read"] .tick-read')`)
	}

	admin.sees("#panel .callout", "Ben Baker")
	admin.click("#panel .callout button")
	for _, b := range []*tab{admin, agent} {
		b.sees("#thread-header h2", "Ben Baker")
		b.sees("#rows > .conv:first-child .name", "Ben Baker")
	}

	byKeyboard(admin, agent)
	editInPlace(t, admin)
	for name, b := range map[string]*tab{"admin": admin, "agent": agent} {
		if !eval[bool](b, `window.neverReloaded === true`) {
			t.Errorf("the %s's page was loaded anew", name)
		}
		b.quiet("422", "409")
	}
	phone.quiet()
}

// byKeyboard takes, hands over, closes and reopens the conversation that is open.
func byKeyboard(admin, agent *tab) {
	admin.t.Helper()
	admin.click("#composer-text")
	admin.keys("a draft")
	admin.keys(escape)
	// The answer to "take" brings a new header; here it comes only once the menu is open.
	eval[bool](admin, `(() => { const ask = window.fetch; window.fetch = (url, options) => String(url).includes("/take")
		? new Promise(go => { window.letTake = go; }).then(() => ask(url, options)) : ask(url, options); return true; })()`)
	admin.keys("t")
	admin.keys("a")
	admin.wait("the menu", `document.activeElement.matches("#thread-header .menu-item") && window.letTake`)
	eval[bool](admin, `window.letTake() === undefined`)
	admin.sees("#thread-header p", "yours")
	agent.sees("#thread-header p", "Mira Rosas")
	admin.wait("the menu is open", `document.activeElement.matches("#thread-header [data-assign][open] .menu-item")`)
	for range 5 {
		if strings.Contains(eval[string](admin, `document.activeElement.innerText`), "Ana Reis") {
			break
		}
		admin.keys(arrowDown)
	}
	admin.keys("\r")
	admin.sees("#thread-header p", "Ana Reis")
	agent.sees("#thread-header p", "yours")
	admin.keys("c")
	for _, b := range []*tab{admin, agent} {
		b.sees("#thread-header p", "closed")
	}
	admin.keys("o")
	for _, b := range []*tab{admin, agent} {
		b.wait("it is open", `document.querySelector('#thread-header[data-status="open"]')`)
	}
	admin.wait("the draft is there still", `document.querySelector("#composer-text").value === "a draft"`)
}

// arrowDown is the key of that name.
const arrowDown = kb.ArrowDown

// editInPlace changes the contact beside the thread: a name, then a number that somebody
// else holds.
func editInPlace(t *testing.T, b *tab) {
	t.Helper()
	b.fill("#panel-form [name=last_name]", "Baker-Smith")
	b.click("#panel-form .save-bar button.btn:not([type=button])")
	b.sees("#panel-form [role=status]", "Saved")
	b.sees("#thread-header h2", "Ben Baker-Smith")
	b.sees("#rows > .conv:first-child .name", "Ben Baker-Smith")

	taken := eval[map[string]string](b, `fetch("/contacts").then(r => r.text()).then(html => {
		const row = [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("#contact-rows tr")]
			.find(tr => tr.querySelector(".phone").innerText.trim() && !tr.innerText.includes("Baker-Smith"));
		return {phone: row.querySelector(".phone").innerText.trim(), name: row.querySelector("a").innerText.trim()};
	})`)
	b.fill("#panel-form [name=phone]", taken["phone"])
	b.click("#panel-form .save-bar button.btn:not([type=button])")
	b.sees("#panel-form .callout.bad", taken["name"])
	b.sees("#panel-form .callout.bad a", "Open "+taken["name"])
	if kept := b.value("#panel-form [name=phone]"); strings.ReplaceAll(kept, " ", "") != strings.ReplaceAll(taken["phone"], " ", "") {
		t.Errorf("what was typed is %q now, not %q", kept, taken["phone"])
	}
}

// TestStaleSaveInTheBrowser: two people change a contact; the second is shown both, side by side, and
// loses nothing.
func TestStaleSaveInTheBrowser(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	one := newBrowser(t)
	one.signIn(server.address(), demoAdmin, demoPassword)
	one.open(server.address() + "/contacts")
	path := eval[string](one, `document.querySelector("#contact-rows a").getAttribute("href")`)
	two := newBrowser(t)
	two.signIn(server.address(), demoAgent, demoPassword)
	for _, b := range []*tab{one, two} {
		b.open(server.address() + path)
	}
	two.fill("#f-business_name", "Theirs Ltd")
	two.fill("#f-middle_name", "Q")
	two.click("#contact-form .sticky-foot button")
	two.wait("saved", `location.pathname === `+quoted(path)+` && document.querySelector("#f-business_name").defaultValue === "Theirs Ltd"`)

	one.fill("#f-business_name", "Mine Ltd")
	one.fill("#f-notes", "not to be lost")
	one.click("#contact-form .sticky-foot button")
	one.sees("#contact-form [role=alert]", "Ana Reis saved this contact while you were editing it")
	one.sees(".versus tr", "Theirs Ltd")
	one.sees(".versus tr", "Mine Ltd")
	one.click(`.versus td:last-child input[value="Mine Ltd"]`)
	one.click("#contact-form .sticky-foot button")
	one.wait("saved", fmt.Sprintf(`location.pathname === %s && document.querySelector("#f-business_name")?.defaultValue === "Mine Ltd"`, quoted(path)))
	if notes, middle := one.value("#f-notes"), one.value("#f-middle_name"); notes != "not to be lost" || middle != "Q" {
		t.Errorf("notes %q and middle name %q are what is left", notes, middle)
	}
	one.sees("#history", "Theirs Ltd")
	one.quiet("412", "409")
	two.quiet()
}

// TestNewContact: everything that is missing is said at once (C2), and what was typed
// stays.
func TestNewContact(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	b := newBrowser(t)
	b.signIn(server.address(), demoAgent, demoPassword)
	b.open(server.address() + "/contacts/new")
	b.fill("#f-first_name", "Solo")
	b.click("#contact-form .sticky-foot button")
	for _, field := range []string{"last_name", "phone", "email"} {
		b.sees("#f-"+field+"-error", "")
		if text := b.text("#f-" + field + "-error"); text == "" {
			t.Errorf("nothing is said about %s", field)
		}
	}
	if first := b.value("#f-first_name"); first != "Solo" {
		t.Errorf("the first name is %q now", first)
	}
	b.fill("#f-last_name", "Singer")
	b.fill("#f-phone", "0113 496 0999")
	b.click("#contact-form .sticky-foot button")
	b.wait("the contact", `/^\/contacts\/[0-9a-z]{20,}$/.test(location.pathname)`)
	b.sees("h1", "Solo Singer")
	b.sees("body", "landline")
	b.quiet("422")
}
