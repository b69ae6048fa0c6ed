package handlers

import (
	"fmt"
	"io"
	"net/http"
	"time"

	vm "github.com/VictoriaMetrics/metrics"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/limit"
)

// metrics counts what happens. Every counter is looked up when the routes are mounted, so counting a request costs no search.
type metrics struct {
	set      *vm.Set
	panics   *vm.Counter
	repeats  *vm.Counter
	signIns  map[string]*vm.Counter
	tokens   map[string]*vm.Counter
	refusals map[string]*vm.Counter
	timings  []*timing
}

// Outcomes of an attempt to sign in.
const (
	signInOK        = "ok"
	signInFailed    = "failed"
	signInThrottled = "throttled"
	signInBusy      = "busy"
)

func newMetrics(accounts *account.Accounts, p *provider.Provider, limits *limit.Keeper) *metrics {
	m := &metrics{set: vm.NewSet(), signIns: map[string]*vm.Counter{}, tokens: map[string]*vm.Counter{}, refusals: map[string]*vm.Counter{}}
	m.panics = m.set.NewCounter("signet_panics_total")
	m.repeats = m.set.NewCounter("signet_repeated_parameters_total")
	m.set.NewGauge("signet_password_hashes_total", func() float64 { return float64(accounts.HashCount()) })
	for _, name := range limits.Names() {
		m.set.NewGauge(fmt.Sprintf("signet_limited_total{limit=%q}", name), func() float64 { return float64(limits.Refused(name)) })
	}
	m.set.NewGauge("signet_limit_buckets", func() float64 { return float64(limits.Entries()) })
	m.set.NewGauge("signet_limit_batches_total", func() float64 { return float64(limits.Batches()) })
	m.set.NewGauge("signet_limit_failures_total", func() float64 { return float64(limits.Failures()) })
	for _, alg := range provider.SigningAlgorithms() {
		m.set.NewGauge(fmt.Sprintf("signet_signatures_total{alg=%q}", alg), func() float64 { return float64(p.Signatures(alg)) })
	}
	for _, outcome := range []string{signInOK, signInFailed, signInThrottled, signInBusy} {
		m.signIns[outcome] = m.counter("signet_sign_ins_total", "outcome", outcome)
	}
	for _, grant := range provider.GrantTypes() {
		m.tokens[grant] = m.counter("signet_tokens_issued_total", "grant_type", grant)
	}
	for _, e := range provider.Catalogue() {
		m.refusals[e.Code] = m.counter("signet_refusals_total", "code", e.Code)
	}
	return m
}

func (m *metrics) counter(name, label, value string) *vm.Counter {
	return m.set.NewCounter(fmt.Sprintf("%s{%s=%q}", name, label, value))
}

// count adds one to the counter of a value, if there is one.
func count(counters map[string]*vm.Counter, value string) {
	if c := counters[value]; c != nil {
		c.Inc()
	}
}

// routeMeter is the counters of a route, by the first digit of the status.
type routeMeter struct {
	classes [6]*vm.Counter
	timing  *timing
}

func (m *metrics) route(path string) *routeMeter {
	meter := &routeMeter{timing: newTiming(path)}
	for i, class := range []string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"} {
		meter.classes[i] = m.set.GetOrCreateCounter(fmt.Sprintf("signet_http_requests_total{class=%q,route=%q}", class, path))
	}
	m.timings = append(m.timings, meter.timing)
	return meter
}

func (m *routeMeter) observe(status int, d time.Duration) {
	class := status / 100
	if class >= len(m.classes) {
		class = 0
	}
	m.classes[class].Inc()
	m.timing.observe(d)
}

// MetricsHandler serves the metrics in the text format of Prometheus. It is for a listener of its own that the public does
// not reach.
func (h *Handlers) MetricsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		h.metrics.write(w)
	})
}

func (m *metrics) write(w io.Writer) {
	m.set.WritePrometheus(w)
	writeTimings(w, m.timings)
	vm.WriteProcessMetrics(w)
}
