package api

import (
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

// zipFrom is the size from which JSON is worth compressing.
const zipFrom = 1024

var zippers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// zipWriter holds an answer back until it knows whether it is JSON of more than zipFrom
// bytes, which it then compresses; anything else passes through.
type zipWriter struct {
	http.ResponseWriter
	wanted bool
	status int
	held   []byte
	plain  bool
	zip    *gzip.Writer
}

func compress(w http.ResponseWriter, r *http.Request) *zipWriter {
	return &zipWriter{ResponseWriter: w, wanted: strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Method != http.MethodHead}
}

func (w *zipWriter) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	w.status = status
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	if !w.wanted || kind != "application/json" && !strings.HasSuffix(kind, "+json") || w.Header().Get("Content-Encoding") != "" {
		w.pass()
	}
}

// pass hands on what was held back and everything after it.
func (w *zipWriter) pass() {
	if w.plain {
		return
	}
	w.plain = true
	w.ResponseWriter.WriteHeader(w.status)
	if len(w.held) > 0 {
		_, _ = w.ResponseWriter.Write(w.held)
	}
}

func (w *zipWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case w.plain:
		return w.ResponseWriter.Write(b)
	case w.zip != nil:
		return w.zip.Write(b)
	}
	w.held = append(w.held, b...)
	if len(w.held) < zipFrom {
		return len(b), nil
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Add("Vary", "Accept-Encoding")
	w.Header().Del("Content-Length")
	w.ResponseWriter.WriteHeader(w.status)
	w.zip = zippers.Get().(*gzip.Writer)
	w.zip.Reset(w.ResponseWriter)
	_, err := w.zip.Write(w.held)
	return len(b), err
}

// finish ends the answer.
func (w *zipWriter) finish() {
	switch {
	case w.zip != nil:
		_ = w.zip.Close()
		zippers.Put(w.zip)
	case w.status != 0:
		w.pass()
	}
}

// Unwrap lets http.ResponseController reach the connection. Only what passes through may
// be flushed.
func (w *zipWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
