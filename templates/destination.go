package templates

import (
	"fmt"
	"net/url"
	"strings"
)

// Destination is an address that a browser may be sent to: http or https with a host, or an app's own scheme that has a dot
// (RFC 8252 §7.1). It decides nothing: the caller has matched the address against the client's record before. The zero
// value is no destination.
//
// html/template blanks every scheme but http, https and mailto. A Destination is therefore written as scheme, a literal colon
// and the rest (the partials of html/destination.html), and this file is the one place that lets a scheme through. The rest is
// written as it is, except that html/template writes ' ( ) with percent signs.
type Destination struct {
	uri    string
	scheme string
	host   string
}

// ParseDestination checks an address. Its errors name no part of it.
func ParseDestination(uri string) (Destination, error) {
	if strings.ContainsFunc(uri, notASCII) || strings.ContainsAny(uri, " \\\"<>`{}|^") {
		return Destination{}, fmt.Errorf("templates: destination: a character that no address has")
	}
	u, err := url.Parse(uri)
	if err != nil {
		return Destination{}, fmt.Errorf("templates: destination: not an address")
	}
	d := Destination{uri: uri, scheme: u.Scheme, host: u.Host}
	switch {
	case !strings.HasPrefix(strings.ToLower(uri), u.Scheme+":"):
		return Destination{}, fmt.Errorf("templates: destination: no scheme")
	case u.User != nil:
		return Destination{}, fmt.Errorf("templates: destination: has user information")
	case u.Scheme == "https" || u.Scheme == "http":
		if u.Hostname() == "" || u.Opaque != "" {
			return Destination{}, fmt.Errorf("templates: destination: no host")
		}
	case !strings.Contains(u.Scheme, "."):
		return Destination{}, fmt.Errorf("templates: destination: scheme not allowed")
	}
	return d, nil
}

// IsZero reports whether there is no destination.
func (d Destination) IsZero() bool { return d.uri == "" }

// String is the address as it was given.
func (d Destination) String() string { return d.uri }

// IsApp reports whether the address is an app's own scheme.
func (d Destination) IsApp() bool { return strings.Contains(d.scheme, ".") }

// Host is what to show a person: host and port, or the scheme of an app.
func (d Destination) Host() string {
	if d.IsApp() {
		return d.scheme
	}
	return d.host
}

// Scheme is the address up to its first colon.
func (d Destination) Scheme() string { return d.scheme }

// Rest is the address after its first colon.
func (d Destination) Rest() string { return d.uri[min(len(d.scheme)+1, len(d.uri)):] }

// Source is the address's origin as a source expression of a Content-Security-Policy. The grammar has no IPv6 addresses and
// no hosts for private schemes; for those it is the scheme alone (CSP Level 3 §2.3.1).
func (d Destination) Source() string {
	switch {
	case d.IsZero():
		return ""
	case d.IsApp(), strings.HasPrefix(d.host, "["):
		return d.scheme + ":"
	}
	return d.scheme + "://" + d.host
}
