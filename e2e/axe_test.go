package e2e

import (
	_ "embed"
	"fmt"
	"os"
	"strings"
	"testing"
)

//go:embed testdata/axe/axe.min.js
var axe string

// narrow is the width of a phone.
const narrow = 390

// shown is one page of the product and what is on it once it is there.
type shown struct {
	name    string
	path    string
	ready   string // a selector
	console string // what the console says of it by right
	// repeats is a selector of what is alike many times over: of those in one parent axe-core
	// looks at the first three.
	repeats string
}

// pages are all of them, as an admin of the demo sees them.
func pages(t testing.TB, server *process, b *tab) []shown {
	t.Helper()
	b.open(server.address() + "/inbox")
	b.wait("conversations", `document.querySelector("#rows > .conv > a")`)
	conversation := eval[string](b, `document.querySelector("#rows > .conv > a").getAttribute("href")`)
	b.open(server.address() + "/contacts")
	contact := eval[string](b, `document.querySelector("#contact-rows a").getAttribute("href")`)
	other := eval[string](b, `document.querySelector("#contact-rows tr:nth-child(2) a").getAttribute("href").replace("/contacts/", "")`)
	many := manyTagged(b)
	twins(t, b)
	invoiced(b, contact)
	b.open(server.address() + "/settings/tags")
	tag := eval[string](b, `document.querySelector(".items > li[id]").id.replace("tag-", "")`)
	b.open(server.address() + "/settings/users")
	leaving := eval[string](b, `document.querySelector(".items a[href$='/deactivate']").getAttribute("href")`)
	b.open(server.address() + "/settings/channels")
	channel := eval[string](b, `document.querySelector(".items a").getAttribute("href")`)
	b.open(server.address() + "/settings/templates")
	template := eval[string](b, `[...document.querySelectorAll(".template-card a")].find(a => a.textContent === "order_ready").getAttribute("href")`)
	planned, sent := broadcastWritten(b, server.address()), broadcastSent(b, server.address())
	return []shown{
		{name: "broadcasts", path: "/broadcasts", ready: "#broadcasts"},
		{name: "new-broadcast", path: "/broadcasts/new", ready: "#broadcast-form"},
		{name: "broadcast-review", path: planned, ready: "#will-send"},
		{name: "broadcast-people", path: planned + "/people", ready: "table"},
		{name: "broadcast", path: sent, ready: "#broadcast-progress"},
		{name: "inbox", path: "/inbox", ready: "#rows > .conv"},
		{name: "conversation", path: conversation, ready: "#messages article"},
		{name: "closed", path: "/inbox?view=closed", ready: "#rows > li"},
		{name: "manage", path: "/inbox/manage?view=open", ready: "#manage-rows > tr"},
		{name: "contacts", path: "/contacts", ready: "#contact-rows > tr", repeats: "#contact-rows > tr"},
		{name: "nobody", path: "/contacts?q=nobodyatall", ready: ".empty"},
		{name: "filters", path: "/contacts?has=phone&not_opt_out=sms&sort=name&menu=filter", ready: ".filter-form", repeats: "#contact-rows > tr"},
		{name: "columns", path: "/contacts?assignee=nobody&menu=columns", ready: ".column-form", repeats: "#contact-rows > tr"},
		{name: "many-tags", path: "/contacts/bulk?all=1&action=add_tags", ready: ".ask"},
		{name: "many-delete", path: "/contacts/bulk?all=1&action=delete", ready: ".ask"},
		{name: "many", path: many, ready: "#bulk-progress"},
		{name: "recent-actions", path: "/bulk", ready: "#bulks"},
		{name: "new-contact", path: "/contacts/new", ready: "#contact-form"},
		{name: "contact", path: contact, ready: "#history"},
		{name: "merge-chooser", path: contact + "/merge?q=a", ready: "#found"},
		{name: "merge", path: contact + "/merge?into=" + other, ready: "#consequences"},
		{name: "duplicates", path: "/contacts/duplicates", ready: ".duplicate"},
		{name: "invoices", path: "/invoices", ready: "#invoice-rows .number"},
		{name: "new-invoice", path: contact + "/invoices/new", ready: "form.card"},
		{name: "erase-contact", path: contact + "/erase", ready: ".ask"},
		{name: "delete-contact", path: contact + "/delete", ready: ".ask"},
		{name: "export", path: "/contacts/export", ready: ".ask"},
		{name: "business", path: "/settings/business", ready: "form.card"},
		{name: "users", path: "/settings/users", ready: ".items"},
		{name: "deactivate", path: leaving, ready: "form.card"},
		{name: "channels", path: "/settings/channels", ready: ".items"},
		{name: "channel-kinds", path: "/settings/channels/new", ready: ".choices"},
		{name: "new-whatsapp", path: "/settings/channels/new?kind=whatsapp", ready: "form.card"},
		{name: "new-twilio", path: "/settings/channels/new?kind=twilio_sms", ready: "form.card"},
		{name: "channel", path: channel, ready: "#hook-title"},
		{name: "saved-replies", path: "/settings/replies", ready: "form.card"},
		{name: "integrations", path: "/settings/integrations", ready: ".choices"},
		{name: "connect-xero", path: "/settings/integrations/new?provider=xero", ready: "#setup-title"},
		{name: "auto-replies", path: "/settings/auto-replies", ready: "#hours"},
		{name: "webhooks", path: "/settings/webhooks", ready: "form.card"},
		{name: "templates", path: "/settings/templates", ready: "main"},
		{name: "new-template", path: "/settings/templates/new", ready: "form.card"},
		{name: "template", path: template, ready: "form.card"},
		{name: "edit-template", path: template + "/edit", ready: "form.card"},
		{name: "tags", path: "/settings/tags", ready: "main"},
		{name: "fields", path: "/settings/fields", ready: ".items"},
		{name: "tag-merge", path: "/settings/tags/" + tag + "/merge", ready: "form.card"},
		{name: "search", path: "/search?q=tag", ready: "#found .hit"},
		{name: "import", path: "/imports", ready: "form"},
		{name: "imports", path: "/settings/imports", ready: "main"},
		{name: "audit", path: "/settings/audit", ready: "#audit-rows > li"},
		{name: "unfiled", path: "/settings/unfiled", ready: "main"},
		{name: "profile", path: "/account", ready: "form.card"},
		{name: "sessions", path: "/account/sessions", ready: "main"},
		{name: "tokens", path: "/account/tokens", ready: "main"},
		{name: "simulator", path: "/simulator", ready: "#sim-messages"},
		{name: "not-found", path: "/nowhere", ready: ".card", console: "404 (Not Found)"},
		{name: "api", path: "/api/docs", ready: "main", repeats: "article"},
	}
}

// twins makes two contacts that seem to be one person, if they are not there yet, and
// waits until that was found.
func twins(t testing.TB, b *tab) {
	t.Helper()
	if eval[bool](b, `fetch("/contacts/duplicates").then(r => r.text()).then(page => page.includes("Zoe Quartz"))`) {
		return
	}
	for _, reach := range []string{"email=zoe.quartz@example.com", "email=zoe@quartz.example"} {
		eval[int](b, `fetch("/contacts", {method: "POST", body: new URLSearchParams("first_name=Zoe&last_name=Quartz&business_name=Quartz+Tiles&`+reach+`")}).then(r => r.status)`)
	}
	eventually(t, "the duplicate", func() (bool, any) {
		found := eval[bool](b, `fetch("/contacts/duplicates").then(r => r.text()).then(page => page.includes("Zoe Quartz"))`)
		return found, "not found yet"
	})
}

// invoiced gives a contact an invoice of each kind, so that there is something to list.
func invoiced(b *tab, contact string) {
	b.t.Helper()
	for n, rest := range []string{"status=sent&issued_on=2026-01-05&due_on=2026-02-05", "status=paid&issued_on=2026-01-05&amount_due=0", "status=draft&issued_on=2026-03-05"} {
		status := eval[int](b, fmt.Sprintf(`fetch("/invoices", {method: "POST", body: new URLSearchParams("contact_id=%s&number=INV-%d&currency=GBP&total=1240.50&%s")}).then(r => r.status)`,
			strings.TrimPrefix(contact, "/contacts/"), n+1, rest))
		if status != 200 && status != 409 { // it is there already
			b.t.Fatalf("invoice %d: %d", n+1, status)
		}
	}
}

// manner is a way in which a page is looked at.
type manner struct {
	name, scheme string
	width        int64
}

// manners are all of them.
var manners = []manner{{"light", "light", 1360}, {"dark", "dark", 1360}, {"narrow", "light", narrow}, {"narrow-dark", "dark", narrow}}

// looks are those in which tests look at pages: in light on a desk and in the dark on a
// phone; with PARLEY_TEST_LOOKS=all, or for pictures, in both on both.
func looks() []manner {
	if os.Getenv("PARLEY_TEST_LOOKS") == "all" || os.Getenv("PARLEY_SCREENSHOTS") != "" {
		return manners
	}
	return []manner{manners[0], manners[3]}
}

// TestEveryPageIsAccessible looks at every page with axe-core.
func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("pages look alike with the race detector; other tests go through them")
	}
	server := startDemo(t)
	visitor, admin := newBrowser(t), newBrowser(t)
	admin.signIn(server.address(), demoAdmin, demoPassword)
	empty := emptyInstallation(t, "sqlite").serve(t)
	list := pages(t, server, admin) // before the window is a phone's: it clicks through the desk's
	visitor.visit(empty, shown{path: "/", ready: `form[action="/set-up"]`})
	visitor.accessibleInEachManner(shown{name: "set-up"})
	visitor.visit(server, shown{path: "/sign-in", ready: "form"})
	visitor.accessibleInEachManner(shown{name: "sign-in"})
	for _, page := range list {
		admin.visit(server, page)
		admin.accessibleInEachManner(page)
	}
}

// TestRefusedFormsAreAccessible looks at pages that say what is wrong.
func TestRefusedFormsAreAccessible(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	b := newBrowser(t)
	b.open(server.address() + "/sign-in")
	b.fill("#f-email", demoAdmin)
	b.fill("#f-password", "not this one\r")
	b.wait("the refusal", `document.querySelector("[role=alert]")`)
	b.accessible("sign-in refused", 1360, "Failed to load resource")
	b.signIn(server.address(), demoAdmin, demoPassword)
	b.open(server.address() + "/contacts/new")
	b.fill("#f-phone", "12")
	b.click("#contact-form .sticky-foot button")
	b.wait("the refusal", `document.querySelector("#contact-form [aria-invalid]")`)
	b.accessible("contact refused", 1360, "Failed to load resource")
}

func (b *tab) visit(server *process, page shown) {
	b.t.Helper()
	b.open(server.address() + page.path)
	b.wait(page.path+" is there", fmt.Sprintf(`document.readyState === "complete" && document.querySelector(%s)`, quoted(page.ready)))
}

// accessibleInEachManner looks at the page that is open, without opening it again.
func (b *tab) accessibleInEachManner(page shown) {
	b.t.Helper()
	if page.repeats != "" && os.Getenv("PARLEY_TEST_LOOKS") != "all" {
		for _, manner := range looks() { // while all of it is there
			b.manner(manner)
			b.fits(manner.name+" "+page.name, manner.width)
		}
		b.thinOut(page.repeats)
	}
	for _, manner := range looks() {
		b.manner(manner)
		b.accessible(manner.name+" "+page.name, manner.width, page.console)
	}
}

func (b *tab) manner(m manner) {
	b.t.Helper()
	b.scheme(m.scheme)
	b.size(m.width, 840)
}

// thinOut leaves the first three of what repeats within one parent.
func (b *tab) thinOut(selector string) {
	b.t.Helper()
	b.do(evaluateVoid(fmt.Sprintf(`document.querySelectorAll(%s).forEach(e => {
		if ([...e.parentElement.children].filter(x => x.matches(%[1]s)).indexOf(e) > 2) e.dataset.surplus = "";
	}); document.querySelectorAll("[data-surplus]").forEach(e => e.remove())`, quoted(selector))))
}

// fits wants nothing to be wider than the window.
func (b *tab) fits(name string, width int64) {
	b.t.Helper()
	if wide := eval[int64](b, `document.documentElement.scrollWidth`); wide > width {
		b.t.Errorf("%s: %d pixels wide in a window of %d: %s", name, wide, width, eval[string](b, fmt.Sprintf(
			`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > %d).slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join("\n")`, width)))
	}
}

// violation is one rule of axe-core that a page breaks.
type violation struct {
	ID     string   `json:"id"`
	Help   string   `json:"help"`
	Impact string   `json:"impact"`
	Nodes  []string `json:"nodes"`
}

// accessible wants no violation, nothing wider than the window, and a quiet console.
func (b *tab) accessible(name string, width int64, console string) {
	t := b.t
	t.Helper()
	b.fits(name, width)
	if !eval[bool](b, `"axe" in window`) {
		b.do(evaluateVoid(axe))
	}
	found := eval[[]violation](b, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => ({id: v.id, help: v.help, impact: v.impact || "",
		nodes: v.nodes.slice(0, 4).map(n => n.target.join(" ") + ": " + n.html.slice(0, 160) + " " + n.any.concat(n.all, n.none).map(c => c.message).join("; "))})))`)
	for _, v := range found {
		t.Errorf("%s: %s (%s, %s)\n  %s", name, v.Help, v.ID, v.Impact, strings.Join(v.Nodes, "\n  "))
	}
	if console == "" {
		b.quiet()
	} else {
		b.quiet(console)
	}
}
