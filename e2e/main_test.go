// Package e2e tries the binary as a user meets it: its commands, its server on both
// engines, several of them at once, killed in the middle, and its pages in a real browser.
package e2e

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	for _, name := range os.Environ() { // settings of whoever runs the tests are not theirs
		if name, _, _ = strings.Cut(name, "="); strings.HasPrefix(name, "PARLEY_") && !strings.HasPrefix(name, "PARLEY_TEST_") && name != "PARLEY_SCREENSHOTS" {
			_ = os.Unsetenv(name)
		}
	}
	// They wait for servers, leases and browsers more than they compute.
	flag.Parse()
	if f := flag.Lookup("test.parallel"); !raced && f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = f.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0)))
	}
	status := m.Run()
	endChromium()
	if dir, err := buildDir(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(status)
}

var buildDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "parley-e2e-") })

// binary is the program, built once for all tests of the process.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := buildDir()
	if err != nil {
		return "", err
	}
	if err := dependOnSource(); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "parley")
	args := []string{"build", "-o", file}
	if raced {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "parley/cmd/parley")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
})

// dependOnSource looks at the folders that the program is made of. go test notes what a
// test looks at, and without this would answer from its cache after the program changed.
func dependOnSource() error {
	look := func(_ string, _ fs.DirEntry, err error) error { return err }
	_, err := os.Stat("../go.mod")
	return errors.Join(err, filepath.WalkDir("../cmd", look), filepath.WalkDir("../internal", look))
}

func program(t testing.TB) string {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// starter starts processes on one thread that lives as long as the tests do: the kernel
// ends what it started when they are killed, and looks at the thread for that.
var starter = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

func startProcess(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err := make(chan error)
	starter() <- func() { err <- cmd.Start() }
	return <-err
}
