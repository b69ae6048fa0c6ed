package torture

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// inside is what only somebody who reads the program's inside would know.
var inside = regexp.MustCompile(`goroutine \d|\.go:\d|runtime error|panic|0x[0-9a-f]{8}|/(home|root|tmp|usr|var)/|signet\.db|master\.key|\b(provider|account|storage|handlers|fosite|keys|bolt|bbolt|json|mux): `)

// documents may be kept by caches for a while, and be read by scripts of any site.
var documents = []string{"/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/api/v1", "/api/v1/openapi.json"}

// judge tells what is wrong with an answer, whatever the request was.
func judge(r *rough, a answer) []string {
	var wrong []string
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if found := inside.FindString(a.body); found != "" && r.method != http.MethodHead {
		complain("the body shows %q", found)
	}
	if a.header.Get("X-Injected") != "" || strings.Contains(a.body, "<svg/onload="+canary) {
		complain("what was sent comes back as header or markup")
	}
	if a.header.Get("X-Request-Id") == "" {
		return append(wrong, judgeRefused(r, a)...)
	}
	if a.status >= 500 && (a.status != http.StatusServiceUnavailable || r.framing == nil) { // who has hung up is not served
		complain("status %d", a.status)
	}
	if to := a.header["Location"]; len(to) > 1 || len(to) == 1 && !allowedTarget(to[0]) {
		complain("Location %q", to)
	}
	return append(wrong, judgeHeaders(r, a)...)
}

// judgeRefused is for answers that do not come from a route: the request was not HTTP, or not what this server reads.
func judgeRefused(r *rough, a answer) []string {
	known := []int{http.StatusBadRequest, http.StatusExpectationFailed, http.StatusRequestHeaderFieldsTooLarge}
	if r.framing != nil {
		known = append(known, http.StatusNotImplemented)
	}
	if r.version != "" {
		known = append(known, http.StatusHTTPVersionNotSupported)
	}
	if !slices.Contains(known, a.status) || len(a.body) > 200 || a.header.Get("Location") != "" || a.header.Get("Set-Cookie") != "" {
		return []string{fmt.Sprintf("status %d without the headers of ours: %v", a.status, a.header)}
	}
	return nil
}

// allowedTarget tells whether a browser may be sent somewhere: to the client's registered address (with any port, RFC 8252
// §7.3), or to a page of this server.
func allowedTarget(to string) bool {
	u, err := url.Parse(to)
	if err != nil || strings.ContainsAny(to, "\\\r\n\t") {
		return false
	}
	if u.Scheme == "" && u.Host == "" {
		return strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//")
	}
	return u.Scheme == "http" && u.Hostname() == "127.0.0.1" && u.Path == "/callback" && u.User == nil
}

// judgeHeaders holds an answer of ours to the headers of its kind.
func judgeHeaders(r *rough, a answer) []string {
	want := map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
	path, _, _ := strings.Cut(r.target, "?")
	good := a.status < 300 || a.status == http.StatusNotModified
	switch {
	case a.status == http.StatusRequestedRangeNotSatisfiable || a.status == http.StatusPreconditionFailed:
		delete(want, "Cache-Control") // no cache keeps these unless told to
	case slices.Contains(documents, path) && good:
		want["Cache-Control"], want["Access-Control-Allow-Origin"] = "public, max-age=300", "*"
	case strings.HasPrefix(path, "/static/") && good:
		want["Cache-Control"] = "public, max-age=31536000, immutable"
	case strings.HasPrefix(path, "/logo/") && good:
		want["Cache-Control"] = "public, max-age=300"
	}
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		want["X-Frame-Options"], want["Referrer-Policy"], want["Content-Type"] = "DENY", "same-origin", "text/html; charset=utf-8"
	}
	var wrong []string
	for name, value := range want {
		if got := a.header[name]; len(got) != 1 || got[0] != value {
			wrong = append(wrong, fmt.Sprintf("%s: %q, want %q", name, got, value))
		}
	}
	if csp := a.header["Content-Security-Policy"]; len(csp) != 1 || !strings.Contains(csp[0], "default-src 'none'") || !strings.Contains(csp[0], "frame-ancestors 'none'") && csp[0] != "default-src 'none'; sandbox" || strings.Contains(csp[0], "unsafe") {
		wrong = append(wrong, fmt.Sprintf("Content-Security-Policy %q", csp))
	}
	for status, name := range map[int]string{http.StatusMethodNotAllowed: "Allow", http.StatusTooManyRequests: "Retry-After", http.StatusServiceUnavailable: "Retry-After"} {
		if a.status == status && a.header.Get(name) == "" {
			wrong = append(wrong, fmt.Sprintf("status %d without %s", status, name))
		}
	}
	for _, c := range a.header["Set-Cookie"] {
		if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || !strings.Contains(c, "Path=/") || strings.Contains(c, canary) {
			wrong = append(wrong, "Set-Cookie: "+c)
		}
	}
	return wrong
}

// TestJudge holds the judge to answers that are wrong: one that finds nothing proves nothing.
func TestJudge(t *testing.T) {
	sound := func() answer {
		return answer{status: 400, header: http.Header{"X-Request-Id": {"1"}, "X-Content-Type-Options": {"nosniff"}, "Cache-Control": {"no-store"},
			"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"}, "Content-Type": {"application/json"}}, body: "{}"}
	}
	r := &rough{method: "GET", target: "/token"}
	if wrong := judge(r, sound()); wrong != nil {
		t.Fatal(wrong)
	}
	for name, spoil := range map[string]func(a *answer){
		"fault":       func(a *answer) { a.status = 500 },
		"trace":       func(a *answer) { a.body = "goroutine 1 [running]" },
		"source":      func(a *answer) { a.body = "at token.go:12" },
		"cause":       func(a *answer) { a.body = "provider: code: spent" },
		"cache":       func(a *answer) { a.header.Del("Cache-Control") },
		"kept":        func(a *answer) { a.header.Set("Cache-Control", "public, max-age=300") },
		"policy":      func(a *answer) { a.header.Set("Content-Security-Policy", "default-src 'none'") },
		"frame":       func(a *answer) { a.header.Set("Content-Type", "text/html; charset=utf-8") },
		"elsewhere":   func(a *answer) { a.header.Set("Location", "https://evil.example/") },
		"protocol":    func(a *answer) { a.header.Set("Location", "//evil.example/") },
		"backslash":   func(a *answer) { a.header.Set("Location", `/\evil.example/`) },
		"user":        func(a *answer) { a.header.Set("Location", "http://x@127.0.0.1/callback") },
		"markup":      func(a *answer) { a.body = `<svg/onload=` + canary + `>` },
		"injected":    func(a *answer) { a.header.Set("X-Injected", "1") },
		"cookie":      func(a *answer) { a.header.Set("Set-Cookie", "signet=1; Path=/; SameSite=Lax") },
		"no allow":    func(a *answer) { a.status = 405 },
		"no retry":    func(a *answer) { a.status = 429 },
		"not of ours": func(a *answer) { a.header.Del("X-Request-Id"); a.status = 200 },
	} {
		a := sound()
		spoil(&a)
		if judge(r, a) == nil {
			t.Errorf("%s: nothing is found wrong with %v", name, a)
		}
	}
}
