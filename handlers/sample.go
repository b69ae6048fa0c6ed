package handlers

import "sync"

// notedPerSecond is how many refusals are logged in one second.
const notedPerSecond = 50

// sampler lets a number of things through in each second, and counts the others.
type sampler struct {
	mu      sync.Mutex
	second  int64
	passed  int
	skipped int
}

// allow tells whether one more may pass at a time in Unix seconds, and how many were skipped since the last that did.
func (s *sampler) allow(second int64) (ok bool, skipped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if second != s.second {
		s.second, s.passed = second, 0
	}
	if s.passed == notedPerSecond {
		s.skipped++
		return false, 0
	}
	s.passed++
	skipped, s.skipped = s.skipped, 0
	return true, skipped
}
