package config

import (
	"strconv"
	"strings"
	"time"
)

// Rate is a number of events allowed in a time. The zero Rate sets no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// Off tells that nothing is limited.
func (r Rate) Off() bool { return r.Count == 0 }

// ParseRate reads "10/15m", "5/s" (one second) or "off". Counts above a million and times above 30 days are refused with
// ok false.
func ParseRate(s string) (r Rate, ok bool) {
	if s == "off" {
		return Rate{}, true
	}
	count, per, found := strings.Cut(s, "/")
	n, err := strconv.ParseUint(count, 10, 32)
	if !found || err != nil || n == 0 || n > 1_000_000 {
		return Rate{}, false
	}
	if per == "s" || per == "m" || per == "h" || per == "d" {
		per = "1" + per
	}
	d, ok := ParseDuration(per)
	if !ok || d < time.Second || d > 30*day {
		return Rate{}, false
	}
	return Rate{Count: int(n), Per: d}, true
}

// String writes the rate as ParseRate reads it.
func (r Rate) String() string {
	if r.Off() {
		return "off"
	}
	return strconv.Itoa(r.Count) + "/" + FormatDuration(r.Per)
}
