package config

import (
	"net/url"
	"strings"
)

// checkIssuer holds the issuer to OpenID Connect Discovery 1.0 §3 and RFC 8414 §2, and to what makes comparison simple.
func (l *loader) checkIssuer() {
	issuer := l.config.Issuer
	if issuer == "" {
		l.wrong("issuer", Problem{Got: "is not set, and server.listen is not a loopback address with a port", Allowed: "the URL under which relying parties reach this server", Fix: `write issuer = "https://id.example.com"`}, "server.listen")
		return
	}
	if why, fix := issuerFault(issuer); why != "" {
		l.wrong("issuer", Problem{Got: "got " + describeURL(issuer) + ", " + why, Allowed: "https://host or https://host/path, http on a loopback host", Fix: fix})
	}
}

func issuerFault(issuer string) (why, fix string) {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return "which is not a URL with a host", `write issuer = "https://id.example.com"`
	case u.User != nil:
		return "which holds a user name", "remove what stands before the @"
	case u.Scheme != "https" && u.Scheme != "http":
		return "whose scheme is not https", "begin it with https://"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "which is not https", "begin it with https://; http is for loopback hosts"
	case strings.ContainsAny(issuer, "?#"):
		return "which has a query or a fragment", "remove it from the ? or # on"
	case strings.HasSuffix(issuer, "/"):
		return "which ends in a slash", "remove the slash at the end"
	case u.Host != strings.ToLower(u.Host):
		return "whose host has capital letters", "write the host in small letters"
	case strings.Contains(u.EscapedPath(), "//") || strings.Contains(issuer, "/.") || strings.Contains(issuer, "%"):
		return "whose path is not plain", "remove empty parts, dots and escapes from the path"
	}
	return "", ""
}

// describeURL shows a URL without the password that it may hold.
func describeURL(raw string) string {
	if scheme, rest, found := strings.Cut(raw, "://"); found {
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			raw = scheme + "://" + hidden + rest[at:]
		}
	}
	return shorten(raw)
}

// redirectFault tells why a URI cannot be a redirect URI (RFC 9700 §2.1, RFC 8252 §7), or "".
func redirectFault(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Scheme == "":
		return "which is not an absolute URI"
	case strings.ContainsAny(raw, " \\\t\r\n"):
		return "which has a space or a backslash in it"
	case strings.Contains(raw, "#"):
		return "which has a fragment"
	case strings.Contains(raw, "*"):
		return "which has a wildcard"
	case u.User != nil:
		return "which holds a user name"
	}
	switch u.Scheme {
	case "https":
		return ifTrue(u.Hostname() == "", "which has no host")
	case "http":
		return ifTrue(!isLoopback(u.Hostname()), "which is neither https nor on a loopback host")
	}
	return ifTrue(!strings.Contains(u.Scheme, "."), "whose scheme is not a private one with a dot, such as com.example.app")
}

func ifTrue(condition bool, words string) string {
	if condition {
		return words
	}
	return ""
}
