package importer

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed systems.txt
var systemsFile string

// system is what is known of the exports of one system.
type system struct {
	name   string
	tell   []string
	header string // of an exception, with the field that it means
	field  string
}

var systems = sync.OnceValue(func() []system {
	var list []system
	for line := range strings.Lines(systemsFile) {
		line = strings.TrimSpace(line)
		name, rest, ok := strings.Cut(line, " | ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		if header, field, exception := strings.Cut(rest, " -> "); exception {
			list = append(list, system{name: name, header: headerKey(header), field: strings.TrimSpace(field)})
			continue
		}
		s := system{name: name}
		for header := range strings.SplitSeq(rest, ",") {
			s.tell = append(s.tell, headerKey(header))
		}
		list = append(list, s)
	}
	return list
})

func headerKey(header string) string { return strings.Join(tokens(header), " ") }

// systemOf is the name of the system whose export has these headers, or "".
func systemOf(header []string) string {
	have := map[string]bool{}
	for _, h := range header {
		have[headerKey(h)] = true
	}
	best, most := "", 0
	for _, s := range systems() {
		n := 0
		for _, tell := range s.tell {
			if have[tell] {
				n++
			}
		}
		if n > 0 && n == len(s.tell) && n > most {
			best, most = s.name, n
		}
	}
	return best
}

// systemField is what a header means in the export of a system, where its words mislead.
func systemField(name, header string) (string, bool) {
	if name == "" {
		return "", false
	}
	key := headerKey(header)
	for _, s := range systems() {
		if s.name == name && s.header != "" && s.header == key {
			return s.field, true
		}
	}
	return "", false
}
