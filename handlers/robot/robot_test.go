package robot

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// site greets whoever it gave a cookie to, and sends a form elsewhere.
func site() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "__Host-seen", Value: "yes", Path: "/", Secure: true})
		w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self' https://app.example")
		cookie := r.Header.Get("Cookie")
		fmt.Fprintf(w, `<p id="cookie">%s</p><form id="f" method="post" action="/go"><input name="a" value="1">
<input type="checkbox" name="b" value="2"><input type="checkbox" name="c" value="3" checked>
<button id="there" name="to" value="https://app.example/cb">x</button></form>`, cookie)
	})
	mux.HandleFunc("POST /go", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.FormValue("to")+"?"+r.PostForm.Encode())
		w.WriteHeader(http.StatusSeeOther)
	})
	return mux
}

func TestBrowser(t *testing.T) {
	b := New(t, "https://id.example")
	b.Transport = Direct(site())
	b.Get("/")
	if got := b.TextOf("cookie"); got != "" {
		t.Errorf("first visit: cookie %q", got)
	}
	if got := b.Get("/").TextOf("cookie"); got != "__Host-seen=yes" {
		t.Errorf("second visit: cookie %q", got)
	}
	b.Press("there", url.Values{"a": {"9"}})
	want := "https://app.example/cb?a=9&c=3&to=https%3A%2F%2Fapp.example%2Fcb"
	if !b.Left() || b.URL().String() != want {
		t.Errorf("left %v to %s, want %s", b.Left(), b.URL(), want)
	}
	if got := b.PostFrom("https://evil.example", "/go", url.Values{"to": {"/"}}).TextOf("cookie"); got != "__Host-seen=yes" {
		t.Errorf("after a redirect from another site: cookie %q", got)
	}
	if b.Trail[0].Request.Header.Get("Cookie") != "" {
		t.Error("a form of another site brought cookies")
	}
}

// failure lets a test see that the robot refuses.
type failure struct {
	testing.TB
	failed bool
}

func (f *failure) Helper() {}

func (f *failure) Fatalf(string, ...any) {
	f.failed = true
	panic(f)
}

func TestBrowser_ReadsAttributesAndPolicies(t *testing.T) {
	b := New(t, "https://id.example")
	b.Transport = Direct(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src 'self' https://pictures.example; frame-src https:")
		fmt.Fprint(w, `<a href="/one">1</a><a id="second" href="/two">2</a><a>3</a><input id="i" readonly>`)
	}))
	b.Get("/")
	if got := b.All("a", "href"); !slices.Equal(got, []string{"/one", "/two"}) {
		t.Errorf("links %q", got)
	}
	if !b.HasAttribute("i", "readonly") || b.HasAttribute("i", "disabled") || b.HasAttribute("none", "readonly") || b.Attribute("second", "href") != "/two" {
		t.Error("attributes are read wrongly")
	}
	for source, want := range map[string]bool{
		"img-src https://pictures.example/a.png": true, "img-src https://other.example/a.png": false,
		"frame-src https://other.example/": true, "script-src https://pictures.example/a.js": false,
	} {
		directive, address, _ := strings.Cut(source, " ")
		if got := b.Allows(directive, address); got != want {
			t.Errorf("%s: %v", source, got)
		}
	}
}

func TestBrowser_RefusesWhatPolicyForbids(t *testing.T) {
	f := &failure{}
	b := New(f, "https://id.example")
	b.Transport = Direct(site())
	defer func() {
		if recover() != f || !f.failed {
			t.Error("a form led to a site that form-action does not name")
		}
	}()
	b.Get("/").Submit("f", url.Values{"to": {"https://evil.example/"}})
}
