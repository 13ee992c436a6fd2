package broadcasts

import (
	"os"
	"runtime"
	"testing"

	"parley/internal/crm"
)

// What a journal does not surely know it says nothing about.
func TestJournal(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("nothing is noted here")
	}
	j := Journal{Dir: t.TempDir()}
	a, b := crm.ID("a"), crm.ID("b")
	page := j.begin("worker", "business", "channel")
	page.note(a)
	page.note(b)
	page.took(b, "x b")
	page.note("c")
	page.notTaken("c")
	if _, sure, _ := j.left("worker"); sure {
		t.Error("it is sure of a process that lives")
	}
	copy(page.room[page.used:], "half a li") // it was killed meanwhile
	unmapFile(page.room)                     // as the kernel does then
	_ = page.file.Close()
	s, sure, dead := j.left("worker")
	if !sure || !dead || s.business != "business" || s.channel != "channel" || len(s.left) != 2 || s.left[a] != "" || s.left[b] != "x b" {
		t.Errorf("left %v, sure: %v", s, sure)
	}
	for name, spoil := range map[string]func(text string) string{
		"another boot": func(text string) string { return "x" + text },
		"empty":        func(string) string { return "" },
	} {
		text, err := os.ReadFile(j.path("worker"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(j.path("worker"), []byte(spoil(string(text))), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, sure, _ := j.left("worker"); sure {
			t.Errorf("%s: it is sure", name)
		}
		if err := os.WriteFile(j.path("worker"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, sure, _ := j.left("nobody"); sure {
		t.Error("it is sure of a worker of another machine")
	}
	if _, sure, _ := (Journal{}).left("worker"); sure {
		t.Error("no journal is sure")
	}
	j.forget("worker")
	if _, sure, _ := j.left("worker"); sure {
		t.Error("it is sure of what it forgot")
	}
	broken := j.begin("broken", "business", "channel")
	broken.used = len(broken.room) - 1
	broken.note(a) // does not fit
	if _, err := os.Stat(j.path("broken")); !os.IsNotExist(err) {
		t.Error("a page that is not complete is there")
	}
}
