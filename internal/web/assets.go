package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:embed static
var staticFiles embed.FS

// assets are the files the browser loads. Their addresses carry a hash of the content,
// so that they may be kept for ever; each is compressed once, when first asked for.
type assets struct {
	byName map[string]*asset
}

type asset struct {
	name        string
	contentType string
	body        []byte
	hash        string
	once        sync.Once
	zipped      []byte
}

// newAssets reads the embedded files: css/*.css as one app.css and js/*.js as one app.js
// without its comments, in the order of their names; theme.js alone, for it runs before the page is painted.
func newAssets() (*assets, error) {
	a := &assets{byName: map[string]*asset{}}
	var css, js bytes.Buffer
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "static/")
		switch path.Dir(name) {
		case "css":
			css.Write(body)
		case "js":
			js.Write(ownComment.ReplaceAll(body, nil))
		default:
			a.add(name, body)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.add("app.css", css.Bytes())
	a.add("app.js", js.Bytes())
	return a, nil
}

// ownComment is a line of our scripts that says something to who reads them here. Browsers
// need not load it.
var ownComment = regexp.MustCompile(`(?m)^ *//.*\n`)

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func (a *assets) add(name string, body []byte) {
	contentType, ok := contentTypes[path.Ext(name)]
	if !ok {
		return
	}
	sum := sha256.Sum256(body)
	a.byName[name] = &asset{name: name, contentType: contentType, body: body, hash: hex.EncodeToString(sum[:6])}
}

// url is the address of a file, with its hash. A name that is not there is a mistake of
// ours and shows as a broken address; a test asks for every one the templates use.
func (a *assets) url(name string) string {
	if f, ok := a.byName[name]; ok {
		return "/static/" + name + "?v=" + f.hash
	}
	return "/static/missing/" + name
}

// ServeHTTP serves GET /static/{path...}.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.byName[strings.TrimPrefix(r.URL.Path, "/static/")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", `"`+f.hash+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == f.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == `"`+f.hash+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.body
	if acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = f.compressed()
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

func (f *asset) compressed() []byte {
	f.once.Do(func() {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
		_, _ = z.Write(f.body)
		_ = z.Close()
		f.zipped = b.Bytes()
	})
	return f.zipped
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}
