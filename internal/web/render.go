package web

import (
	"bytes"
	"embed"
	"fmt"
	"hash/fnv"
	"html/template"
	"strconv"
	"strings"
	"unicode"

	"parley/internal/crm"
)

//go:embed templates
var templateFiles embed.FS

// view is what a template shows. Each template that a handler may render has exactly one
// view type, and the type names it.
type view interface {
	template() string
}

// templates renders views. They are parsed once, at start.
type templates struct {
	set *template.Template
}

func newTemplates(a *assets) (*templates, error) {
	set, err := template.New("web").Funcs(templateFuncs(a)).ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	return &templates{set}, nil
}

// render makes the whole answer before a byte of it is sent, so that an error shows an
// error page and not half a page.
func (t *templates) render(v view) ([]byte, error) {
	var b bytes.Buffer
	if err := t.set.ExecuteTemplate(&b, v.template(), v); err != nil {
		return nil, fmt.Errorf("render %s: %w", v.template(), err)
	}
	return b.Bytes(), nil
}

func templateFuncs(a *assets) template.FuncMap {
	return template.FuncMap{
		"asset":    a.url,
		"phone":    crm.ShowPhone,
		"avatar":   avatarOf,
		"icon":     func(name string) icon { return icon{name, a.url("vendor/icons.svg")} },
		"plural":   plural,
		"joinIDs":  joinIDs,
		"plus":     func(a, b int) int { return a + b },
		"number":   number,
		"count64":  func(n int64) string { return number(int(n)) },
		"first":    func(s, alternative string) string { return firstText(s, alternative) },
		"dict":     dict,
		"filesize": fileSize,
		"mediaurl": mediaURL,
	}
}

// icon is one icon of the sprite, drawn by the template "icon".
type icon struct{ Name, Sprite string }

// avatar is the round mark with initials, drawn by the template "avatar".
type avatar struct{ Name string }

func avatarOf(name string) avatar { return avatar{name} }

// Initials are one or two letters for the mark.
func (a avatar) Initials() string { return initials(a.Name) }

// Hue picks one of the soft colours in the style sheet.
func (a avatar) Hue() int { return hue(a.Name) }

// initials are the first letters of the first and last word that begin with a letter or
// digit, in upper case; "?" when there is none.
func initials(name string) string {
	var letters []string
	for _, word := range strings.Fields(name) {
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				letters = append(letters, string(unicode.ToUpper(r)))
				break
			}
			if unicode.IsPunct(r) || unicode.Is(unicode.Cf, r) {
				continue
			}
			break
		}
	}
	switch len(letters) {
	case 0:
		return "?"
	case 1:
		return letters[0]
	}
	return letters[0] + letters[len(letters)-1]
}

// hue is one of ten soft colours, always the same for the same name.
func hue(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return int(h.Sum32() % 10)
}

// plural is "1 contact" or "2 contacts".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// number groups thousands: 1,000,000.
func number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// firstText is the first of its texts that says anything.
func firstText(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

// fileSize is a size as people read it, empty for 0 (unknown).
func fileSize(n int64) string {
	switch {
	case n <= 0:
		return ""
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// dict hands several values to a nested template.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict wants pairs, got %d values", len(pairs))
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict wants a name first, got %T", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}

// decimal writes a coordinate without an exponent.
func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
