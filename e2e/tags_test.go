package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestTagsByKeyboard puts tags on a contact, takes one off, and makes one, by keys alone;
// an agent is offered only what there is (T1, T2).
func TestTagsByKeyboard(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	agent := newBrowser(t)
	agent.signIn(server.address(), demoAgent, demoPassword)
	agent.open(server.address() + "/contacts")
	path := eval[string](agent, `document.querySelector("#contact-rows a").getAttribute("href")`)
	agent.open(server.address() + path)
	const field = `#contact-form [role=combobox]`
	chips := func(b *tab) string {
		return eval[string](b, `[...document.querySelectorAll("#contact-form .picker-box .pill")].map(p => p.innerText.replace("×", "").trim()).join(",")`)
	}
	agent.wait("the picker", `document.querySelector('`+field+`')`)
	agent.click(field)
	for range 10 { // whatever is on comes off
		if chips(agent) == "" {
			break
		}
		agent.keys("\b")
	}
	if left := chips(agent); left != "" {
		t.Fatalf("backspace leaves %q", left)
	}
	names := eval[[]string](agent, `[...document.querySelectorAll("#contact-form .picker-list [role=option]")].map(o => o.innerText.trim())`)
	if len(names) < 3 {
		t.Fatalf("the list offers %q", names)
	}
	agent.keys(kb.ArrowDown)
	agent.keys(kb.ArrowDown)
	agent.keys("\r")
	agent.wait("the second tag is on", fmt.Sprintf(`[...document.querySelectorAll("#contact-form .picker-box .pill")].some(p => p.innerText.includes(%s))`, quoted(names[1])))
	agent.keys(names[0])
	agent.keys("\r")
	if got := chips(agent); got != names[0]+","+names[1] && got != names[1]+","+names[0] {
		t.Errorf("chips are %q", got)
	}
	agent.keys("\b")
	agent.keys("no such tag")
	agent.sees("#contact-form .picker-none", "No tag of that name")
	agent.keys("\r") // makes nothing, and does not send the form
	agent.keys(escape)
	agent.wait("the list is closed", `document.querySelector("#contact-form .picker-list").hidden && document.activeElement.matches('`+field+`')`)
	agent.click("#contact-form .sticky-foot button")
	agent.wait("saved", `location.pathname === `+quoted(path)+` && document.querySelectorAll("#contact-form .picker-box .pill").length === 1`)
	if status := eval[int](agent, `fetch("/settings/tags", {method: "POST", body: new URLSearchParams({name: "Mine"})}).then(r => r.status)`); status != 403 {
		t.Errorf("an agent making a tag: %d", status)
	}

	admin := newBrowser(t)
	admin.signIn(server.address(), demoAdmin, demoPassword)
	admin.open(server.address() + path)
	admin.wait("the picker", `document.querySelector('`+field+`')`)
	admin.click(field)
	admin.keys("Brand new 🌻")
	admin.sees("#contact-form .picker-list", "Make the tag Brand new 🌻")
	admin.keys("\r")
	admin.wait("it is on", `[...document.querySelectorAll("#contact-form .picker-box .pill")].some(p => p.innerText.includes("Brand new"))`)
	agent.wait("an open page offers it", `[...document.querySelectorAll("#contact-form [data-picker-plain] input")].some(i => i.dataset.name === "Brand new 🌻")`)
	admin.quiet()
	agent.quiet("403")
}

// TestTagsFollow: a rename, a merge and a deletion are seen at once in pages that are open,
// and the filter on the tag follows.
func TestTagsFollow(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	admin, agent := newBrowser(t), newBrowser(t)
	admin.signIn(server.address(), demoAdmin, demoPassword)
	agent.signIn(server.address(), demoAgent, demoPassword)
	agent.open(server.address() + "/contacts")
	id := eval[string](agent, `document.querySelector("#contact-rows [data-tag]").dataset.tag`)
	agent.open(server.address() + "/contacts?tag=" + id)
	agent.wait("the list", `document.querySelector("#contact-rows [data-tag]")`)
	eval[bool](agent, `window.neverReloaded = true`)
	contact := agent.another()
	contact.open(server.address() + eval[string](agent, `document.querySelector("#contact-rows a").getAttribute("href")`))
	contact.wait("the picker", `document.querySelector("#contact-form .picker-box .pill")`)
	people := eval[int](agent, `document.querySelectorAll("#contact-rows > tr[id]").length`)

	admin.open(server.address() + "/settings/tags")
	post := func(path, body string) {
		t.Helper()
		if ok := eval[bool](admin, fmt.Sprintf(`fetch(%s, {method: "POST", body: new URLSearchParams(%s)}).then(r => r.ok)`, quoted(path), body)); !ok {
			t.Fatalf("%s was refused", path)
		}
	}
	const hostile = "<img src=x onerror=alert(1)> \u202ex"
	post("/settings/tags/"+id, fmt.Sprintf(`{name: %s, colour: "pink"}`, quoted(hostile)))
	agent.sees("#contact-rows [data-tag='"+id+"'].tone-pink", "<img src=x onerror=alert(1)>")
	contact.sees("#contact-form .picker-box .pill.tone-pink", "<img src=x onerror=alert(1)>")
	agent.sees(".chips .chip", "<img src=x")

	other := eval[string](admin, fmt.Sprintf(`[...document.querySelectorAll(".items > li[id]")].map(li => li.id.replace("tag-", "")).find(x => x !== %s)`, quoted(id)))
	post("/settings/tags/"+id+"/merge", fmt.Sprintf(`{into: %s}`, quoted(other)))
	agent.wait("the pills are the other tag's", fmt.Sprintf(`!document.querySelector("[data-tag='%s']") && document.querySelector("#contact-rows [data-tag='%s']")`, id, other))
	agent.wait("the filter follows", fmt.Sprintf(`location.search.includes(%s) && document.querySelectorAll("#contact-rows > tr[id]").length >= %d`, quoted(other), people))
	agent.wait("and so do its chips", `document.querySelector(".chips .chip") && !document.querySelector(".chips").innerText.includes("<img")`)
	contact.wait("so does the form", fmt.Sprintf(`document.querySelector("#contact-form [data-picker-plain] input[value='%s']").checked`, other))
	admin.wait("so does the list of tags", fmt.Sprintf(`!document.querySelector("#tag-%s")`, id))
	contact.click("#contact-form .sticky-foot button")
	contact.sees("#history", "A tag became part of another")

	post("/settings/tags/"+other+"/delete", `{}`)
	agent.sees("#contact-rows", "which was deleted")
	agent.sees(".chips .chip.missing", "")
	if !eval[bool](agent, `window.neverReloaded === true`) {
		t.Error("the page was loaded anew")
	}
	contact.wait("it is off the form", `document.querySelector("#contact-form") && !document.querySelector("[data-tag='`+other+`']")`)
	admin.quiet()
	agent.quiet("422")
	contact.quiet()
}

// TestSearchBox opens the search from several pages by key and by mouse, and goes where it
// leads by keys alone. Agents are led to no settings.
func TestSearchBox(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	admin := newBrowser(t)
	admin.signIn(server.address(), demoAdmin, demoPassword)
	admin.open(server.address() + "/contacts")
	name := eval[string](admin, `document.querySelector("#contact-rows a").innerText.trim()`)
	path := eval[string](admin, `document.querySelector("#contact-rows a").getAttribute("href")`)
	ctrlK := func(b *tab) {
		t.Helper()
		b.wait("its scripts", `window.parley && document.readyState === "complete"`)
		b.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
		b.wait("the search", `document.querySelector("#finder").open && document.activeElement.matches("#finder input")`)
	}
	ctrlK(admin)
	admin.keys(name)
	admin.sees("#finder-found .hit", name)
	admin.keys(kb.ArrowDown)
	admin.wait("the first one", `document.activeElement === document.querySelector("#finder-found .hit")`)
	admin.keys("\b") // goes on typing
	admin.wait("the field", `document.activeElement.matches("#finder input") && document.activeElement.value === `+quoted(name[:len(name)-1]))
	admin.keys("\r")
	admin.wait("the contact", `location.pathname === `+quoted(path))

	admin.wait("its scripts", `window.parley && document.readyState === "complete"`)
	admin.click("[data-finder]")
	admin.keys("unfiled")
	admin.sees("#finder-found .hit", "Unfiled messages")
	admin.accessible("the search", 1360, "")
	admin.keys(kb.ArrowUp) // from the field: the last one
	admin.keys("\r")
	admin.wait("settings", `location.pathname === "/settings/unfiled"`)
	ctrlK(admin)
	admin.keys("zzyzx")
	admin.sees("#finder-found", "Nothing found")
	admin.keys(escape)
	admin.wait("closed", `!document.querySelector("#finder").open`)

	agent := newBrowser(t)
	agent.signIn(server.address(), demoAgent, demoPassword)
	ctrlK(agent)
	agent.keys("unfiled")
	agent.sees("#finder-found", "Nothing found")
	agent.open(server.address() + "/search?q=" + name[:3])
	agent.sees("#found .hit", name)
	agent.quiet()
	admin.quiet()
}
