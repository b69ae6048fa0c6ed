package templates

import (
	"net/url"
	"testing"
)

func TestParseDestination(t *testing.T) {
	for _, c := range []struct{ uri, host, source string }{
		{"https://orders.example.com/cb?a=b#c", "orders.example.com", "https://orders.example.com"},
		{"http://localhost:3000/cb", "localhost:3000", "http://localhost:3000"},
		{"http://127.0.0.1:3000/", "127.0.0.1:3000", "http://127.0.0.1:3000"},
		{"http://[::1]:3000/", "[::1]:3000", "http:"},
		{"com.example.app:/cb?x=%20", "com.example.app", "com.example.app:"},
		{"com.example.app://host/cb", "com.example.app", "com.example.app:"},
	} {
		d, err := ParseDestination(c.uri)
		if err != nil || d.Host() != c.host || d.Source() != c.source || d.String() != c.uri || d.Scheme()+":"+d.Rest() != c.uri {
			t.Errorf("%s: %+v, host %q, source %q, %v", c.uri, d, d.Host(), d.Source(), err)
		}
	}
}

func TestParseDestination_Refuses(t *testing.T) {
	for _, uri := range []string{
		"", "/", "cb", "//evil.example/", "javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)",
		"data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://x/y", "about:blank", "myapp:/cb", "https:", "https:///x",
		"https:x", "https://u:p@host/", "https://a b/", "https://exämple.com/", "https://h/\"onclick=", "https://h/<", "https://h\\@evil/",
		"https://h/\x00", "http://h/%zz", "javascript:%0aalert(1)", "java%73cript.x:/", "view-source:https://x", "mailto:a@b.c", ".:", "1.a:/x",
	} {
		if d, err := ParseDestination(uri); err == nil {
			t.Errorf("%q is accepted: %+v", uri, d)
		}
	}
}

// What is accepted is one address for us and for Go's parser, and its scheme cannot run a script.
func FuzzParseDestination(f *testing.F) {
	f.Add("https://orders.example.com/cb?a=b")
	f.Add("com.example.app:/cb")
	f.Add("javascript:alert(1)")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDestination(s)
		if err != nil {
			return
		}
		u, err := url.Parse(s)
		if err != nil || u.Scheme != d.Scheme() || d.String() != s || d.Host() == "" || d.Source() == "" {
			t.Errorf("%q: %+v, %v", s, d, err)
		}
		if s := d.Scheme(); s != "http" && s != "https" && !d.IsApp() {
			t.Errorf("scheme %q", s)
		}
	})
}

func TestExternal(t *testing.T) {
	for in, want := range map[string]string{
		"https://a.example/x": "https://a.example/x", "http://a.example/": "", "javascript:alert(1)": "", "com.example.app:/": "", "/x": "", "": "",
	} {
		if got := External(in); got != want {
			t.Errorf("External(%q) = %q, want %q", in, got, want)
		}
	}
}

// The address of a form or a link is written as it is, but for what html/template writes with percent signs: ' ( ).
func TestDestination_Written(t *testing.T) {
	s := newSet(t)
	for _, uri := range []string{
		"https://orders.example.com/cb?a=b&c=%2Fd%20e&amp;f=g*!~;:@$,+=[]", "com.example.app:/cb?x=1&y=%C3%A9", "http://[::1]:3000/cb",
	} {
		to := sampleTo(uri)
		form := elements(document(t, s, nil, FormPost{Base: sampleBase(), Action: to}), "form")[0]
		if got := attr(form, "action"); got != uri {
			t.Errorf("action %q, want %q", got, uri)
		}
		for _, a := range elements(document(t, s, nil, Leaving{Base: sampleBase(), To: to}), "a") {
			if got := attr(a, "href"); attr(a, "id") == "continue" && got != uri {
				t.Errorf("link %q, want %q", got, uri)
			}
		}
	}
}
