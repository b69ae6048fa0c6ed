package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// progress shows how far a long command is: a bar at a terminal, a line every five seconds elsewhere, events with
// --format json.
type progress struct {
	*program
	verb     string
	total    int
	done     int
	atScreen bool
	started  time.Time
	last     time.Time
}

const progressEvery = 5 * time.Second

func (p *program) progress(verb string, total int) *progress {
	now := time.Now()
	return &progress{program: p, verb: verb, total: total, atScreen: terminal(p.err) && p.format != "json", started: now, last: now}
}

// progressEvent is a line of --format json.
type progressEvent struct {
	Event string `json:"event"`
	Phase string `json:"phase"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

func (p *progress) move(done int) {
	now := time.Now()
	p.done = done
	switch {
	case p.format == "json":
		_ = json.NewEncoder(p.out).Encode(progressEvent{"progress", p.verb, done, p.total})
	case p.atScreen:
		fmt.Fprintf(p.err, "\r\x1b[K%s", p.line(done, now))
	case now.Sub(p.last) >= progressEvery:
		p.last = now
		fmt.Fprintln(p.err, p.line(done, now))
	}
}

// end clears the bar, for what comes after it.
func (p *progress) end() {
	if p.atScreen {
		fmt.Fprint(p.err, "\r\x1b[K")
	}
}

const barWidth = 30

func (p *progress) line(done int, now time.Time) string {
	filled := barWidth * done / max(p.total, 1)
	rate := float64(done) / max(now.Sub(p.started).Seconds(), 0.001)
	left := time.Duration(float64(p.total-done) / max(rate, 0.001) * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("[%s%s] %d of %d %s, %.0f a second, %s left", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled),
		done, p.total, p.verb, rate, left)
}
