package templates

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each page's policy lets its forms end where they have to end, and nothing else (A-J13, A-A22).
func TestPolicy(t *testing.T) {
	rp, app := sampleTo("https://orders.example.com:8443/cb?x"), sampleTo("com.example.app:/cb")
	for _, c := range []struct {
		page Page
		want string
	}{
		{Login{}, "'self'"}, {Login{Redirect: rp}, "'self' https:"}, {Login{Redirect: app}, "'self' com.example.app:"},
		{SelectAccount{Redirect: rp}, "'self' https:"}, {Login{Redirect: sampleTo("http://127.0.0.1:99/cb")}, "'self' http: https:"}, {Consent{Redirect: app}, "'self' com.example.app:"},
		{SignOut{Redirect: rp}, "'self' https:"}, {FormPost{Action: rp}, "https://orders.example.com:8443"},
		{FormPost{}, "'none'"}, {Leaving{To: rp}, "'self'"}, {Error{}, "'self'"}, {SignedOut{Back: rp, Leaving: true}, "'self'"}, {Playground{}, "'self'"},
	} {
		if _, got, _ := strings.Cut(c.page.Policy().String(), "form-action "); got != c.want {
			t.Errorf("%+v: form-action %s, want %s", c.page, got, c.want)
		}
	}
	framed := SignedOut{Frames: []Destination{rp, sampleTo("https://orders.example.com:8443/other"), sampleTo("http://127.0.0.1:99/x")}}.Policy().String()
	if !strings.Contains(framed, "; frame-src https://orders.example.com:8443 http://127.0.0.1:99; ") || strings.Contains(Login{}.Policy().String(), "frame-src") {
		t.Errorf("frames: %s", framed)
	}
	whole := Login{}.Policy().String()
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(whole, part) {
			t.Errorf("%s lacks %s", whole, part)
		}
	}
	if strings.Contains(whole, "unsafe") {
		t.Errorf("%s is unsafe", whole)
	}
}

func TestAssets(t *testing.T) {
	s := newSet(t)
	shape := regexp.MustCompile(`^/static/[0-9a-f]{16}/[a-z.-]+$`)
	for path, a := range s.Assets() {
		if !shape.MatchString(path) || len(a.Bytes) == 0 || a.ContentType == "" {
			t.Errorf("%s: %d bytes, %q", path, len(a.Bytes), a.ContentType)
		}
	}
	if a, ok := s.Assets()[s.Asset("style.css")]; !ok || a.ContentType != "text/css; charset=utf-8" || s.Asset("absent.css") != "" {
		t.Errorf("style sheet %v", ok)
	}
	o, err := New(overlay(map[string]string{"static/style.css": "p{}", "static/logo.png": "x"}))
	if err != nil {
		t.Fatal(err)
	}
	if a := o.Assets()[o.Asset("style.css")]; !strings.HasPrefix(string(a.Bytes), ":root {") || !strings.HasSuffix(string(a.Bytes), "}\np{}") || o.Asset("style.css") == s.Asset("style.css") {
		t.Errorf("the overlay's style sheet is %q at %s", a.Bytes, o.Asset("style.css"))
	}
	if got, want := len(o.Assets()), len(s.Assets())+1; got != want {
		t.Errorf("%d assets, want %d: %q", got, want, slices.Collect(maps.Keys(o.Assets())))
	}
}
