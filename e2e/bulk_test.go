package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// manyTagged tags everybody with the first tag and answers with the address of the receipt.
func manyTagged(b *tab) string {
	b.t.Helper()
	b.wait("rows to choose", `document.querySelector("#contact-rows [data-pick]") && document.querySelector("#bulk-bar").hidden`)
	b.click("#contact-rows [data-pick]")
	b.sees("[data-picked]", "1 selected")
	b.click("[data-pick-all]")
	b.click("[data-pick-matching]")
	b.click("#bulk-bar button")
	b.wait("the question", `location.pathname === "/contacts/bulk" && document.querySelector(".ask [role=combobox]")`)
	b.click(".ask [role=combobox]")
	b.keys(kb.ArrowDown)
	b.keys("\r")
	b.wait("a tag is chosen", `document.querySelector(".ask .picker-box .pill")`)
	b.keys(escape)
	b.click(".ask .card-foot button")
	b.wait("the receipt", `location.pathname.startsWith("/bulk/") && document.querySelector("#bulk-progress.good")`)
	return eval[string](b, `location.pathname`)
}

// TestManyAtOnce chooses rows, then all that match, tags them, reads the receipt and takes
// it back (T2).
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	b := newBrowser(t)
	b.signIn(server.address(), demoAgent, demoPassword)
	b.open(server.address() + "/contacts")
	receipt := manyTagged(b)
	b.sees("#bulk-progress", "Tagged")
	b.sees("h1", "Add tags:")
	b.click("#bulk-progress form button")
	b.wait("the receipt of the undo", `location.pathname.startsWith("/bulk/") && location.pathname !== `+quoted(receipt)+` && document.querySelector("#bulk-progress.good")`)
	b.sees("#bulk-progress", "Put back")
	b.open(server.address() + receipt)
	b.sees("#bulk-progress", "taken back")
	b.quiet()
}

// TestManyTicked ticks more rows than an address has room for, and takes them through to the
// receipt; of more than can be named one by one the bar says so.
func TestManyTicked(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	b := newBrowser(t)
	b.signIn(server.address(), demoAgent, demoPassword)
	b.open(server.address() + "/contacts")
	b.wait("rows to choose", `document.querySelector("#contact-rows [data-pick]")`)
	// As if somebody had scrolled through a large book: rows of contacts that are gone by now.
	// They are not shown: to lay out so many at once takes longer than all else here.
	load := func(n string) {
		eval[bool](b, `(() => {
			const row = document.querySelector("#contact-rows tr[id]"), more = [];
			for (let n = 0; n < `+n+`; n++) {
				const copy = row.cloneNode(true), box = copy.querySelector("[data-pick]");
				copy.id = "";
				copy.style.display = "none";
				box.value = String(n).padStart(26, "0");
				more.push(copy);
			}
			row.parentElement.append(...more);
			return true;
		})()`)
	}
	load("3000")
	b.click("[data-pick-all]")
	b.wait("more than 3,000 are chosen", `parseInt(document.querySelector("[data-picked]").textContent) > 3000`)
	b.click("#bulk-bar button")
	b.wait("the question", `document.querySelector(".ask [role=combobox]")`)
	b.click(".ask [role=combobox]")
	b.keys(kb.ArrowDown)
	b.keys("\r")
	b.wait("a tag is chosen", `document.querySelector(".ask .picker-box .pill")`)
	b.keys(escape)
	b.click(".ask .card-foot button")
	b.wait("the receipt", `location.pathname.startsWith("/bulk/") && document.querySelector("#bulk-progress.good")`)
	b.sees("#bulk-progress", "Tagged")
	b.open(server.address() + "/contacts")
	b.wait("rows to choose", `document.querySelector("#contact-rows [data-pick]")`)
	load("10000")
	b.click("[data-pick-all]")
	b.wait("that they are too many", `!document.querySelector("[data-too-many]").hidden && document.querySelector("#bulk-bar button").disabled`)
	b.click("[data-pick-matching]")
	b.wait("all that match are not", `document.querySelector("[data-too-many]").hidden && !document.querySelector("#bulk-bar button").disabled`)
	b.quiet()
}
