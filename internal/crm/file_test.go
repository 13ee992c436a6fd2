package crm_test

import (
	"archive/zip"
	"bytes"
	"testing"

	"parley/internal/crm"
)

func zipOf(t *testing.T, name string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.Create(name); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const jpegHead = "\xff\xd8\xff\xe0\x00\x10JFIF"

// What a file is, its bytes say; one that lies about it is refused.
func TestFileRules(t *testing.T) {
	rules := crm.FileRules{Rules: []crm.FileRule{{"image/jpeg", crm.ImageMessage, 20}, {"application/pdf", crm.DocumentMessage, 1000}, {"text/plain", crm.DocumentMessage, 1000},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", crm.DocumentMessage, 1000}, {"application/msword", crm.DocumentMessage, 1000}, {"audio/mp4", crm.AudioMessage, 1000}}}
	for _, row := range []struct {
		name, content string
		as            crm.MessageType
		code          string
	}{
		{"a.jpg", jpegHead, crm.ImageMessage, ""},
		{"A.JPEG", jpegHead, crm.ImageMessage, ""},
		{"no extension", jpegHead, crm.ImageMessage, ""},
		{"a.pdf", "%PDF-1.7", crm.DocumentMessage, ""},
		{"a.txt", "Grüße", crm.DocumentMessage, ""},
		{"a.docx", zipOf(t, "word/document.xml"), crm.DocumentMessage, ""},
		{"a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", crm.DocumentMessage, ""},
		{"a.m4a", "\x00\x00\x00\x20ftypM4A ", crm.AudioMessage, ""},
		{"a.jpg", "%PDF-1.7", "", "wrong_type"},
		{"a.jpg", "MZ\x90\x00", "", "wrong_type"},
		{"a.pdf", "<html><script>", "", "wrong_type"},
		{"a.docx", zipOf(t, "evil.exe"), "", "wrong_type"},
		{"a.docx", "PK\x03\x04broken", "", "wrong_type"},
		{"a.doc", zipOf(t, "word/document.xml"), "", "wrong_type"},
		{"logo.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`, "", "not_on_channel"},
		{"logo.svg", "\ufeff<?xml version=\"1.0\"?>\n<!-- by hand -->\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x\">\n<svg/>", "", "not_on_channel"},
		{"logo.txt", "<svg/>", "", "wrong_type"},
		{"logo.svg", "no drawing", "", "wrong_type"},
		{"logo.svg", "<!-- never ends", "", "wrong_type"},
		{"a.txt", "about <svg> and <!-- others", crm.DocumentMessage, ""},
		{"a.exe", "MZ\x90\x00", "", "unknown_type"},
		{"a.zip", zipOf(t, "x"), "", "not_on_channel"},
		{"a.png", "\x89PNG\r\n\x1a\n", "", "not_on_channel"},
		{"a.jpg", jpegHead + "0123456789x", "", "file_too_large"},
		{"a.jpg", "", "", "empty_file"},
	} {
		rule, err := rules.Check(row.name, []byte(row.content))
		code := ""
		if err != nil {
			code = err.Code
		}
		if rule.As != row.as || code != row.code {
			t.Errorf("%s %q: %s, %v; want %s, %s", row.name, row.content, rule.As, err, row.as, row.code)
		}
	}
	if _, err := (crm.FileRules{Refusal: "Text only."}).Check("a.jpg", []byte(jpegHead)); err == nil || err.Code != "no_files" || err.Detail != "Text only." {
		t.Errorf("a channel without files: %v", err)
	}
}

func FuzzSniffFile(f *testing.F) {
	for _, seed := range []string{jpegHead, "%PDF-", "PK\x03\x04", "RIFF0000WEBP", "<?xml ?><!-- --><svg", "\x00\x00\x00\x20ftyp", "\xff", "é", "OggS"} {
		f.Add("a.doc", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		crm.SniffFile(name, content) // and does not fall over
	})
}
