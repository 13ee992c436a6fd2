package db

import (
	"os"
	"sync"
)

// logSync brings SQLite's log to the disk beside the writer, after commits that did not wait for
// it: whoever commits next and does wait finds little left to be written. It is nil where nothing
// waits for the disk at all.
type logSync struct {
	file    string
	behind  chan struct{} // told, without waiting, of such a commit
	stop    chan struct{}
	stopped sync.WaitGroup
}

func startLogSync(database string) *logSync {
	s := &logSync{file: database + "-wal", behind: make(chan struct{}, 1), stop: make(chan struct{})}
	s.stopped.Go(func() {
		for {
			select {
			case <-s.behind:
				_ = s.now() // whoever needs to know has it done again
			case <-s.stop:
				return
			}
		}
	})
	return s
}

// lags reports whether one commit is on its way to the disk and another waits for that: the next
// should wait too, so that not many can be lost.
func (s *logSync) lags() bool { return len(s.behind) > 0 }

// tell says that there was a commit that did not wait.
func (s *logSync) tell() {
	select {
	case s.behind <- struct{}{}:
	default:
	}
}

// now is over when all of the log is on the disk. SQLite has no locks on that file, which closing
// it would lose.
func (s *logSync) now() error {
	if s == nil {
		return nil
	}
	log, err := os.OpenFile(s.file, os.O_RDWR, 0)
	if os.IsNotExist(err) {
		return nil // there was no commit yet
	}
	if err != nil {
		return err
	}
	if err := log.Sync(); err != nil {
		_ = log.Close()
		return err
	}
	return log.Close()
}

func (s *logSync) end() {
	if s == nil {
		return
	}
	close(s.stop)
	s.stopped.Wait()
}
