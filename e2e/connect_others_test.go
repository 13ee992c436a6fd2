package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// walk is somebody who connects a system in the browser for the first time.
type walk struct {
	*tab
	server *process
	title  string
	other  []string // what no page may say: names and words of other systems
	at     string   // the page of the connection
	over   string   // the page of the emulator
}

// look reads a page: it speaks of no other system.
func (w *walk) look(name string) {
	w.t.Helper()
	w.wait("the whole page", `document.readyState === "complete" && document.querySelector("main > *")`)
	main := eval[string](w.tab, `(document.querySelector(".settings > :last-child") || document.querySelector("main")).innerText`)
	for _, word := range w.other {
		if strings.Contains(strings.ToLower(main), word) && !strings.Contains(main, "Books and CRMs") {
			w.t.Errorf("%s says %q:\n%s", name, word, main)
		}
	}
}

// lookAtAll is look, and has a look at the page in each manner too, for what no other
// test comes to. That it is the same page for each system is enough for one of them.
func (w *walk) lookAtAll(name string) {
	w.t.Helper()
	w.look(name)
	if w.title != "QuickBooks" && os.Getenv("PARLEY_TEST_LOOKS") != "all" {
		return
	}
	name = strings.ToLower(w.title) + "-" + name
	for _, manner := range looks() {
		w.manner(manner)
		w.accessible(manner.name+" "+name, manner.width, "")
		w.size(manner.width, eval[int64](w.tab, `Math.min(4000, Math.max(840, ...[...document.querySelectorAll("main, main *")].map(e => e.scrollHeight + 120)))`))
		w.picture(manner.name + "-" + name)
	}
	w.scheme("light")
	w.size(1360, 840)
}

func walkTo(t *testing.T, title string, other ...string) *walk {
	t.Helper()
	server := launch(t, nil, "demo", "--with-"+strings.ToLower(title))
	w := &walk{tab: newBrowser(t), server: server, title: title, other: other}
	w.signIn(server.address(), demoAdmin, demoPassword)
	return w
}

// connects goes from the list of integrations to a connection, by way of somebody who first
// says no.
func (w *walk) connects() {
	w.t.Helper()
	w.open(w.server.address() + "/settings/integrations")
	w.click(fmt.Sprintf(`.choice[href$="provider=%s"]`, strings.ToLower(w.title)))
	w.sees("h1", "Connect "+w.title)
	w.look("new")
	w.click("#connect")
	w.sees("h1", "Emulated "+w.title)
	w.over = eval[string](w.tab, "location.origin")
	w.click(`button[value="no"]`)
	w.sees("#integration-state .callout", "The permission was not given there.")
	w.lookAtAll("denied")
	w.click(`form[action$="/disconnect"] button`)
	w.sees("h2", "Given up")
	w.lookAtAll("given-up")
	w.open(w.server.address() + "/oauth/callback/" + strings.ToLower(w.title) + "?code=x&state=made-up")
	w.sees("[role=alert]", "Begin again")
	w.wait("it is off the list", `!document.querySelector("main .items")`)
	w.said() // the browser notes that the answer was a refusal
	w.lookAtAll("state")

	w.click(fmt.Sprintf(`.choice[href$="provider=%s"]`, strings.ToLower(w.title)))
	w.click("#connect")
	w.sees("h1", "Emulated "+w.title)
	w.click(`button[value="no"]`)
	w.sees("h2", "Not finished")
	w.click(`form[action$="/reconnect"] button`)
	w.sees("h1", "Emulated "+w.title)
	w.click(`button[value="yes"]`)
	w.sees("#first-title", "The first run")
	w.at = eval[string](w.tab, "location.origin + location.pathname")
	w.look("fresh")
}

// follows looks at a preview, and begins.
func (w *walk) follows() {
	w.t.Helper()
	w.click("#preview")
	w.sees("#integration-state", "This is what would happen.")
	w.look("looked")
	w.click("#see-preview")
	w.sees(".import-rows", "Record")
	w.look("preview")
	w.click(`a.tab[href*="outcome=review"]`)
	w.wait("only those to review", `location.search.includes("review") && [...document.querySelectorAll(".import-rows tbody .pill")].every(e => e.innerText === "To review")`)
	w.look("preview-review")
	w.click("#start")
	w.sees("#state-title", "Followed")
	w.sees("#integration-state", "Up to date")
	w.sees("#review", "Review")
	w.look("followed")
}

// edits changes a record over there: a row by what stands in one of its fields.
func (w *walk) edits(value string, set map[string]string) {
	w.t.Helper()
	w.open(w.over + "/")
	row := fmt.Sprintf(`document.querySelector('input[value="%s"]')`, value)
	w.wait(value+" over there", row)
	script := "const f = " + row + ".form; "
	for name, text := range set {
		script += fmt.Sprintf("f[%s].value = %s; ", quoted(name), quoted(text))
	}
	w.do(evaluateVoid("(() => { " + script + `f.requestSubmit(f.querySelector("button")) })()`))
	for _, text := range set {
		w.wait("it is saved", fmt.Sprintf(`document.querySelector('input[value="%s"]')`, text))
	}
}

// takesBack ignores all that waits, and takes one of it up again, and then the rest.
func (w *walk) takesBack(waiting int) {
	w.t.Helper()
	w.open(w.at + "/review")
	w.look("review")
	w.click(`input[data-check-all="item"]`)
	w.click(`button[value="ignore"]`)
	w.sees(".empty", "Nothing waits for you")
	w.click(`a[href$="/ignored"]`)
	w.sees("h1", "Ignored")
	w.wait("all are ignored", fmt.Sprintf(`document.querySelectorAll('.items input[name="item"]').length === %d`, waiting))
	w.lookAtAll("ignored")
	w.click(`.items li:nth-child(1) button[name="one"]`)
	w.sees(".callout", "1 record waits on the review list.")
	w.lookAtAll("taken-up")
	if waiting > 1 {
		w.click(`input[data-check-all="item"]`)
		w.click(`form[action$="/ignored"] > .row button`)
		w.sees(".callout", "on the review list.")
	}
	w.sees(".empty", "Nothing is ignored")
	w.lookAtAll("ignored-none")
	w.open(w.at + "/review")
	w.wait("they wait again", fmt.Sprintf(`document.querySelectorAll('.items input[name="item"]').length === %d`, waiting))
}

// ends lets the permission end over there, connects again, and disconnects.
func (w *walk) ends() {
	w.t.Helper()
	w.open(w.over + "/")
	eval[bool](w.tab, `fetch("/permission", {method: "POST"}).then(r => r.ok)`)
	w.open(w.at)
	w.do(evaluateVoid(`document.querySelector("#sync-now")?.click()`)) // unless something else met it first
	w.sees("#integration-state .callout", "Connect it again.")
	w.size(narrow, 840)
	w.wait("all places of a phone can be read", `(() => { const all = [...document.querySelectorAll(".sidenav a.nav-link, .nav-user .who")].filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect());
		return all.length > 6 && all.every((a, n) => a.width > 30 && all.every((b, m) => m <= n || a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1)) })()`)
	w.look("dead")
	w.click(`form[action$="/reconnect"] button`)
	w.sees("h1", "Emulated "+w.title)
	w.click(`button[value="yes"]`)
	w.sees("#state-title", "Followed")
	w.do(evaluateVoid(`window.confirm = asked => { window.asked = asked; return asked.includes("Disconnect ") }`))
	w.click(`form[action$="/disconnect"] button`)
	w.sees("h2", "Disconnected")
	w.look("disconnected")
	w.quiet()
}

// saves posts the form of a contact with other values, as its page does.
func (w *walk) saves(form, to string, set map[string]string) {
	w.t.Helper()
	text := ""
	for name, value := range set {
		text += fmt.Sprintf("f.set(%s, %s); ", quoted(name), quoted(value))
	}
	eval[int](w.tab, fmt.Sprintf(`fetch(%s).then(r => r.text()).then(t => { const d = new DOMParser().parseFromString(t, "text/html"); const f = new URLSearchParams(new FormData(d.querySelector("#contact-form"))); %s return fetch(%s, {method: "POST", body: f}) }).then(r => r.status)`, quoted(form), text, quoted(to)))
}

// TestConnectQuickBooksInTheBrowser goes all the way, from somebody who says no to the end of
// the connection.
func TestConnectQuickBooksInTheBrowser(t *testing.T) {
	t.Parallel()
	w := walkTo(t, "QuickBooks", "xero", "hubspot", "organisation", "account ")
	w.connects()
	w.follows()
	w.takesBack(2)
	w.click(`.items li:nth-child(1) button[value$=" create"]`)
	w.sees("body", "Done.")

	// What a bookkeeper does over there comes here.
	w.edits("Nadia", map[string]string{"family": "Karim-Doyle"})
	w.open(w.server.address() + "/contacts?q=nadia.karim")
	w.click("#contact-rows a")
	w.wait("the contact", `/^\/contacts\/\w+$/.test(location.pathname) && document.readyState === "complete" && document.querySelector("#history")`)
	contact := eval[string](w.tab, "location.pathname")
	eventually(t, "the change", func() (bool, any) {
		w.open(w.server.address() + contact)
		name := w.text("h1")
		return name == "Nadia Karim-Doyle", name
	})
	w.sees("#history", "a sync with QuickBooks")
	w.other = nil
	w.look("contact")
	w.open(w.over + "/")
	w.click(`form[action="/invoices"] button[value="void"]`)
	w.wait("it is void there", `document.readyState === "complete" && [...document.querySelectorAll("td")].some(e => /^0(\.00)? due/.test(e.innerText.trim()))`)
	eventually(t, "the invoice is void", func() (bool, any) {
		w.open(w.server.address() + "/invoices")
		return eval[bool](w.tab, `[...document.querySelectorAll("main .pill")].some(e => e.innerText === "Void")`), "not yet"
	})
	w.look("invoices")

	// Sending back: a change, and somebody whose name a supplier has.
	w.open(w.at)
	w.click(`input[name="push"]`)
	w.click(`form[action$="/push"] button`)
	w.sees("body", "Saved.")
	w.saves(contact, contact, map[string]string{"first_name": "Nadine"})
	w.saves("/contacts/new", "/contacts", map[string]string{"first_name": "Northern", "last_name": "Paint Supplies", "emails": "desk@paint.example"})
	eventually(t, "one is sent, one refused", func() (bool, any) {
		w.open(w.at + "/sent")
		return eval[bool](w.tab, `document.body.innerText.includes("Refused") && document.body.innerText.includes("Nadine")`), w.whole()
	})
	w.lookAtAll("sent")
	w.click(`.items form button`)
	w.sees("body", "It is sent again in a moment.")
	w.sees(".items", "Called there")
	eventually(t, "it is sent under another name", func() (bool, any) {
		w.open(w.at + "/sent")
		return !eval[bool](w.tab, `/Refused|Waits/.test(document.body.innerText)`), w.whole()
	})
	w.lookAtAll("resent")
	w.open(w.server.address() + "/settings/integrations")
	w.look("integrations")
	w.ends()
}

// TestConnectHubSpotInTheBrowser is the same for what has no invoices.
func TestConnectHubSpotInTheBrowser(t *testing.T) {
	t.Parallel()
	w := walkTo(t, "HubSpot", "xero", "quickbooks", "organisation", "invoice", "supplier")
	w.connects()
	w.follows()
	w.takesBack(2)
	w.click(`.items li:nth-child(1) button[value$=" create"]`)
	w.sees("body", "Done.")
	w.edits("Leila", map[string]string{"lastname": "Haddad-Roy"})
	w.open(w.server.address() + "/contacts?q=leila.haddad")
	w.click("#contact-rows a")
	w.wait("the contact", `/^\/contacts\/\w+$/.test(location.pathname) && document.readyState === "complete" && document.querySelector("#history")`)
	contact := eval[string](w.tab, "location.pathname")
	eventually(t, "the change", func() (bool, any) {
		w.open(w.server.address() + contact)
		name := w.text("h1")
		return name == "Leila Haddad-Roy", name
	})
	w.sees("#history", "a sync with HubSpot")

	w.open(w.at)
	w.click(`input[name="push"]`)
	w.click(`form[action$="/push"] button`)
	w.sees("body", "Saved.")
	w.saves(contact, contact, map[string]string{"first_name": "Layla"})
	eventually(t, "it is sent", func() (bool, any) {
		w.open(w.at + "/sent")
		return eval[bool](w.tab, `document.body.innerText.includes("Layla") && document.querySelector(".state.good") !== null`), w.whole()
	})
	w.lookAtAll("sent")
	w.ends()
}
