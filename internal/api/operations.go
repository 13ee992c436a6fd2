package api

import (
	"crypto/subtle"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics is what operators count.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	items    *prometheus.CounterVec
	refused  *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parley_http_requests_total", Help: "Answers by route and status."}, []string{"method", "route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "parley_http_request_duration_seconds", Help: "Time until the answer ended, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"method", "route"}),
		items:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parley_webhook_items_total", Help: "Items received from providers and stored, by kind of channel."}, []string{"kind"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parley_webhook_refused_total", Help: "Webhooks with a wrong or missing signature, by kind of channel."}, []string{"kind"}),
	}
	m.registry.MustRegister(m.requests, m.took, m.items, m.refused, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// countedMethods are the methods that count under their own name: a caller may make up others.
var countedMethods = map[string]bool{http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPatch: true, http.MethodDelete: true}

func (m *metrics) request(method, pattern string, status int, took time.Duration) {
	if !countedMethods[method] {
		method = "other"
	}
	if pattern == "" {
		pattern = "none"
	}
	m.requests.WithLabelValues(method, pattern, strconv.Itoa(status)).Inc()
	m.took.WithLabelValues(method, pattern).Observe(took.Seconds())
}

// addOperations adds what operators ask. /metrics is anyone's only as far as anyone is on
// the same machine.
func (a *API) addOperations() {
	a.handle(http.MethodGet, "/healthz", Anyone, func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "alive\n") })
	a.handle(http.MethodGet, "/readyz", Anyone, a.ready)
	a.handle(http.MethodGet, "/metrics", Anyone, a.serveMetrics)
}

func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	if err := a.Ready(r.Context()); err != nil {
		a.Log.WarnContext(r.Context(), "not ready", "error", err)
		w.Header().Set("Retry-After", "1")
		writeText(w, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	writeText(w, http.StatusOK, "ready\n")
}

func (a *API) serveMetrics(w http.ResponseWriter, r *http.Request) {
	if !a.mayMeasure(r) {
		p := newProblem(http.StatusUnauthorized, "no_token", "Metrics are read on the machine itself, or with the metrics token.")
		p.header.Set("WWW-Authenticate", `Bearer realm="metrics"`)
		p.write(w, r)
		return
	}
	promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{DisableCompression: true}).ServeHTTP(w, r)
}

// mayMeasure lets in the metrics token, and peers on this machine that do not speak for
// others as a proxy does.
func (a *API) mayMeasure(r *http.Request) bool {
	if token := bearer(r); token != "" {
		return a.MetricsToken != "" && subtle.ConstantTimeCompare([]byte(token), []byte(a.MetricsToken)) == 1
	}
	ip := net.ParseIP(peer(r))
	return ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}
