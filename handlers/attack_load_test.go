package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers"
	"signet/provider/account"
)

func TestAttack_AO02_LargeRequests(t *testing.T) {
	w := newWorld(t)
	for name, r := range map[string]*http.Request{
		"body":     w.request(http.MethodPost, "/token", strings.Repeat("a", 1<<20)),
		"fields":   w.request(http.MethodPost, "/token", strings.Repeat("a=b&", 10_000)),
		"query":    w.request(http.MethodGet, "/authorize?"+strings.Repeat("a=b&", 2000), ""),
		"login":    w.request(http.MethodPost, "/login", strings.Repeat("a", 1<<20)),
		"userinfo": w.request(http.MethodPost, "/userinfo", strings.Repeat("a", 1<<20)),
	} {
		if out := w.do(r); out.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", name, out.Code)
		}
	}
}

// Whoever has not signed in cannot make the store grow: of what they do, the limits note how much an account and a network owe, in
// one passing record each, and a few times at all.
func TestAttack_AO03_AuthorizeStoresNothing(t *testing.T) {
	w := newWorld(t)
	before := w.engine.writes.Load()
	for range 50 {
		w.browser().Get(authorizeURL())
	}
	if got := w.engine.writes.Load() - before; got != 0 {
		t.Errorf("%d writes", got)
	}
	for range 50 {
		w.browser().Get(authorizeURL()).Submit("login", url.Values{"identifier": {"ada"}, "password": {"wrong"}})
	}
	if got := w.engine.writes.Load() - before; got > 3 {
		t.Errorf("%d writes", got)
	}
	before = w.engine.writes.Load()
	for i := range 10 {
		w.browser().Get(authorizeURL()).Submit("login", url.Values{"identifier": {fmt.Sprint("nobody", i)}, "password": {"wrong"}})
	}
	if got := w.engine.writes.Load() - before; got > 1 {
		t.Errorf("%d writes for ten names", got)
	}
	w.check(w.limits.Write(t.Context()))
	w.pass(time.Hour)
	if removed, err := w.db.Sweep(t.Context(), 1000); err != nil || removed > 5 {
		t.Errorf("%d records had passed away, %v", removed, err)
	}
}

func TestAttack_AO10_Panic(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) {
		c.Extra = append(c.Extra, func(*handlers.Handlers) []handlers.Route {
			route := func(path string, a handlers.Audience, h handlers.Handler) handlers.Route {
				return handlers.Route{Methods: []string{http.MethodGet}, Path: path, Audience: a, Handler: h, Policy: handlers.Policy{Who: handlers.Anybody,
					CSRF: handlers.NothingToForge, Cache: handlers.Never, Limit: handlers.Unlimited, CrossSite: handlers.Refused}}
			}
			panics := func(http.ResponseWriter, *http.Request) error { panic("the secret thing") }
			late := func(w http.ResponseWriter, _ *http.Request) error {
				w.WriteHeader(http.StatusOK)
				panic("late")
			}
			return []handlers.Route{route("/panics", handlers.ForPeople, panics), route("/panics.json", handlers.ForClients, panics), route("/late", handlers.ForClients, late)}
		})
	})
	for _, path := range []string{"/panics", "/panics.json"} {
		out := w.do(w.request(http.MethodGet, path, ""))
		if out.Code != http.StatusInternalServerError || strings.Contains(out.Body.String(), "secret thing") || !strings.Contains(out.Body.String(), out.Header().Get("X-Request-Id")) {
			t.Errorf("%s: %d %s", path, out.Code, out.Body)
		}
	}
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("half an answer was left to look whole")
			}
		}()
		w.do(w.request(http.MethodGet, "/late", ""))
	}()
	if got := w.metric("signet_panics_total"); got != "3" {
		t.Errorf("panics counted: %s", got)
	}
}

// metric is a line of the metrics without labels, or with them in its name.
func (w *world) metric(name string) string {
	r, err := http.NewRequest(http.MethodGet, "/metrics", nil)
	w.check(err)
	out := recorded(w.MetricsHandler(), r)
	for line := range strings.Lines(out.Body.String()) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok {
			return value
		}
	}
	return ""
}

func TestAttack_AM11_MetricsAreNotPublic(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/vars"} {
		if out := w.do(w.request(http.MethodGet, path, "")); out.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, out.Code)
		}
	}
}

func TestAttack_AN08_LogInjection(t *testing.T) {
	w := newWorld(t)
	hostile := "x\r\n{\"level\":\"ERROR\"}\x1b[31m"
	for _, r := range []*http.Request{
		w.request(http.MethodGet, "/authorize?client_id="+url.QueryEscape(hostile), ""),
		w.request(http.MethodGet, "/"+url.PathEscape(hostile), "", "User-Agent", hostile),
		w.request(http.MethodPost, "/token", "grant_type="+url.QueryEscape(strings.Repeat(hostile, 300))),
	} {
		w.do(r)
	}
	lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
	for _, line := range lines {
		if !strings.HasPrefix(line, `{"time":`) || strings.ContainsAny(line, "\r\x1b") || len(line) > 8<<10 {
			t.Errorf("log line %q", line)
		}
	}
	if len(lines) != 6 {
		t.Errorf("%d lines for three requests that were refused:\n%s", len(lines), w.log)
	}
}

// Bad requests are counted, all of them, and logged so far as they do not fill the disk.
func TestAttack_AO14_LogFlood(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) { c.Access = nil })
	const requests = 3000
	for range requests {
		w.do(w.request(http.MethodPost, "/token", "grant_type=x"))
	}
	if got := len(w.log.String()) / requests; got > 200 {
		t.Errorf("%d bytes of log for each bad request", got)
	}
	if got := w.metric(`signet_refusals_total{code="E-GRANT-02"}`); got != fmt.Sprint(requests) {
		t.Errorf("counted: %s", got)
	}
	w.pass(time.Minute)
	w.do(w.request(http.MethodPost, "/token", "grant_type=x"))
	if !strings.Contains(w.log.String(), `"skipped":`) {
		t.Error("what was skipped is not told")
	}
}

func TestAttack_AN09_NoSecretsInLog(t *testing.T) {
	w := newWorld(t)
	b := w.browser().Get(authorizeURL("scope", "openid offline_access", "prompt", "consent"))
	request := b.Field("login", "request")
	b.Submit("login", url.Values{"identifier": {"a-password-typed-as-name"}, "password": {"wrong-password"}})
	signIn(b, "ada").Press("allow", nil)
	code := b.URL().Query().Get("code")
	answer := w.decode(w.redeem(code))
	w.redeem(code)
	w.do(w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+answer["access_token"].(string)+"x"))
	w.do(w.request(http.MethodGet, "/userinfo?access_token="+answer["access_token"].(string), ""))
	for name, secret := range map[string]string{
		"password": password, "wrong password": "wrong-password", "name": "a-password-typed-as-name", "code": code, "request": request, "client secret": w.secret,
		"access token": answer["access_token"].(string), "refresh token": answer["refresh_token"].(string), "id token": answer["id_token"].(string),
		"session": b.Cookie("__Host-signet"), "browser": b.Cookie("__Host-signet-browser"), "query": "code_challenge",
	} {
		if secret == "" || strings.Contains(w.log.String(), secret) {
			t.Errorf("%s %q is in the log, or was never there to be:\n%s", name, secret, w.log)
		}
	}
}

// turned are characters that turn text around, hide in it or stand on top of each other.
const turned = "\u202egnihtemos\u202c\u2066x\u200b\u00ad\ufeff\u0301\u0301\u0301"

// Names that turn around, hide or pile up what stands beside them do so neither in the log nor on a page: there they are alone in their
// element, without what cannot be seen.
func TestAttack_AN14_NamesTurnNothingAround(t *testing.T) {
	w := newWholeWorld(t)
	for _, typed := range []string{turned, "grace" + turned, turned + "@example.test"} {
		b := w.browser().Get("/login").Submit("login", url.Values{"identifier": {typed}, "password": {password}})
		if w.signedInAs(b) != "" {
			t.Errorf("%q is somebody", typed)
		}
	}
	w.do(w.request(http.MethodGet, "/"+url.PathEscape(turned), "", "User-Agent", turned, "Referer", turned))
	w.do(w.request(http.MethodGet, authorizeURL("client_id", turned), ""))
	_, err := w.accounts.EditPerson(t.Context(), "grace", func(p *account.Person) error { p.Name = "Grace" + turned; return nil })
	shown := 0
	if err == nil {
		b := w.signedIn("grace")
		w.code(b)
		for _, path := range append(w.ofAccount(), "/", "/login") {
			if body := b.Get(path).Body(); strings.Contains(body, "gnihtemos") && path != "/account/profile" {
				shown++
				if strings.ContainsAny(body, "\u202e\u202c\u2066\u200b\u00ad\ufeff") {
					t.Errorf("%s has what turns text around", path)
				}
			}
		}
	}
	if err == nil && shown == 0 {
		t.Error("the name was seen nowhere")
	}
	for _, c := range "\u202e\u202c\u2066\u200b\u00ad\ufeff" {
		if strings.ContainsRune(w.log.String(), c) {
			t.Errorf("%U is in the log", c)
		}
	}
	if !strings.Contains(w.log.String(), "U+202E") {
		t.Error("what was asked for is not in the log at all")
	}
}
