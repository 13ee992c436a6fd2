package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// customers is a file as they come: a title, another language, a cell that is none, two
// rows of one person.
const customers = "Customers of the shop;;;;\n;;;;\nVorname;Nachname;Mobil;E-Mail;Firma\n" +
	"Asha;Patel;07400 900123;asha@patel.example;Patel & Sons\n" +
	"Ben;Okoro;07400 900124;;Okoro Ltd\n" +
	"Cara;;07400 900125;;\n" +
	"Dev;Rao;not a phone;;\n" +
	"Ben;Okoro;07400 900124;ben@okoro.example;\n"

// TestImportInTheBrowser goes from a file that is dropped to the receipt and back again.
func TestImportInTheBrowser(t *testing.T) {
	t.Parallel()
	server := startDemo(t)
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
	b.open(server.address() + "/contacts")
	b.click(`a[href="/imports"]`)
	b.sees("h1", "Import contacts")
	look("import-file")
	b.drop("[data-drop-zone]", "customers.csv", customers)

	b.sees("h1", "What do the columns hold?")
	for column, field := range []string{"first_name", "last_name", "phone", "email", "business_name"} {
		if got := b.value(fmt.Sprintf("#column-%d", column)); got != field {
			t.Errorf("column %d is proposed as %q, want %q", column, got, field)
		}
	}
	b.choose("#column-1", "ignore")
	b.sees("#missing", "the last name")
	b.wait("going on is not possible", `document.querySelector("[name=go]").disabled`)
	b.choose("#column-1", "last_name")
	b.wait("going on is possible", `!document.querySelector("[name=go]").disabled`)
	look("import-columns")
	b.click("[name=go]")

	b.sees("h1", "Preview of customers.csv")
	b.sees("#start", "Import 3 rows")
	b.sees(".import-rows", "The same person as line 5.")
	b.sees(".import-rows", "A last name is needed.")
	look("import-preview")
	b.click(".mend summary")
	b.fill(`.mend[open] [name="cell.1"]`, "Jones")
	b.click(".mend[open] button")
	b.sees("#start", "Import 4 rows")
	b.click("#start")

	b.sees("#import-state", "Done.")
	b.sees(".import-rows", "not a phone")
	look("import-receipt")
	b.open(server.address() + "/contacts?q=okoro.example")
	b.sees("#contact-rows", "Ben Okoro")
	b.open(server.address() + "/settings/imports")
	b.sees("#imports", "customers.csv")
	look("import-settings")
	b.click("#imports a")
	b.click(`a[href$="/undo"]`)
	b.sees("#undo-plan", "3 contacts that it made are deleted.")
	look("import-undo")
	b.click("#undo")
	b.sees("main", "This import was undone: 3 contacts were deleted")
	b.open(server.address() + "/contacts?q=okoro.example")
	b.sees("#contact-rows", "Nobody matches")

	b.open(server.address() + "/imports")
	b.drop("[data-drop-zone]", "customers.csv", customers)
	b.sees("#columns", "This very file was imported before")
	b.sees("#columns", "You had a file with these columns before.")
	b.quiet()
}

// drop lets a file fall on an element.
func (b *tab) drop(selector, name, text string) {
	b.t.Helper()
	b.wait(selector, fmt.Sprintf(`document.readyState === "complete" && document.querySelector(%s)`, quoted(selector)))
	eval[bool](b, fmt.Sprintf(`(() => {
		const data = new DataTransfer();
		data.items.add(new File([%s], %s));
		document.querySelector(%s).dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data}));
		return true;
	})()`, quoted(text), quoted(name), quoted(selector)))
}

// choose picks an option of a drop-down.
func (b *tab) choose(selector, value string) {
	b.t.Helper()
	b.wait(selector, fmt.Sprintf(`document.querySelector(%s)`, quoted(selector)))
	eval[bool](b, fmt.Sprintf(`(() => {
		const e = document.querySelector(%s);
		e.value = %s;
		e.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`, quoted(selector), quoted(value)))
	b.wait("the choice", fmt.Sprintf(`document.querySelector(%s)?.value === %s`, quoted(selector), quoted(value)))
}

// picture writes what is on the screen to the folder that PARLEY_SCREENSHOTS names.
func (b *tab) picture(name string) {
	folder := os.Getenv("PARLEY_SCREENSHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// TestFileTooLargeInTheBrowser drops a file over the limit: what is wrong is said, and not
// that the connection broke, though the server does not wait for the whole.
func TestFileTooLargeInTheBrowser(t *testing.T) {
	t.Parallel()
	i := emptyInstallation(t, "sqlite")
	i.found(t)
	server := launch(t, nil, append([]string{"serve", "--max-import-mb", "1"}, i.flags...)...)
	b := newBrowser(t)
	b.signIn(server.address(), adminEmail, adminPassword)
	b.open(server.address() + "/imports")
	b.wait("the form", `document.readyState === "complete" && document.querySelector("[data-drop-zone]")`)
	eval[bool](b, `(() => {
		const data = new DataTransfer();
		data.items.add(new File(["First name,Last name,Phone\n", "Ann,Lee,07400 900123\n".repeat(2000000)], "huge.csv"));
		document.querySelector("[data-drop-zone]").dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data}));
		return true;
	})()`)
	b.wait("that it is too large", `document.querySelector("#notices").textContent.includes("1 MB")`)
	b.wait("that it can be tried again", `!document.querySelector("[data-upload] button").disabled && document.querySelector("[data-upload-progress]").hidden`)
}
