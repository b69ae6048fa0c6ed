// Package robot is a browser for tests: it keeps cookies, follows redirects, reads pages and submits their forms, and holds
// the pages to their Content-Security-Policy as browsers do.
package robot

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Browser is one browser. It stays on the site that it was made for: a redirect to another site is where it stops, with
// that address as its URL, and Left is true. It fails its test when something happens that a browser would not allow.
type Browser struct {
	// Transport carries its requests; change it before the first one. Direct is a good one.
	Transport http.RoundTripper
	// Header is sent with every request.
	Header http.Header
	// Jar holds the cookies.
	Jar http.CookieJar
	// Trail is every answer since the last Get, Submit, Press or Send, the last one at the end.
	Trail []*http.Response

	tb   testing.TB
	base *url.URL
	url  *url.URL
	left bool
	body string
	doc  *html.Node
}

// New returns a browser without cookies for the site at base, "https://id.example.com".
func New(tb testing.TB, base string) *Browser {
	tb.Helper()
	u, err := url.Parse(base)
	if err != nil {
		tb.Fatalf("robot: base: %v", err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatalf("robot: %v", err)
	}
	return &Browser{Transport: http.DefaultTransport, Header: http.Header{"Accept": {"text/html,*/*"}}, Jar: jar, tb: tb, base: u, url: u}
}

// Direct calls a handler instead of a network, as a server with TLS or without would, by the address.
func Direct(h http.Handler) http.RoundTripper { return direct{h} }

type direct struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	body := r.Body
	if body == nil {
		body = http.NoBody
	}
	in := httptest.NewRequest(r.Method, r.URL.String(), body).WithContext(r.Context())
	in.Header, in.ContentLength = r.Header, r.ContentLength
	if r.Host != "" {
		in.Host = r.Host
	}
	out := httptest.NewRecorder()
	d.handler.ServeHTTP(out, in)
	resp := out.Result()
	resp.Request = r
	return resp, nil
}

// maxRedirects is where browsers give up.
const maxRedirects = 20

// Get opens an address, absolute or of this site.
func (b *Browser) Get(address string) *Browser {
	b.tb.Helper()
	return b.Send(b.request(http.MethodGet, b.resolve(address), nil, "none"))
}

// Post sends a form that is in no page, as a script of the site or a test may.
func (b *Browser) Post(address string, form url.Values) *Browser {
	b.tb.Helper()
	return b.Send(b.request(http.MethodPost, b.resolve(address), form, "same-origin"))
}

// PostFrom sends a form as a page of another site would: cookies of this site stay behind (SameSite=Lax), until a redirect
// makes it a GET.
func (b *Browser) PostFrom(origin, address string, form url.Values) *Browser {
	b.tb.Helper()
	r := b.request(http.MethodPost, b.resolve(address), form, "cross-site")
	r.Header.Set("Origin", origin)
	return b.follow(r, nil, false)
}

// Send sends a request of the caller's making with the browser's cookies, and follows redirects.
func (b *Browser) Send(r *http.Request) *Browser {
	b.tb.Helper()
	return b.follow(r, nil, true)
}

// request makes a request as a browser would for this site. from is what Sec-Fetch-Site says.
func (b *Browser) request(method string, to *url.URL, form url.Values, from string) *http.Request {
	b.tb.Helper()
	r, err := http.NewRequest(method, to.String(), strings.NewReader(form.Encode()))
	if err != nil {
		b.tb.Fatalf("robot: %v", err)
	}
	for name, values := range b.Header {
		r.Header[name] = values
	}
	r.Header.Set("Sec-Fetch-Site", from)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.base.Scheme+"://"+b.base.Host)
	}
	if from == "same-origin" && b.url.Host == b.base.Host { // Referrer-Policy: same-origin
		r.Header.Set("Referer", b.url.String())
	}
	return r
}

// follow sends a request and those that redirects lead to. allowed are the sources of form-action, if a form began it.
func (b *Browser) follow(r *http.Request, allowed []string, cookies bool) *Browser {
	b.tb.Helper()
	b.Trail, b.left, b.body, b.doc = nil, false, "", nil
	for range maxRedirects {
		b.checkAction(allowed, r.URL)
		resp := b.exchange(r, cookies)
		next, ok := b.redirect(r, resp)
		if !ok {
			return b
		}
		b.url = next
		if next.Host != b.base.Host || next.Scheme != b.base.Scheme {
			b.checkAction(allowed, next)
			b.left = true
			return b
		}
		r, cookies = b.request(http.MethodGet, next, nil, r.Header.Get("Sec-Fetch-Site")), true
	}
	b.tb.Fatalf("robot: more than %d redirects", maxRedirects)
	return b
}

// exchange sends one request and keeps what comes back.
func (b *Browser) exchange(r *http.Request, cookies bool) *http.Response {
	b.tb.Helper()
	if cookies {
		for _, c := range b.Jar.Cookies(r.URL) {
			r.AddCookie(c)
		}
	}
	resp, err := b.Transport.RoundTrip(r)
	if err != nil {
		b.tb.Fatalf("robot: %s %s: %v", r.Method, r.URL, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.tb.Fatalf("robot: %s %s: %v", r.Method, r.URL, err)
	}
	b.Jar.SetCookies(r.URL, resp.Cookies())
	b.Trail, b.url, b.body = append(b.Trail, resp), r.URL, string(body)
	if b.doc, err = html.Parse(strings.NewReader(b.body)); err != nil {
		b.tb.Fatalf("robot: %s: %v", r.URL, err)
	}
	return resp
}

// redirect returns where an answer leads. It fails the test for redirects that send a form's fields again.
func (b *Browser) redirect(r *http.Request, resp *http.Response) (*url.URL, bool) {
	b.tb.Helper()
	switch resp.StatusCode {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		b.tb.Fatalf("robot: %s %s: status %d sends the form on", r.Method, r.URL, resp.StatusCode)
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		next, err := r.URL.Parse(resp.Header.Get("Location"))
		if err != nil {
			b.tb.Fatalf("robot: location: %v", err)
		}
		return next, true
	}
	return nil, false
}

func (b *Browser) resolve(address string) *url.URL {
	b.tb.Helper()
	u, err := b.base.Parse(address)
	if err != nil {
		b.tb.Fatalf("robot: address: %v", err)
	}
	return u
}

// URL is the address of the page, or of another site to which it was sent.
func (b *Browser) URL() *url.URL { return b.url }

// Left tells whether a redirect led to another site.
func (b *Browser) Left() bool { return b.left }

// Status is that of the last answer.
func (b *Browser) Status() int { return b.Last().StatusCode }

// Last is the last answer; its body has been read.
func (b *Browser) Last() *http.Response { return b.Trail[len(b.Trail)-1] }

// Body is the last answer's.
func (b *Browser) Body() string { return b.body }

// Cookie returns the value of a cookie of the site, or empty.
func (b *Browser) Cookie(name string) string {
	for _, c := range b.Jar.Cookies(b.base) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}
