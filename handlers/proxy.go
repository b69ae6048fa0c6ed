package handlers

import (
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the peers that are believed when they say for whom they ask.
type proxies []netip.Prefix

func (p proxies) trust(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// client returns the address that a request comes from. Only a trusted peer's headers count, and of the addresses that
// they list the last one that is not itself a trusted proxy: what stands before it, anybody may have written there.
func (p proxies) client(r *http.Request) netip.Addr {
	peer := peerAddr(r.RemoteAddr)
	if len(p) == 0 || !p.trust(peer) {
		return peer
	}
	hops := forwardedFor(r.Header)
	for i := len(hops) - 1; i >= 0; i-- {
		a, ok := parseHop(hops[i])
		if !ok {
			return peer
		}
		peer = a
		if !p.trust(a) {
			break
		}
	}
	return peer
}

// secure tells whether the browser spoke TLS, to us or to a trusted proxy.
func (p proxies) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if len(p) == 0 || !p.trust(peerAddr(r.RemoteAddr)) {
		return false
	}
	if f := r.Header["Forwarded"]; len(f) > 0 {
		return lastOf(forwardedParams(f, "proto")) == "https"
	}
	return lastOf(split(r.Header["X-Forwarded-Proto"])) == "https"
}

// peerAddr is the address of a connection; the zero value for one without, as a unix socket's.
func peerAddr(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// forwardedFor lists the addresses of Forwarded (RFC 7239), or without it of X-Forwarded-For, the nearest last.
func forwardedFor(h http.Header) []string {
	if f := h["Forwarded"]; len(f) > 0 {
		return forwardedParams(f, "for")
	}
	return split(h["X-Forwarded-For"])
}

// forwardedParams returns one parameter of each element of a Forwarded header; empty where an element has none.
func forwardedParams(lines []string, name string) []string {
	var out []string
	for _, element := range split(lines) {
		value := ""
		for pair := range strings.SplitSeq(element, ";") {
			k, v, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if strings.EqualFold(k, name) {
				value = strings.Trim(v, `"`)
			}
		}
		out = append(out, value)
	}
	return out
}

// split takes a list header apart. A quoted comma does not occur in what is read here: an element broken by one is
// malformed, and malformed elements are not believed.
func split(lines []string) []string {
	var out []string
	for _, line := range lines {
		for v := range strings.SplitSeq(line, ",") {
			out = append(out, strings.TrimSpace(v))
		}
	}
	return out
}

func lastOf(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return strings.ToLower(s[len(s)-1])
}

// parseHop reads an address with or without port; IPv6 in brackets or bare.
func parseHop(s string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	return a.Unmap().WithZone(""), err == nil
}
