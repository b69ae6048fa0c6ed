package templates

import (
	"strings"
	"time"
)

// Dev is the index of development mode: links, the clock with form#clock (button "advance", a duration of Go), people and
// what happened lately.
type Dev struct {
	Base
	Links []Link
	Clock Clock
	// People can be picked on the sign-in page.
	People []Account
	Events []Event
}

// Clock is the clock that development mode can move forward.
type Clock struct {
	// Now is what the server believes, Offset how far that is from the machine's time.
	Now    time.Time
	Offset time.Duration
	// Action is the local path to post "advance" to. It may be empty: then the clock is only shown.
	Action string
	// Steps are the durations offered, for example "1m", "1h", "24h".
	Steps []string
}

// Moved reports whether the clock is ahead.
func (c Clock) Moved() bool { return c.Offset != 0 }

// Ahead is the offset to the second, as short as Go's notation allows: "26h".
func (c Clock) Ahead() string {
	s := c.Offset.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Event is a line of what happened.
type Event struct {
	Time   time.Time
	Kind   string // a stable word: "sign-in", "token"
	Detail string
	// Code is the stable code of a refusal.
	Code string
	// Reference is the request's id.
	Reference string
}

// Template implements Page.
func (Dev) Template() string { return "dev" }
