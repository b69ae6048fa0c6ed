package main

import (
	"slices"
	"strings"
)

// jar keeps the cookies of one browser at one server. Unlike net/http/cookiejar it gives Secure cookies back to
// http://127.0.0.1, as browsers do for loopback hosts.
type jar struct {
	names, values []string
}

// take keeps, replaces or forgets cookies as Set-Cookie says (RFC 6265 §5.3).
func (j *jar) take(setCookie []string) {
	for _, line := range setCookie {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		gone := value == "" || strings.Contains(strings.ToLower(attributes), "max-age=0")
		i := slices.Index(j.names, name)
		switch {
		case gone && i >= 0:
			j.names, j.values = slices.Delete(j.names, i, i+1), slices.Delete(j.values, i, i+1)
		case gone:
		case i >= 0:
			j.values[i] = value
		default:
			j.names, j.values = append(j.names, name), append(j.values, value)
		}
	}
}

// value is what the header Cookie holds; "" if there are no cookies.
func (j *jar) value() string {
	pairs := make([]string, len(j.names))
	for i, name := range j.names {
		pairs[i] = name + "=" + j.values[i]
	}
	return strings.Join(pairs, "; ")
}

func (j *jar) clone() *jar {
	return &jar{names: slices.Clone(j.names), values: slices.Clone(j.values)}
}
