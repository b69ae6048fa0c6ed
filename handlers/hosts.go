package handlers

import (
	"fmt"
	"net/url"
	"strings"
)

// hosts are the values of the Host header that are answered. Others are a browser that was lied to about our address, or a
// proxy that mixes sites up (RFC 9110 §15.5.20).
type hosts map[string]bool

// newHosts takes the issuer's host, and more from the configuration.
func newHosts(issuer *url.URL, more []string) (hosts, error) {
	h := hosts{}
	for _, host := range append([]string{issuer.Host}, more...) {
		host = strings.ToLower(host)
		if host == "" || strings.ContainsAny(host, "/@?# ") {
			return nil, fmt.Errorf("handlers: host %q: not a host", host)
		}
		h[host] = true
		if port := defaultPort(issuer.Scheme); strings.HasSuffix(host, port) {
			h[strings.TrimSuffix(host, port)] = true
		} else if !hasPort(host) {
			h[host+port] = true
		}
	}
	return h, nil
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return ":443"
	}
	return ":80"
}

// hasPort looks behind an IPv6 address's bracket.
func hasPort(host string) bool {
	return strings.Contains(host[strings.LastIndexByte(host, ']')+1:], ":")
}

func (h hosts) has(host string) bool { return h[host] || h[strings.ToLower(host)] }
