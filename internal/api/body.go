package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
)

const (
	maxBody  = 1 << 20 // bytes of a request
	maxDepth = 32      // of objects and lists in it
)

// read takes the body of a POST or PATCH off the wire, checks that it is JSON which can
// be stored, and leaves it in the request for huma. The bytes come back even with an
// error, unless there are too many.
func (a *API) read(w http.ResponseWriter, r *http.Request, op *huma.Operation) ([]byte, error) {
	if r.Method != http.MethodPost && r.Method != http.MethodPatch {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, unread(err, maxBody)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(bytes.TrimSpace(body)) == 0 {
		r.Body = http.NoBody
		if op.RequestBody != nil && op.RequestBody.Required {
			return nil, newProblem(http.StatusBadRequest, "body_missing", "This call needs a JSON object as its body.")
		}
		return nil, nil
	}
	if kind := r.Header.Get("Content-Type"); kind != "" && !isJSON(kind) {
		return body, newProblem(http.StatusUnsupportedMediaType, "not_json", "The body must be application/json.")
	}
	r.Header.Set("Content-Type", "application/json")
	if err := checkJSON(body); err != nil {
		return body, err
	}
	if op.RequestBody == nil {
		return body, expectEmpty(body)
	}
	return body, nil
}

// unread says why a body could not be taken off the wire.
func unread(err error, limit int64) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return newProblem(http.StatusRequestEntityTooLarge, "body_too_large", "The body is larger than "+strconv.FormatInt(limit, 10)+" bytes.")
	}
	return newProblem(http.StatusBadRequest, "body_incomplete", "The body did not arrive whole.")
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"))
}

// expectEmpty takes an empty object where a call has no fields, and nothing else.
func expectEmpty(body []byte) error {
	var fields map[string]any
	var problems crm.Problems
	if err := json.Unmarshal(body, &fields); err != nil {
		problems.Add("", "wrong_type", "This call takes no body, or an empty object.")
	}
	for name := range fields {
		problems.Add(name, "unknown_field", "There is no such field.")
	}
	return problems.Err()
}

// checkJSON refuses what is not JSON in UTF-8 (400), and values that no field has: null,
// NUL characters, the same field twice (422).
func checkJSON(body []byte) error {
	if !utf8.Valid(body) || loneSurrogate(body) {
		return newProblem(http.StatusBadRequest, "not_utf8", "The body is not text in UTF-8.")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	s := scan{decoder: d}
	if err := s.value("", 0); err != nil {
		return badJSON(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return newProblem(http.StatusBadRequest, "bad_json", "There is something after the end of the JSON value.")
	}
	return s.problems.Err()
}

func badJSON(err error) error {
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	var wrong *json.SyntaxError
	if errors.As(err, &wrong) {
		return newProblem(http.StatusBadRequest, "bad_json", "The body is not JSON: at byte "+strconv.FormatInt(wrong.Offset, 10)+": "+wrong.Error()+".")
	}
	return newProblem(http.StatusBadRequest, "bad_json", "The body is not JSON: it ends too early.")
}

// scan walks a JSON value token by token.
type scan struct {
	decoder  *json.Decoder
	problems crm.Problems
}

func (s *scan) value(path string, depth int) error {
	token, err := s.decoder.Token()
	if err != nil {
		return err
	}
	switch t := token.(type) {
	case nil:
		s.problems.Add(path, "null", "null is no value here: leave the field out, or send an empty one to clear it.")
	case string:
		if strings.ContainsRune(t, 0) {
			s.problems.Add(path, "control_character", "Holds a NUL character.")
		}
	case json.Delim:
		if depth == maxDepth {
			return tooDeep(path)
		}
		if t == '{' {
			err = s.object(path, depth)
		} else {
			err = s.list(path, depth)
		}
		if err == nil {
			_, err = s.decoder.Token() // its end
		}
	}
	return err
}

// tooDeep names the field in which things are nested too deeply by the beginning of its
// path, which is as long as a caller likes to make it.
func tooDeep(path string) error {
	const enough = 60 // bytes
	if len(path) > enough {
		at := strings.LastIndexAny(path[:enough+1], ".[")
		if at <= 0 { // one name longer than that
			at = enough
			for !utf8.RuneStart(path[at]) {
				at--
			}
		}
		path = path[:at] + "…"
	}
	detail := "This is nested too deeply: at most " + strconv.Itoa(maxDepth) + " objects and lists may stand in each other."
	p := newProblem(http.StatusBadRequest, "too_deep", detail)
	p.Errors = []crm.FieldError{{Field: path, Code: "too_deep", Detail: detail}}
	return p
}

func (s *scan) object(path string, depth int) error {
	seen := map[string]bool{}
	for s.decoder.More() {
		token, err := s.decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		at := name
		if path != "" {
			at = path + "." + name
		}
		if seen[name] {
			s.problems.Add(at, "twice", "This field is given twice.")
		}
		seen[name] = true
		if err := s.value(at, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (s *scan) list(path string, depth int) error {
	for n := 0; s.decoder.More(); n++ {
		if err := s.value(path+"["+strconv.Itoa(n)+"]", depth+1); err != nil {
			return err
		}
	}
	return nil
}

// loneSurrogate reports whether an escape stands for half a character, which decoding
// would silently replace.
func loneSurrogate(body []byte) bool {
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		unit, ok := escaped(body[i:])
		if !ok {
			i++ // a short escape: skip what it escapes
			continue
		}
		i += 5
		switch {
		case unit >= 0xDC00 && unit <= 0xDFFF:
			return true
		case unit >= 0xD800 && unit <= 0xDBFF:
			low, ok := escaped(body[i+1:])
			if !ok || low < 0xDC00 || low > 0xDFFF {
				return true
			}
			i += 6
		}
	}
	return false
}

// escaped reads \uXXXX at the beginning of b.
func escaped(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}
