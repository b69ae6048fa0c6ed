package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/cli/config"
)

// provider is the little of an OpenID Provider that the scenarios need, strict about what they send.
type provider struct {
	mu      sync.Mutex
	n       int
	codes   map[string]string // code → challenge
	refresh map[string]bool
	origin  string
	stale   bool // refresh does not rotate
	signed  int  // ID tokens
}

func newProvider(t *testing.T) (*provider, *signet) {
	t.Helper()
	p := &provider{codes: map[string]string{}, refresh: map[string]bool{}}
	server := httptest.NewServer(p.routes())
	t.Cleanup(server.Close)
	p.origin = server.URL
	s := &signet{people: 2}
	s.locate(server.URL)
	if err := s.discover(); err != nil {
		t.Fatal(err)
	}
	if err := s.signInEverybody(); err != nil {
		t.Fatal(err)
	}
	return p, s
}

func (p *provider) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[]}`) })
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("GET /login", p.page)
	mux.HandleFunc("POST /login", p.login)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("POST /introspect", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"active":%t}`, strings.HasPrefix(r.PostFormValue("token"), "at"))
	})
	return mux
}

func (p *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"introspection_endpoint":%q,"jwks_uri":%q}`,
		p.origin, p.origin+"/authorize", p.origin+"/token", p.origin+"/introspect", p.origin+"/jwks")
}

func (p *provider) next(kind string) string {
	p.n++
	return kind + strconv.Itoa(p.n)
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.URL.Query()
	if q.Get("redirect_uri") != redirect || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" || q.Get("nonce") == "" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	if cookie, err := r.Cookie("session"); err != nil || !strings.HasPrefix(cookie.Value, "person") {
		http.Redirect(w, r, "/login?"+r.URL.RawQuery, http.StatusSeeOther)
		return
	}
	code := p.next("code ")
	p.codes[code] = q.Get("code_challenge")
	http.Redirect(w, r, redirect+"?code="+url.QueryEscape(code)+"&state="+q.Get("state"), http.StatusSeeOther)
}

// page asks for the identifier first, then for the password, as Signet may.
func (p *provider) page(w http.ResponseWriter, r *http.Request) {
	field := `<input name="identifier" value="">`
	if r.URL.Query().Has("known") {
		field = `<input name="identifier" readonly value="x"><input type="password" name="password"><input type="checkbox" name="forever">`
	}
	fmt.Fprintf(w, `<!doctype html><title>Sign in</title><form action="/search"><input name="q"></form>
		<form method="post" action="/login"><input type="hidden" name="request" value="%s">%s<button name="go" value="on">Go</button><button name="cancel">No</button></form>`,
		html.EscapeString(r.URL.RawQuery), field)
}

func (p *provider) login(w http.ResponseWriter, r *http.Request) {
	request := r.PostFormValue("request")
	switch {
	case r.Header.Get("Origin") != p.origin || r.PostFormValue("go") != "on" || r.PostForm.Has("cancel") || r.PostForm.Has("forever"):
		http.Error(w, "not what a browser sends", http.StatusForbidden)
	case !r.PostForm.Has("password"):
		http.Redirect(w, r, "/login?known=1&"+request, http.StatusSeeOther)
	case r.PostFormValue("password") != password || !strings.HasPrefix(r.PostFormValue("identifier"), "bench"):
		http.Error(w, "wrong password", http.StatusUnauthorized)
	default:
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "person-" + r.PostFormValue("identifier"), Secure: true})
		http.Redirect(w, r, "/authorize?"+request, http.StatusSeeOther)
	}
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, given, hasBasic := r.BasicAuth()
	if hasBasic && given != secret || !hasBasic && r.PostFormValue("client_id") != public {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client"}`)
		return
	}
	switch r.PostFormValue("grant_type") {
	case "client_credentials":
		kind := map[bool]string{true: "at", false: "ey"}[id == confidential]
		fmt.Fprintf(w, `{"access_token":%q}`, p.next(kind))
	case "authorization_code":
		digest := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		challenge, known := p.codes[r.PostFormValue("code")]
		delete(p.codes, r.PostFormValue("code"))
		p.grant(w, known && challenge == base64.RawURLEncoding.EncodeToString(digest[:]))
	case "refresh_token":
		known := p.refresh[r.PostFormValue("refresh_token")]
		delete(p.refresh, r.PostFormValue("refresh_token"))
		p.grant(w, known)
	}
}

func (p *provider) grant(w http.ResponseWriter, ok bool) {
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	token := "rt"
	if !p.stale {
		token = p.next("rt")
	}
	p.refresh[token] = true
	p.signed++
	fmt.Fprintf(w, `{"access_token":%q,"id_token":%q,"refresh_token":%q}`, p.next("at"), p.next("id"), token)
}

// metrics counts in two lines, as the real ones are one for each algorithm.
func (p *provider) metrics(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(w, "go_goroutines 7\nsignet_signatures_total{alg=\"ES256\"} %d\nsignet_signatures_total{alg=\"RS256\"} %d\nsignet_other_total{alg=\"RS256\"} 5\n", p.signed/2, p.signed-p.signed/2)
}

func noCPU() (time.Duration, error) { return 0, nil }

func TestEveryScenarioRuns(t *testing.T) {
	_, s := newProvider(t)
	baseline := baselineScenarios(s.discovery)
	for _, sc := range append(s.scenarios(), s.filling()) {
		r, err := measure(s.discovery.Host, sc, 4, window{length: 10 * time.Second, ops: 30}, meters{cpu: noCPU})
		if err != nil {
			t.Error(err)
		} else if r.Ops < 30 || r.Rate <= 0 || r.P99 < r.P50 {
			t.Errorf("%s: %+v", sc.name, r)
		}
		if _, known := baseline[sc.peer]; !known && sc.name != fill {
			t.Errorf("%s has no peer %q", sc.name, sc.peer)
		}
	}
}

func TestAnUnexpectedAnswerFailsTheRun(t *testing.T) {
	p, s := newProvider(t)
	w := window{length: 10 * time.Second, ops: 30}
	right := scenario{name: "x", prepare: s.credentials(confidential, wrongSecret, 200, "")}
	if _, err := measure(s.discovery.Host, right, 2, w, meters{cpu: noCPU}); err == nil || !strings.Contains(err.Error(), "answered 401, want 200") {
		t.Errorf("a wrong secret gave %v", err)
	}
	p.mu.Lock()
	p.stale = true
	p.mu.Unlock()
	if _, err := measure(s.discovery.Host, scenario{name: "x", prepare: s.refresh}, 1, w, meters{cpu: noCPU}); err == nil || !strings.Contains(err.Error(), "replaced") {
		t.Errorf("without rotation: %v", err)
	}
	s.browsers[0] = &jar{}
	if _, err := measure(s.discovery.Host, scenario{name: "x", prepare: s.login}, 1, w, meters{cpu: noCPU}); err == nil || !strings.Contains(err.Error(), "/login?") {
		t.Errorf("signed out: %v", err)
	}
}

func TestAWrongPasswordIsAnError(t *testing.T) {
	_, s := newProvider(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r := &robot{client: client, jar: &jar{}, identifier: "bench0", password: "x"}
	query, _ := authorizationRequest(confidential, "openid", newRandom())
	if to, err := r.signIn(s.authorization.String()+"?"+query, redirect); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("got %q, %v", to, err)
	}
}

// TestConfigurationIsValid loads the generated file as the server will.
func TestConfigurationIsValid(t *testing.T) {
	dir := t.TempDir()
	s, err := newSignet("signet", dir, "", 3)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Sources{File: s.config()})
	if err != nil {
		t.Fatal(err)
	}
	if c.Issuer != s.issuer || c.Storage.DataDir != filepath.Join(dir, "data") || len(c.Clients) != 4 || len(c.Users) != 3 {
		t.Errorf("issuer %q, data_dir %q, %d clients, %d users", c.Issuer, c.Storage.DataDir, len(c.Clients), len(c.Users))
	}
	if !c.Limits.ClientFailures.Off() || c.Clients[2].AccessAlg != "ES256" || !c.Clients[1].Public || *c.Clients[0].RotateRefresh {
		t.Errorf("%+v %+v", c.Limits, c.Clients)
	}
}
