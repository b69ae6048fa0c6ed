package playground

import (
	"crypto/subtle"
	"maps"
	"slices"
	"sync"
	"time"
)

// Limits of what is kept.
const (
	// runLife is how long a run is kept after its last use.
	runLife = 24 * time.Hour
	// maxRuns and maxRunsOfBrowser bound memory: beyond them the run goes that was not used for longest.
	maxRuns          = 200
	maxRunsOfBrowser = 20
)

// runs are the runs of all browsers.
type runs struct {
	now func() time.Time

	mu  sync.Mutex
	all []*run // the one that was used last at the end
	// hints are the last ID token of each browser that has a run.
	hints map[string]string
}

func newRuns(now func() time.Time) *runs { return &runs{now: now, hints: map[string]string{}} }

// add takes a run in and forgets what is too old or too many.
func (s *runs) add(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	for s.count(r.browser) >= maxRunsOfBrowser {
		i := slices.IndexFunc(s.all, func(old *run) bool { return old.browser == r.browser })
		s.all = slices.Delete(s.all, i, i+1)
	}
	if len(s.all) >= maxRuns {
		s.all = slices.Delete(s.all, 0, 1)
	}
	r.used = s.now()
	s.all = append(s.all, r)
}

// get returns a browser's run, or nil: that of another browser does not exist.
func (s *runs) get(browser, id string) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	i := slices.IndexFunc(s.all, func(r *run) bool { return r.id == id && r.belongsTo(browser) })
	if i < 0 {
		return nil
	}
	r := s.all[i]
	r.used = s.now()
	s.all = append(slices.Delete(s.all, i, i+1), r)
	return r
}

// byHandle returns the run whose client has a handle, or nil.
func (s *runs) byHandle(handle string) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	i := slices.IndexFunc(s.all, func(r *run) bool {
		return r.handle != "" && subtle.ConstantTimeCompare([]byte(r.handle), []byte(handle)) == 1
	})
	if i < 0 {
		return nil
	}
	return s.all[i]
}

// of lists a browser's runs, the one that was used last first.
func (s *runs) of(browser string) []*run {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	var found []*run
	for _, r := range slices.Backward(s.all) {
		if r.belongsTo(browser) {
			found = append(found, r)
		}
	}
	return found
}

// remember keeps an ID token as the browser's last one, for a hint in its next request.
func (s *runs) remember(browser, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token != "" && s.count(browser) > 0 {
		s.hints[browser] = token
	}
}

// remembered is the browser's last ID token, or empty.
func (s *runs) remembered(browser string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hints[browser]
}

// forget drops what has not been used for long. The lock is held.
func (s *runs) forget() {
	now := s.now()
	s.all = slices.DeleteFunc(s.all, func(r *run) bool { return now.Sub(r.used) >= runLife })
	maps.DeleteFunc(s.hints, func(browser, _ string) bool { return s.count(browser) == 0 })
}

func (s *runs) count(browser string) int {
	n := 0
	for _, r := range s.all {
		if r.belongsTo(browser) {
			n++
		}
	}
	return n
}

func (r *run) belongsTo(browser string) bool {
	return browser != "" && subtle.ConstantTimeCompare([]byte(r.browser), []byte(browser)) == 1
}
