package conformance

import (
	"net/url"
	"slices"
	"strings"
)

// params are a request's parameters in the order in which they are sent.
type params [][2]string

// set changes a parameter, or adds it at the end.
func (p *params) set(name, value string) {
	for i := range *p {
		if (*p)[i][0] == name {
			(*p)[i][1] = value
			return
		}
	}
	*p = append(*p, [2]string{name, value})
}

func (p *params) drop(name string) {
	*p = slices.DeleteFunc(*p, func(pair [2]string) bool { return pair[0] == name })
}

func (p params) get(name string) string {
	for _, pair := range p {
		if pair[0] == name {
			return pair[1]
		}
	}
	return ""
}

func (p params) encode() string {
	parts := make([]string, len(p))
	for i, pair := range p {
		parts[i] = url.QueryEscape(pair[0]) + "=" + url.QueryEscape(pair[1])
	}
	return strings.Join(parts, "&")
}
