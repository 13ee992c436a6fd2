package e2e

import (
	"strconv"
	"testing"
)

// TestTemplateWithFileInTheBrowser: the kind of header decides which field there is, what was
// chosen is taken at once or refused there, and stands in the preview; what the template
// says is changed later, and its picture stays.
func TestTemplateWithFileInTheBrowser(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
	b := newBrowser(t)
	b.signIn(server.address(), demoAdmin, demoPassword)
	b.open(server.address() + "/settings/templates/new")
	seen := func(line, file bool) {
		t.Helper()
		b.wait("the fields of the header", `(document.querySelector("#f-header").offsetParent !== null) === `+strconv.FormatBool(line)+` && (document.querySelector("#f-header_file").offsetParent !== null) === `+strconv.FormatBool(file))
	}
	seen(false, false)
	b.choose("#f-header_format", "text")
	seen(true, false)
	b.choose("#f-header_format", "image")
	seen(false, true)
	b.fill("#f-name", "spring_vases")
	b.choose("#f-category", "marketing")
	b.click(".card-foot button")
	b.sees("#header-file .error", "Choose an example")
	b.sees(".field[data-invalid]", "This is needed")
	file := func(name, make string) {
		t.Helper()
		eval[int](b, `(async () => { const t = new DataTransfer(); t.items.add(new File([`+make+`], `+quoted(name)+`)); const i = document.querySelector("#f-header_file"); i.files = t.files; i.dispatchEvent(new Event("change", {bubbles: true})); return 1; })()`)
	}
	file("vase.gif", `"GIF89a"`)
	b.sees("#header-file .error", "vase.gif cannot be the header")
	const drawn = `await (async () => { const c = document.createElement("canvas"); c.width = 640; c.height = 400; const x = c.getContext("2d"); const g = x.createLinearGradient(0, 0, 640, 400); g.addColorStop(0, "#f4a261"); g.addColorStop(1, "#2a9d8f"); x.fillStyle = g; x.fillRect(0, 0, 640, 400); return new Promise(done => c.toBlob(done, "image/jpeg")); })()`
	file("vase.jpg", drawn)
	b.sees("#header-file .attached", "vase.jpg")
	b.wait("the picture in the preview", `document.querySelector("#template-preview img") && document.querySelector("#template-preview img").naturalWidth === 640`)
	b.fill("#f-body", "The new vases are here.")
	b.wait("the picture and the text in the preview", `document.querySelector("#template-preview").innerText.includes("The new vases") && document.querySelector("#template-preview img")`)
	for _, manner := range []manner{manners[0], manners[3]} {
		b.manner(manner)
		b.accessible(manner.name+" template with a file", manner.width, "Failed to load resource")
		b.picture("template-file-" + manner.name)
		eval[int](b, `(document.querySelector("#header-file").scrollIntoView(), 1)`)
		b.picture("template-file-" + manner.name + "-field")
		eval[int](b, `(document.querySelector(".card-foot").scrollIntoView({block: "end"}), 1)`)
		b.picture("template-file-" + manner.name + "-look")
	}
	b.scheme(manners[0].scheme)
	b.size(manners[0].width, 840)
	b.click(".card-foot button")
	b.sees(".template-cards", "spring_vases")
	path := eval[string](b, `[...document.querySelectorAll(".template-card a")].find(a => a.textContent === "spring_vases").getAttribute("href")`)
	b.open(server.address() + path + "/edit")
	seen(false, true)
	b.sees("#header-file", "Without another one the picture that it has now stays.")
	b.accessible("edit a template with a file", manners[0].width, "Failed to load resource")
	b.picture("template-file-edit")
	b.fill("#f-body", " Come and see.")
	b.click(".card-foot button")
	b.sees(".template-bubble", "Come and see.")
	b.picture("template-file-after")
	b.quiet("Failed to load resource") // what was refused
}
