package config

import (
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// maxDays keeps a sum of days and hours far from the largest time.Duration.
const maxDays = 36500

// ParseDuration reads what time.ParseDuration reads, and whole days before it: "30d", "1d12h", "90s". A number without a
// unit other than 0, a sign and anything longer than a hundred years are refused with ok false.
func ParseDuration(s string) (d time.Duration, ok bool) {
	if strings.ContainsAny(s, "+-") {
		return 0, false
	}
	days, rest, found := strings.Cut(s, "d")
	if !found {
		days, rest = "", s
	}
	if found {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil || n > maxDays {
			return 0, false
		}
		d = time.Duration(n) * day
		if rest == "" {
			return d, true
		}
	}
	tail, err := time.ParseDuration(rest)
	if err != nil || tail < 0 || tail > maxDays*day {
		return 0, false
	}
	return d + tail, true
}

// FormatDuration writes d so that ParseDuration reads it back, without idle parts: "30d", "1h30m", "10s".
func FormatDuration(d time.Duration) string {
	days, rest := d/day, d%day
	if rest == 0 && days > 0 {
		return strconv.Itoa(int(days)) + "d"
	}
	tail := rest.String()
	if strings.HasSuffix(tail, "m0s") {
		tail = strings.TrimSuffix(tail, "0s")
	}
	if strings.HasSuffix(tail, "h0m") {
		tail = strings.TrimSuffix(tail, "0m")
	}
	if days > 0 {
		return strconv.Itoa(int(days)) + "d" + tail
	}
	return tail
}
