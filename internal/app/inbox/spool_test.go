package inbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"testing"
	"testing/iotest"
)

// A file is read as it was, wherever it lies meanwhile, and more than is allowed is noticed
// by one byte.
func TestSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, size := range []int{0, 1, largeFile - 1, largeFile, largeFile + 1, 2 * largeFile} {
		content := bytes.Repeat([]byte("x"), size)
		s, err := newSpool(bytes.NewReader(content), int64(largeFile+1))
		if err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(os.TempDir()); runtime.GOOS == "linux" && (err != nil || len(left) > 0) {
			t.Errorf("a crash now leaves %v, %v", left, err)
		}
		want := min(size, largeFile+2)
		for range 2 {
			whole, err := s.whole()
			read, readErr := io.ReadAll(s)
			if err != nil || readErr != nil || len(whole) != want || len(read) != want || s.size != int64(want) || !bytes.Equal(whole, content[:want]) {
				t.Errorf("of %d bytes there are %d, read %d (%v, %v)", size, len(whole), len(read), err, readErr)
			}
		}
		s.Close()
	}
	broken := errors.New("broken")
	if _, err := newSpool(io.MultiReader(bytes.NewReader(make([]byte, largeFile+1)), iotest.ErrReader(broken)), 2*largeFile); !errors.Is(err, broken) {
		t.Errorf("a file that breaks off: %v", err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("files are left behind: %v, %v", left, err)
	}
}

// Few large files are in memory at a time; small ones wait for nobody.
func TestLargeFilesWait(t *testing.T) {
	var l largeFiles
	var leave []func()
	for range largeAtOnce {
		f, err := l.enter(t.Context(), largeFile)
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, f)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.enter(over, largeFile); err == nil {
		t.Error("one more is let in")
	}
	if _, err := l.enter(over, largeFile-1); err != nil {
		t.Error("a small one has to wait")
	}
	leave[0]()
	if _, err := l.enter(t.Context(), largeFile); err != nil {
		t.Errorf("there is a place: %v", err)
	}
}
