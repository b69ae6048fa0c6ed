package upstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"signet/keys"
)

func TestGitHubSignsInByItsListOfAddresses(t *testing.T) {
	for what, c := range map[string]struct {
		list     any
		email    string
		verified bool
	}{
		"primary and verified":   {[]map[string]any{{"email": "x@example.org", "primary": false, "verified": true}, {"email": "ada@example.org", "primary": true, "verified": true}}, "ada@example.org", true},
		"primary and unverified": {[]map[string]any{{"email": "x@example.org", "primary": false, "verified": true}, {"email": "ada@example.org", "primary": true, "verified": false}}, "ada@example.org", false},
		"none":                   {[]map[string]any{}, "", false},
	} {
		p := newFake(t)
		p.mux.HandleFunc("/user", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer their-access" {
				w.WriteHeader(http.StatusUnauthorized)
			}
			reply(w, map[string]any{"id": 7, "login": "ada", "email": "victim@example.org", "email_verified": true, "avatar_url": "https://example.org/a.png"})
		})
		p.mux.HandleFunc("/emails", func(w http.ResponseWriter, _ *http.Request) { reply(w, c.list) })
		w := newWorld(t, Source{
			ID: "github", Preset: "github", ClientID: "ours", ClientSecret: "our-secret", AuthorizationEndpoint: p.URL + "/authorize", TokenEndpoint: p.URL + "/token",
			UserInfoEndpoint: p.URL + "/user", EmailsEndpoint: p.URL + "/emails",
		})
		p.answer = url.Values{"iss": {"https://github.com/login/oauth"}}
		arrival, err := w.signIn(p, "github")
		if err != nil {
			t.Fatal(err)
		}
		id := arrival.Identity
		if id.Subject != "7" || id.Email != c.email || id.EmailVerified != c.verified || id.Claims["preferred_username"] != "ada" || id.Claims["picture"] != "https://example.org/a.png" {
			t.Errorf("%s: %+v", what, id)
		}
		if p.last.Get("client_secret") != "our-secret" || p.auth != "" || p.last.Get("code_verifier") == "" {
			t.Errorf("%s: %v %q", what, p.last, p.auth)
		}
	}
}

func TestVKGetsItsDeviceBack(t *testing.T) {
	p := newFake(t)
	p.mux.HandleFunc("/user_info", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.FormValue("client_id") != "ours" || r.FormValue("access_token") != "their-access" {
			w.WriteHeader(http.StatusBadRequest)
		}
		reply(w, map[string]any{"user": map[string]any{"user_id": "77", "first_name": "Ada", "email": "ada@example.org"}})
	})
	w := newWorld(t, Source{ID: "vk", Preset: "vk", ClientID: "ours", ClientSecret: "s", AuthorizationEndpoint: p.URL + "/a", TokenEndpoint: p.URL + "/token", UserInfoEndpoint: p.URL + "/user_info"})
	p.answer = url.Values{"device_id": {"device-1"}, "iss": nil}
	arrival, err := w.signIn(p, "vk")
	if err != nil || arrival.Identity.Subject != "77" || arrival.Identity.EmailVerified || arrival.Identity.Claims["given_name"] != "Ada" {
		t.Fatal(arrival, err)
	}
	if p.last.Get("device_id") != "device-1" {
		t.Error(p.last)
	}
}

func TestAppleSecretIsSignedAndTheNameComesOnce(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	private := keys.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	p := newFake(t)
	p.metadata = map[string]any{"userinfo_endpoint": nil}
	w := newWorld(t, Source{ID: "apple", Preset: "apple", Issuer: p.URL, ClientID: "ours", PrivateKey: private, KeyID: "KEY1", Params: map[string]string{"team": "TEAM1"}})
	if begun := w.begin("apple", nil); !strings.Contains(begun.URL, "response_mode=form_post") {
		t.Error(begun.URL)
	}
	p.change["name"] = nil
	p.answer = url.Values{"user": {`{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"victim@example.org","email_verified":true,"sub":"Eve"}`}}
	arrival, err := w.signIn(p, "apple")
	if err != nil {
		t.Fatal(err)
	}
	id := arrival.Identity
	if id.Subject != "Ada" || id.Email != "ada@example.org" || id.Claims["name"] != "Ada Lovelace" || id.Claims["family_name"] != "Lovelace" {
		t.Errorf("got %+v", id)
	}
	secret, err := jwt.ParseSigned(p.last.Get("client_secret"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := secret.Claims(&key.PublicKey, &claims); err != nil {
		t.Fatal(err)
	}
	if claims["iss"] != "TEAM1" || claims["sub"] != "ours" || claims["aud"] != p.URL || claims["exp"].(float64) != claims["iat"].(float64)+300 || secret.Headers[0].KeyID != "KEY1" {
		t.Errorf("%v %v", claims, secret.Headers)
	}
}

func TestTokensAreRefreshedProfilesReadAgainAndTakenBack(t *testing.T) {
	p := newFake(t)
	var revoked url.Values
	p.mux.HandleFunc("/revoke", func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		revoked = r.PostForm
	})
	w := newWorld(t, p.source(func(s *Source) { s.RevocationEndpoint = p.URL + "/revoke" }))
	arrival, err := w.signIn(p, "acme")
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := w.u.Refresh(t.Context(), "acme", arrival.Identity.Tokens)
	if err != nil || p.last.Get("grant_type") != "refresh_token" || p.last.Get("refresh_token") != "their-refresh" || tokens.Access == "" {
		t.Fatal(p.last, err)
	}
	p.userInfo = map[string]any{"sub": "Ada", "name": "Countess"}
	id, err := w.u.Profile(t.Context(), "acme", tokens, "Ada")
	if err != nil || id.Claims["name"] != "Countess" {
		t.Fatal(id, err)
	}
	_, err = w.u.Profile(t.Context(), "acme", tokens, "ada")
	wantKind(t, "somebody else", err, ErrAnswer)
	_, err = w.u.Refresh(t.Context(), "acme", Tokens{Access: "a"})
	wantKind(t, "nothing to refresh with", err, ErrNoRule)
	if err := w.u.Revoke(t.Context(), "acme", tokens); err != nil || revoked.Get("token") != "their-refresh" {
		t.Error(revoked, err)
	}
	if text := fmt.Sprintf("%v %+v %#v", tokens, tokens, arrival.Identity); strings.Contains(text, "their-") {
		t.Errorf("tokens are printed: %s", text)
	}
}

// Facebook has no refresh tokens, but exchanges one of an hour for one of two months; and permissions are taken back.
func TestFacebookTokensAreExchangedForLongerOnes(t *testing.T) {
	p := newFake(t)
	deleted := false
	p.mux.HandleFunc("/permissions", func(w http.ResponseWriter, r *http.Request) {
		deleted = r.Method == http.MethodDelete && len(r.URL.Query().Get("appsecret_proof")) == 64
		reply(w, map[string]any{"success": true})
	})
	w := newWorld(t, Source{
		ID: "facebook", Preset: "facebook", ClientID: "ours", ClientSecret: "our-secret", TokenEndpoint: p.URL + "/token", UserInfoEndpoint: p.URL + "/userinfo", RevocationEndpoint: p.URL + "/permissions",
	})
	tokens, err := w.u.Refresh(t.Context(), "facebook", Tokens{Access: "short"})
	if err != nil || p.last.Get("grant_type") != "fb_exchange_token" || p.last.Get("fb_exchange_token") != "short" || tokens.Access.Reveal() != "their-access" || tokens.Expires == 0 {
		t.Fatal(tokens, p.last, err)
	}
	if err := w.u.Revoke(t.Context(), "facebook", tokens); err != nil || !deleted {
		t.Error(deleted, err)
	}
}

// GitHub takes a token back from the application that it was issued to.
func TestGitHubTokensAreTakenBack(t *testing.T) {
	p := newFake(t)
	deleted := ""
	p.mux.HandleFunc("/applications/ours/token", func(w http.ResponseWriter, r *http.Request) {
		var body map[string]string
		_ = json.NewDecoder(r.Body).Decode(&body)
		deleted = r.Method + " " + body["access_token"]
		w.WriteHeader(http.StatusNoContent)
	})
	w := newWorld(t, Source{ID: "github", Preset: "github", ClientID: "ours", ClientSecret: "s", AudienceEndpoint: p.URL + "/applications/{client_id}/token"})
	if err := w.u.Revoke(t.Context(), "github", Tokens{Access: "theirs"}); err != nil || deleted != "DELETE theirs" {
		t.Error(deleted, err)
	}
}

// x is a fake of OAuth 1.0a that checks every signature itself.
type x struct {
	*fake
	t       *testing.T
	refuses string
}

// signed computes the signature of RFC 5849 §3.4.2 afresh, and tells whether the request has it.
func (p *x) signed(r *http.Request, secret string) (map[string]string, bool) {
	sent := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(r.Header.Get("Authorization"), "OAuth "), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		plain, err := url.PathUnescape(strings.Trim(value, `"`))
		if err != nil {
			p.t.Error(err)
		}
		sent[name] = plain
	}
	var pairs []string
	for name, value := range sent {
		if name != "oauth_signature" {
			pairs = append(pairs, percent(name)+"="+percent(value))
		}
	}
	for name, values := range r.URL.Query() {
		pairs = append(pairs, percent(name)+"="+percent(values[0]))
	}
	sort.Strings(pairs)
	base := r.Method + "&" + percent(p.URL+r.URL.Path) + "&" + percent(strings.Join(pairs, "&"))
	mac := hmac.New(sha1.New, []byte(percent("our-secret")+"&"+percent(secret)))
	mac.Write([]byte(base))
	return sent, sent["oauth_signature"] == base64.StdEncoding.EncodeToString(mac.Sum(nil)) && sent["oauth_consumer_key"] == "ours"
}

// percent escapes as RFC 5849 §3.6 has it.
func percent(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "%7E", "~")
}

func newX(t *testing.T) *x {
	p := &x{fake: newFake(t), t: t}
	p.mux.HandleFunc("/oauth/request_token", func(w http.ResponseWriter, r *http.Request) {
		sent, ok := p.signed(r, "")
		if !ok || p.refuses == "request" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte("secret text"))
			return
		}
		p.answer = url.Values{"callback": {sent["oauth_callback"]}}
		_, _ = w.Write([]byte("oauth_token=temporary&oauth_token_secret=temporary-secret&oauth_callback_confirmed=true"))
	})
	p.mux.HandleFunc("/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
		if p.refuses == "down" {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if sent, ok := p.signed(r, "temporary-secret"); !ok || sent["oauth_verifier"] != "yes" || sent["oauth_token"] != "temporary" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte("oauth_token=lasting&oauth_token_secret=lasting-secret&user_id=9"))
	})
	p.mux.HandleFunc("/verify", func(w http.ResponseWriter, r *http.Request) {
		if sent, ok := p.signed(r, "lasting-secret"); !ok || sent["oauth_token"] != "lasting" || r.URL.Query().Get("include_email") != "true" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		reply(w, map[string]any{"id": 9, "id_str": "9", "screen_name": "ada", "name": "Ada", "email": "ada@example.org"})
	})
	return p
}

func (p *x) source() Source {
	return Source{
		ID: "x", Preset: "x", ClientID: "ours", ClientSecret: "our-secret", RequestTokenEndpoint: p.URL + "/oauth/request_token", AuthorizationEndpoint: p.URL + "/oauth/authenticate",
		TokenEndpoint: p.URL + "/oauth/access_token", UserInfoEndpoint: p.URL + "/verify?include_email=true",
	}
}

func TestOAuth1SignsIn(t *testing.T) {
	p := newX(t)
	w := newWorld(t, p.source())
	begun := w.begin("x", nil)
	if begun.URL != p.URL+"/oauth/authenticate?oauth_token=temporary" || begun.RequestToken != "temporary" {
		t.Errorf("%+v", begun)
	}
	callback, err := url.Parse(p.answer.Get("callback"))
	if err != nil || callback.Query().Get("state") != begun.State || !strings.HasPrefix(callback.String(), w.u.Callback("x")+"?") {
		t.Fatalf("%v %v", callback, err)
	}
	arrival, err := w.finish("x", url.Values{"state": {begun.State}, "oauth_token": {"temporary"}, "oauth_verifier": {"yes"}})
	if err != nil {
		t.Fatal(err)
	}
	id := arrival.Identity
	if id.Subject != "9" || id.Email != "ada@example.org" || !id.EmailVerified || id.Issuer != "https://x.com" || id.Tokens.AccessSecret.Reveal() != "lasting-secret" {
		t.Errorf("%+v", id)
	}
	if again, err := w.u.Profile(t.Context(), "x", id.Tokens, "9"); err != nil || again.Claims["preferred_username"] != "ada" {
		t.Error(again, err)
	}
}

func TestAttack_AF06_OAuth1AnswersBelongToTheirTrip(t *testing.T) {
	p := newX(t)
	w := newWorld(t, p.source())
	for what, c := range map[string]struct {
		change url.Values
		kind   error
	}{
		"no state":           {url.Values{"state": nil}, ErrTrip},
		"another token":      {url.Values{"oauth_token": {"theirs"}}, ErrAnswer},
		"no token":           {url.Values{"oauth_token": nil}, ErrAnswer},
		"no verifier":        {url.Values{"oauth_verifier": nil}, ErrAnswer},
		"two tokens":         {url.Values{"oauth_token": {"temporary", "theirs"}}, ErrAnswer},
		"a wrong verifier":   {url.Values{"oauth_verifier": {"no"}}, ErrAnswer},
		"the person said no": {url.Values{"denied": {"temporary"}}, ErrDenied},
	} {
		params := url.Values{"state": {w.begin("x", nil).State}, "oauth_token": {"temporary"}, "oauth_verifier": {"yes"}}
		for name, values := range c.change {
			params[name] = values
		}
		_, err := w.finish("x", params)
		wantKind(t, what, err, c.kind)
	}
	begun := w.begin("x", nil)
	p.refuses = "down"
	_, err := w.finish("x", url.Values{"state": {begun.State}, "oauth_token": {"temporary"}, "oauth_verifier": {"yes"}})
	wantKind(t, "down", err, ErrDown)
	p.refuses = "request"
	_, err = w.u.Begin(t.Context(), &w.batch, Start{Source: "x", Binding: "browser"})
	wantKind(t, "refused", err, ErrAnswer)
	if strings.Contains(err.Error(), "secret text") {
		t.Error("the answer is quoted")
	}
}

// A code that did not come by a trip is redeemed only with what PKCE and OpenID Connect ask for.
func TestCodesWithoutATrip(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil))
	p.nonces["code"] = "their-nonce"
	good := Code{Source: "acme", Code: "code", Redirect: "https://app.example/cb", Verifier: strings.Repeat("v", 43), Nonce: "their-nonce"}
	id, err := w.u.Redeem(t.Context(), good)
	if err != nil || id.Subject != "Ada" || p.last.Get("redirect_uri") != "https://app.example/cb" || p.last.Get("code_verifier") != good.Verifier {
		t.Fatal(id, err, p.last)
	}
	for what, change := range map[string]func(*Code){
		"no code": func(c *Code) { c.Code = "" }, "no address": func(c *Code) { c.Redirect = "" }, "no verifier": func(c *Code) { c.Verifier = "" }, "no nonce": func(c *Code) { c.Nonce = "" },
		"another nonce": func(c *Code) { c.Nonce = "x" },
	} {
		c := good
		change(&c)
		if _, err := w.u.Redeem(t.Context(), c); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Every row can be configured with what it asks for, and nothing of its addresses is left open.
func TestPresetsAreWhole(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range Presets() {
		s := Source{ID: "a", Preset: row.Preset, ClientID: "c", ClientSecret: "s", PrivateKey: keys.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), KeyID: "k", Params: map[string]string{}}
		for _, name := range row.Required {
			s.Params[name] = map[string]string{"domain": "sso.example.com"}[name]
			if s.Params[name] == "" {
				s.Params[name] = "value"
			}
		}
		if row.Preset == row.Protocol {
			s.Issuer, s.AuthorizationEndpoint, s.TokenEndpoint, s.UserInfoEndpoint, s.RequestTokenEndpoint = "https://a.example", "https://a.example/a", "https://a.example/t", "https://a.example/u", "https://a.example/r"
		}
		if row.Protocol == LDAP {
			s.Directory = Directory{Server: "ldaps://a.example", BaseDN: "dc=example"}
		}
		done, problems := Complete(s)
		if len(problems) != 0 {
			t.Errorf("%s: %v", row.Preset, problems)
		}
		for name, address := range done.addressFields() {
			if address != "" && !isAddress(address) && !(done.allTenants() && name == "issuer") {
				t.Errorf("%s: %s is %s", row.Preset, name, address)
			}
		}
		if row.Preset != row.Protocol && row.Protocol != LDAP && (row.RegisterAt == "" || row.Color == "") {
			t.Errorf("%s: no registration page, or no colour", row.Preset)
		}
	}
	if raw, err := json.Marshal(Source{ClientSecret: "secret"}); err != nil || strings.Contains(string(raw), `"secret"`) {
		t.Errorf("%s %v", raw, err)
	}
}
