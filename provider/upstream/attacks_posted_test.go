package upstream

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"signet/keys"
	"signet/storage"
)

// google, facebook, github, introspecting and yandex are fakes whose tokens are ours or another application's.
func audienceWorlds(t *testing.T) map[string]*world {
	t.Helper()
	worlds := map[string]*world{}
	add := func(name string, routes map[string]http.HandlerFunc, source func(p *fake) Source) {
		p := newFake(t)
		for path, handler := range routes {
			p.mux.HandleFunc(path, handler)
		}
		worlds[name] = newWorld(t, source(p))
	}
	of := func(token string) (app string, ok bool) {
		app, ok = map[string]string{"ours": "ours", "theirs": "theirs", "mobile": "mobile"}[token]
		return app, ok
	}
	add("google", map[string]http.HandlerFunc{"/tokeninfo": func(w http.ResponseWriter, r *http.Request) {
		app, ok := of(r.URL.Query().Get("access_token"))
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
		}
		reply(w, map[string]any{"aud": app, "azp": app, "sub": "Ada", "expires_in": "3599"})
	}}, func(p *fake) Source {
		return p.source(func(s *Source) {
			s.Preset, s.AudienceEndpoint, s.Audiences = "google", p.URL+"/tokeninfo", []string{"mobile"}
		})
	})
	add("facebook", map[string]http.HandlerFunc{
		"/debug_token": func(w http.ResponseWriter, r *http.Request) {
			app, ok := of(r.URL.Query().Get("input_token"))
			if r.URL.Query().Get("access_token") != "ours|our-secret" {
				w.WriteHeader(http.StatusBadRequest)
			}
			if !ok {
				app = "ours" // what has ended was ours, too
			}
			reply(w, map[string]any{"data": map[string]any{"app_id": app, "is_valid": ok, "user_id": "42"}})
		},
		"/me": func(w http.ResponseWriter, r *http.Request) {
			if len(r.URL.Query().Get("appsecret_proof")) != 64 {
				w.WriteHeader(http.StatusBadRequest)
			}
			reply(w, map[string]any{"id": "42", "name": "Ada", "email": "ada@example.org"})
		},
	}, func(p *fake) Source {
		return Source{ID: "acme", Preset: "facebook", ClientID: "ours", ClientSecret: "our-secret", UserInfoEndpoint: p.URL + "/me?fields=id", AudienceEndpoint: p.URL + "/debug_token", Audiences: []string{"mobile"}}
	})
	add("github", map[string]http.HandlerFunc{
		"/applications/ours/token": func(w http.ResponseWriter, r *http.Request) {
			var body struct {
				Token string `json:"access_token"`
			}
			_ = json.NewDecoder(r.Body).Decode(&body)
			name, secret, _ := r.BasicAuth()
			if name != "ours" || secret != "our-secret" || body.Token != "ours" && body.Token != "mobile" {
				w.WriteHeader(http.StatusNotFound)
			}
			reply(w, map[string]any{"app": map[string]any{"client_id": "ours"}, "user": map[string]any{"id": 7}})
		},
		"/user": func(w http.ResponseWriter, _ *http.Request) {
			reply(w, map[string]any{"id": 7, "login": "ada", "email": "public@example.org"})
		},
		"/user/emails": func(w http.ResponseWriter, _ *http.Request) {
			reply(w, []map[string]any{{"email": "old@example.org", "primary": false, "verified": true}, {"email": "ada@example.org", "primary": true, "verified": true}})
		},
	}, func(p *fake) Source {
		return Source{
			ID: "acme", Preset: "github", ClientID: "ours", ClientSecret: "our-secret", UserInfoEndpoint: p.URL + "/user", EmailsEndpoint: p.URL + "/user/emails",
			AudienceEndpoint: p.URL + "/applications/{client_id}/token",
		}
	})
	add("introspection", map[string]http.HandlerFunc{"/introspect": func(w http.ResponseWriter, r *http.Request) {
		app, ok := of(r.FormValue("token"))
		name, secret, _ := r.BasicAuth()
		if name != "ours" || secret != "our-secret" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		if !ok {
			app = "ours"
		}
		reply(w, map[string]any{"active": ok, "client_id": app, "sub": "Ada"})
	}}, func(p *fake) Source {
		return p.source(func(s *Source) {
			s.Audience, s.AudienceEndpoint, s.Audiences = AudienceIntrospection, p.URL+"/introspect", []string{"mobile"}
		})
	})
	add("yandex", map[string]http.HandlerFunc{"/info": func(w http.ResponseWriter, r *http.Request) {
		app, ok := of(strings.TrimPrefix(r.Header.Get("Authorization"), "OAuth "))
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
		}
		reply(w, map[string]any{"id": "9", "client_id": app, "default_email": "ada@example.org"})
	}}, func(p *fake) Source {
		return Source{ID: "acme", Preset: "yandex", ClientID: "ours", ClientSecret: "our-secret", UserInfoEndpoint: p.URL + "/info", Audiences: []string{"mobile"}}
	})
	return worlds
}

func TestAttack_AG01_AccessTokensOfOtherApplicationsAreRefused(t *testing.T) {
	for name, w := range audienceWorlds(t) {
		for _, token := range []keys.Secret{"theirs", "invented", ""} {
			_, err := w.u.VerifyAccessToken(t.Context(), Posted{Source: "acme", Token: token})
			wantKind(t, name+" "+token.Reveal(), err, ErrPosted)
		}
		for _, token := range []keys.Secret{"ours", "mobile"} {
			id, err := w.u.VerifyAccessToken(t.Context(), Posted{Source: "acme", Token: token})
			if err != nil || id.Subject == "" || id.Source != "acme" {
				t.Errorf("%s %s: %+v, %v", name, token.Reveal(), id, err)
			}
			if name == "github" && (id.Email != "ada@example.org" || !id.EmailVerified) {
				t.Errorf("github: %+v", id)
			}
			if name == "facebook" && id.EmailVerified {
				t.Error("an address of Facebook is verified")
			}
		}
	}
}

// Sources that cannot say for whom a token is take none.
func TestAttack_AG01_WithoutARuleThereIsNoWay(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil), p.plain(nil), Source{ID: "x", Preset: "x", ClientID: "c", ClientSecret: "s"})
	for _, source := range []string{"acme", "plain", "x"} {
		_, err := w.u.VerifyAccessToken(t.Context(), Posted{Source: source, Token: "ours"})
		wantKind(t, source, err, ErrNoRule)
	}
	if p.count("/userinfo") != 0 {
		t.Error("the token was used")
	}
	for _, row := range Presets() {
		if _, known := audienceRules[row.Audience]; !known && row.Audience != AudienceNone {
			t.Errorf("%s has a rule that does not exist: %q", row.Preset, row.Audience)
		}
	}
}

// The token may be of one person and the profile of another only if somebody swapped something.
func TestAttack_AG01_ProfileIsOfTheTokensPerson(t *testing.T) {
	w := audienceWorlds(t)["google"]
	// The rule says Ada; userinfo of the fake says what its claims say.
	p := newFake(t)
	p.mux.HandleFunc("/tokeninfo", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"aud": "ours", "sub": "Eve"})
	})
	w = newWorld(t, p.source(func(s *Source) { s.Preset, s.AudienceEndpoint = "google", p.URL+"/tokeninfo" }))
	_, err := w.u.VerifyAccessToken(t.Context(), Posted{Source: "acme", Token: "ours"})
	wantKind(t, "another's profile", err, ErrPosted)
}

func TestAttack_AG02_PostedIDTokensAreForUsOursAndOnce(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(func(s *Source) { s.Audiences = []string{"mobile"} }), p.source(func(s *Source) { s.ID = "other" }))
	p.clock = w.clock
	verify := func(token, binding, nonce string, vouched bool) (*Identity, error) {
		var b storage.Batch
		id, err := w.u.VerifyIDToken(t.Context(), &b, Posted{Source: "acme", Token: keys.Secret(token), Binding: binding, Nonce: nonce, Vouched: vouched})
		if err != nil {
			return nil, err
		}
		if err := w.db.Apply(t.Context(), b); err != nil {
			return nil, err
		}
		return id, nil
	}
	fresh := func() string {
		nonce, err := w.u.Nonce("acme", "app")
		if err != nil {
			t.Fatal(err)
		}
		return nonce
	}
	token := func(nonce any, change map[string]any) string {
		claims := p.claims("")
		if claims["nonce"] = nonce; nonce == nil {
			delete(claims, "nonce")
		}
		for name, value := range change {
			claims[name] = value
		}
		return p.idToken(claims)
	}
	foreign, err := w.u.Nonce("other", "app")
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"another application's": token(fresh(), map[string]any{"aud": "theirs"}),
		"another azp":           token(fresh(), map[string]any{"azp": "theirs"}),
		"for others too":        token(fresh(), map[string]any{"aud": []string{"ours", "theirs"}, "azp": "ours"}),
		"no nonce":              token(nil, nil),
		"an invented nonce":     token("known", nil),
		"another source's":      token(foreign, nil),
		"over":                  token(fresh(), map[string]any{"exp": w.clock().Unix() - 1}),
		"another issuer":        token(fresh(), map[string]any{"iss": "https://evil.example"}),
		"empty":                 "",
	} {
		_, err := verify(text, "app", "", false)
		wantKind(t, what, err, ErrPosted)
	}
	good := token(fresh(), nil)
	_, err = verify(good, "another", "", false)
	wantKind(t, "another binding", err, ErrPosted)
	if id, err := verify(good, "app", "", false); err != nil || id.Subject != "Ada" {
		t.Fatal(id, err)
	}
	if _, err := verify(good, "app", "", false); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("replayed: %v", err)
	}
	// A second token with the same nonce, the same text with another signature, and one with the same jti are no second chance.
	nonce := fresh()
	if _, err := verify(token(nonce, nil), "app", "", false); err != nil {
		t.Fatal(err)
	}
	if _, err := verify(token(nonce, map[string]any{"name": "Ada"}), "app", "", false); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("the nonce again: %v", err)
	}
	claims := p.claims(fresh())
	for i, again := range []string{p.idToken(claims), p.idToken(claims)} {
		if _, err := verify(again, "app", "", false); (i == 0) != (err == nil) {
			t.Errorf("signature %d: %v", i+1, err)
		}
	}
	for i := range 2 {
		if _, err := verify(token(fresh(), map[string]any{"jti": "1"}), "app", "", false); (i == 0) != (err == nil) {
			t.Errorf("jti, time %d: %v", i+1, err)
		}
	}
	// An application that hashes the nonce says so; a nonce beside a claim that is something else counts for nothing.
	nonce = fresh()
	sum := sha256.Sum256([]byte(nonce))
	if _, err := verify(token(hex.EncodeToString(sum[:]), map[string]any{"aud": "mobile"}), "app", nonce, false); err != nil {
		t.Errorf("a hashed nonce: %v", err)
	}
	_, err = verify(token(fresh(), nil), "app", fresh(), false)
	wantKind(t, "two nonces", err, ErrPosted)
	late := fresh()
	w.advance(11 * time.Minute)
	_, err = verify(token(late, nil), "app", "", false)
	wantKind(t, "a nonce that is over", err, ErrPosted)
	// Who is vouched for needs no nonce, and everything else.
	if _, err := verify(token("theirs", nil), "", "", true); err != nil {
		t.Errorf("vouched for: %v", err)
	}
	_, err = verify(token(nil, map[string]any{"aud": "theirs"}), "", "", true)
	wantKind(t, "vouched for, another application's", err, ErrPosted)
}

func TestAttack_AG03_OneKindOfTokenIsNotTakenForAnother(t *testing.T) {
	p := newFake(t)
	p.mux.HandleFunc("/introspect", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"active": true, "client_id": "ours", "sub": "Ada"})
	})
	w := newWorld(t, p.source(func(s *Source) { s.Audience, s.AudienceEndpoint = AudienceIntrospection, p.URL+"/introspect" }))
	claims := func(change map[string]any) map[string]any {
		c := p.claims("theirs")
		for name, value := range change {
			c[name] = value
		}
		return c
	}
	for what, token := range map[string]string{
		"at+jwt":           sign(jose.ES256, p.key, "one", "at+jwt", claims(nil)),
		"application":      sign(jose.ES256, p.key, "one", "application/at+jwt", claims(nil)),
		"Cognito's access": p.idToken(claims(map[string]any{"token_use": "access"})),
		"Keycloak's":       p.idToken(claims(map[string]any{"typ": "Bearer"})),
		"a logout token":   sign(jose.ES256, p.key, "one", "logout+jwt", claims(nil)),
		"opaque":           "opaque",
	} {
		var b storage.Batch
		_, err := w.u.VerifyIDToken(t.Context(), &b, Posted{Source: "acme", Token: keys.Secret(token), Vouched: true})
		wantKind(t, what+" as ID token", err, ErrPosted)
	}
	for what, change := range map[string]map[string]any{"with a nonce": nil, "with at_hash": {"at_hash": "x"}, "Cognito's": {"token_use": "id"}, "Keycloak's": {"typ": "ID"}} {
		_, err := w.u.VerifyAccessToken(t.Context(), Posted{Source: "acme", Token: keys.Secret(p.idToken(claims(change)))})
		wantKind(t, what+" as access token", err, ErrPosted)
	}
	access := claims(nil)
	delete(access, "nonce")
	if _, err := w.u.VerifyAccessToken(t.Context(), Posted{Source: "acme", Token: keys.Secret(sign(jose.ES256, p.key, "one", "at+jwt", access))}); err != nil {
		t.Errorf("an access token: %v", err)
	}
}

func TestAttack_AG10_AProviderThatFailsIsToldFromOneThatRefuses(t *testing.T) {
	for what, c := range map[string]struct {
		handler http.HandlerFunc
		kind    error
	}{
		"500": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, ErrDown},
		"503": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, ErrDown},
		"429": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, ErrDown},
		"400": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			reply(w, map[string]any{"error": "invalid_grant<b>"})
		}, ErrAnswer},
		"garbage":  {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, ErrAnswer},
		"nothing":  {func(http.ResponseWriter, *http.Request) {}, ErrAnswer},
		"hung up":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ErrDown},
		"too much": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 300<<10)) }, ErrDown},
		"another type": {func(w http.ResponseWriter, _ *http.Request) {
			reply(w, map[string]any{"access_token": "a", "token_type": "mac"})
		}, ErrAnswer},
		"no ID token": {func(w http.ResponseWriter, _ *http.Request) {
			reply(w, map[string]any{"access_token": "a", "token_type": "bearer"})
		}, ErrAnswer},
		"no token": {func(w http.ResponseWriter, _ *http.Request) { reply(w, map[string]any{"token_type": "bearer"}) }, ErrAnswer},
		"error and 200": {func(w http.ResponseWriter, _ *http.Request) {
			reply(w, map[string]any{"error": "bad_verification_code"})
		}, ErrAnswer},
	} {
		p := newFake(t)
		p.mux.HandleFunc("/broken", c.handler)
		w := newWorld(t, p.source(func(s *Source) { s.TokenEndpoint = p.URL + "/broken" }))
		_, err := w.signIn(p, "acme")
		wantKind(t, what, err, c.kind)
		if strings.Contains(err.Error(), "<b>") || strings.Contains(err.Error(), "html") {
			t.Errorf("%s: the answer is quoted: %v", what, err)
		}
	}
}

// All that is asked for one request of ours is within one time, however many answers it takes.
func TestAttack_AG10_SlowAnswersTogetherAreBounded(t *testing.T) {
	p := newFake(t)
	end := make(chan struct{})
	p.mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-end:
		case <-r.Context().Done():
		}
	})
	defer close(end)
	w := newWorld(t, p.source(func(s *Source) { s.TokenEndpoint = p.URL + "/slow" }))
	w.u.timeout = 50 * time.Millisecond
	_, err := w.signIn(p, "acme")
	wantKind(t, "slow", err, ErrDown)
	for range 5 {
		_, _ = w.signIn(p, "acme")
	}
	before := p.count("/slow")
	_, err = w.signIn(p, "acme")
	wantKind(t, "broken", err, ErrDown)
	if p.count("/slow") != before {
		t.Error("a host that is down is asked on and on")
	}
}

// Whatever a browser brings, keys are asked for at most once a minute.
func TestAttack_AE06_UnknownKeysAreNotFetchedAgainAndAgain(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil))
	p.clock = w.clock
	for range 100 {
		var b storage.Batch
		_, err := w.u.VerifyIDToken(t.Context(), &b, Posted{Source: "acme", Token: keys.Secret(sign(jose.ES256, p.key, another(t), "JWT", p.claims(""))), Vouched: true})
		wantKind(t, "an unknown key", err, ErrPosted)
	}
	if n := p.count("/jwks"); n != 1 {
		t.Errorf("%d fetches", n)
	}
	// A key that is really new is found after a minute.
	w.advance(61 * time.Second)
	p.kid = "two"
	if _, err := w.signIn(p, "acme"); err != nil {
		t.Error(err)
	}
	if n := p.count("/jwks"); n != 2 {
		t.Errorf("%d fetches", n)
	}
}

var counter int

// another is another text each time.
func another(t *testing.T) string {
	t.Helper()
	counter++
	return strings.Repeat("k", counter)
}

func TestAttack_AL05_LogoutTokensOfTheProviderAlone(t *testing.T) {
	p := newFake(t)
	stranger := newFake(t)
	w := newWorld(t, p.source(nil), p.plain(nil))
	p.clock = w.clock
	n := 0
	claims := func(change map[string]any) map[string]any {
		n++
		now := w.clock().Unix()
		c := map[string]any{
			"iss": p.URL, "aud": "ours", "iat": now, "exp": now + 120, "jti": strings.Repeat("j", n), "sub": "Ada", "sid": "session-1", "events": map[string]any{logoutEvent: map[string]any{}},
		}
		for name, value := range change {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		}
		return c
	}
	token := func(change map[string]any) string {
		return sign(jose.ES256, p.key, "one", "logout+jwt", claims(change))
	}
	take := func(text string) (*Logout, error) {
		var b storage.Batch
		l, err := w.u.VerifyLogoutToken(t.Context(), &b, "acme", keys.Secret(text))
		if err != nil {
			return nil, err
		}
		return l, w.db.Apply(t.Context(), b)
	}
	now := w.clock().Unix()
	for what, text := range map[string]string{
		"unsigned":       "eyJhbGciOiJub25lIn0." + strings.Split(token(nil), ".")[1] + ".",
		"forged":         sign(jose.ES256, stranger.key, "one", "logout+jwt", claims(nil)),
		"an ID token":    p.idToken(p.claims("n")),
		"a nonce":        token(map[string]any{"nonce": "n"}),
		"an empty nonce": token(map[string]any{"nonce": ""}),
		"wrong type":     sign(jose.ES256, p.key, "one", "at+jwt", claims(nil)),
		"another type":   sign(jose.ES256, p.key, "one", "secevent+jwt", claims(nil)),
		"another issuer": token(map[string]any{"iss": stranger.URL}),
		"another client": token(map[string]any{"aud": "theirs"}),
		"over":           token(map[string]any{"exp": now - 1}),
		"no expiry":      token(map[string]any{"exp": nil}),
		"to come":        token(map[string]any{"iat": now + 600}),
		"old":            token(map[string]any{"iat": now - 3600}),
		"no iat":         token(map[string]any{"iat": nil}),
		"no jti":         token(map[string]any{"jti": nil}),
		"nobody":         token(map[string]any{"sub": nil, "sid": nil}),
		"no event":       token(map[string]any{"events": map[string]any{}}),
		"another event":  token(map[string]any{"events": map[string]any{"urn:x": map[string]any{}}}),
		"an event of 1":  token(map[string]any{"events": map[string]any{logoutEvent: 1}}),
		"nothing":        "",
		"a claim twice":  sign(jose.ES256, p.key, "one", "logout+jwt", json.RawMessage(strings.Replace(string(must(json.Marshal(claims(nil)))), `"sub":"Ada"`, `"sub":"Eve","sub":"Ada"`, 1))),
	} {
		_, err := take(text)
		wantKind(t, what, err, ErrPosted)
	}
	good := token(nil)
	l, err := take(good)
	if err != nil || l.Subject != "Ada" || l.SessionID != "session-1" || l.Issuer != p.URL || l.Source != "acme" {
		t.Fatal(l, err)
	}
	if _, err := take(good); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("replayed: %v", err)
	}
	if _, err := take(token(map[string]any{"sub": nil})); err != nil {
		t.Errorf("a session alone: %v", err)
	}
	var b storage.Batch
	_, err = w.u.VerifyLogoutToken(t.Context(), &b, "plain", keys.Secret(good))
	wantKind(t, "a source without logout", err, ErrNoRule)
}

func must(raw []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return raw
}
