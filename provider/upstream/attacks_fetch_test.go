package upstream

import (
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"signet/provider/outbound"
	"signet/storage"
)

// counting is a server of this machine that counts who comes.
func counting(t *testing.T) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		_, _ = w.Write([]byte("inner secret"))
	}))
	t.Cleanup(s.Close)
	return s, &n
}

// Whichever address of a source it is: without the operator's leave no private one is reached, and nobody learns what is there.
func TestAttack_AE01_NoAddressOfASourceReachesNeighbours(t *testing.T) {
	inner, n := counting(t)
	w := newWorld(t)
	u, err := New(Config{DB: w.db, Rand: rand.Reader, Outbound: outbound.New(outbound.Config{}), Base: "https://id.example.com", Sources: []Source{
		{ID: "oidc", Issuer: inner.URL, ClientID: "c", ClientSecret: "s"},
		{ID: "x", Preset: "x", ClientID: "c", ClientSecret: "s", RequestTokenEndpoint: inner.URL},
		{ID: "github", Preset: "github", ClientID: "c", ClientSecret: "s", TokenEndpoint: inner.URL, AudienceEndpoint: inner.URL},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var b storage.Batch
	for _, source := range []string{"oidc", "x"} {
		_, err := u.Begin(t.Context(), &b, Start{Source: source, Binding: "browser"})
		wantKind(t, source, err, ErrDown)
	}
	_, err = u.VerifyAccessToken(t.Context(), Posted{Source: "github", Token: "a"})
	wantKind(t, "posted", err, ErrDown)
	_, err = u.Redeem(t.Context(), Code{Source: "github", Code: "a", Redirect: "https://a.example/cb", Verifier: "v"})
	wantKind(t, "code", err, ErrDown)
	if n.Load() != 0 {
		t.Errorf("%d requests", n.Load())
	}
}

// What the metadata name, and where they redirect, is judged as well.
func TestAttack_AE03_MetadataDoNotLeadElsewhere(t *testing.T) {
	inner, n := counting(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		p := newFake(t)
		p.mux.HandleFunc("/elsewhere/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inner.URL, status) })
		w := newWorld(t, p.source(func(s *Source) { s.Issuer = p.URL + "/elsewhere" }))
		_, err := w.u.Begin(t.Context(), &w.batch, Start{Source: "acme", Binding: "browser"})
		if err == nil {
			t.Errorf("%d was followed", status)
		}
		// Nor do tokens go anywhere but to the token endpoint.
		p.mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inner.URL, status) })
		w = newWorld(t, p.source(func(s *Source) { s.TokenEndpoint = p.URL + "/moved" }))
		if _, err := w.signIn(p, "acme"); err == nil {
			t.Errorf("%d of the token endpoint was followed", status)
		}
	}
	if n.Load() != 0 {
		t.Errorf("%d requests", n.Load())
	}
}

func TestAttack_AE04_AnswersOfProvidersAreBounded(t *testing.T) {
	big := strings.Repeat("a", maxAnswer+1)
	for _, path := range []string{"/token", "/userinfo", "/jwks"} {
		p := newFake(t)
		p.mux.HandleFunc("/big", func(w http.ResponseWriter, _ *http.Request) { reply(w, map[string]any{"a": big}) })
		w := newWorld(t, p.source(func(s *Source) {
			at := map[string]*string{"/token": &s.TokenEndpoint, "/userinfo": &s.UserInfoEndpoint, "/jwks": &s.JWKSURI}[path]
			*at = p.URL + "/big"
		}))
		_, err := w.signIn(p, "acme")
		wantKind(t, path, err, ErrDown)
	}
}

// What was fetched is in no error, whatever went wrong with it.
func TestAttack_AE05_AnswersAreNotRepeated(t *testing.T) {
	for _, status := range []int{200, 400, 401, 404, 500} {
		for _, path := range []string{"/token", "/userinfo", "/jwks", "/.well-known/openid-configuration"} {
			p := newFake(t)
			p.mux.HandleFunc("/inner"+path, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = w.Write([]byte("inner secret"))
			})
			w := newWorld(t, p.source(func(s *Source) {
				s.Issuer = p.URL
				switch path {
				case "/token":
					s.TokenEndpoint = p.URL + "/inner" + path
				case "/userinfo":
					s.UserInfoEndpoint = p.URL + "/inner" + path
				case "/jwks":
					s.JWKSURI = p.URL + "/inner" + path
				default:
					s.Issuer = p.URL + "/inner"
				}
			}))
			var b storage.Batch
			begun, err := w.u.Begin(t.Context(), &b, Start{Source: "acme", Binding: "browser"})
			if err == nil {
				w.apply(b)
				_, err = w.finish("acme", p.visit(t, begun.URL))
			}
			if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "inner secret") {
				t.Errorf("%s with status %d: %v", path, status, err)
			}
		}
	}
}

// The proxy that the environment names is not asked, and our secret goes to the token endpoint alone.
func TestAttack_AE07_SecretsGoToTheTokenEndpointAlone(t *testing.T) {
	proxy, n := counting(t)
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	p := newFake(t)
	w := newWorld(t, p.source(nil))
	seen := map[string]bool{}
	inner := p.Config.Handler
	p.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if _, secret, ok := r.BasicAuth(); ok && secret == "our-secret" || strings.Contains(r.URL.String()+r.Form.Encode(), "our-secret") {
			seen[r.URL.Path] = true
		}
		inner.ServeHTTP(rw, r)
	})
	if _, err := w.signIn(p, "acme"); err != nil {
		t.Fatal(err)
	}
	if n.Load() != 0 || len(seen) != 1 || !seen["/token"] {
		t.Errorf("%d requests to the proxy; the secret was at %v", n.Load(), seen)
	}
}

// A provider whose certificate nobody vouches for is not asked.
func TestAttack_AE08_CertificatesOfProvidersAreJudged(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	w := newWorld(t, Source{ID: "acme", Issuer: srv.URL, ClientID: "c", ClientSecret: "s"})
	_, err := w.u.Begin(t.Context(), &w.batch, Start{Source: "acme", Binding: "browser"})
	wantKind(t, "an unknown authority", err, ErrDown)
}
