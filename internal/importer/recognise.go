package importer

import (
	"bytes"
	"regexp"

	"parley/internal/crm"
)

// recognise says what the first bytes of a file are. Files that hold no table are an
// error that says what they are and what to do, whatever they are called.
func recognise(head []byte) (Format, error) {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		if bytes.Contains(head, []byte("xl/")) || bytes.HasPrefix(head[min(len(head), 30):], []byte("[Content_Types].xml")) {
			return XLSX, nil
		}
		if bytes.Contains(head[:min(len(head), 200)], []byte("opendocument.spreadsheet")) {
			return "", notCSV("This is a LibreOffice spreadsheet (.ods). Save it as .xlsx or CSV and import that.")
		}
		return "", notCSV("This is a ZIP archive. Unzip it and import the file inside of it.")
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return "", notCSV("This is an old Excel workbook (.xls). Save it as .xlsx or CSV and import that.")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")), bytes.HasPrefix(head, []byte("BZh")),
		bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")), bytes.HasPrefix(head, []byte("7z\xbc\xaf\x27\x1c")),
		bytes.HasPrefix(head, []byte("Rar!\x1a\x07")), bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return "", notCSV("This is a compressed file. Unpack it and import the file inside of it.")
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return "", notCSV("This is a PDF document. Export the contacts as CSV or .xlsx instead.")
	case bytes.HasPrefix(head, []byte("{\\rtf")):
		return "", notCSV("This is a text document (RTF). Export the contacts as CSV or .xlsx instead.")
	case isPicture(head):
		return "", notCSV("This is a picture. Export the contacts as CSV or .xlsx instead.")
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")), bytes.HasPrefix(head, []byte("\x7fELF")), bytes.HasPrefix(head, []byte("MZ\x90\x00")):
		return "", notCSV("This is a program or a database, not a list of contacts.")
	}
	text := bytes.TrimLeft(withoutMarks(plain(head)), " \t\r\n\x00")
	switch {
	case len(text) == 0:
		return "", crm.Errorf(crm.Invalid, "empty_file", "The file is empty.")
	case beginsCard.Match(text):
		return VCard, nil
	case markup.Match(text):
		return "", notCSV("This is a web page (HTML or XML), whatever it is called. Export the contacts as CSV or .xlsx, or open it in a spreadsheet and save it as that.")
	case jsonText.Match(text):
		return "", notCSV("This is JSON. Export the contacts as CSV or .xlsx instead.")
	case isBinary(head):
		return "", notCSV("This file is not text. Export the contacts as CSV, .xlsx or vCard.")
	}
	return Text, nil
}

func notCSV(sentence string) error { return crm.Errorf(crm.Invalid, "not_csv", "%s", sentence) }

var (
	beginsCard = regexp.MustCompile(`(?i)^BEGIN:VCARD\s*[\r\n]`)
	markup     = regexp.MustCompile(`(?i)^(?:<!doctype|<\?xml|<html|<head|<body|<table|<!--|<meta|<style)`)
	jsonText   = regexp.MustCompile(`^(?:\{\s*"[^"]*"\s*:|\{\s*\}|\[\s*(?:\{\s*["}]|\[|\]))`)
)

func isPicture(head []byte) bool {
	for _, magic := range []string{"\x89PNG\r\n", "\xff\xd8\xff", "GIF87a", "GIF89a", "BM\x00", "II*\x00", "MM\x00*"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return len(head) > 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
}

// isBinary reports whether a text of no known encoding has more control characters than
// a damaged table would.
func isBinary(head []byte) bool {
	if encodingOf(head) != utf8Name && encodingOf(head) != cp1252Name {
		return false // UTF-16 is full of zeros
	}
	controls := 0
	for _, b := range head {
		if b < 0x20 && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != 0x1b {
			controls++
		}
	}
	return controls > 4 && controls*20 > len(head)
}
