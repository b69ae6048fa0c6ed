package torture

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// canary is a value that must come back neither as markup nor as a header.
const canary = "canary0f8e2a"

// names are parameters that some route knows.
var names = []string{"client_id", "client_secret", "client_assertion", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age", "display", "claims", "resource", "audience", "acr_values",
	"login_hint", "ui_locales", "id_token_hint", "request", "request_uri", "registration", "continue", "code_challenge", "code_challenge_method", "grant_type", "code", "code_verifier", "refresh_token", "username", "password",
	"token", "token_type_hint", "access_token", "identifier", "form_token", "switch", "person", "account", "decision", "remember", "post_logout_redirect_uri", "iss", "error", "dpop_jkt", "authorization_details", "__proto__", ""}

var (
	methods    = []string{"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "PROPFIND", "CONNECT", "M-SEARCH", strings.Repeat("X", 300)}
	mediaTypes = []string{"application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=UTF-8", "application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain",
		"application/x-www-form-urlencoded\r\nContent-Type: text/plain", "", ";;;", strings.Repeat("a/", 200)}
	headers = []string{"Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: " + canary, "X-Forwarded-For: 1.2.3.4, ::1", "X-Forwarded-Proto: https",
		"X-Forwarded-Host: evil.example", "Forwarded: for=\"[::1]:80\";proto=https;host=evil.example", "Accept: text/html", "Accept: application/json", "Accept: */*;q=x", "Accept-Language: de, *;q=0.1",
		"Accept-Encoding: gzip", "Accept-Language: " + strings.Repeat("de-x-", 900), "Range: bytes=0-0,2-5", "Range: bytes=9-1", "If-None-Match: *", "If-Match: *", "If-Modified-Since: Mon, 01 Jan 0001 00:00:00 GMT",
		"Authorization: Basic", "Authorization: Basic !!!!", "Authorization: Basic Og==", "Authorization: Bearer", "Authorization: Bearer  x", "Authorization: Negotiate x", "Authorization: DPoP x",
		"Upgrade: websocket\r\nConnection: Upgrade", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", "X-HTTP-Method-Override: DELETE", "User-Agent: " + strings.Repeat("U", 8000),
		"Cookie: signet=\"quoted\"", "Cookie: signet=a; signet=b; signet-browser=\x7f", "Cookie: " + strings.Repeat("signet=x; ", 500), "X-Request-Id: " + canary, "Referer: javascript:" + canary, "Te: trailers", "Expect: 100-continue",
		"X-\x80: 1", "Bad Header: 1", ": 1", " folded", "Content-Encoding: gzip", "Service-Worker: script", "Purpose: prefetch", "Max-Forwards: 0", "Traceparent: 00-0-0-0"}
	hosts    = []string{"evil.example", "", "localhost", "127.0.0.1", "[::1]:80", "a b", strings.Repeat("h", 300), "evil.example@", "%00", "127.0.0.1:65536"}
	versions = []string{"HTTP/1.0", "HTTP/1.9", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.1 x", "X"}
	framings = [][]string{{"Content-Length: 5"}, {"Content-Length: 99999999"}, {"Content-Length: -1"}, {"Content-Length: 1", "Content-Length: 2"}, {"Transfer-Encoding: chunked"}, {"Transfer-Encoding: gzip, chunked"},
		{"Transfer-Encoding: identity"}, {"Content-Length: 3", "Transfer-Encoding: chunked"}, {"Transfer-Encoding: xchunked"}, {"Content-Length: 0x10"}, {"Connection: close"}, {"Transfer-Encoding: chunked", "Trailer: Authorization"}}
	paths = []string{"//authorize", "/authorize/", "/./authorize", "/x/../authorize", "/%61uthorize", "/authorize;a=b", "/authorize%2f", "/AUTHORIZE", "/static/../../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd",
		"/static/..%2f..%2fetc%2fpasswd", "/docs/errors/%2e%2e%2f", "/docs/errors/E-REDIR-01%00", "/.git/config", "/signet.db", "/data/master.key", "/debug/pprof/", "/metrics", "/api/v1/users", "/dev", "/playground",
		"*", "http://evil.example/authorize", "https://evil.example:99999/", "authorize", "/%", "/%zz", "/\xff\xfe", "/\x00", "/a b", "/" + strings.Repeat("a/", 2000), "/" + strings.Repeat("..%2f", 300), "/" + strings.Repeat("x", 12000),
		"/.well-known/openid-configuration/", "/.well-known/../jwks", "/jwks?x=" + strings.Repeat("y", 9000), "/?" + strings.Repeat("&", 3000), "\\\\evil", "/\\evil.example", "//evil.example/%2e%2e"}
)

// grammar makes requests that are almost right. Everything follows from its source of randomness.
type grammar struct {
	*corpus
	rnd  *rand.Rand
	host string
}

// sentence is a request while it is spoilt.
type sentence struct {
	good
	rough
	// raw are fields that are sent as they are, between what separates them.
	raw                  []string
	separator, mediaType string
	inQuery              bool
}

// next makes a request with a few faults; some have none, and some have many.
func (g *grammar) next() *rough {
	s := &sentence{good: pick(g.rnd, g.requests), rough: rough{host: g.host}, separator: "&", mediaType: mediaTypes[0]}
	s.form, s.good.header, s.inQuery = slices.Clone(s.form), slices.Clone(s.good.header), s.good.method != "POST"
	for range pick(g.rnd, []int{0, 1, 1, 1, 1, 1, 2, 2, 3, 12}) {
		pick(g.rnd, faults)(g, s)
	}
	return s.build()
}

// build puts a request together.
func (s *sentence) build() *rough {
	r := &s.rough
	pairs := s.raw
	for _, f := range s.form {
		pairs = append(pairs, encode([][2]string{f}))
	}
	form := strings.Join(pairs, s.separator)
	r.method, r.target = s.good.method, cmp.Or(r.target, s.path)
	if s.cookie != "" {
		r.header = append(r.header, "Cookie: "+s.cookie)
	}
	switch {
	case s.inQuery && form != "":
		r.target += "?" + form
	case !s.inQuery:
		r.body = form
		r.header = append(r.header, "Content-Type: "+s.mediaType)
	}
	r.target = strings.Map(plain, r.target)
	r.header = append(r.header, s.good.header...)
	return r
}

// plain leaves in a request line what does not end it.
func plain(c rune) rune {
	if c == ' ' || c == '\n' || c == '\r' {
		return '+'
	}
	return c
}

// faults are what can be wrong. The first ones, with the parameters, are the most frequent.
var faults = append(slices.Repeat([]func(*grammar, *sentence){
	func(g *grammar, s *sentence) { g.field(s, func(f *[2]string) { f[1] = g.mangle(f[1]) }) },
	func(g *grammar, s *sentence) { g.field(s, func(f *[2]string) { f[1] = g.mangle(f[1]) }) },
	func(g *grammar, s *sentence) { g.field(s, func(f *[2]string) { f[1] = pick(g.rnd, g.sealed) }) },
	func(g *grammar, s *sentence) { g.field(s, func(f *[2]string) { f[1] = g.flip(pick(g.rnd, g.sealed)) }) },
	func(g *grammar, s *sentence) { g.field(s, func(f *[2]string) { f[0] = "" }) },
	func(g *grammar, s *sentence) {
		s.form = append(s.form, [2]string{pick(g.rnd, names), pick(g.rnd, g.sealed)})
	},
	func(g *grammar, s *sentence) { s.form = append(s.form, [2]string{pick(g.rnd, names), g.mangle("1")}) },
}, 3),
	func(g *grammar, s *sentence) { g.field(s, func(f *[2]string) { f[0] = g.mangle(f[0]) }) },
	func(g *grammar, s *sentence) { g.field(s, func(f *[2]string) { f[0] += "[]" }) },
	func(g *grammar, s *sentence) { g.field(s, func(f *[2]string) { s.form = append(s.form, *f) }) },
	func(g *grammar, s *sentence) { g.field(s, func(f *[2]string) { s.raw = append(s.raw, f[0]) }) },
	func(g *grammar, s *sentence) {
		g.field(s, func(f *[2]string) { s.raw = append(s.raw, f[0]+"="+g.mangle(f[1])) })
	},
	func(g *grammar, s *sentence) {
		s.raw = append(s.raw, pick(g.rnd, []string{"%", "a=%zz", "=", "a=%00", "a=%c0%af", "%26=1", "a;b=c", "\xff=\xff", "a=b=c"}))
	},
	func(g *grammar, s *sentence) { s.form = slices.Repeat(s.form, 20) },
	func(g *grammar, s *sentence) {
		g.rnd.Shuffle(len(s.form), func(i, j int) { s.form[i], s.form[j] = s.form[j], s.form[i] })
	},
	func(g *grammar, s *sentence) { s.form = nil },
	func(g *grammar, s *sentence) { s.separator = pick(g.rnd, []string{"&&", ";", "&=&", ","}) },
	func(_ *grammar, s *sentence) { s.inQuery = !s.inQuery },
	func(g *grammar, s *sentence) { s.mediaType = pick(g.rnd, mediaTypes) },
	func(g *grammar, s *sentence) { s.good.method = pick(g.rnd, methods) },
	func(g *grammar, s *sentence) { s.good.header = append(s.good.header, pick(g.rnd, headers)) },
	func(g *grammar, s *sentence) { s.good.header = append(s.good.header, pick(g.rnd, headers)) },
	func(_ *grammar, s *sentence) { s.good.header = nil },
	func(g *grammar, s *sentence) { s.cookie = pick(g.rnd, g.cookies) },
	func(g *grammar, s *sentence) { s.cookie = clean(g.mangle(s.cookie)) },
	func(g *grammar, s *sentence) { s.target = pick(g.rnd, paths) },
	func(g *grammar, s *sentence) {
		s.target = s.path + pick(g.rnd, []string{"/", "//", "/x", "%2f", ";", "%00", ".json", "/../x", "?x=1"})
	},
	func(g *grammar, s *sentence) { s.path = pick(g.rnd, g.requests).path },
	func(g *grammar, s *sentence) { s.rough.host = pick(g.rnd, hosts) },
	func(g *grammar, s *sentence) { s.framing = pick(g.rnd, framings) },
	func(g *grammar, s *sentence) { s.version = pick(g.rnd, versions) },
)

// field changes one of the parameters, if there are any; one without a name is left out.
func (g *grammar) field(s *sentence, change func(f *[2]string)) {
	if len(s.form) == 0 {
		return
	}
	i := g.rnd.IntN(len(s.form))
	change(&s.form[i])
	if s.form[i][0] == "" && s.form[i][1] != "" {
		s.form = slices.Delete(s.form, i, i+1)
	}
}

// clean keeps a value within its header.
func clean(v string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(v) }

// mangle makes something else of a value.
func (g *grammar) mangle(v string) string {
	switch g.rnd.IntN(16) {
	case 0:
		return ""
	case 1:
		return v + v
	case 2:
		return v[:g.rnd.IntN(len(v)+1)]
	case 3, 4, 5:
		return g.flip(v)
	case 6:
		return strings.Repeat("a", 1<<g.rnd.IntN(16))
	case 7:
		return v + "\r\nX-Injected: " + canary + "\r\n\r\n" + canary
	case 8:
		return `"><svg/onload=` + canary + `>`
	case 9:
		return "' OR 1=1;--" + v
	case 10:
		return v + "\x00" + v
	case 11:
		return "\xc0\xaf\xff\u202e\ufeff" + v
	case 12:
		return pick(g.rnd, []string{"https://evil.example/", "//evil.example", "javascript:" + canary, "http://127.0.0.1@evil.example/callback", "http://127.0.0.1/callback/../x", callback + "#f", callback + "?a=b", "http://127.0.0.1:70000/callback", "http://[::1/", "data:text/html," + canary})
	case 13:
		return strings.Repeat("[", 5000) + v
	case 14:
		return fmt.Sprint(g.rnd.Int64() - 1<<62)
	}
	return strings.ToUpper(v) + " " + v
}

// flip turns one bit.
func (g *grammar) flip(v string) string {
	if v == "" {
		return "?"
	}
	b := []byte(v)
	b[g.rnd.IntN(len(b))] ^= 1 << g.rnd.IntN(8)
	return string(b)
}
