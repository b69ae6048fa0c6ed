package playground

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Limits of what is parked.
const (
	parkedLife = time.Minute
	maxParked  = 100
)

// parked are answers that were posted by another site: no cookie comes with such a form (SameSite=Lax), so nobody can tell
// whose browser it was. The browser is sent on by GET, which brings its cookie, with the handle of its answer. To find the run
// by its state alone would be a mistake: a state says which request is meant, the cookie that it was this browser's
// (RFC 9700 §4.7). Who made somebody else's browser bring an answer would find it in a run of his own.
type parked struct {
	now func() time.Time

	mu  sync.Mutex
	all []parkedAnswer // the oldest first
}

type parkedAnswer struct {
	handle string
	since  time.Time
	arrival
}

// put keeps an answer. Beyond the limit the oldest goes.
func (s *parked) put(handle string, got arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	if len(s.all) >= maxParked {
		s.all = slices.Delete(s.all, 0, 1)
	}
	s.all = append(s.all, parkedAnswer{handle, s.now(), got})
}

// take returns an answer, once.
func (s *parked) take(handle string) (arrival, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	i := slices.IndexFunc(s.all, func(a parkedAnswer) bool { return a.handle == handle })
	if i < 0 {
		return arrival{}, false
	}
	got := s.all[i].arrival
	s.all = slices.Delete(s.all, i, i+1)
	return got, true
}

// forget drops what nobody came for. The lock is held.
func (s *parked) forget() {
	now := s.now()
	s.all = slices.DeleteFunc(s.all, func(a parkedAnswer) bool { return now.Sub(a.since) >= parkedLife })
}

// park keeps an answer that came without a cookie, and sends the browser on to bring it.
func (s pages) park(w http.ResponseWriter, got arrival) error {
	handle, err := s.random(16)
	if err != nil {
		return err
	}
	got.alone = true
	s.parked.put(handle, got)
	return s.goTo(w, callbackPath+"?"+url.Values{fieldParked: {handle}}.Encode())
}
