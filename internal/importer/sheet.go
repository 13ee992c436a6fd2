package importer

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"parley/internal/crm"
)

// sheetSource reads the rows of one sheet.
type sheetSource struct {
	book       *workbook
	part       *zip.File
	hiddenRows bool
}

func (s sheetSource) records() recordReader {
	in, err := s.part.Open()
	if err != nil {
		return &sheetReader{failed: err}
	}
	return &sheetReader{sheetSource: s, in: in, decoder: xml.NewDecoder(&guard{in: in})}
}

type sheetReader struct {
	sheetSource
	in      io.ReadCloser
	decoder *xml.Decoder
	line    int
	failed  error
}

func (r *sheetReader) close() {
	if r.in != nil {
		_ = r.in.Close() // it was only read
	}
}

// read gives the next row of the sheet. Rows that are not in the file are blank and left
// out; hidden ones are passed over unless they were asked for.
func (r *sheetReader) read() (record, error) {
	for r.failed == nil {
		token, err := r.decoder.RawToken()
		if err != nil {
			return record{}, r.fail(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "row" {
			continue
		}
		r.line++
		if n, err := strconv.Atoi(attribute(e, "r")); err == nil && n > 0 {
			r.line = n
		}
		rec, err := r.row()
		if err != nil {
			return record{}, r.fail(err)
		}
		if isTrue(attribute(e, "hidden")) && !r.hiddenRows {
			continue
		}
		return rec, nil
	}
	return record{}, r.failed
}

// fail remembers that nothing more can be read.
func (r *sheetReader) fail(err error) error {
	r.failed = err
	if !errors.Is(err, io.EOF) {
		r.failed = &LineError{Line: r.line + 1, Err: unreadable(err)}
	}
	return r.failed
}

// row reads the cells up to the end of a row.
func (r *sheetReader) row() (record, error) {
	rec := record{line: r.line}
	size, at := 0, -1
	for {
		token, err := r.decoder.RawToken()
		if err != nil {
			return rec, endless(err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			if e.Name.Local == "row" {
				return rec, nil
			}
		case xml.StartElement:
			if e.Name.Local != "c" {
				continue
			}
			at++
			if column := columnOf(attribute(e, "r")); column >= 0 {
				at = column
			}
			text, err := r.cell(e)
			if err != nil {
				return rec, endless(err)
			}
			if size += len(text); size > maxRowBytes || at >= 1<<14 {
				rec.cells, text = nil, ""
				rec.problem = &crm.FieldError{Code: "row_too_long", Detail: "This row has more than a megabyte of text."}
			}
			if text == "" || rec.problem != nil {
				continue
			}
			for len(rec.cells) <= at {
				rec.cells = append(rec.cells, "")
			}
			rec.cells[at] = text
		}
	}
}

// endless turns an end in the middle of a row into a fault.
func endless(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// columnOf is the index of the column in a reference such as AB12, or -1.
func columnOf(reference string) int {
	column := 0
	for _, c := range reference {
		if c < 'A' || c > 'Z' || column > 1<<14 {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	return column - 1
}

// cell reads one cell up to its end.
func (r *sheetReader) cell(start xml.StartElement) (string, error) {
	var text strings.Builder
	inText, phonetic := false, false
	for {
		token, err := r.decoder.RawToken()
		if err != nil {
			return "", err
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "v", "t":
				inText = !phonetic
			case "rPh":
				phonetic = true
			}
		case xml.CharData:
			if inText {
				text.Write(e)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "v", "t":
				inText = false
			case "rPh":
				phonetic = false
			case "c":
				return r.value(attribute(start, "t"), attribute(start, "s"), text.String()), nil
			}
		}
	}
}

// value is what a cell shows, but for numbers: those are all their digits, for a
// spreadsheet shows a long one shortened.
func (r *sheetReader) value(kind, style, raw string) string {
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(raw))
		if err != nil {
			return ""
		}
		return r.book.texts.at(i)
	case "b":
		if strings.TrimSpace(raw) == "1" {
			return "TRUE"
		}
		return "FALSE"
	case "str", "inlineStr", "e":
		return unescape(raw)
	case "d":
		return raw
	}
	raw = strings.TrimSpace(raw)
	number, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return raw
	}
	var format numberFormat
	if i, err := strconv.Atoi(style); err == nil && i >= 0 && i < len(r.book.formats) {
		format = r.book.formats[i]
	}
	if format.date {
		if text, ok := dateText1900(number, r.book.date1904); ok {
			return text
		}
	}
	text := strconv.FormatFloat(number, 'f', -1, 64)
	for len(text) < format.zeros {
		text = "0" + text
	}
	return text
}

// numberFormat is what of a number format matters here.
type numberFormat struct {
	date  bool
	zeros int // digits to fill up with zeros: the format 00000 of a postal code
}

var (
	zerosOnly  = regexp.MustCompile(`^0+$`)
	quotedPart = regexp.MustCompile(`"[^"]*"|\\.|\[[^\]]*\]|_.`)
)

// readStyles finds the styles whose numbers are dates.
func (w *workbook) readStyles() error {
	codes := map[string]string{}
	inCells := false
	return w.elements("xl/styles.xml", maxPartBytes, func(e xml.StartElement) {
		switch e.Name.Local {
		case "numFmt":
			codes[attribute(e, "numFmtId")] = attribute(e, "formatCode")
		case "cellXfs":
			inCells = true
		case "cellStyles", "dxfs":
			inCells = false
		case "xf":
			if inCells && len(w.formats) < 1<<16 {
				w.formats = append(w.formats, formatOf(attribute(e, "numFmtId"), codes))
			}
		}
	})
}

func formatOf(id string, codes map[string]string) numberFormat {
	if code, ok := codes[id]; ok {
		if zerosOnly.MatchString(code) {
			return numberFormat{zeros: len(code)}
		}
		plain := strings.ToLower(quotedPart.ReplaceAllString(code, ""))
		return numberFormat{date: strings.ContainsAny(plain, "ydh") && !strings.Contains(plain, "general")}
	}
	n, _ := strconv.Atoi(id)
	return numberFormat{date: n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58}
}

// dateText1900 writes a day number as a date, with the time where there is one.
func dateText1900(days float64, from1904 bool) (string, bool) {
	if days < 0 || days > 2958466 { // the year 9999
		return "", false
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if from1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if days < 60 {
		days++ // spreadsheets believe in 29 February 1900
	}
	whole := math.Floor(days)
	moment := epoch.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round((days-whole)*86400)) * time.Second)
	if moment.Hour()+moment.Minute()+moment.Second() == 0 {
		return moment.Format(time.DateOnly), true
	}
	return moment.Format("2006-01-02 15:04:05"), true
}
