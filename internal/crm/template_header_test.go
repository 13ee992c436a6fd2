package crm_test

import (
	"errors"
	"testing"

	"parley/internal/crm"
)

// What WhatsApp would refuse of a header is refused at its field; its file is looked at apart.
func TestCheckHeader(t *testing.T) {
	for _, row := range []struct {
		name   string
		header crm.TemplateHeader
		want   string // field and code
	}{
		{"none", crm.TemplateHeader{}, ""},
		{"a line", crm.TemplateHeader{Format: crm.HeaderText, Text: "Your order"}, ""},
		{"a picture", crm.TemplateHeader{Format: crm.HeaderImage}, ""},
		{"an empty line", crm.TemplateHeader{Format: crm.HeaderText, Text: " "}, "header required"},
		{"a line above a film", crm.TemplateHeader{Format: crm.HeaderVideo, Text: "Look"}, "header not_with_file"},
		{"a place", crm.TemplateHeader{Format: "location"}, "header_format unknown_format"},
	} {
		problems := crm.TemplateParts{Header: row.header, Body: "It is here."}.CheckDraft()
		got := ""
		for _, p := range problems {
			got += p.Field + " " + p.Code
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

// A file makes the header that it can be, and no other.
func TestHeaderWithFile(t *testing.T) {
	for _, row := range []struct {
		header crm.TemplateHeader
		kind   string
		want   crm.HeaderFormat
		code   string
	}{
		{crm.TemplateHeader{}, "image/png", crm.HeaderImage, ""},
		{crm.TemplateHeader{Format: crm.HeaderVideo}, "video/mp4", crm.HeaderVideo, ""},
		{crm.TemplateHeader{}, "application/pdf", crm.HeaderDocument, ""},
		{crm.TemplateHeader{Format: crm.HeaderImage}, "application/pdf", crm.HeaderImage, "wrong_kind"},
		{crm.TemplateHeader{Format: crm.HeaderText, Text: "Look"}, "image/png", crm.HeaderText, "not_with_text"},
		{crm.TemplateHeader{}, "video/3gpp", "", "not_on_channel"},
	} {
		got, problems := row.header.HeaderWith("a file", row.kind)
		code := ""
		for _, p := range problems {
			code += p.Code
		}
		if got.Format != row.want || code != row.code {
			t.Errorf("%+v with %s: %s, %v", row.header, row.kind, got.Format, problems)
		}
	}
}

// An example is what WhatsApp takes: by its bytes, whatever it is called.
func TestCheckHeaderFile(t *testing.T) {
	for name, want := range map[string]string{"a.jpg": "", "a.png": "wrong_type", "a": ""} {
		if _, err := crm.CheckHeaderFile(name, []byte(jpegHead)); err == nil && want != "" || err != nil && err.Code != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for content, want := range map[string]string{"": "empty_file", "hello": "wrong_type", "\x00\x00\x00\x20ftyp3gp5": "wrong_type", "GIF89a": "wrong_type", "MZ\x90\x00": "unknown_type",
		jpegHead + string(make([]byte, 5<<20)): "file_too_large"} {
		if _, err := crm.CheckHeaderFile("example", []byte(content)); err == nil || err.Code != want {
			t.Errorf("%.20q: %v, want %s", content, err, want)
		}
	}
}

// The file at the head of a template that is sent is an address, by itself or by what a merge
// field stands for.
func TestAddressOfTheFile(t *testing.T) {
	template := crm.Template{Status: crm.TemplateApproved, Parts: crm.TemplateParts{Header: crm.TemplateHeader{Format: crm.HeaderDocument}, Body: "Look."}}
	menu := crm.CustomField{ID: "f", Key: "menu", Label: "Menu", Kind: crm.CustomText}
	for text, want := range map[string]string{"https://x.example/menu.pdf": "", "http://x.example": "", "https://{{custom.menu}}/a": "", "{{custom.menu}}": "template.variables.header bad_url",
		"menu.pdf": "template.variables.header bad_url", "ftp://x.example": "template.variables.header bad_url", "x{{custom.menu}}": "template.variables.header bad_url", "https://": "template.variables.header bad_url"} {
		read, err := template.ReadTemplate(crm.TemplateChoice{Variables: map[string]string{"header": text}}, crm.MergeFieldsWith([]crm.CustomField{menu}))
		if err == nil {
			_, err = read.Fill(crm.MergeValues{Contact: &crm.Contact{Custom: crm.CustomValues{"menu": "x.example"}}, Custom: []crm.CustomField{menu}})
		}
		got := ""
		var e *crm.Error
		if errors.As(err, &e) {
			for _, f := range e.Fields {
				got += f.Field + " " + f.Code
			}
		}
		if got != want {
			t.Errorf("%s: %q (%v), want %q", text, got, err, want)
		}
	}
}
