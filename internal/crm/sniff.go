package crm

import (
	"archive/zip"
	"bytes"
	"path"
	"strings"
	"unicode/utf8"
)

// SniffFile says from its bytes what a file is, as a content type; "" for what is none of
// the kinds that people send. What the file is called decides only between kinds that
// look alike: the older Office files.
func SniffFile(name string, content []byte) string {
	has := func(at int, magic string) bool {
		return len(content) >= at+len(magic) && string(content[at:at+len(magic)]) == magic
	}
	switch {
	case len(content) == 0:
		return ""
	case has(0, "\xff\xd8\xff"):
		return "image/jpeg"
	case has(0, "\x89PNG\r\n\x1a\n"):
		return "image/png"
	case has(0, "GIF87a"), has(0, "GIF89a"):
		return "image/gif"
	case has(0, "RIFF") && has(8, "WEBP"):
		return "image/webp"
	case has(0, "%PDF-"):
		return "application/pdf"
	case has(4, "ftyp"):
		return sniffMP4(content)
	case has(0, "OggS"):
		return "audio/ogg"
	case has(0, "#!AMR"):
		return "audio/amr"
	case has(0, "ID3"), has(0, "\xff\xfb"), has(0, "\xff\xf3"), has(0, "\xff\xf2"):
		return "audio/mpeg"
	case has(0, "\xff\xf1"), has(0, "\xff\xf9"):
		return "audio/aac"
	case has(0, "PK\x03\x04"):
		return sniffZip(content)
	case has(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return oldOffice[Extension(name)]
	case isPlainText(content):
		return sniffText(content)
	}
	return ""
}

// sniffText tells a drawing from other text: SVG is a picture, and on a phone a page of
// brackets if it went as text. Only what stands before its root may come first.
func sniffText(content []byte) string {
	rest := strings.TrimPrefix(string(content[:min(len(content), 4<<10)]), "\ufeff")
	for {
		rest = strings.TrimSpace(rest)
		end := ""
		switch {
		case strings.HasPrefix(rest, "<svg"):
			return svg
		case strings.HasPrefix(rest, "<?"):
			end = "?>"
		case strings.HasPrefix(rest, "<!--"):
			end = "-->"
		case len(rest) >= len("<!doctype svg") && strings.EqualFold(rest[:len("<!doctype svg")], "<!doctype svg"):
			return svg
		default:
			return "text/plain"
		}
		_, after, found := strings.Cut(rest, end)
		if !found {
			return "text/plain"
		}
		rest = after
	}
}

// sniffMP4 tells the kinds of one container apart by their brand.
func sniffMP4(content []byte) string {
	if len(content) < 12 {
		return ""
	}
	switch brand := string(content[8:12]); {
	case strings.HasPrefix(brand, "M4A"), strings.HasPrefix(brand, "M4B"):
		return "audio/mp4"
	case strings.HasPrefix(brand, "3gp"), strings.HasPrefix(brand, "3g2"):
		return "video/3gpp"
	case strings.HasPrefix(brand, "heic"), strings.HasPrefix(brand, "heix"), strings.HasPrefix(brand, "mif1"), strings.HasPrefix(brand, "avif"):
		return "image/heic"
	case strings.HasPrefix(brand, "qt"):
		return "video/quicktime"
	}
	return "video/mp4"
}

// sniffZip tells Office files from other archives by what is in them.
func sniffZip(content []byte) string {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return ""
	}
	for _, f := range archive.File {
		switch {
		case strings.HasPrefix(f.Name, "word/"):
			return docx
		case strings.HasPrefix(f.Name, "xl/"):
			return xlsx
		case strings.HasPrefix(f.Name, "ppt/"):
			return pptx
		}
	}
	return "application/zip"
}

const (
	docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	svg  = "image/svg+xml"
)

var oldOffice = map[string]string{"doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint"}

// isPlainText looks at the beginning: UTF-8 without control characters.
func isPlainText(content []byte) bool {
	head := content[:min(len(content), 64<<10)]
	cut := len(head) < len(content)
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		switch {
		case r == utf8.RuneError && size == 1:
			return cut && len(head) < utf8.UTFMax // a character that was cut in two
		case r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f':
			return false
		}
		head = head[size:]
	}
	return true
}

// Extension is the end of a file's name in lower case, without the dot.
func Extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}

// byExtension is what a file says it is by its name.
var byExtension = map[string]string{"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp", "heic": "image/heic", "svg": svg,
	"pdf": "application/pdf", "mp4": "video/mp4", "m4v": "video/mp4", "3gp": "video/3gpp", "mov": "video/quicktime", "ogg": "audio/ogg", "opus": "audio/ogg", "oga": "audio/ogg",
	"amr": "audio/amr", "mp3": "audio/mpeg", "aac": "audio/aac", "m4a": "audio/mp4", "docx": docx, "xlsx": xlsx, "pptx": pptx,
	"doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint", "zip": "application/zip", "txt": "text/plain", "csv": "text/plain"}
