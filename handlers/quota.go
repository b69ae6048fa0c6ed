package handlers

import (
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

// quota bounds how often strangers may do what takes room: those of one network, and all of them together.
type quota struct {
	each *failures
	all  *rate.Limiter
}

func newQuota(each, all Rate) quota {
	q := quota{each: newFailures(each), all: rate.NewLimiter(rate.Inf, 0)}
	if all.Count > 0 {
		q.all = rate.NewLimiter(rate.Limit(float64(all.Count)/all.Per.Seconds()), all.Count)
	}
	return q
}

// take counts once more, or refuses. shared tells whether it is counted together with what all others do, too.
func (q quota) take(r *http.Request, now time.Time, shared bool) error {
	s := source{network: networkOf(r)}
	wait := q.each.waitOf(s, now)
	if wait == 0 && shared && !q.all.AllowN(now, 1) {
		wait = time.Duration(float64(time.Second) / float64(q.all.Limit()))
	}
	if wait > 0 {
		return &waitError{refuse("E-LIMIT-01"), wait}
	}
	q.each.countOf(s, now)
	return nil
}
