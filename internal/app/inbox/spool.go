package inbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
)

// Databases take and give a file whole. So that large ones do not fill the memory, they wait
// in temporary files for whoever is slow, and few are whole in memory at a time.
const (
	// largeFile is from which size on a file is large.
	largeFile = 4 << 20
	// largeAtOnce is how many large files a node has in memory at a time.
	largeAtOnce = 3
)

// largeFiles lets large files into memory. The zero value is ready.
type largeFiles struct {
	made   sync.Once
	places chan struct{}
}

// enter waits for a place for a file of a size; leave gives it back. Small ones need none.
func (l *largeFiles) enter(ctx context.Context, size int64) (leave func(), err error) {
	if size < largeFile {
		return func() {}, nil
	}
	l.made.Do(func() { l.places = make(chan struct{}, largeAtOnce) })
	select {
	case l.places <- struct{}{}:
		return func() { <-l.places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// spool is a file on its way in or out: a large one lies in a temporary file. It is to be
// closed.
type spool struct {
	io.ReadSeeker
	size   int64
	sha256 string
	large  *os.File
}

// newSpool reads a file to its end, or to one byte more than most.
func newSpool(from io.Reader, most int64) (s *spool, err error) {
	sum := sha256.New()
	from = io.TeeReader(io.LimitReader(from, most+1), sum)
	start, err := io.ReadAll(io.LimitReader(from, largeFile))
	if err != nil {
		return nil, err
	}
	s = &spool{ReadSeeker: bytes.NewReader(start), size: int64(len(start))}
	if s.size == largeFile {
		if s.large, err = os.CreateTemp("", "parley-file-"); err != nil {
			return nil, err
		}
		_ = os.Remove(s.large.Name()) // where it may go without its name, a crash leaves nothing of it (C10)
		s.ReadSeeker = s.large
		if s.size, err = io.Copy(s.large, io.MultiReader(bytes.NewReader(start), from)); err == nil {
			_, err = s.large.Seek(0, io.SeekStart)
		}
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.sha256 = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

// whole is the file in memory, read from its beginning and ready to be read once more.
func (s *spool) whole() ([]byte, error) {
	content := make([]byte, s.size)
	if _, err := s.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(s, content); err != nil {
		return nil, err
	}
	_, err := s.Seek(0, io.SeekStart)
	return content, err
}

// Close lets go of the temporary file.
func (s *spool) Close() {
	if s.large != nil {
		_, _ = s.large.Close(), os.Remove(s.large.Name())
	}
}
