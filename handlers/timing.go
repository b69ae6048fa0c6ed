package handlers

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// timingBounds are the upper bounds of the buckets of a timing.
var timingBounds = []time.Duration{
	500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 10 * time.Second,
}

// timing counts how long the answers of a route took: a Prometheus histogram.
type timing struct {
	route   string
	buckets []atomic.Uint64 // one for each bound, and one for what is above them all
	nanos   atomic.Int64
}

func newTiming(route string) *timing {
	return &timing{route: route, buckets: make([]atomic.Uint64, len(timingBounds)+1)}
}

func (t *timing) observe(d time.Duration) {
	i := 0
	for i < len(timingBounds) && d > timingBounds[i] {
		i++
	}
	t.buckets[i].Add(1)
	t.nanos.Add(int64(d))
}

// writeTimings writes the histogram signet_http_request_seconds. Routes that share a path share their lines.
func writeTimings(w io.Writer, timings []*timing) {
	const name = "signet_http_request_seconds"
	for _, t := range merged(timings) {
		total := uint64(0)
		for i, bound := range timingBounds {
			total += t.buckets[i].Load()
			fmt.Fprintf(w, "%s_bucket{le=\"%g\",route=%q} %d\n", name, bound.Seconds(), t.route, total)
		}
		total += t.buckets[len(timingBounds)].Load()
		fmt.Fprintf(w, "%s_bucket{le=\"+Inf\",route=%q} %d\n", name, t.route, total)
		fmt.Fprintf(w, "%s_sum{route=%q} %g\n", name, t.route, time.Duration(t.nanos.Load()).Seconds())
		fmt.Fprintf(w, "%s_count{route=%q} %d\n", name, t.route, total)
	}
}

func merged(timings []*timing) []*timing {
	byRoute := map[string]*timing{}
	var out []*timing
	for _, t := range timings {
		sum := byRoute[t.route]
		if sum == nil {
			sum = newTiming(t.route)
			byRoute[t.route] = sum
			out = append(out, sum)
		}
		for i := range t.buckets {
			sum.buckets[i].Add(t.buckets[i].Load())
		}
		sum.nanos.Add(t.nanos.Load())
	}
	return out
}
