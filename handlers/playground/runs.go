package playground

import (
	"crypto/subtle"
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
}

func newRuns(now func() time.Time) *runs { return &runs{now: now} }

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

// forget drops what has not been used for long. The lock is held.
func (s *runs) forget() {
	now := s.now()
	s.all = slices.DeleteFunc(s.all, func(r *run) bool { return now.Sub(r.used) >= runLife })
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
