package importer

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"parley/internal/crm"
)

const (
	utf8Name   = "utf-8"
	utf16le    = "utf-16le"
	utf16be    = "utf-16be"
	cp1252Name = "windows-1252"
)

// encodings are those that can be chosen, in the order in which they are offered. A nil
// one is UTF-8, which is read as it stands.
var encodings = []struct {
	name string
	enc  encoding.Encoding
}{
	{utf8Name, nil},
	{cp1252Name, charmap.Windows1252},
	{"iso-8859-1", charmap.Windows1252}, // what calls itself Latin-1 has Windows' quotes in it
	{"iso-8859-15", charmap.ISO8859_15},
	{utf16le, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
	{utf16be, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
	{"windows-1250", charmap.Windows1250},
	{"windows-1251", charmap.Windows1251},
	{"windows-1253", charmap.Windows1253},
	{"windows-1254", charmap.Windows1254},
	{"macintosh", charmap.Macintosh},
	{"ibm850", charmap.CodePage850},
}

// Encodings lists the encodings that Options can name.
func Encodings() []string {
	names := make([]string, len(encodings))
	for i, e := range encodings {
		names[i] = e.name
	}
	return names
}

// encodingOf finds the encoding of a text by its first bytes: by its mark, by the zeros
// of UTF-16, by being valid UTF-8. Where only some lines are no UTF-8 it is UTF-8 all
// the same, and those lines are mended as they are read.
func encodingOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return utf8Name
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16le
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16be
	}
	even, odd := 0, 0
	sample := head[:min(len(head), 4096)]
	for i, b := range sample {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	switch {
	case odd*5 > len(sample) && even*10 < odd:
		return utf16le
	case even*5 > len(sample) && odd*10 < even:
		return utf16be
	}
	good, bad := 0, 0
	for rest := head; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			if utf8.FullRune(rest) || len(rest) == len(head) || rest[0] < 0xc2 {
				bad++
			}
		case size > 1:
			good++
		}
		rest = rest[size:]
	}
	if bad > good {
		return cp1252Name
	}
	return utf8Name
}

// plain is the head of a text in UTF-8, good enough to look at.
func plain(head []byte) []byte {
	enc := encodingNamed(encodingOf(head))
	if enc == nil {
		return head
	}
	text, err := enc.NewDecoder().Bytes(head)
	if err != nil {
		return head
	}
	return text
}

func encodingNamed(name string) encoding.Encoding {
	for _, e := range encodings {
		if e.name == name {
			return e.enc
		}
	}
	return nil
}

func knownEncoding(name string) bool {
	for _, e := range encodings {
		if e.name == name {
			return true
		}
	}
	return false
}

const mark = "\ufeff"

// withoutMarks takes off byte order marks, of which careless programs write two.
func withoutMarks(text []byte) []byte {
	for bytes.HasPrefix(text, []byte(mark)) {
		text = text[len(mark):]
	}
	return text
}

// decoded reads a text in UTF-8, whatever encoding it is in.
func decoded(r io.Reader, name string) io.Reader {
	enc := encodingNamed(name)
	if enc == nil {
		return r
	}
	return transform.NewReader(r, enc.NewDecoder())
}

// mend makes valid text of a record in which bytes of another encoding stand: what is
// UTF-8 stays, every other byte is read as Windows-1252.
func mend(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(s[0])
		}
		b.WriteRune(r)
		s = s[size:]
	}
	return b.String()
}

// cutOff reports whether a text ends in the middle of a UTF-8 character: the file was
// cut off there. A single letter such as é at the end is rather Windows-1252.
func cutOff(s string, otherUTF8 bool) bool {
	for i := 1; i <= 3 && i <= len(s); i++ {
		tail := s[len(s)-i:]
		if utf8.RuneStart(tail[0]) {
			lead := tail[0] == 0xc2 || tail[0] == 0xc3 || i > 1 || otherUTF8
			return tail[0] >= 0xc2 && !utf8.FullRuneInString(tail) && lead && utf8.ValidString(s[:len(s)-i])
		}
	}
	return false
}

func unknownEncoding(name string) error {
	return &crm.Error{Kind: crm.Invalid, Code: "invalid", Detail: "Please check what is marked.",
		Fields: []crm.FieldError{{Field: "encoding", Code: "unknown_encoding", Detail: "“" + name + "” is no encoding that can be read here."}}}
}
