package torture

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// told is a relying party that keeps the sessions of whose end it was told.
type told struct {
	mu   sync.Mutex
	sids map[string]bool
}

// ServeHTTP implements http.Handler.
func (a *told) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	sid := sidOf(r.PostFormValue("logout_token"))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sids[sid] = true
}

// sidOf reads a token of the provider without verifying it.
func sidOf(token string) string {
	var claims struct {
		SID string `json:"sid"`
	}
	if parts := strings.Split(token, "."); len(parts) == 3 {
		if raw, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(raw, &claims)
		}
	}
	return claims.SID
}

// missing are those of a list that have not been heard of.
func (a *told) missing(sids []string) (missing int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, sid := range sids {
		if !a.sids[sid] {
			missing++
		}
	}
	return missing
}

// signedInto signs ada in and lets her into the client. It returns the browser's cookies and the client's ID token.
func (s *server) signedInto() (http.CookieJar, string) {
	s.t.Helper()
	jar := s.signIn()
	query := url.Values{"client_id": {"told"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"}}
	resp, _, err := s.get("/authorize?"+query.Encode(), jar)
	if err != nil {
		s.t.Fatal(err)
	}
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || to.Query().Get("code") == "" {
		s.t.Fatalf("authorize: status %d to %q", resp.StatusCode, to)
	}
	r, err := http.NewRequest(http.MethodPost, s.issuer+"/token", strings.NewReader(codeForm(to.Query().Get("code")).Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("told", clientSecret)
	_, body, err := s.send(r)
	var answer struct {
		IDToken string `json:"id_token"`
	}
	if err != nil || json.Unmarshal(body, &answer) != nil || answer.IDToken == "" {
		s.t.Fatalf("token: %v: %s", err, body)
	}
	return jar, answer.IDToken
}

func (s *server) get(path string, jar http.CookieJar) (*http.Response, []byte, error) {
	r, err := http.NewRequest(http.MethodGet, s.issuer+path, nil)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	return s.send(r)
}

// TestKill_SignOutsAreTold signs people out while the server is killed: of whatever was acknowledged the client is told.
func TestKill_SignOutsAreTold(t *testing.T) {
	rp := &told{sids: map[string]bool{}}
	listener := httptest.NewServer(rp)
	t.Cleanup(listener.Close)
	s := newServer(t, "", "")
	s.configure("", `outbound.allow_private = ["127.0.0.0/8"]`)
	s.start()
	status, err := s.admin(http.MethodPost, "/clients", map[string]any{"client_id": "told", "client_secret": clientSecret, "redirect_uris": []string{callback},
		"first_party": true, "backchannel_logout_uri": listener.URL + "/logout"})
	if err != nil || status != http.StatusOK {
		t.Fatalf("client: status %d, %v", status, err)
	}
	var acknowledged []string
	for range kills(t, 15) {
		acknowledged = append(acknowledged, s.killAmidSignOuts()...)
		s.start()
		if t.Failed() {
			t.Fatalf("server's log:\n%s", s.log)
		}
	}
	t.Logf("%d sign-outs acknowledged, %d told of so far", len(acknowledged), len(acknowledged)-rp.missing(acknowledged))
	if len(acknowledged) == 0 {
		t.Error("every kill came too early: that tests nothing")
	}
	eventually(t, "clients are told", func() bool { return rp.missing(acknowledged) == 0 })
}

// killAmidSignOuts signs a few browsers out at once, kills the server meanwhile, and returns the sessions whose end it acknowledged.
func (s *server) killAmidSignOuts() []string {
	s.t.Helper()
	const browsers = 6
	var mu sync.Mutex
	var wg sync.WaitGroup
	var ended []string
	for range browsers {
		jar, hint := s.signedInto()
		wg.Go(func() {
			time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond)
			resp, _, err := s.get("/logout?id_token_hint="+hint, jar)
			if err == nil && resp.StatusCode == http.StatusSeeOther {
				mu.Lock()
				defer mu.Unlock()
				ended = append(ended, sidOf(hint))
			}
		})
	}
	time.Sleep(time.Duration(rand.IntN(15)) * time.Millisecond)
	s.kill()
	wg.Wait()
	return ended
}
