package remote

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

// provider is one that answers as it is told.
type provider struct {
	*httptest.Server
	t *testing.T

	mu sync.Mutex
	// meta is its discovery; answers are what the other endpoints say, by path, in order; the last one stays.
	meta    map[string]any
	answers map[string][]answer
	// asked are the forms that came, by path.
	asked map[string][]url.Values
}

// answer is a status and a JSON body.
type answer struct {
	status int
	body   map[string]any
}

func refusal(code string) answer {
	return answer{400, map[string]any{"error": code, "error_description": "words"}}
}

func newProvider(t *testing.T) *provider {
	p := &provider{t: t, answers: map[string][]answer{}, asked: map[string][]url.Values{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	p.meta = map[string]any{
		"issuer": p.URL, "token_endpoint": p.URL + "/token", "device_authorization_endpoint": p.URL + "/device_authorization",
		"revocation_endpoint": p.URL + "/revoke", "userinfo_endpoint": p.URL + "/userinfo", "code_challenge_methods_supported": []string{"S256"},
	}
	p.answers["/device_authorization"] = []answer{{200, map[string]any{
		"device_code": "dc", "user_code": "WDJB-MJHT", "verification_uri": p.URL + "/device", "verification_uri_complete": p.URL + "/device?user_code=WDJB-MJHT",
		"expires_in": 300, "interval": 5,
	}}}
	return p
}

// ServeHTTP implements http.Handler.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path == "/.well-known/openid-configuration" {
		_ = json.NewEncoder(w).Encode(p.meta)
		return
	}
	_ = r.ParseForm()
	form := r.PostForm
	form.Set("authorization", r.Header.Get("Authorization"))
	p.asked[r.URL.Path] = append(p.asked[r.URL.Path], form)
	list := p.answers[r.URL.Path]
	if len(list) == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if len(list) > 1 {
		p.answers[r.URL.Path] = list[1:]
	}
	if list[0].status == 0 { // no answer at all
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(list[0].status)
	_ = json.NewEncoder(w).Encode(list[0].body)
}

// user is a Client whose clock moves only by waiting.
type user struct {
	*Client
	now    time.Time
	waited []time.Duration
}

func newUser() *user {
	u := &user{now: time.Unix(1_800_000_000, 0)}
	u.Client = &Client{
		ID: "signet-cli", HTTP: &http.Client{Timeout: time.Minute}, Agent: "test", Clock: func() time.Time { return u.now }, Rand: strings.NewReader(strings.Repeat("r", 1<<10)),
		Wait: func(_ context.Context, d time.Duration) error {
			u.now = u.now.Add(d)
			u.waited = append(u.waited, d)
			return nil
		},
	}
	return u
}

func (u *user) discovered(t *testing.T, p *provider) *Server {
	t.Helper()
	s, err := u.Discover(t.Context(), p.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var issued = answer{200, map[string]any{"access_token": "at", "refresh_token": "rt", "expires_in": 900, "scope": "openid"}}

func TestLogin(t *testing.T) {
	p, u := newProvider(t), newUser()
	s := u.discovered(t, p)
	pending, err := u.Start(t.Context(), s, "openid", []string{"https://api.test"})
	if err != nil || pending.UserCode != "WDJB-MJHT" {
		t.Fatal(pending, err)
	}
	p.answers["/token"] = []answer{refusal("authorization_pending"), refusal("slow_down"), {503, nil}, {}, refusal("authorization_pending"), issued}
	tokens, err := u.Await(t.Context(), s, pending)
	if err != nil || tokens.Access != "at" || tokens.Refresh != "rt" {
		t.Fatal(tokens, err)
	}
	want := []time.Duration{5, 5, 10, 20, 40, 40}
	for i := range want {
		want[i] *= time.Second
	}
	if !reflect.DeepEqual(u.waited, want) {
		t.Errorf("waited %v, want %v", u.waited, want)
	}
	begun, polled := p.asked["/device_authorization"][0], p.asked["/token"][0]
	sum := sha256.Sum256([]byte(polled.Get("code_verifier")))
	if begun.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) || begun.Get("client_id") != "signet-cli" || begun.Get("resource") != "https://api.test" {
		t.Errorf("begun with %v, polled with %v", begun, polled)
	}
	if polled.Get("grant_type") != grantDevice || polled.Get("device_code") != "dc" || polled.Get("client_id") != "signet-cli" {
		t.Errorf("polled with %v", polled)
	}
	login := u.NewLogin(tokens, "openid email")
	if login.Scope != "openid" || login.Expires != u.now.Unix()+900 {
		t.Errorf("%+v", login)
	}
}

func TestLogin_Ends(t *testing.T) {
	for code, want := range map[string]error{"access_denied": ErrDenied, "expired_token": ErrExpired, "authorization_pending": ErrExpired} {
		p, u := newProvider(t), newUser()
		s := u.discovered(t, p)
		pending, err := u.Start(t.Context(), s, "openid", nil)
		if err != nil {
			t.Fatal(err)
		}
		p.answers["/token"] = []answer{refusal(code)}
		if _, err := u.Await(t.Context(), s, pending); !errors.Is(err, want) {
			t.Errorf("%s: %v", code, err)
		}
	}
	p, u := newProvider(t), newUser()
	s := u.discovered(t, p)
	pending, err := u.Start(t.Context(), s, "openid", nil)
	if err != nil {
		t.Fatal(err)
	}
	p.answers["/token"] = []answer{refusal("invalid_grant")}
	var refused *Error
	if _, err := u.Await(t.Context(), s, pending); !errors.As(err, &refused) || refused.Code != "invalid_grant" {
		t.Errorf("%v", err)
	}
	p.answers["/token"] = []answer{{200, map[string]any{"token_type": "Bearer"}}}
	if _, err := u.Await(t.Context(), s, pending); err == nil {
		t.Error("an answer without a token passes")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	u.Client.Wait = nil
	if _, err := u.Await(ctx, s, pending); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// What a provider says about itself is believed only so far as it can be.
func TestDiscover_Refuses(t *testing.T) {
	p, u := newProvider(t), newUser()
	for _, issuer := range []string{"http://id.example.com", "ftp://localhost", "localhost:8080", "", "https://user@id.example.com", "https://"} {
		if _, err := u.Discover(t.Context(), issuer); err == nil {
			t.Errorf("%s passes", issuer)
		}
	}
	for name, value := range map[string]any{"issuer": p.URL + "/", "token_endpoint": "http://id.example.com/token", "device_authorization_endpoint": "javascript:x", "userinfo_endpoint": "//x", "revocation_endpoint": "http://192.0.2.1/"} {
		before := p.meta[name]
		p.meta[name] = value
		if _, err := u.Discover(t.Context(), p.URL); err == nil {
			t.Errorf("%s %v passes", name, value)
		}
		p.meta[name] = before
	}
	delete(p.meta, "device_authorization_endpoint")
	if _, err := u.Start(t.Context(), u.discovered(t, p), "openid", nil); !errors.Is(err, ErrNoDeviceGrant) {
		t.Errorf("%v", err)
	}
	u.Rand = iotest.ErrReader(errors.New("no randomness"))
	p.meta["device_authorization_endpoint"] = p.URL + "/device_authorization"
	if _, err := u.Start(t.Context(), u.discovered(t, p), "openid", nil); err == nil {
		t.Error("a verifier of nothing")
	}
}

func TestStart_Refuses(t *testing.T) {
	for name, value := range map[string]any{
		"device_code": "", "user_code": "", "verification_uri": "http://evil.example/", "verification_uri_complete": "javascript:alert(1)",
	} {
		p, u := newProvider(t), newUser()
		p.answers["/device_authorization"][0].body[name] = value
		if _, err := u.Start(t.Context(), u.discovered(t, p), "openid", nil); err == nil {
			t.Errorf("%s %v passes", name, value)
		}
	}
	p, u := newProvider(t), newUser()
	p.answers["/device_authorization"] = []answer{{400, map[string]any{"error": "x\x1b[31m", "error_description": "y\nz\u009b"}}}
	_, err := u.Start(t.Context(), u.discovered(t, p), "openid", nil)
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\n\u009b") {
		t.Errorf("%q", err)
	}
}

func TestFresh(t *testing.T) {
	p, u := newProvider(t), newUser()
	s := u.discovered(t, p)
	login := &Login{ClientID: "signet-cli", Access: "old", Refresh: "r1", Expires: u.now.Unix() + 31}
	if changed, err := u.Fresh(t.Context(), s, login); changed || err != nil || len(p.asked["/token"]) > 0 {
		t.Errorf("a token that is good: %v %v", changed, err)
	}
	u.now = u.now.Add(time.Second)
	p.answers["/token"] = []answer{{503, nil}, {200, map[string]any{"access_token": "new", "refresh_token": "r2", "expires_in": 60}}, {200, map[string]any{"access_token": "newer"}}, refusal("invalid_grant")}
	if changed, err := u.Fresh(t.Context(), s, login); changed || err == nil || errors.Is(err, ErrEnded) {
		t.Errorf("a server that is down: %v %v", changed, err)
	}
	if changed, err := u.Fresh(t.Context(), s, login); !changed || err != nil || login.Access != "new" || login.Refresh != "r2" || login.Expires != u.now.Unix()+60 {
		t.Errorf("%v %v %+v", changed, err, login)
	}
	if got := p.asked["/token"][1]; got.Get("refresh_token") != "r1" || got.Get("grant_type") != "refresh_token" {
		t.Errorf("%v", got)
	}
	u.now = u.now.Add(time.Minute)
	if _, err := u.Fresh(t.Context(), s, login); err != nil || login.Access != "newer" || login.Refresh != "r2" || login.Expires != 0 {
		t.Errorf("%v %+v", err, login)
	}
	login.Expires = 1
	if _, err := u.Fresh(t.Context(), s, login); !errors.Is(err, ErrEnded) {
		t.Errorf("%v", err)
	}
	login.Refresh = ""
	if _, err := u.Fresh(t.Context(), s, login); !errors.Is(err, ErrEnded) {
		t.Errorf("%v", err)
	}
}

func TestWhoAndRevoke(t *testing.T) {
	p, u := newProvider(t), newUser()
	s := u.discovered(t, p)
	login := &Login{Access: "at", Refresh: "rt"}
	p.answers["/userinfo"] = []answer{{200, map[string]any{"sub": "ada"}}, {401, nil}}
	if who, err := u.Who(t.Context(), s, login); err != nil || who["sub"] != "ada" || p.asked["/userinfo"][0].Get("authorization") != "Bearer at" {
		t.Errorf("%v %v", who, err)
	}
	if _, err := u.Who(t.Context(), s, login); !errors.Is(err, ErrEnded) {
		t.Errorf("%v", err)
	}
	p.answers["/revoke"] = []answer{{200, nil}}
	for _, want := range []string{"rt", "at"} {
		if err := u.Revoke(t.Context(), s, login); err != nil {
			t.Error(err)
		}
		asked := p.asked["/revoke"]
		if got := asked[len(asked)-1].Get("token"); got != want {
			t.Errorf("revoked %s, want %s", got, want)
		}
		login.Refresh = ""
	}
	s.Revocation = ""
	if err := u.Revoke(t.Context(), s, login); err == nil {
		t.Error("revoked nowhere")
	}
}

func TestLogins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "login.json")
	l, err := Read(path)
	if err != nil || len(l.Servers) != 0 {
		t.Fatal(l, err)
	}
	l.Keep("https://a.test", &Login{ClientID: "a", Access: "1"})
	l.Keep("https://b.test", &Login{ClientID: "b", Access: "2"})
	if err := l.Write(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
	again, err := Read(path)
	if err != nil || !reflect.DeepEqual(again, l) {
		t.Fatalf("%+v %v", again, err)
	}
	if issuer, login := again.Find(""); issuer != "https://b.test" || login.Access != "2" {
		t.Errorf("%s %+v", issuer, login)
	}
	again.Forget("https://b.test")
	if issuer, login := again.Find(""); issuer != "https://a.test" || login.Access != "1" {
		t.Errorf("the only one left: %s %+v", issuer, login)
	}
	if _, login := again.Find("https://c.test"); login != nil {
		t.Errorf("%+v", login)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that others can read: %v", err)
	}
	for _, text := range []string{"", "{", "[]", `{"servers":{"x":1}}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil {
			t.Errorf("%q passes", text)
		}
	}
	if err := os.WriteFile(path, []byte(`{"servers":{"x":null}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := Read(path); err != nil || len(l.Servers) != 0 {
		t.Errorf("%+v %v", l, err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".login-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
