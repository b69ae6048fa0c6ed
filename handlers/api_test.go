package handlers_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"signet/handlers"
	"signet/provider"
)

func TestRoutes_HavePolicies(t *testing.T) {
	w := newWorldAt(t, "https://example.test/tenant", nil)
	for _, route := range w.Routes() {
		if err := route.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestNew_RefusesRoutes(t *testing.T) {
	complete := handlers.Route{Methods: []string{http.MethodGet}, Path: "/mine", Audience: handlers.ForPeople,
		Handler: func(http.ResponseWriter, *http.Request) error { return nil },
		Policy: handlers.Policy{Who: handlers.Anybody, CSRF: handlers.NothingToForge, Cache: handlers.Never, Limit: handlers.Unlimited,
			CrossSite: handlers.Refused}}
	undecided, twice := complete, complete
	undecided.Policy.CSRF = 0
	twice.Path = "/jwks"
	for name, c := range map[string]struct {
		route handlers.Route
		good  bool
	}{"complete": {complete, true}, "undecided": {undecided, false}, "the same path again": {twice, false}} {
		newWorldAt(t, issuer, func(cfg *handlers.Config) {
			cfg.Extra = append(cfg.Extra, func(*handlers.Handlers) []handlers.Route { return []handlers.Route{c.route} })
			if _, err := handlers.New(*cfg); (err == nil) != c.good {
				t.Errorf("%s: %v", name, err)
			}
			cfg.Extra = nil
		})
	}
}

func TestDocuments(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"} {
		plain := w.do(w.request(http.MethodGet, path, ""))
		head := plain.Header()
		if plain.Code != http.StatusOK || head.Get("Content-Type") != "application/json" || head.Get("Access-Control-Allow-Origin") != "*" ||
			!strings.HasPrefix(head.Get("Cache-Control"), "public") || !json.Valid(plain.Body.Bytes()) {
			t.Errorf("%s: %d %v", path, plain.Code, head)
		}
		zipped := w.do(w.request(http.MethodGet, path, "", "Accept-Encoding", "gzip"))
		r, err := gzip.NewReader(zipped.Body)
		w.check(err)
		if body, err := io.ReadAll(r); err != nil || string(body) != plain.Body.String() {
			t.Errorf("%s: gzip: %v", path, err)
		}
		same := w.do(w.request(http.MethodGet, path, "", "If-None-Match", `"x", W/`+head.Get("ETag")))
		if same.Code != http.StatusNotModified || same.Body.Len() != 0 {
			t.Errorf("%s: with its tag: %d", path, same.Code)
		}
		if other := w.do(w.request(http.MethodGet, path, "", "If-None-Match", `"x"`)); other.Code != http.StatusOK {
			t.Errorf("%s: with another tag: %d", path, other.Code)
		}
		if h := w.do(w.request(http.MethodHead, path, "")); h.Code != http.StatusOK || h.Header().Get("ETag") != head.Get("ETag") {
			t.Errorf("%s: HEAD: %d", path, h.Code)
		}
	}
}

// Every address that discovery announces is served.
func TestDiscovery_IsServed(t *testing.T) {
	w := newWorldAt(t, "https://example.test/tenant", nil)
	doc := w.decode(w.do(w.request(http.MethodGet, "/.well-known/openid-configuration", "")))
	w.issuer = "https://example.test"
	announced := 0
	for name, v := range doc {
		address, ok := v.(string)
		if !ok || name == "issuer" || !strings.HasPrefix(address, w.issuer) {
			continue
		}
		announced++
		if out := w.do(w.request(http.MethodGet, strings.TrimPrefix(address, w.issuer), "")); out.Code == http.StatusNotFound {
			t.Errorf("%s: %s is not there", name, address)
		}
	}
	if announced < 5 {
		t.Errorf("only %d addresses announced: %v", announced, doc)
	}
}

func TestErrors_ForClients(t *testing.T) {
	w := newWorld(t)
	wrong := w.request(http.MethodPost, "/token", "grant_type=authorization_code&code=x")
	wrong.SetBasicAuth("app", "wrong")
	out := w.do(wrong)
	if got := out.Header().Get("WWW-Authenticate"); out.Code != http.StatusUnauthorized || got != `Basic realm="`+issuer+`", charset="UTF-8"` {
		t.Errorf("basic: %d %q", out.Code, got)
	}
	e := w.decode(out)
	if e["error"] != "invalid_client" || e["error_uri"] != issuer+"/docs/errors/E-CLIENT-02" || len(e) != 3 {
		t.Errorf("body: %v", e)
	}
	out = w.do(w.request(http.MethodPost, "/token", "grant_type=authorization_code&code=x&client_id=app&client_secret=wrong"))
	if out.Code != http.StatusUnauthorized || out.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("post: %d %q", out.Code, out.Header().Get("WWW-Authenticate"))
	}
	if e, ok := provider.Lookup("E-CLIENT-02"); !ok || strings.ContainsAny(e.Description, "\"\\") {
		t.Errorf("description %q", e.Description)
	}
}

func TestErrors_ForBearers(t *testing.T) {
	w := newWorld(t)
	realm := `Bearer realm="` + issuer + `"`
	for name, c := range map[string]struct {
		r         *http.Request
		status    int
		challenge string
	}{
		"nothing":        {w.request(http.MethodGet, "/userinfo", ""), 401, realm},
		"rubbish":        {w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer x"), 401, realm + `, error="invalid_token", `},
		"in two places":  {w.request(http.MethodPost, "/userinfo", "access_token=x", "Authorization", "Bearer x"), 400, realm + `, error="invalid_request", `},
		"in the address": {w.request(http.MethodGet, "/userinfo?access_token=x", ""), 400, realm + `, error="invalid_request", `},
	} {
		out := w.do(c.r)
		got := out.Header().Get("WWW-Authenticate")
		if out.Code != c.status || !strings.HasPrefix(got, c.challenge) || name == "nothing" && (got != c.challenge || out.Body.Len() != 0) {
			t.Errorf("%s: %d %q %s", name, out.Code, got, out.Body)
		}
	}
}

func TestUserInfo_ByPost(t *testing.T) {
	w := newWorld(t)
	token := w.decode(w.redeem(w.code(w.signedIn("ada"))))["access_token"].(string)
	empty := w.request(http.MethodPost, "/userinfo", "", "Authorization", "Bearer "+token)
	empty.Header.Del("Content-Type")
	for name, r := range map[string]*http.Request{
		"in the form": w.request(http.MethodPost, "/userinfo", url.Values{"access_token": {token}}.Encode()), "in the header, no body": empty,
	} {
		if out := w.do(r); out.Code != http.StatusOK || w.decode(out)["sub"] == nil {
			t.Errorf("%s: %d %s", name, out.Code, out.Body)
		}
	}
}

func TestHost_MustBeOurs(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) { c.Network.Hosts = []string{"alias.example.test"} })
	for host, want := range map[string]int{"id.example.test": 200, "alias.example.test": 200, "evil.example": 421, "": 421} {
		r := w.request(http.MethodGet, "/", "")
		r.Host = host
		if out := w.do(r); out.Code != want {
			t.Errorf("%q: %d", host, out.Code)
		}
		r = w.request(http.MethodGet, "/healthz", "")
		r.Host = host
		if out := w.do(r); out.Code != http.StatusOK {
			t.Errorf("probe at %q: %d", host, out.Code)
		}
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if out := w.do(w.request(http.MethodGet, path, "")); out.Code != http.StatusOK || out.Body.String() != "ok\n" {
			t.Errorf("%s: %d %s", path, out.Code, out.Body)
		}
	}
	w.engine.broken.Store(true)
	if out := w.do(w.request(http.MethodGet, "/healthz", "")); out.Code != http.StatusOK {
		t.Errorf("alive without storage: %d", out.Code)
	}
	out := w.do(w.request(http.MethodGet, "/readyz", ""))
	if out.Code != http.StatusServiceUnavailable || out.Header().Get("Retry-After") == "" {
		t.Errorf("ready without storage: %d", out.Code)
	}
}

func TestNotFound_ForPeopleAndPrograms(t *testing.T) {
	w := newWorld(t)
	page := w.do(w.request(http.MethodGet, "/nothing", "", "Accept", "text/html,*/*"))
	if page.Code != http.StatusNotFound || !strings.Contains(page.Body.String(), "E-PAGE-01") {
		t.Errorf("page: %d %s", page.Code, page.Body)
	}
	if e := w.decode(w.do(w.request(http.MethodGet, "/nothing", "", "Accept", "*/*"))); e["error"] != "not_found" {
		t.Errorf("JSON: %v", e)
	}
}

func TestMetrics_CountRequestsAndTokens(t *testing.T) {
	w := newWorld(t)
	w.redeem(w.code(w.signedIn("ada")))
	w.do(w.request(http.MethodPost, "/token", "grant_type=evil"))
	for name, want := range map[string]string{
		`signet_http_requests_total{class="2xx",route="/token"}`: "1", `signet_http_requests_total{class="4xx",route="/token"}`: "1",
		`signet_tokens_issued_total{grant_type="authorization_code"}`: "1", `signet_tokens_issued_total{grant_type="evil"}`: "",
		`signet_http_request_seconds_count{route="/token"}`: "2",
	} {
		if got := w.metric(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if w.metric("go_goroutines") == "" {
		t.Error("no metrics of the runtime")
	}
}

// Whoever limits by address, in whatever room, sees the client's own.
func TestClientAddr_BehindAProxy(t *testing.T) {
	var seen []string
	w := newWorldAt(t, issuer, func(c *handlers.Config) {
		c.Network.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		c.Extra = append(c.Extra, func(*handlers.Handlers) []handlers.Route {
			return []handlers.Route{{Methods: []string{http.MethodGet}, Path: "/addr", Audience: handlers.ForPeople, Policy: policyOf(handlers.Anybody, handlers.NothingToForge),
				Handler: func(_ http.ResponseWriter, r *http.Request) error {
					seen = append(seen, handlers.ClientAddr(r).String(), r.RemoteAddr)
					return nil
				}}}
		})
	})
	w.do(w.request(http.MethodGet, "/addr", "", "X-Forwarded-For", "198.51.100.7"))
	if got := strings.Join(seen, " "); got != "198.51.100.7 198.51.100.7:0" {
		t.Errorf("seen: %s", got)
	}
}

func TestAccessLog(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) {
		c.Network.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	})
	out := w.do(w.request(http.MethodGet, "/login?request=", "", "X-Forwarded-For", "198.51.100.7", "X-Forwarded-Proto", "https"))
	var line map[string]any
	w.check(json.Unmarshal([]byte(w.log.String()), &line))
	want := map[string]any{"msg": "request", "method": "GET", "route": "/login", "status": 200.0, "addr": "198.51.100.7", "tls": true, "ref": out.Header().Get("X-Request-Id")}
	for name, v := range want {
		if line[name] != v {
			t.Errorf("%s: %v, want %v", name, line[name], v)
		}
	}
	quiet := newWorldAt(t, issuer, func(c *handlers.Config) { c.Access = nil })
	quiet.do(quiet.request(http.MethodGet, "/login", ""))
	if quiet.log.String() != "" {
		t.Errorf("switched off: %s", quiet.log)
	}
}
