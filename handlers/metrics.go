package handlers

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"signet/provider/account"
)

// metrics counts what happens. Every label is looked up when the routes are mounted, so counting a request costs no search.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	panics   prometheus.Counter
	signIns  *prometheus.CounterVec
	tokens   *prometheus.CounterVec
	refusals *prometheus.CounterVec
}

func newMetrics(accounts *account.Accounts) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "signet_http_requests_total", Help: "Requests by route and class of status."}, []string{"route", "class"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "signet_http_request_seconds", Help: "Time to answer by route.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"route"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "signet_panics_total", Help: "Requests that ended in a panic."}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "signet_sign_ins_total", Help: "Attempts to sign in by outcome."}, []string{"outcome"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "signet_tokens_issued_total", Help: "Answers of the token endpoint with tokens, by grant type."}, []string{"grant_type"}),
	}
	m.refusals = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "signet_refusals_total", Help: "Refusals by the code of the catalogue."}, []string{"code"})
	hashes := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "signet_password_hashes_total", Help: "Password hashes computed."}, func() float64 { return float64(accounts.HashCount()) })
	m.registry.MustRegister(m.requests, m.seconds, m.panics, m.signIns, m.tokens, m.refusals, hashes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Outcomes of an attempt to sign in.
const (
	signInOK        = "ok"
	signInFailed    = "failed"
	signInThrottled = "throttled"
	signInBusy      = "busy"
)

// routeMeter is the counters of a route, by the first digit of the status.
type routeMeter struct {
	classes [6]prometheus.Counter
	seconds prometheus.Observer
}

func (m *metrics) route(path string) *routeMeter {
	meter := &routeMeter{seconds: m.seconds.WithLabelValues(path)}
	for i, class := range []string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"} {
		meter.classes[i] = m.requests.WithLabelValues(path, class)
	}
	return meter
}

func (m *routeMeter) observe(status int, d time.Duration) {
	class := status / 100
	if class >= len(m.classes) {
		class = 0
	}
	m.classes[class].Inc()
	m.seconds.Observe(d.Seconds())
}

// MetricsHandler serves the metrics in the text format of Prometheus. It is for a listener of its own that the public does
// not reach.
func (h *Handlers) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(h.metrics.registry, promhttp.HandlerOpts{})
}
