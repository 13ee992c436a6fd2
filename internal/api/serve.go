package api

import (
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// ServeHTTP finds the route, measures the call, compresses the answer and turns a panic
// into a 500 with an id.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	_, pattern := a.mux.Handler(r)
	counted := &countedWriter{ResponseWriter: w}
	zipped := compress(counted, r)
	defer func() {
		a.metrics.request(r.Method, pattern, counted.status, time.Since(begin))
	}()
	defer func() {
		switch fault := recover(); fault {
		case nil:
			zipped.finish()
		case http.ErrAbortHandler:
			panic(fault)
		default:
			a.recovered(counted, r, fault)
		}
	}()
	zipped.Header().Set("X-Content-Type-Options", "nosniff")
	zipped.Header().Set("Cache-Control", "no-store")
	if pattern == "" {
		a.noRoute(zipped, r)
		return
	}
	a.mux.ServeHTTP(zipped, r)
}

// recovered answers after a panic, or breaks the connection off when an answer has begun.
func (a *API) recovered(w *countedWriter, r *http.Request, fault any) {
	id := newFaultID()
	a.Log.ErrorContext(r.Context(), "panic while answering", "id", id, "method", r.Method, "path", r.URL.Path, "panic", fault, "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	faultProblem(id).write(w, r)
}

// noRoute answers 405 where another method would be right, else 404.
func (a *API) noRoute(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		newProblem(http.StatusNotFound, "no_such_address", "There is no such address. GET "+Prefix+"/openapi.json lists them all.").write(w, r)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "This address takes "+strings.Join(allowed, ", ")+".").write(w, r)
}

// countedWriter remembers the status of an answer. 0 means that none has begun.
type countedWriter struct {
	http.ResponseWriter
	status int
}

func (w *countedWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *countedWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *countedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
