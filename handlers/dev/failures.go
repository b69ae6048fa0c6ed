package dev

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Failure is one that is to happen: the next Times requests to Point meet Error.
type Failure struct {
	Point string `json:"point"`
	// Error is an OAuth error code; or slow, which only makes the request wait.
	Error string `json:"error"`
	// Times is 1 if it is 0.
	Times int `json:"times"`
	// Delay is how long slow takes, a duration of Go; the default is 10s.
	Delay string `json:"delay,omitempty"`
}

// slow is the failure that is only a delay.
const slow = "slow"

const (
	defaultDelay = 10 * time.Second
	// maxDelay leaves time to answer: the server's own limit is 30 s.
	maxDelay = 25 * time.Second
	maxTimes = 1000
)

// points are where requests can fail, by their paths.
var points = map[string]string{
	"/token": "token", "/userinfo": "userinfo", "/jwks": "jwks", "/introspect": "introspect",
}

// failureCodes are the refusals of the catalogue that can be ordered, by their OAuth code.
var failureCodes = map[string]string{
	"invalid_grant":           "E-GRANT-01",
	"invalid_client":          "E-CLIENT-02",
	"invalid_token":           "E-TOKEN-01",
	"server_error":            "E-SERVER-01",
	"temporarily_unavailable": "E-SERVER-02",
}

// failures are those that were ordered and have not happened yet.
type failures struct {
	journal *Journal

	mu      sync.Mutex
	waiting []Failure
}

func newFailures(j *Journal) *failures { return &failures{journal: j} }

func (f *failures) order(in Failure) error {
	if known := slices.Sorted(maps.Values(points)); !slices.Contains(known, in.Point) {
		return wrong("point %q: want one of %s", in.Point, strings.Join(known, ", "))
	}
	if known := append(slices.Sorted(maps.Keys(failureCodes)), slow); !slices.Contains(known, in.Error) {
		return wrong("error %q: want one of %s", in.Error, strings.Join(known, ", "))
	}
	if in.Times == 0 {
		in.Times = 1
	}
	if in.Times < 0 || in.Times > maxTimes {
		return wrong("times %d: want 1 to %d", in.Times, maxTimes)
	}
	if delay, err := in.delay(); err != nil || delay <= 0 || delay > maxDelay {
		return wrong("delay %q: want a duration of at most %s", in.Delay, maxDelay)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, in)
	return nil
}

func (in *Failure) delay() (time.Duration, error) {
	if in.Delay == "" {
		return defaultDelay, nil
	}
	return time.ParseDuration(in.Delay)
}

func (f *failures) pending() []Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Failure{}, f.waiting...)
}

func (f *failures) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = nil
}

// next takes the failure that a request to a point has to meet, in the order in which they came.
func (f *failures) next(point string) (Failure, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.waiting, func(w Failure) bool { return w.Point == point })
	if i < 0 {
		return Failure{}, false
	}
	taken := f.waiting[i]
	if f.waiting[i].Times--; f.waiting[i].Times == 0 {
		f.waiting = slices.Delete(f.waiting, i, i+1)
	}
	return taken, true
}

// interfere lets a request meet what was ordered for it, and tells whether that was its answer.
func (f *failures) interfere(w http.ResponseWriter, r *http.Request, path, issuer string) bool {
	point, ok := points[path]
	if !ok {
		return false
	}
	failure, ok := f.next(point)
	if !ok {
		return false
	}
	f.journal.add(Event{Kind: "failure", Time: f.journal.clock(), At: point, Text: failure.Error + ", as ordered"})
	if failure.Error == slow {
		wait(r, failure)
		return false
	}
	fail(w, failure, issuer)
	return true
}

// wait delays a request, until its client has gone at the latest.
func wait(r *http.Request, failure Failure) {
	delay, _ := failure.delay() // judged when it was ordered
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// fail answers as the provider would (RFC 6749 §5.2, RFC 6750 §3).
func fail(w http.ResponseWriter, failure Failure, issuer string) {
	e := refuse(failureCodes[failure.Error])
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	if failure.Point == "jwks" {
		head.Set("Access-Control-Allow-Origin", "*")
	}
	if failure.Point == "userinfo" && e.Status < http.StatusInternalServerError {
		head.Set("WWW-Authenticate", fmt.Sprintf("Bearer realm=%q, error=%q, error_description=%q", issuer, e.OAuth, e.Description))
	}
	if e.Status == http.StatusServiceUnavailable {
		head.Set("Retry-After", "5")
	}
	body := map[string]string{"error": e.OAuth, "error_description": e.Description, "error_uri": issuer + "/docs/errors/" + e.Code}
	_ = writeJSON(w, e.Status, body) // texts can always be written as JSON
}
