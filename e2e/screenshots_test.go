package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestScreenshots writes a picture of each page to the folder PARLEY_SCREENSHOTS: light,
// dark and at a phone's width. inbox-light.png is the README's.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("PARLEY_SCREENSHOTS")
	if folder == "" {
		t.Skip("PARLEY_SCREENSHOTS names no folder")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	demo := startDemo(t)
	b := newBrowser(t)
	b.signIn(demo.address(), demoAdmin, demoPassword)
	b.open(demo.address() + "/inbox")
	thread := eval[string](b, `[...document.querySelectorAll('a[href^="/inbox/0"]')].find(a => a.textContent.includes('↩')).getAttribute('href')`)
	b.open(demo.address() + "/contacts")
	contact := eval[string](b, `document.querySelector('a[href^="/contacts/0"]').getAttribute('href')`)
	pages := map[string]string{"inbox": thread, "inbox-list": "/inbox", "contacts": "/contacts", "contact-new": "/contacts/new", "contact": contact,
		"business": "/settings/business", "users": "/settings/users", "channels": "/settings/channels", "tags": "/settings/tags",
		"unfiled": "/settings/unfiled", "profile": "/account", "sessions": "/account/sessions", "tokens": "/account/tokens",
		"simulator": "/simulator", "missing": "/nothing-here", "api": "/api/docs"}
	for name, page := range pages {
		for _, look := range []struct {
			name, scheme  string
			width, height int64
		}{{"light", "light", 1360, 840}, {"dark", "dark", 1360, 840}, {"narrow", "light", 390, 844}} {
			b.size(look.width, look.height)
			b.scheme(look.scheme)
			b.open(demo.address() + page)
			picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, name+"-"+look.name+".png"), picture, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
