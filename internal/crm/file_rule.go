package crm

import (
	"slices"
	"strings"
)

// FileRule is a kind of file that a channel takes.
type FileRule struct {
	ContentType string
	As          MessageType // what it is sent as
	MaxBytes    int64
}

// FileRules are the files that a channel takes. With a Refusal it takes none, and that
// says why.
type FileRules struct {
	Refusal string
	Rules   []FileRule
}

// MaxFile is the largest file that any channel takes: WhatsApp's limit for documents.
const MaxFile = 100 << 20

// Check reads what a file is and finds the rule for it. The error is of kind Invalid: its
// code is no_files, unknown_type, wrong_type for one that is not what it is called, or
// not_on_channel, or file_too_large.
func (r FileRules) Check(name string, content []byte) (FileRule, *Error) {
	if r.Refusal != "" {
		return FileRule{}, Errorf(Invalid, "no_files", "%s", r.Refusal)
	}
	shown := brief(name, 60)
	if len(content) == 0 {
		return FileRule{}, Errorf(Invalid, "empty_file", "%s is empty.", shown)
	}
	is := SniffFile(name, content)
	if says, known := byExtension[Extension(name)]; known && says != is {
		return FileRule{}, Errorf(Invalid, "wrong_type", "%s is not what its name says: its content is %s.", shown, typeName(is))
	}
	if is == "" {
		return FileRule{}, Errorf(Invalid, "unknown_type", "%s is of a kind that cannot be sent.", shown)
	}
	return r.Allow(name, is, int64(len(content)))
}

// Allow finds the rule for a file whose type is known.
func (r FileRules) Allow(name, is string, size int64) (FileRule, *Error) {
	if r.Refusal != "" {
		return FileRule{}, Errorf(Invalid, "no_files", "%s", r.Refusal)
	}
	shown := brief(name, 60)
	at := slices.IndexFunc(r.Rules, func(rule FileRule) bool { return rule.ContentType == is })
	if at < 0 {
		return FileRule{}, Errorf(Invalid, "not_on_channel", "%s is %s, which this channel does not take. It takes %s.", shown, typeName(is), r.Words())
	}
	rule := r.Rules[at]
	if size > rule.MaxBytes {
		return FileRule{}, Errorf(Invalid, "file_too_large", "%s is %d kB large; here at most %d kB of %s can be sent.", shown, (size+999)/1000, rule.MaxBytes/1000, typeName(is))
	}
	return rule, nil
}

// Words names the kinds of files that are taken: JPEG, PNG, PDF.
func (r FileRules) Words() string {
	var names []string
	for _, rule := range r.Rules {
		if name := typeName(rule.ContentType); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Accept is what a browser offers to choose from.
func (r FileRules) Accept() string {
	var types []string
	for _, rule := range r.Rules {
		types = append(types, rule.ContentType)
	}
	return strings.Join(types, ",")
}

// typeName is a content type as people call it.
func typeName(contentType string) string {
	switch contentType {
	case "":
		return "something else"
	case "text/plain":
		return "plain text"
	case docx, "application/msword":
		return "Word"
	case xlsx, "application/vnd.ms-excel":
		return "Excel"
	case pptx, "application/vnd.ms-powerpoint":
		return "PowerPoint"
	case "image/jpeg":
		return "JPEG"
	case svg:
		return "SVG"
	case "audio/mpeg":
		return "MP3"
	case "video/quicktime":
		return "QuickTime"
	}
	_, kind, _ := strings.Cut(contentType, "/")
	return strings.ToUpper(kind)
}
