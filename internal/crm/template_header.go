package crm

import "strings"

// HeaderFiles are the files that may be the example of a template's header of a format, or
// of any where none is named ("Template media"; "Resumable Upload API"). They are fewer than
// WhatsApp takes in a message.
func HeaderFiles(format HeaderFormat) FileRules {
	all := []FileRule{{"image/jpeg", ImageMessage, 5 << 20}, {"image/png", ImageMessage, 5 << 20},
		{"video/mp4", VideoMessage, 16 << 20}, {"application/pdf", DocumentMessage, MaxFile}}
	var rules FileRules
	for _, rule := range all {
		if format == "" || HeaderFormat(rule.As) == format {
			rules.Rules = append(rules.Rules, rule)
		}
	}
	return rules
}

// CheckHeaderFile says what is wrong with a file as the example of a header, and otherwise
// of which format the header is with it. The error is of kind Invalid.
func CheckHeaderFile(name string, content []byte) (FileRule, *Error) {
	rule, err := HeaderFiles("").Check(name, content)
	if err != nil && err.Code == "not_on_channel" {
		err = Errorf(Invalid, "wrong_type", "%s cannot be the header of a template. It can be JPEG, PNG, MP4 or PDF.", brief(name, 60))
	}
	return rule, err
}

// HeaderWith is a header with a file of a type as its example: of the file's format where
// none is named. The problems are at header and header_file.
func (h TemplateHeader) HeaderWith(name, contentType string) (TemplateHeader, Problems) {
	var p Problems
	rule, err := HeaderFiles("").Allow(name, contentType, 0)
	switch format := HeaderFormat(rule.As); {
	case err != nil:
		p.Add("header_file", err.Code, "%s", err.Detail)
	case h.Format == "" && h.Text == "":
		h.Format = format
	case !h.IsMedia():
		p.Add("header_file", "not_with_text", "A header is a line of text or a file, not both.")
	case headerNames[h.Format] == "": // CheckDraft says so
	case h.Format != format:
		p.Add("header_file", "wrong_kind", "The header is to be %s: choose %s. %s is %s.", headerNames[h.Format], HeaderFiles(h.Format).Words(), brief(name, 60), headerNames[format])
	}
	return h, p
}

// headerNames are the formats with a file as people call them.
var headerNames = map[HeaderFormat]string{HeaderImage: "a picture", HeaderVideo: "a film", HeaderDocument: "a document"}

// check looks at a header that is to be submitted, but not at its file.
func (h TemplateHeader) check(p *Problems) {
	switch {
	case h.Format == "" && h.Text == "":
	case h.IsMedia() && headerNames[h.Format] == "":
		p.Add("header_format", "unknown_format", "A header is text, image, video or document.")
	case h.IsMedia() && h.Text != "":
		p.Add("header", "not_with_file", "A header with a file has no text.")
	case !h.IsMedia() && strings.TrimSpace(h.Text) == "":
		p.Add("header", "required", "Write the line, or choose another header.")
	}
	checkLength(p, "header", h.Text, 0, 60)
	if len(gapsIn(h.Text)) > 1 {
		p.Add("header", "variables", "A header has one variable at most.")
	}
}
