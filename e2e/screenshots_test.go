package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestScreenshots writes a picture of each page to the folder that PARLEY_SCREENSHOTS
// names, in each of the manners: light and dark, on a desk and on a phone. light-story.png
// is what docs/screenshot.png is made of:
//
//	PARLEY_SCREENSHOTS=/tmp/shots go test ./e2e -run TestScreenshots && cp /tmp/shots/light-story.png docs/screenshot.png
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("PARLEY_SCREENSHOTS")
	if folder == "" {
		t.Skip("PARLEY_SCREENSHOTS names no folder")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	server := startDemo(t)
	visitor, admin := newBrowser(t), newBrowser(t)
	admin.signIn(server.address(), demoAdmin, demoPassword)
	list := append(pages(t, server, admin), shown{name: "story", path: talk(server, admin), ready: "#messages article"})
	empty := emptyInstallation(t, "sqlite").serve(t)
	for _, manner := range manners {
		save := func(b *tab, name string) {
			t.Helper()
			picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, manner.name+"-"+name+".png"), picture, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, b := range []*tab{visitor, admin} {
			b.manner(manner)
		}
		visitor.open(empty.address() + "/set-up")
		save(visitor, "set-up")
		visitor.open(server.address() + "/sign-in")
		save(visitor, "sign-in")
		for _, page := range list {
			admin.visit(server, page)
			admin.wait("its pictures and letters", `document.fonts.status === "loaded" && [...document.images].every(i => i.complete)`)
			save(admin, page.name)
		}
	}
}

// talk lets a customer of the demo and the admin write to each other, and returns the path
// of their conversation.
func talk(server *process, admin *tab) string {
	admin.t.Helper()
	phone := admin.another()
	phone.open(server.address() + "/simulator")
	phone.click(`[data-stranger="+447700900321"]`)
	phone.wait("the stranger's phone", `new URL(location.href).searchParams.get("from") === "+447700900321" && document.readyState === "complete"`)
	admin.open(server.address() + "/inbox")
	write := func(text string) {
		phone.fill("#sim-text", text+"\r")
		phone.sees("#sim-messages .msg.out", text)
		admin.sees("#messages article.in, #rows .last", text[:20])
	}
	answer := func(text string) {
		admin.fill("#composer-text", text+"\r")
		admin.sees("#messages article.out", text)
		phone.sees("#sim-messages .msg.in", text)
		admin.wait("it was read", `![...document.querySelectorAll('#messages article.out')].some(e => e.dataset.status !== "read")`)
	}
	write("Hello! Do you have peonies this week? I need a bouquet for my sister's birthday.")
	admin.click("#rows > .conv:first-child > a")
	admin.click("#panel .callout button") // her own name instead of the placeholder
	admin.sees("#thread-header h2", "Zoë Quinn")
	admin.click(`#thread-header [data-key="t"]`)
	admin.sees("#thread-header p", "yours")
	answer("Hello Zoë, we do! Pink and white ones came in this morning. Shall I put a dozen aside for you?")
	write("Lovely, a dozen pink ones please. Could you deliver them on Friday afternoon?")
	answer("Friday between two and five is fine. That is £42 with delivery. Where should they go?")
	write("To 14 Mill Lane, Leeds LS6. Thank you, you are wonderful!")
	admin.wait("it is in the list", `document.querySelector("#rows > .conv:first-child .last").innerText.includes("14 Mill Lane")`)
	return eval[string](admin, `location.pathname + location.search`)
}
