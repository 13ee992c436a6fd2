package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what ought to happen at once.
const patience = 30 * slower * time.Second

// process is `parley serve` or `parley demo`, which may be ended and started again. The
// port is another one each time.
type process struct {
	t    testing.TB
	args []string
	env  []string

	mu     sync.Mutex
	url    string // "" while it does not run
	cmd    *exec.Cmd
	exited chan struct{}
	log    bytes.Buffer // standard error of all its lives
}

// launch starts the program and waits until it answers.
func launch(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, env: env, args: append(args, "--listen", "127.0.0.1:0")}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the log of %s:\n%s", strings.Join(args, " "), p.logged())
		}
		if strings.Contains(p.logged(), "WARNING: DATA RACE") {
			t.Error("data races in the log")
		}
	})
	p.start()
	return p
}

func (p *process) start() {
	p.t.Helper()
	cmd := exec.Command(program(p.t), p.args...)
	cmd.Env = append(cmd.Environ(), p.env...)
	cmd.Stderr = (*processLog)(p)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := startProcess(cmd); err != nil {
		p.t.Fatal(err)
	}
	ready, exited := make(chan string, 1), make(chan struct{})
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
				ready <- url
			}
		}
		_ = cmd.Wait()
		close(exited)
	}()
	p.mu.Lock()
	p.cmd, p.exited = cmd, exited
	p.mu.Unlock()
	select {
	case url := <-ready:
		p.mu.Lock()
		p.url = url
		p.mu.Unlock()
	case <-exited:
		p.t.Fatalf("%s ended: %v\n%s", strings.Join(p.args, " "), cmd.ProcessState, p.logged())
	case <-time.After(patience):
		p.t.Fatalf("%s is not ready\n%s", strings.Join(p.args, " "), p.logged())
	}
}

// address is where the server is now, "" while it is not.
func (p *process) address() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.url
}

// kill ends the process as a power cut would.
func (p *process) kill() { p.end(syscall.SIGKILL) }

// stop ends the process as an operator would, and wants it to end well.
func (p *process) stop() {
	p.t.Helper()
	p.end(syscall.SIGTERM)
	if state := p.cmd.ProcessState; !state.Success() {
		p.t.Errorf("%s ended with %v\n%s", strings.Join(p.args, " "), state, p.logged())
	}
}

func (p *process) end(signal syscall.Signal) {
	p.mu.Lock()
	p.url = ""
	cmd, exited := p.cmd, p.exited
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(signal)
	select {
	case <-exited:
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		p.t.Errorf("%s did not end", strings.Join(p.args, " "))
	}
}

func (p *process) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

type processLog process

func (l *processLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.Write(b)
}

// command runs the program to its end.
func command(t testing.TB, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.Command(program(t), args...)
	var out, problems bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &problems
	if err := startProcess(cmd); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return out.String(), problems.String(), cmd.ProcessState.ExitCode()
}

// mustCommand runs the program and wants it to succeed.
func mustCommand(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	stdout, stderr, status := command(t, stdin, args...)
	if status != 0 {
		t.Fatalf("parley %s: exit status %d\n%s", strings.Join(args, " "), status, stderr)
	}
	return stdout
}

// eventually waits until something holds, or fails the test with what was seen last.
func eventually(t testing.TB, what string, holds func() (ok bool, seen any)) {
	t.Helper()
	end := time.Now().Add(patience)
	for pause := 10 * time.Millisecond; ; pause = min(pause*3/2, 100*time.Millisecond) {
		ok, seen := holds()
		if ok {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s; seen last: %v", what, seen)
		}
		<-time.After(pause)
	}
}

// statusOf is what a GET answers, 0 when nothing does.
func statusOf(url string) int {
	response, err := http.Get(url)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}
