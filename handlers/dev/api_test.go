package dev_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers/dev"
)

// operations are all that change something, with a good body.
var operations = map[string]string{
	"/dev/api/clock":    `{"advance":"1m"}`,
	"/dev/api/people":   `{"username":"kurt"}`,
	"/dev/api/failures": `{"point":"token","error":"server_error"}`,
}

// Other sites cannot move anything, whatever trick their pages use; programs and our own pages can.
func TestAPI_CrossSite(t *testing.T) {
	for name, c := range map[string]struct {
		kind   string
		header []string
		status int
	}{
		"a program":                    {"application/json", nil, 200},
		"with a charset":               {"application/json; charset=utf-8", nil, 200},
		"our own page":                 {"application/json", []string{"Origin", issuer, "Sec-Fetch-Site", "same-origin"}, 200},
		"another site":                 {"application/json", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		"another port":                 {"application/json", []string{"Origin", "http://localhost:3000", "Sec-Fetch-Site", "same-site"}, 403},
		"another site, old browser":    {"application/json", []string{"Origin", "https://evil.example"}, 403},
		"a sandbox":                    {"application/json", []string{"Origin", "null"}, 403},
		"another name for this server": {"application/json", []string{"Host", "evil.example"}, 421},
		"a form":                       {"application/x-www-form-urlencoded", nil, 415},
		"a form that looks like JSON":  {"text/plain", nil, 415},
		"no type":                      {"", nil, 415},
	} {
		w := newWorld(t, nil)
		for path, body := range operations {
			if status, text := w.do(http.MethodPost, path, c.kind, body, c.header...); status != c.status {
				t.Errorf("%s, %s: %d %s, want %d", path, name, status, text, c.status)
			}
			if changed := w.changed(); changed != (c.status == 200) {
				t.Errorf("%s, %s: something changed: %v", path, name, changed)
			}
		}
	}
}

// changed tells whether one of the operations has had its effect.
func (w *world) changed() bool {
	w.t.Helper()
	_, people := w.do(http.MethodGet, "/dev/api/people", "", "")
	_, failures := w.do(http.MethodGet, "/dev/api/failures", "", "")
	return w.mode.Clock().Offset() != 0 || strings.Contains(people, "kurt") || strings.Contains(failures, "server_error")
}

// Whoever is not on this machine finds nothing, unless the server was exposed on purpose.
func TestAPI_OnlyNear(t *testing.T) {
	for exposed, want := range map[string]int{"": http.StatusNotFound, "0.0.0.0:8080": http.StatusOK} {
		w := newWorld(t, func(c *dev.Config) { c.Exposed = exposed })
		for _, path := range []string{"/dev", "/dev/api/status", "/dev/api/events", "/dev/api/people"} {
			r := httptest.NewRequest(http.MethodGet, issuer+path, nil)
			r.RemoteAddr = "192.0.2.1:50000"
			out := httptest.NewRecorder()
			w.public.ServeHTTP(out, r)
			if out.Code != want {
				t.Errorf("exposed %q: %s: %d, want %d", exposed, path, out.Code, want)
			}
		}
	}
}

func TestAPI_People(t *testing.T) {
	w := newWorld(t, nil)
	status, text := w.post("/dev/api/people", `{"username":"Kurt","email":"kurt@example.test","email_verified":true,"name":"Kurt Gödel","groups":["logic"],"password":"k"}`)
	var added map[string]any
	if err := json.Unmarshal([]byte(text), &added); err != nil || status != http.StatusOK || added["username"] != "kurt" || added["name"] != "Kurt Gödel" {
		t.Fatalf("%d %s", status, text)
	}
	if strings.Contains(text, "argon2") {
		t.Errorf("the hash is told: %s", text)
	}
	if p, err := w.accounts.Authenticate(t.Context(), "kurt", "k"); err != nil || p.Subject != added["sub"] {
		t.Errorf("kurt cannot sign in: %v", err)
	}
	if !strings.Contains(w.browser().Get("/login").Text(), "Kurt Gödel") {
		t.Error("kurt cannot be picked")
	}
	for body, want := range map[string]int{
		`{"username":"ada"}`:                   http.StatusConflict,
		`{"email":"ADA@example.test"}`:         http.StatusConflict,
		`{}`:                                   http.StatusBadRequest,
		`{"username":"no spaces"}`:             http.StatusBadRequest,
		`{"username":"x","birthdate":"x"}`:     http.StatusBadRequest,
		`{"username":"x","groups":["\u0000"]}`: http.StatusBadRequest,
		`{"username":"x","admin":true}`:        http.StatusBadRequest,
		`{"username":"x","sub":"u_x"}`:         http.StatusBadRequest,
		`not JSON`:                             http.StatusBadRequest,
	} {
		if status, text := w.post("/dev/api/people", body); status != want || !strings.Contains(text, `"message":`) {
			t.Errorf("%s: %d %s, want %d", body, status, text, want)
		}
	}
}

// What happened can be looked at, by people and by programs; codes and tokens are not among it.
func TestAPI_EventsAndPage(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	code := w.code(b, request(nil))
	_, answer := w.form("/token", redeem(code, nil))
	b.Get("/authorize?" + request(url.Values{"redirect_uri": {"https://app.example.test/"}, "prompt": {code}}).Encode())
	if !strings.Contains(b.Text(), "signet client add my-app --redirect https://app.example.test/ --data ") {
		t.Errorf("the error page has another fix than the console:\n%s", b.Text())
	}
	w.do(http.MethodGet, "/userinfo", "", "", "Authorization", "Bearer "+answer["access_token"].(string))
	w.form("/token", redeem(code, nil)) // a second time is refused
	_, text := w.do(http.MethodGet, "/dev/api/events", "", "")
	var events struct{ Items []dev.Event }
	if err := json.Unmarshal([]byte(text), &events); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var kinds []string
	for _, e := range events.Items {
		kinds = append(kinds, e.Kind+" "+e.At)
		if e.Time.IsZero() || e.Trace == "" {
			t.Errorf("%+v lacks time or reference", e)
		}
	}
	if got, want := strings.Join(kinds, ","), "sign-in ,authorize ,token ,refused authorize,userinfo ,refused token"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	page := b.Get("/dev").Text()
	for _, want := range []string{"E-REDIR-01", "E-GRANT-01", "Ada Lovelace", "ada: password skipped", "my-app: openid email offline_access"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page:\n%s", want, page)
		}
	}
	for name, secret := range map[string]any{"code": code, "access token": answer["access_token"], "refresh token": answer["refresh_token"], "verifier": verifier} {
		if s, _ := secret.(string); s == "" || strings.Contains(text+page, s) {
			t.Errorf("the %s is told", name)
		}
	}
}

func TestAPI_Status(t *testing.T) {
	w := newWorld(t, func(c *dev.Config) { c.Playground = "/playground" })
	w.check(w.mode.Clock().Advance(90 * time.Minute))
	_, text := w.do(http.MethodGet, "/dev/api/status", "", "")
	var s dev.Status
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if s.Issuer != issuer || s.First() != issuer+"/playground" || s.Ahead != "1h30m0s" || len(s.People) != 4 || !s.Kept || s.Version != "1.2.3" {
		t.Errorf("%+v", s)
	}
	// The same is told beside the administration, and nothing of it is taken away.
	beside := httptest.NewServer(w.mode.Beside(http.NotFoundHandler()))
	defer beside.Close()
	client := &http.Client{Transport: to{beside.URL}}
	if told, err := dev.AskStatus(t.Context(), client); err != nil || told.Ahead != s.Ahead {
		t.Errorf("%+v, %v", told, err)
	}
	answer, err := client.Get("http://signet/api/v1/clients")
	if err != nil || answer.StatusCode != http.StatusNotFound {
		t.Errorf("%v %v", answer, err)
	}
	if _, err := dev.AskStatus(t.Context(), &http.Client{Transport: to{beside.URL + "/elsewhere"}}); err == nil {
		t.Error("a server that is none of development mode has a status")
	}
}

// to sends every request to one server.
type to struct{ base string }

// RoundTrip implements http.RoundTripper.
func (d to) RoundTrip(r *http.Request) (*http.Response, error) {
	u, err := url.Parse(d.base + r.URL.Path)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL = u
	return http.DefaultTransport.RoundTrip(r)
}
