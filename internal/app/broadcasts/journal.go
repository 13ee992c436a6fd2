package broadcasts

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"parley/internal/crm"
)

// Journal is what a node notes beside the database, on its own machine: each message right
// before it leaves. The notes are in memory that the kernel keeps for a file, so one costs
// no call and no wait, and outlives the process, though not the machine. So when a node was
// killed and is started again, it knows of the messages it had claimed which ones certainly
// never left, and those are sent after all instead of being unknown. The zero value notes
// nothing.
type Journal struct {
	Dir string // made when missing
}

// journalPage is the journal of one worker of a lane, under its name.
type journalPage struct {
	mu   sync.Mutex
	file *os.File // nil: nothing is noted, so nothing will be known
	room []byte   // of the file
	used int
}

// pageSize is enough for a lane that sends a thousand messages a second for its slice.
const pageSize = 4 << 20

func (j Journal) path(holder string) string { return filepath.Join(j.Dir, "sends-"+holder) }

// begin opens a page for a worker and locks it for as long as the process lives. Where that
// cannot be done nothing is noted.
func (j Journal) begin(holder string, business, channel crm.ID) *journalPage {
	boot := bootID()
	if j.Dir == "" || boot == "" || os.MkdirAll(j.Dir, 0o700) != nil {
		return &journalPage{}
	}
	f, err := os.OpenFile(j.path(holder), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return &journalPage{}
	}
	p := &journalPage{file: f}
	if !lockFile(f) || !p.open() {
		p.lose()
		return p
	}
	p.write(boot)
	p.write(business.String() + " " + channel.String())
	return p
}

// note notes that a message leaves from now on.
func (p *journalPage) note(id crm.ID) { p.write(id.String()) }

// took notes the provider's id of a message that it took.
func (p *journalPage) took(id crm.ID, external string) {
	if !strings.ContainsAny(external, "\n\r") {
		p.write("=" + id.String() + " " + external)
	}
}

// notTaken notes that the provider certainly did not take a message.
func (p *journalPage) notTaken(id crm.ID) { p.write("-" + id.String()) }

func (p *journalPage) open() (ok bool) {
	p.room, ok = mapFile(p.file, pageSize)
	return ok
}

func (p *journalPage) write(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return
	}
	if p.used+len(line)+1 > len(p.room) {
		p.lose()
		return
	}
	p.used += copy(p.room[p.used:], line)
	p.room[p.used] = '\n'
	p.used++
}

// lose gives a page up that is not complete: better none than one that keeps quiet about
// a message.
func (p *journalPage) lose() {
	if p.file != nil {
		_ = os.Remove(p.file.Name())
		unmapFile(p.room)
		_ = p.file.Close()
	}
	p.file, p.room = nil, nil
}

// end removes a page whose messages are all marked.
func (p *journalPage) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose()
}

// sends are the messages that a worker handed over before its process died: those that the
// provider may have, and with its id for it those that it took.
type sends struct {
	business, channel crm.ID
	left              map[crm.ID]string
}

// left reads them. sure is false where nobody can say: the page is another machine's, the
// machine was started anew since, or the process still lives. dead says that it does not.
func (j Journal) left(holder string) (s sends, sure, dead bool) {
	if j.Dir == "" {
		return s, false, false
	}
	f, err := os.OpenFile(j.path(holder), os.O_RDWR, 0)
	if err != nil {
		return s, false, false
	}
	defer func() { _ = f.Close() }()
	if !lockFile(f) {
		return s, false, false
	}
	text, err := os.ReadFile(j.path(holder))
	text, _, _ = bytes.Cut(text, []byte{0})
	lines := bytes.Split(text, []byte("\n"))
	if err != nil || len(lines) < 3 || string(lines[0]) != bootID() {
		return s, false, true
	}
	// A last line that is not whole was being written: its message had not left.
	business, channel, _ := strings.Cut(string(lines[1]), " ")
	s = sends{crm.ID(business), crm.ID(channel), map[crm.ID]string{}}
	for _, line := range lines[2 : len(lines)-1] {
		text := string(line)
		if id, ok := strings.CutPrefix(text, "-"); ok {
			delete(s.left, crm.ID(id))
		} else if ended, ok := strings.CutPrefix(text, "="); ok {
			id, external, _ := strings.Cut(ended, " ")
			s.left[crm.ID(id)] = external
		} else {
			s.left[crm.ID(text)] = ""
		}
	}
	return s, true, true
}

// forget removes the page of a worker that died, once what it says has been acted on.
func (j Journal) forget(holder string) {
	_ = os.Remove(j.path(holder))
}
