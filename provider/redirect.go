package provider

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// MatchRedirect tells whether a requested redirect URI is the registered one: byte for byte (RFC 9700 §2.1), save that the
// port of a registered http loopback address is free (RFC 8252 §7.3).
func MatchRedirect(registered, requested string) bool {
	if registered == requested {
		return true
	}
	want, ok := cutLoopback(registered)
	if !ok {
		return false
	}
	got, ok := cutLoopback(requested)
	return ok && want == got
}

// loopback is an http URI with a literal loopback address, without its port.
type loopback struct{ host, rest string }

// cutLoopback takes a URI apart by bytes, so that no parser's opinion comes between: "http://", the literal 127.0.0.1 or
// [::1], perhaps a colon and a port from 1 to 65535, then the end or a slash or a question mark.
func cutLoopback(uri string) (loopback, bool) {
	rest, ok := strings.CutPrefix(uri, "http://")
	if !ok {
		return loopback{}, false
	}
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		tail, ok := strings.CutPrefix(rest, host)
		if !ok {
			continue
		}
		tail, ok = cutPort(tail)
		if ok && (tail == "" || tail[0] == '/' || tail[0] == '?') {
			return loopback{host, tail}, true
		}
	}
	return loopback{}, false
}

func cutPort(s string) (string, bool) {
	digits, ok := strings.CutPrefix(s, ":")
	if !ok {
		return s, true
	}
	n := 0
	for n < len(digits) && digits[n] >= '0' && digits[n] <= '9' {
		n++
	}
	port, err := strconv.Atoi(digits[:n])
	if err != nil || n > 5 || port < 1 || port > 65535 || digits[0] == '0' {
		return "", false
	}
	return digits[n:], true
}

// findRedirect returns the registered URI that the requested one matches.
func (c *Client) findRedirect(requested string) (string, bool) {
	for _, registered := range c.RedirectURIs {
		if MatchRedirect(registered, requested) {
			return registered, true
		}
	}
	return "", false
}

// CheckRedirect says whether a URI may be registered as a redirect URI. The *Error it returns quotes it.
func CheckRedirect(uri string) error {
	if why := redirectFault(uri); why != "" {
		return refuse("E-REDIR-03").got("%s", uri).allowed("https, http on a loopback host, or a private scheme with a dot").fix("%s", why)
	}
	return nil
}

func redirectFault(uri string) string {
	if uri == "" || len(uri) > 2000 {
		return "give 1 to 2000 bytes"
	}
	for _, b := range []byte(uri) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte("\"'<>\\^`{|}*", b) >= 0 {
			return "write other characters percent-encoded; wildcards are not supported"
		}
	}
	u, err := url.Parse(uri)
	switch {
	case err != nil || !u.IsAbs():
		return "give an absolute URI"
	case u.Fragment != "" || strings.Contains(uri, "#"):
		return "leave the fragment out"
	case u.User != nil:
		return "leave user name and password out"
	}
	return schemeFault(u)
}

func schemeFault(u *url.URL) string {
	if port, err := strconv.ParseUint(orDefault(u.Port(), "1"), 10, 16); err != nil || port == 0 || strings.HasPrefix(u.Port(), "0") || strings.HasSuffix(u.Host, ":") {
		return "use a port from 1 to 65535, without zeros before it"
	}
	switch u.Scheme {
	case "https":
		if u.Opaque != "" || !plainHost(u.Hostname()) {
			return "name a host: a domain name, or an IP address as it is usually written"
		}
	case "http":
		if !LoopbackHost(u.Hostname()) || !plainHost(u.Hostname()) {
			return "use https, or http with 127.0.0.1, [::1] or localhost"
		}
	default:
		if !strings.Contains(u.Scheme, ".") {
			return "a private scheme is a reversed domain name, as in com.example.app:/callback (RFC 8252 section 7.1)"
		}
	}
	return ""
}

// plainHost tells whether a host means the same to everybody. Browsers take 127.1, 0x7f.1 and 2130706433 for addresses, and
// write them and some others in another way than they were given.
func plainHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.String() == host && !addr.Is4In6() && addr.Zone() == ""
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	for _, label := range labels {
		if label == "" || strings.ContainsFunc(label, func(r rune) bool { return !hostRune(r) }) {
			return false
		}
	}
	last := labels[len(labels)-1]
	return last[0] < '0' || last[0] > '9'
}

func hostRune(r rune) bool {
	return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// LoopbackHost tells whether a host is this machine for certain: a literal loopback address, localhost or a name below it
// (RFC 6761 §6.3).
func LoopbackHost(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
