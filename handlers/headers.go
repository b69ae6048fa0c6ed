package handlers

import (
	"net/http"
	"net/url"
	"strings"
)

// header is one that every answer of a route has. Its value is shared: nobody may append to it.
type header struct {
	name  string
	value []string
}

func h1(name, value string) header { return header{name, []string{value}} }

// headersOf lists the headers of a route. They are made once; what is particular to an answer is set by its handler.
func headersOf(route Route, hsts bool) []header {
	out := []header{h1("X-Content-Type-Options", "nosniff")}
	if hsts {
		out = append(out, h1("Strict-Transport-Security", "max-age=31536000"))
	}
	out = append(out, cacheHeaders(route.Policy.Cache)...)
	if route.Audience.pages() {
		return append(out, pageHeaders(route.Audience)...)
	}
	out = append(out, h1("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"))
	switch route.Policy.CrossSite {
	case MayRead:
		return append(out, h1("Access-Control-Allow-Origin", "*"), h1("Cross-Origin-Resource-Policy", "cross-origin"))
	case MayCall:
		out = append(out, h1("Vary", "Origin"))
	}
	return append(out, h1("Cross-Origin-Resource-Policy", "same-origin"))
}

func cacheHeaders(c Cache) []header {
	switch c {
	case Shortly:
		return []header{h1("Cache-Control", "public, max-age=300")}
	case ForEver:
		return []header{h1("Cache-Control", "public, max-age=31536000, immutable")}
	}
	return []header{h1("Cache-Control", "no-store"), h1("Pragma", "no-cache")}
}

// pageHeaders are those of everything that a browser shows. The Content-Security-Policy is that of an empty page, until
// one is rendered. Pages in a flow keep their opener, or an application that opened them in a window would wait for ever.
func pageHeaders(a Audience) []header {
	out := []header{
		h1("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
		h1("X-Frame-Options", "DENY"),
		h1("Referrer-Policy", "same-origin"),
		h1("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "+
			"publickey-credentials-get=(self), publickey-credentials-create=(self)"),
		h1("Cross-Origin-Resource-Policy", "same-origin"),
	}
	if a == ForPeople {
		out = append(out, h1("Cross-Origin-Opener-Policy", "same-origin"))
	}
	return out
}

func setHeaders(to http.Header, list []header) {
	for _, h := range list {
		to[h.name] = h.value
	}
}

// demandsTLS tells whether browsers are told to come by TLS for ever (HSTS, RFC 6797). They would take that for every port of
// the host: on localhost for whatever else a developer runs there.
func demandsTLS(issuer *url.URL) bool {
	host := issuer.Hostname()
	return issuer.Scheme == "https" && host != "localhost" && !strings.HasSuffix(host, ".localhost")
}
