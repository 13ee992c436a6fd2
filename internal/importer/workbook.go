package importer

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"parley/internal/crm"
)

// Bounds on what a workbook unpacks to. A sheet packs about ten to one; what packs much
// better than any sheet is made to fill a disk or a memory.
const (
	maxSheetBytes  = 2 << 30
	maxPartBytes   = 32 << 20  // of a small part: the list of sheets, the styles
	maxStringBytes = 512 << 20 // of the part with the texts, unpacked
	maxTexts       = 64 << 20  // bytes of text that are kept in memory
	maxPacking     = 250
	maxParts       = 5000
)

// workbook is what is read of an .xlsx once: where its sheets are and how numbers that
// are dates are told from others.
type workbook struct {
	parts    map[string]*zip.File
	sheets   []sheetPart
	texts    texts
	formats  []numberFormat // by style
	date1904 bool
}

type sheetPart struct {
	name, target string
	hidden       bool
}

// texts are the shared texts of a workbook in one piece.
type texts struct {
	all  []byte
	ends []uint32
}

func (t *texts) at(i int) string {
	if i < 0 || i >= len(t.ends) {
		return ""
	}
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return string(t.all[from:t.ends[i]])
}

// openWorkbook finds the sheet that was asked for, or the first that is not hidden.
func (f *File) openWorkbook(r io.ReaderAt, size int64) error {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return crm.Errorf(crm.Invalid, "not_csv", "This Excel workbook is damaged: it could not be unpacked.")
	}
	w := &workbook{parts: map[string]*zip.File{}}
	if len(archive.File) > maxParts {
		return tooLarge()
	}
	for _, part := range archive.File {
		w.parts[strings.TrimPrefix(part.Name, "/")] = part
	}
	if w.parts["xl/workbook.xml"] == nil {
		if w.parts["[Content_Types].xml"] != nil {
			return notCSV("This is an Office document, but no workbook with sheets. Save the table as .xlsx or CSV and import that.")
		}
		return notCSV("This is a ZIP archive. Unzip it and import the file inside of it.")
	}
	for _, read := range []func() error{w.readSheets, w.readStyles, w.readTexts} {
		if err := read(); err != nil {
			return unreadable(err)
		}
	}
	at := slices.IndexFunc(w.sheets, func(s sheetPart) bool {
		return s.name == f.options.Sheet || f.options.Sheet == "" && !s.hidden
	})
	for _, s := range w.sheets {
		f.Sheets = append(f.Sheets, s.name)
	}
	if at < 0 {
		return &crm.Error{Kind: crm.Invalid, Code: "invalid", Detail: "Please check what is marked.",
			Fields: []crm.FieldError{{Field: "sheet", Code: "unknown_sheet", Detail: "The workbook has no sheet of that name that can be read."}}}
	}
	f.Sheet = w.sheets[at].name
	part := w.parts[w.sheets[at].target]
	if part == nil {
		return unreadable(errors.New("the sheet is missing"))
	}
	if err := bounded(part, maxSheetBytes); err != nil {
		return err
	}
	f.source = sheetSource{book: w, part: part, hiddenRows: f.options.HiddenRows}
	return nil
}

func unreadable(err error) error {
	var known *crm.Error
	if errors.As(err, &known) {
		return err
	}
	return crm.Errorf(crm.Invalid, "not_csv", "This Excel workbook is damaged and cannot be read (%s).", err)
}

func tooLarge() error {
	return crm.Errorf(crm.Invalid, "workbook_too_large", "This workbook unpacks to more than can be read. Save the sheet as CSV and import that.")
}

// bounded refuses a part that unpacks to too much.
func bounded(part *zip.File, most uint64) error {
	packed := max(part.CompressedSize64, 1)
	if part.UncompressedSize64 > most || part.UncompressedSize64 > 1<<20 && part.UncompressedSize64/packed > maxPacking {
		return tooLarge()
	}
	return nil
}

// markupOf opens a part to be read as XML.
func (w *workbook) markupOf(name string, most uint64) (*xml.Decoder, io.Closer, error) {
	part := w.parts[name]
	if part == nil {
		return nil, nil, nil
	}
	if err := bounded(part, most); err != nil {
		return nil, nil, err
	}
	in, err := part.Open()
	if err != nil {
		return nil, nil, err
	}
	return xml.NewDecoder(&guard{in: in}), in, nil
}

// guard stops what would make the decoder keep much at once: a text without end, or a
// declaration or comment, of which a workbook has none.
type guard struct {
	in   io.Reader
	run  int
	last byte
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.in.Read(p)
	for _, b := range p[:n] {
		if g.last == '<' && b == '!' {
			return 0, errors.New("it holds a declaration")
		}
		if g.run++; b == '<' {
			g.run = 0
		}
		g.last = b
	}
	if g.run > 4*maxRowBytes {
		return 0, errors.New("a text in it is too long")
	}
	return n, err
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// elements calls each with every element that begins in a part.
func (w *workbook) elements(name string, most uint64, each func(xml.StartElement)) error {
	decoder, in, err := w.markupOf(name, most)
	if decoder == nil || err != nil {
		return err
	}
	defer in.Close()
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			each(e)
		}
	}
}

func (w *workbook) readSheets() error {
	targets := map[string]string{}
	err := w.elements("xl/_rels/workbook.xml.rels", maxPartBytes, func(e xml.StartElement) {
		target := attribute(e, "Target")
		if rest, ok := strings.CutPrefix(target, "/"); ok {
			targets[attribute(e, "Id")] = rest
		} else {
			targets[attribute(e, "Id")] = path.Join("xl", target)
		}
	})
	if err != nil {
		return err
	}
	return w.elements("xl/workbook.xml", maxPartBytes, func(e xml.StartElement) {
		switch e.Name.Local {
		case "workbookPr":
			w.date1904 = isTrue(attribute(e, "date1904"))
		case "sheet":
			id := ""
			for _, a := range e.Attr {
				if a.Name.Local == "id" && a.Name.Space != "" {
					id = a.Value
				}
			}
			w.sheets = append(w.sheets, sheetPart{name: attribute(e, "name"), target: targets[id], hidden: attribute(e, "state") != "" && attribute(e, "state") != "visible"})
		}
	})
}

func isTrue(s string) bool { return s == "1" || s == "true" }

// readTexts keeps the texts that cells share.
func (w *workbook) readTexts() error {
	decoder, in, err := w.markupOf("xl/sharedStrings.xml", maxStringBytes)
	if decoder == nil || err != nil {
		return err
	}
	defer in.Close()
	depth, phonetic := 0, 0
	inText := false
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "si":
				depth++
			case "rPh":
				phonetic++
			case "t":
				inText = depth > 0 && phonetic == 0
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "si":
				depth--
				w.texts.ends = append(w.texts.ends, uint32(len(w.texts.all)))
			case "rPh":
				phonetic--
			case "t":
				inText = false
			}
		case xml.CharData:
			if inText {
				w.texts.all = append(w.texts.all, unescape(string(e))...)
			}
		}
		if len(w.texts.all)+4*len(w.texts.ends) > maxTexts {
			return tooLarge()
		}
	}
}

var escapedChar = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape reads the way in which workbooks write characters that XML cannot.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escapedChar.ReplaceAllStringFunc(s, func(m string) string {
		value, err := strconv.ParseUint(m[2:6], 16, 16)
		if err != nil {
			return m
		}
		return string(rune(value))
	})
}
