package bench

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// BenchmarkProgram starts the program as a user does and reports how long it takes to be
// ready on an empty and on a used data folder, what it holds of memory when nobody asks
// anything, and how many kilobytes a browser loads, compressed, for the first page and
// for the next one.
func BenchmarkProgram(b *testing.B) {
	binary := built(b)
	b.Run("ready", func(b *testing.B) {
		folder := b.TempDir()
		for _, data := range []string{"empty", "used"} {
			b.Run(data, func(b *testing.B) {
				for b.Loop() {
					start := time.Now()
					_, end, _ := startProgram(b, binary, "serve", "--data", folder, "--listen", "127.0.0.1:0")
					b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms-ready")
					b.ReportMetric(0, "ns/op")
					end()
				}
			})
		}
	})
	b.Run("idle", func(b *testing.B) {
		for b.Loop() {
			_, end, pid := startProgram(b, binary, "serve", "--data", b.TempDir(), "--listen", "127.0.0.1:0")
			b.ReportMetric(memory(b, pid), "MB-idle")
			b.ReportMetric(0, "ns/op")
			end()
		}
	})
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			address, end, _ := startProgram(b, binary, "demo", "--listen", "127.0.0.1:0")
			first, next := visit(b, address)
			b.ReportMetric(first, "kB-first")
			b.ReportMetric(next, "kB-next")
			b.ReportMetric(0, "ns/op")
			end()
		}
	})
}

// built is the program, made of what is here.
func built(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "parley")
	if out, err := exec.Command("go", "build", "-o", binary, "parley/cmd/parley").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return binary
}

// startProgram runs the program until it listens. end stops it.
func startProgram(b *testing.B, binary string, args ...string) (address string, end func(), pid int) {
	b.Helper()
	c := exec.Command(binary, args...)
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if after, found := strings.CutPrefix(lines.Text(), "listening on "); found {
			return after, func() { _ = c.Process.Signal(os.Interrupt); _ = c.Wait() }, c.Process.Pid
		}
	}
	b.Fatal("it ended before it listened")
	return "", nil, 0
}

var linked = regexp.MustCompile(`(?:href|src)="(/static/[^"#]+)`)

// visit signs in and loads the inbox and then the contacts as a browser does: what was
// loaded once is not loaded again. It reports the kilobytes of each, compressed.
func visit(b *testing.B, address string) (first, next float64) {
	b.Helper()
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Transport: &http.Transport{DisableCompression: true}}
	answer, err := browser.PostForm(address+"/sign-in", url.Values{"email": {"mira@rosas.example"}, "password": {"parley-demo-2026"}})
	if err != nil {
		b.Fatal(err)
	}
	_ = answer.Body.Close()
	cached := map[string]bool{}
	load := func(path string) float64 {
		text := plain(b, browser, address+path)
		bytes := compressed(b, browser, address+path)
		for _, m := range linked.FindAllStringSubmatch(text, -1) {
			if !cached[m[1]] {
				cached[m[1]] = true
				bytes += compressed(b, browser, address+m[1])
			}
		}
		return float64(bytes) / 1000
	}
	return load("/inbox"), load("/contacts")
}

func plain(b *testing.B, browser *http.Client, address string) string {
	b.Helper()
	return string(get(b, browser, address, ""))
}

func compressed(b *testing.B, browser *http.Client, address string) int {
	b.Helper()
	return len(get(b, browser, address, "gzip"))
}

func get(b *testing.B, browser *http.Client, address, encoding string) []byte {
	b.Helper()
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	if encoding != "" {
		request.Header.Set("Accept-Encoding", encoding)
	}
	answer, err := browser.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		b.Fatalf("%s: %d, %v", address, answer.StatusCode, err)
	}
	return body
}

// memory is what the program holds, in megabytes.
func memory(b *testing.B, pid int) float64 {
	b.Helper()
	megabytes, err := held(pid)
	if err != nil {
		b.Skip("memory is read from /proc, which is not here")
	}
	return megabytes
}

func held(pid int) (megabytes float64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	var kilobytes float64
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %f kB", &kilobytes)
	}
	return kilobytes / 1024, err
}
