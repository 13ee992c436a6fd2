package e2e

import (
	"strings"
	"testing"
)

// TestComposerInTheBrowser: a file is dropped and another refused, a message is quoted and
// gets a reaction, a saved reply is chosen with the keyboard, SMS shows its parts, and where
// only a template may go it stands there filled.
func TestComposerInTheBrowser(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	b := newBrowser(t)
	b.signIn(server.address(), demoAdmin, demoPassword)
	post := func(path, form string) {
		t.Helper()
		if status := eval[int](b, `fetch(`+quoted(path)+`, {method: "POST", body: new URLSearchParams(`+quoted(form)+`)}).then(r => r.status)`); status >= 400 {
			t.Fatalf("%s: %d", path, status)
		}
	}
	post("/settings/templates/sync", "")
	post("/settings/replies", "name=Opening hours&text=Hi {{first_name|there}}, from nine to six.")
	find := func(what string) string {
		t.Helper()
		path := eval[string](b, `(async () => { const html = await (await fetch("/inbox/list?view=open", {headers: {"HX-Request": "true"}})).text(); const d = new DOMParser().parseFromString("<ol>" + html + "</ol>", "text/html"); for (const a of d.querySelectorAll("li.conv > a")) { const page = await (await fetch(a.getAttribute("href"), {headers: {"HX-Request": "true"}})).text(); if (page.includes(`+quoted(what)+`)) return new URL(a.href, location.href).pathname; } return ""; })()`)
		if path == "" {
			t.Fatalf("the demo has no conversation with %s", what)
		}
		return path
	}

	b.open(server.address() + find("data-quote"))
	eval[int](b, `(() => { const t = new DataTransfer(); t.items.add(new File([new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2])], "vase.jpg")); t.items.add(new File(["MZ\u0001"], "virus.jpg")); document.querySelector("#thread").dispatchEvent(new DragEvent("drop", {dataTransfer: t, bubbles: true})); return 1; })()`)
	b.sees("#attachments .attached", "vase.jpg")
	b.sees("#attachments .bad", "virus.jpg is not what its name says")
	eval[int](b, `(() => { document.querySelector("[data-quote]").click(); return 1; })()`)
	b.wait("the quote", `!document.querySelector("#quoting").hidden`)
	b.fill("#composer-text", "Here it is\r")
	b.sees("#messages article.out", "Here it is")
	b.wait("what was sent has its picture and its quote", `document.querySelector("#messages article.out:last-of-type img") && document.querySelector("#messages article.out:last-of-type .quote")`)
	b.wait("the composer is empty", `!document.querySelector("#attachments li") && document.querySelector("#quoting").hidden && document.querySelector("#composer-text").value === ""`)

	eval[int](b, `(() => { document.querySelector("#messages article.in [data-react]").click(); document.querySelector(".react-menu button").click(); return 1; })()`)
	b.sees("#messages article.in .reaction", "👍")

	b.fill("#composer-text", "/open")
	b.sees("#reply-choices [aria-selected=true]", "Opening hours")
	b.keys("\r")
	b.wait("the reply is filled in", `document.querySelector("#composer-text").value.endsWith("from nine to six.") && !document.querySelector("#composer-text").value.includes("{{")`)

	b.open(server.address() + find("data-window"))
	b.fill("#composer-text", "It’s ready")
	b.sees("#sms-count", "1 SMS · 60 left · UCS-2")
	eval[int](b, `(() => { const s = document.querySelector("#composer-channel"); s.value = [...s.options].find(o => o.dataset.family === "whatsapp").value; s.dispatchEvent(new Event("change", {bubbles: true})); return 1; })()`)
	b.sees("#template-box .template-bubble", "Hello ")
	if shown := eval[string](b, `document.querySelector("#template-shown").innerText`); strings.Contains(shown, "{{") {
		t.Errorf("the template is not filled: %s", shown)
	}
	b.click(".template-form .btn")
	b.sees("#messages article.out", "Is there anything we can still do for you?")
	b.quiet("Failed to load resource")
}
