package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"parley/internal/db/dbtest"
)

// chromium is one headless browser for all tests of the process.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium-headless-shell") // the same without windows, which take a quarter of its time
	if err != nil {
		path, err = exec.LookPath("chromium")
	}
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun}
	for _, flag := range []string{"disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-dev-shm-usage", "disable-background-timer-throttling", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...) // with a fresh folder for its data
	ctx, _ := chromedp.NewContext(allocator)
	return ctx, chromedp.Do(ctx)
})

var chromiumUsed bool

// endChromium closes the browser, if there was one.
func endChromium() {
	if !chromiumUsed {
		return
	}
	if ctx, err := chromium(); err == nil {
		_ = chromedp.Cancel(ctx)
	}
}

// tab is one tab of somebody's browser.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string // errors on the console, refusals of the content security policy among them
}

// newBrowser is the first tab of somebody with cookies of their own.
func newBrowser(t testing.TB) *tab {
	t.Helper()
	chromiumUsed = true
	ctx, err := chromium()
	if err != nil {
		dbtest.Skip(t, "Chromium could not be started: %v", err)
	}
	return newTab(t, ctx, chromedp.WithNewBrowserContext())
}

// another is one more tab of the same person.
func (b *tab) another() *tab {
	b.t.Helper()
	return newTab(b.t, b.ctx)
}

func newTab(t testing.TB, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	b.do(chromedp.Steps())
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.IsException() {
				b.mu.Lock()
				b.problems = append(b.problems, fmt.Sprintf("%s (%s)", m, m.URL))
				b.mu.Unlock()
			}
		}
	}()
	b.focused()
	b.size(1360, 840)
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// focused lets the tab believe that somebody looks at it.
func (b *tab) focused() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) size(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// scheme is light or dark, as the system of the reader prefers.
func (b *tab) scheme(name string) {
	b.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatal(err)
	}
}

// said takes the problems that the console showed so far.
func (b *tab) said() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.problems
	b.problems = nil
	return list
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// eval evaluates an expression, whose value is JSON or a promise of it.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", short(expression), err)
	}
	return value
}

func short(text string) string { return text[:min(len(text), 300)] }

// wait waits until an expression is true. It may fail meanwhile, as when the page changes.
func (b *tab) wait(what, expression string) {
	b.t.Helper()
	eventually(b.t, what, func() (bool, any) {
		value, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err != nil {
			return false, err
		}
		return value, page{b}
	})
}

// page is what a tab shows, looked at when a test fails: to lay it out for each look at a
// part of it takes longer than all else.
type page struct{ *tab }

func (p page) String() string { return p.whole() }

// whole is what the page says, what stands in its fields and where the focus is, for a test
// that fails.
func (b *tab) whole() string {
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`[location.href, document.body.innerText,
		...[...document.querySelectorAll("input:not([type=hidden]), textarea")].filter(e => e.value).map(e => "in the field " + e.name + ": " + e.value),
		"the focus: " + document.activeElement.outerHTML.slice(0, 200)].join("\n")`))
	if err != nil {
		return err.Error()
	}
	return text
}

// sees waits until an element that matches a selector is shown and holds a text.
func (b *tab) sees(selector, text string) {
	b.t.Helper()
	b.wait(fmt.Sprintf("%s shows %q", selector, text), fmt.Sprintf(
		`[...document.querySelectorAll(%s)].some(e => e.checkVisibility() && ((e.value || "") + e.innerText).includes(%s))`, quoted(selector), quoted(text)))
}

// text is that of the first element that matches, once there is one.
func (b *tab) text(selector string) string {
	b.t.Helper()
	b.wait(selector+" is there", fmt.Sprintf(`document.querySelector(%s)`, quoted(selector)))
	return eval[string](b, fmt.Sprintf(`document.querySelector(%s).innerText`, quoted(selector)))
}

func (b *tab) value(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`document.querySelector(%s).value`, quoted(selector)))
}

// click presses the mouse on the first element that matches, once it can be hit there.
func (b *tab) click(selector string) {
	b.t.Helper()
	var place []float64
	eventually(b.t, "one can click on "+selector, func() (bool, any) {
		var err error
		place, err = chromedp.Run(b.ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(`(() => {
			const e = document.querySelector(%s);
			if (!e || e.disabled) return null;
			e.scrollIntoView({block: "nearest"});
			const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2, hit = document.elementFromPoint(x, y);
			return hit && (e.contains(hit) || hit.contains(e) && hit.tagName === "LABEL") ? [x, y] : null;
		})()`, quoted(selector))))
		if err != nil {
			return false, err
		}
		return len(place) == 2, page{b}
	})
	b.do(chromedp.MouseClickXY(place[0], place[1]))
}

// keys presses keys where the focus is.
func (b *tab) keys(text string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(text))
}

// fill replaces what is in a field.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.click(selector)
	b.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	if text == "" {
		text = "\b"
	}
	b.keys(text)
}

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

// signIn signs in on the sign-in page.
func (b *tab) signIn(address, email, password string) {
	b.t.Helper()
	b.open(address + "/sign-in")
	b.fill("#f-email", email)
	b.fill("#f-password", password+"\r")
	b.wait("signed in", `location.pathname.startsWith("/inbox")`)
}

// quiet wants no problem to have been on the console.
func (b *tab) quiet(except ...string) {
	b.t.Helper()
	for _, problem := range b.said() {
		expected := false
		for _, e := range except {
			expected = expected || strings.Contains(problem, e)
		}
		if !expected {
			b.t.Errorf("console: %s", problem)
		}
	}
}

// evaluateVoid runs a script for what it does.
func evaluateVoid(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](script)
}
