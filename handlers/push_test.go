package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers"
	"signet/provider"
)

// push pushes a request as the client "app" and returns the path to which the browser has to go.
func (w *world) push(params url.Values) string {
	w.t.Helper()
	r := w.request(http.MethodPost, "/par", params.Encode())
	r.SetBasicAuth("app", w.secret)
	out := w.do(r)
	answer := w.decode(out)
	uri, _ := answer["request_uri"].(string)
	if out.Code != http.StatusCreated || out.Header().Get("Content-Type") != "application/json" || uri == "" || answer["expires_in"] != 90.0 {
		w.t.Fatalf("push: %d %v", out.Code, answer)
	}
	return "/authorize?" + url.Values{"client_id": {"app"}, "request_uri": {uri}}.Encode()
}

func TestPush_FromNothingToTokens(t *testing.T) {
	w := newWorld(t)
	path := w.push(authorizeParams("state", "pushed"))
	b := w.browser().Get(path).Get(path)
	signIn(b, "ada")
	if b.URL().Path != "/consent" {
		t.Fatalf("no consent page: %s %s", b.URL(), b.Text())
	}
	b.Press("allow", nil)
	q := b.URL().Query()
	if !b.Left() || q.Get("state") != "pushed" {
		t.Fatalf("no answer for the client: %s", b.URL())
	}
	if answer := w.decode(w.redeem(q.Get("code"))); answer["id_token"] == nil {
		t.Errorf("token: %v", answer)
	}
	if b.Get(path); b.Left() || b.Status() != http.StatusBadRequest || b.TextOf("error-code") != "E-REQ-08" {
		t.Errorf("again: %d %s", b.Status(), b.Text())
	}
}

// What is too large for a URL can be pushed.
func TestPush_LargeRequest(t *testing.T) {
	w := newWorld(t)
	large := make([]byte, 40_000)
	for i := range large {
		large[i] = 'x'
	}
	b := w.browser().Get(w.push(authorizeParams("authorization_details", string(large))))
	if signIn(b, "ada").Press("allow", nil); !b.Left() || b.URL().Query().Get("code") == "" {
		t.Errorf("no answer for the client: %s %s", b.URL(), b.Text())
	}
}

// What is wrong with a request object is the application's doing, and the page says whose.
func TestRequestObject_RefusedOnAPage(t *testing.T) {
	w := newWorld(t)
	b := w.browser().Get("/authorize?client_id=app&request=e30.e30.")
	if b.Left() || b.Status() != http.StatusBadRequest || b.TextOf("error-code") != "E-REQ-10" || !strings.Contains(b.Text(), "The App") {
		t.Errorf("%s: %d %s", b.URL(), b.Status(), b.Text())
	}
	b.Get(authorizeURL("request", "e30.e30."))
	if !b.Left() || b.URL().Query().Get("error") != "invalid_request_object" || b.URL().Query().Get("state") != "s-1" {
		t.Errorf("beside a registered address: %s %s", b.URL(), b.Text())
	}
}

func TestAttack_AA20_DowngradeOfPushedRequests(t *testing.T) {
	w := newWorld(t)
	w.check(w.provider.EditClient(t.Context(), "app", func(c *provider.Client) error { c.RequirePAR = true; return nil }))
	b := w.signedIn("ada")
	for how, visit := range map[string]func(){
		"GET":  func() { b.Get(authorizeURL()) },
		"POST": func() { b.Post("/authorize", authorizeParams()) },
		"POST of another site": func() {
			b.PostFrom("https://app.example.test", "/authorize", authorizeParams())
		},
		"POST without cookies": func() { b = w.browser().Post("/authorize", authorizeParams()) },
	} {
		if visit(); !b.Left() || b.URL().Query().Get("error") != "invalid_request" || b.URL().Query().Has("code") {
			t.Errorf("%s: %s %s", how, b.URL(), b.Text())
		}
	}
	b = w.signedIn("ada")
	if b.Get(w.push(authorizeParams())).Press("allow", nil); b.URL().Query().Get("code") == "" {
		t.Errorf("pushed: %s %s", b.URL(), b.Text())
	}
}

// What is pushed is kept for a while, so a client that proves nothing is held to a measure, from each network.
func TestAttack_AO04_PushesOfPublicClients(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) { c.PublicPushes = handlers.Rate{Count: 100, Per: time.Minute} })
	for _, id := range []string{"spa", "other"} {
		_, err := w.provider.AddClient(t.Context(), &provider.Client{ID: id, AuthMethod: "none", RedirectURIs: []string{callback}})
		w.check(err)
	}
	push := func(id, from string) int {
		r := w.request(http.MethodPost, "/par", authorizeParams("client_id", id, "scope", "openid").Encode())
		r.RemoteAddr = from
		return w.do(r).Code
	}
	refused := 0
	for range 150 {
		switch push("spa", "192.0.2.1:1") {
		case http.StatusTooManyRequests:
			refused++
		case http.StatusCreated:
		default:
			t.Fatal("neither taken nor put off")
		}
	}
	if refused < 40 || refused > 50 {
		t.Errorf("%d of 150 were put off", refused)
	}
	if a, b := push("spa", "198.51.100.1:1"), push("other", "192.0.2.1:1"); a != http.StatusCreated || b != http.StatusCreated {
		t.Errorf("another network %d, another client %d", a, b)
	}
	if w.push(authorizeParams()) == "" {
		t.Error("a client that has proven who it is is put off")
	}
	w.pass(time.Minute)
	if got := push("spa", "192.0.2.1:1"); got != http.StatusCreated {
		t.Errorf("a minute later: %d", got)
	}
}

// Clients that anybody could register have secrets, but who has one has proven nothing. However many there are, what those of one
// network push is measured together.
func TestAttack_AO04_PushesOfStrangers(t *testing.T) {
	w := openRegistration(t, provider.RegistrationOpen, func(c *handlers.Config) { c.PublicPushes = handlers.Rate{Count: 4, Per: time.Minute} })
	push := func(c map[string]any, from string) int {
		id, secret := c["client_id"].(string), c["client_secret"].(string)
		r := w.request(http.MethodPost, "/par", authorizeParams("client_id", id, "scope", "openid").Encode())
		r.SetBasicAuth(id, secret)
		r.RemoteAddr = from
		return w.do(r).Code
	}
	clients := []map[string]any{w.decode(w.register(photos)), w.decode(w.register(photos))}
	for i := range 4 {
		if got := push(clients[i%2], "192.0.2.1:1"); got != http.StatusCreated {
			t.Fatalf("push %d: %d", i, got)
		}
	}
	for _, c := range clients {
		if here, elsewhere := push(c, "192.0.2.1:1"), push(c, "198.51.100.1:1"); here != http.StatusTooManyRequests || elsewhere != http.StatusCreated {
			t.Errorf("one too many: %d, from another network %d", here, elsewhere)
		}
	}
	w.check(w.provider.EditClient(t.Context(), clients[0]["client_id"].(string), func(c *provider.Client) error { c.Verified = true; return nil }))
	if got := push(clients[0], "192.0.2.1:1"); got != http.StatusCreated {
		t.Errorf("one that an administrator vouches for: %d", got)
	}
}
