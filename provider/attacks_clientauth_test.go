package provider_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/provider"
	"signet/storage"
)

// stillTimeKey is how the time of a world that stands still comes to a presentation.
type stillTimeKey struct{}

func stillTime(r *http.Request) time.Time { return r.Context().Value(stillTimeKey{}).(time.Time) }

// presented is one way of saying which client asks, made for a client and its secret.
type presented struct {
	name string
	// method is the only one that this fits, or empty if it fits none.
	method string
	// twice tells that it is two ways at once.
	twice bool
	make  func(r *http.Request, id, secret, assertion string)
}

func form(pairs ...string) func(*http.Request, string, string, string) {
	return func(r *http.Request, id, secret, assertion string) {
		fill := strings.NewReplacer("ID", id, "SECRET", secret, "ASSERTION", assertion)
		for i := 0; i < len(pairs); i += 2 {
			r.PostForm.Set(pairs[i], fill.Replace(pairs[i+1]))
		}
	}
}

func header(scheme, credentials string, encode func([]byte) string, pairs ...string) func(*http.Request, string, string, string) {
	return func(r *http.Request, id, secret, assertion string) {
		text := strings.NewReplacer("ID", id, "SECRET", secret).Replace(credentials)
		r.Header.Add("Authorization", scheme+" "+encode([]byte(text)))
		form(pairs...)(r, id, secret, assertion)
	}
}

func plain(b []byte) string { return string(b) }

var (
	std    = base64.StdEncoding.EncodeToString
	raw    = base64.RawStdEncoding.EncodeToString
	jwtFor = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

// slack changes the bits of the last character that mean nothing.
func slack(b []byte) string {
	s := std(b)
	at := strings.Index(s, "=") - 1
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return s[:at] + string(alphabet[strings.IndexByte(alphabet, s[at])+1]) + s[at+1:]
}

// bySecret presents a client_secret_jwt assertion, made with the secret or with what change makes of it.
func bySecret(change func(string) string, pairs ...string) func(*http.Request, string, string, string) {
	return func(r *http.Request, id, secret, assertion string) {
		form(pairs...)(r, id, secret, assertion)
		form("client_assertion_type", jwtFor)(r, id, secret, assertion)
		if change != nil {
			secret = change(secret)
		}
		r.PostForm.Set("client_assertion", secretAssertion("HS256", secret, id, stillTime(r), nil))
	}
}

var presentations = []presented{
	{"nothing", "", false, form()},
	{"client_id", "none", false, form("client_id", "ID")},
	{"another client_id", "", false, form("client_id", "nobody")},
	{"basic", "client_secret_basic", false, header("Basic", "ID:SECRET", std)},
	{"basic, lower case", "client_secret_basic", false, header("basic", "ID:SECRET", std)},
	{"basic and its client_id", "client_secret_basic", false, header("Basic", "ID:SECRET", std, "client_id", "ID")},
	{"basic and another client_id", "", false, header("Basic", "ID:SECRET", std, "client_id", "nobody")},
	{"basic and an empty client_id", "", false, header("Basic", "ID:SECRET", std, "client_id", "")},
	{"basic, wrong", "", false, header("Basic", "ID:SECREt", std)},
	{"basic, empty", "", false, header("Basic", "ID:", std)},
	{"basic, no colon", "", false, header("Basic", "ID", std)},
	{"basic, no id", "", false, header("Basic", ":SECRET", std)},
	{"basic, more", "", false, header("Basic", "ID:SECRET:", std)},
	{"basic, space", "", false, header("Basic", "ID:SECRET ", std)},
	{"basic, id in another case", "", false, header("Basic", "iD:SECRET", std)},
	{"basic, not base64", "", false, header("Basic", "ID:SECRET", plain)},
	{"basic, no padding", "", false, header("Basic", "ID:SECRET!", raw)},
	{"basic, slack bits", "", false, header("Basic", "ID:SECRET", slack)},
	{"basic, two spaces", "", false, header("Basic ", "ID:SECRET", std)},
	{"basic, trailing", "", false, header("Basic", "ID:SECRET", func(b []byte) string { return std(b) + "," })},
	{"basic, huge", "", false, header("Basic", "ID:"+strings.Repeat("x", 8000), std)},
	{"basic, broken escape", "", false, header("Basic", "ID:SECRET%", std)},
	{"bearer", "", false, header("Bearer", "SECRET", plain)},
	{"scheme alone", "", false, header("Basic", "", plain)},
	{"no scheme", "", false, header("", "ID:SECRET", std)},
	{"negotiate", "", false, header("Negotiate", "ID:SECRET", std)},
	{"post", "client_secret_post", false, form("client_id", "ID", "client_secret", "SECRET")},
	{"post, wrong", "", false, form("client_id", "ID", "client_secret", "secret")},
	{"post, empty", "", false, form("client_id", "ID", "client_secret", "")},
	{"post, no id", "", false, form("client_secret", "SECRET")},
	{"assertion", "private_key_jwt", false, form("client_assertion_type", jwtFor, "client_assertion", "ASSERTION")},
	{"assertion and its client_id", "private_key_jwt", false, form("client_assertion_type", jwtFor, "client_assertion", "ASSERTION", "client_id", "ID")},
	{"assertion and another client_id", "", false, form("client_assertion_type", jwtFor, "client_assertion", "ASSERTION", "client_id", "nobody")},
	{"assertion by secret", "client_secret_jwt", false, bySecret(nil)},
	{"assertion by secret and its client_id", "client_secret_jwt", false, bySecret(nil, "client_id", "ID")},
	{"assertion by secret and another client_id", "", false, bySecret(nil, "client_id", "nobody")},
	{"assertion by another secret", "", false, bySecret(func(secret string) string { return strings.ToUpper(secret) })},
	{"assertion by secret and the secret", "", true, bySecret(nil, "client_id", "ID", "client_secret", "SECRET")},
	{"assertion without type", "", false, form("client_assertion", "ASSERTION", "client_id", "ID")},
	{"assertion of SAML", "", false, form("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "client_assertion", "ASSERTION")},
	{"type without assertion", "", false, form("client_assertion_type", jwtFor, "client_id", "ID")},
	{"basic and post", "", true, header("Basic", "ID:SECRET", std, "client_id", "ID", "client_secret", "SECRET")},
	{"basic and an empty post", "", true, header("Basic", "ID:SECRET", std, "client_secret", "")},
	{"basic and assertion", "", true, header("Basic", "ID:SECRET", std, "client_assertion_type", jwtFor, "client_assertion", "ASSERTION")},
	{"post and assertion", "", true, form("client_id", "ID", "client_secret", "SECRET", "client_assertion_type", jwtFor, "client_assertion", "ASSERTION")},
	{"two headers", "", true, func(r *http.Request, id, secret, _ string) {
		header("Basic", "ID:SECRET", std)(r, id, secret, "")
		header("Basic", "ID:SECRET", std)(r, id, secret, "")
	}},
	{"secret in the query", "", false, func(r *http.Request, id, secret, _ string) {
		r.URL.RawQuery = url.Values{"client_id": {id}, "client_secret": {secret}}.Encode()
	}},
}

// Every client is let in by the one method of its record and by no other, spelled in one way.
func TestAttack_AB09_ClientAuthenticationMatrix(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	for _, method := range []string{"client_secret_basic", "client_secret_post", "private_key_jwt", "client_secret_jwt", "none"} {
		id := "app-" + method
		for len(id+":"+verifier[:43])%3 == 0 {
			id += "x" // so that base64 has slack bits
		}
		c := provider.Client{ID: id, AuthMethod: method}
		if method == "private_key_jwt" {
			c.JWKS = k.jwks
		}
		secret := w.client(c)
		if secret == "" {
			secret = strings.Repeat("s", 43)
		}
		for _, p := range presentations {
			want := map[bool]string{true: "invalid_grant", false: "invalid_client"}[p.method == method]
			if p.twice {
				want = "invalid_request"
			}
			w.tap.reset(nil)
			r := post("", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}})
			r = r.WithContext(context.WithValue(r.Context(), stillTimeKey{}, w.now()))
			p.make(r, id, secret, k.assertion(t, id, w.now(), nil))
			_, err := w.Token(context.Background(), r)
			if e := provider.AsError(err); e == nil || e.OAuth != want || (e.Status == 401) != (want == "invalid_client") {
				t.Errorf("%s, %s: %v, want %s", method, p.name, err, want)
			}
			if _, writes := w.tap.counted(); writes > 1 || writes == 1 && !strings.HasSuffix(method, "_jwt") {
				t.Errorf("%s, %s: %d batches", method, p.name, writes)
			}
			for name, err := range map[string]error{"introspect": second(w.Introspect(context.Background(), r)), "revoke": w.Revoke(context.Background(), r)} {
				if e := provider.AsError(err); want != "invalid_grant" && (e == nil || e.OAuth == "invalid_grant" || e.Status >= 500) {
					t.Errorf("%s, %s: %s says %v", method, p.name, name, err)
				}
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Names and secrets are form-encoded before they are put into the header (RFC 6749 §2.3.1).
func TestAttack_AB09_CredentialsAreDecoded(t *testing.T) {
	w := newStillWorld(t, nil)
	id := "a b:c%2fd+e&f=g"
	secret := w.client(provider.Client{ID: id})
	for name, want := range map[string]string{
		url.QueryEscape(id): "invalid_grant", strings.ReplaceAll(url.QueryEscape(id), "+", "%20"): "invalid_grant", id: "invalid_client", url.QueryEscape(url.QueryEscape(id)): "invalid_client",
	} {
		r := post("", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}})
		r.SetBasicAuth(name, secret)
		if _, err := w.Token(context.Background(), r); provider.AsError(err).OAuth != want {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
}

// Two secrets live while the client's owner moves from one to the other; then the older one is dead, by the clock.
func TestSecretsRotate(t *testing.T) {
	w := newStillWorld(t, nil)
	old := w.client(provider.Client{ID: "app"})
	works := func(secret string) bool {
		_, e := w.token("app:"+secret, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}})
		return e.OAuth == "invalid_grant"
	}
	next, err := w.RotateSecret(t.Context(), "app", 60)
	if err != nil || !works(old) || !works(next.Reveal()) {
		t.Fatalf("%v, old %v, new %v", err, works(old), works(next.Reveal()))
	}
	w.pass(time.Minute)
	if works(old) || !works(next.Reveal()) {
		t.Error("the old secret outlives its time")
	}
	last, err := w.RotateSecret(t.Context(), "app", 0)
	if err != nil || works(next.Reveal()) || !works(last.Reveal()) {
		t.Errorf("%v: a secret that was given no time is alive", err)
	}
}

// aud is an assertion's addressee as a string, in a list, or more.
func TestAttack_AB19_AssertionsAreAddressedToTheIssuerAlone(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	w.client(provider.Client{ID: "svc", AuthMethod: "private_key_jwt", JWKS: k.jwks, GrantTypes: []string{"client_credentials"}})
	for _, c := range []struct {
		aud  any
		want bool
	}{
		{issuer, true}, {[]string{issuer}, true},
		{issuer + "/", false}, {issuer + "/token", false}, {issuer + "/par", false}, {strings.ToUpper(issuer), false}, {"https://evil.test/token", false},
		{[]string{issuer, "https://evil.test"}, false}, {[]string{issuer, issuer}, false}, {[]string{"https://evil.test"}, false}, {[]string{}, false}, {"", false}, {nil, false},
		{[]any{issuer, nil}, false}, {[]any{[]string{issuer}}, false}, {map[string]string{"aud": issuer}, false}, {1, false}, {true, false}, {issuer + "\x00", false},
	} {
		_, e := w.token("", assertionForm(k.assertion(t, "svc", w.now(), map[string]any{"aud": c.aud}), url.Values{"grant_type": {"client_credentials"}}))
		if (e == nil) != c.want || e != nil && e.OAuth != "invalid_client" {
			t.Errorf("aud %v: %v", c.aud, e)
		}
	}
}

// What an assertion says of itself is judged claim by claim (RFC 7523 §3); how long its jti is kept is bounded.
func TestAttack_AB20_AssertionClaims(t *testing.T) {
	w := newStillWorld(t, nil)
	k, stranger := newAssertionKey(t), newAssertionKey(t)
	for _, id := range []string{"svc", "other"} {
		w.client(provider.Client{ID: id, AuthMethod: "private_key_jwt", JWKS: k.jwks, GrantTypes: []string{"client_credentials"}})
	}
	now := w.now().Unix()
	for _, c := range []struct {
		name  string
		value any
		want  bool
	}{
		{"iss", nil, false}, {"iss", "other", false}, {"iss", "", false}, {"iss", []string{"svc"}, false}, {"iss", "SVC", false}, {"iss", "nobody", false},
		{"sub", nil, false}, {"sub", "other", false}, {"sub", "", false}, {"sub", w.ada.Subject, false},
		{"jti", nil, false}, {"jti", "", false}, {"jti", strings.Repeat("j", 129), false}, {"jti", 5, false}, {"jti", strings.Repeat("j", 128), true},
		{"exp", nil, false}, {"exp", now, false}, {"exp", now - 1, false}, {"exp", 0, false}, {"exp", -1, false}, {"exp", fmt.Sprint(now + 60), false}, {"exp", true, false},
		{"exp", now + 310, true}, {"exp", now + 311, false}, {"exp", 253402300799, false}, {"exp", 1e18, false}, {"exp", now + 1, true},
		{"iat", nil, true}, {"iat", now + 10, true}, {"iat", now + 11, false}, {"iat", now - 100000, true}, {"iat", "x", false},
		{"nbf", now + 10, true}, {"nbf", now + 11, false}, {"nbf", now - 5, true}, {"nbf", []int{1}, false},
		{"Sub", "other", true}, {"unknown", map[string]any{"x": 1}, true},
	} {
		form := assertionForm(k.assertion(t, "svc", w.now(), map[string]any{c.name: c.value}), url.Values{"grant_type": {"client_credentials"}})
		_, e := w.token("", form)
		if (e == nil) != c.want || e != nil && e.OAuth != "invalid_client" {
			t.Errorf("%s %v: %v", c.name, c.value, e)
		}
		_, e = w.token("", form)
		wantOAuth(t, e, 401, "invalid_client")
	}
	_, e := w.token("", assertionForm(stranger.assertion(t, "svc", w.now(), nil), url.Values{"grant_type": {"client_credentials"}}))
	wantOAuth(t, e, 401, "invalid_client")
}

// An assertion is good for one request, also for one that is refused; jti are of one client, so that no client can use up
// another's.
func TestAttack_AB20_AssertionIsUsedOnce(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	for _, id := range []string{"svc", "other"} {
		w.client(provider.Client{ID: id, AuthMethod: "private_key_jwt", JWKS: k.jwks, GrantTypes: []string{"client_credentials"}, Scopes: []string{"read"}})
	}
	ask := func(assertion string, pairs ...string) *provider.Error {
		form := assertionForm(assertion, url.Values{"grant_type": {"client_credentials"}})
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		_, e := w.token("", form)
		return e
	}
	for name, first := range map[string]func(string) error{
		"token":         func(a string) error { return asError(ask(a)) },
		"refused token": func(a string) error { return asError(ask(a, "scope", "admin")) },
		"introspect": func(a string) error {
			return second(w.Introspect(t.Context(), post("", assertionForm(a, url.Values{"token": {"x"}}))))
		},
		"revoke": func(a string) error {
			return w.Revoke(t.Context(), post("", assertionForm(a, url.Values{"token": {"x"}})))
		},
	} {
		a := k.assertion(t, "svc", w.now(), map[string]any{"jti": "jti-" + name})
		if err := first(a); err != nil && provider.AsError(err).OAuth != "invalid_scope" {
			t.Errorf("%s: %v", name, err)
		}
		for range 2 {
			wantOAuth(t, ask(a), 401, "invalid_client")
		}
		if e := ask(k.assertion(t, "other", w.now(), map[string]any{"jti": "jti-" + name})); e != nil {
			t.Errorf("%s: another client's equal jti: %v", name, e)
		}
	}
}

func asError(e *provider.Error) error {
	if e == nil {
		return nil
	}
	return e
}

// One assertion cannot be used many times by sending it with requests that lose a race: whoever loses has used it, too.
func TestAttack_AB20_AssertionOfALoserIsUsed(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	w.client(provider.Client{ID: "svc", FirstParty: true, AuthMethod: "private_key_jwt", JWKS: k.jwks, GrantTypes: []string{"authorization_code", "client_credentials"}})
	b := w.signIn(w.ada)
	code := codeForm(w.code(b, params("svc")))
	winner, loser := k.assertion(t, "svc", w.now(), nil), k.assertion(t, "svc", w.now(), nil)
	w.tap.before = func(storage.Batch) {
		w.tap.before = nil
		if _, e := w.token("", assertionForm(winner, maps.Clone(code))); e != nil {
			t.Error("the winner:", e)
		}
	}
	_, e := w.token("", assertionForm(loser, maps.Clone(code)))
	wantOAuth(t, e, 400, "invalid_grant")
	_, e = w.token("", assertionForm(loser, url.Values{"grant_type": {"client_credentials"}}))
	wantOAuth(t, e, 401, "invalid_client")
}

// A wrong try with a code that is written just after the right one is a second use, as it would be a moment later: it ends
// what came of the first.
func TestAttack_AB01_WrongTryMeetsTheRightOne(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	right := codeForm(w.code(w.signIn(w.ada), params("app")))
	wrong := maps.Clone(right)
	wrong.Set("code_verifier", strings.Repeat("w", 43))
	var answer map[string]any
	w.tap.before = func(storage.Batch) {
		w.tap.before = nil
		var e *provider.Error
		if answer, e = w.token(auth, right); e != nil {
			t.Error("the right one:", e)
		}
	}
	_, e := w.token(auth, wrong)
	wantOAuth(t, e, 400, "invalid_grant")
	if w.active(auth, answer["access_token"]) {
		t.Error("the tokens of the right one live on")
	}
}

// An assertion is good for one request, whatever becomes of it: a refusal of introspection or revocation after the client had
// proved who it is used to leave it as good as new.
func TestAttack_AB20_RefusedRequestsSpendTheAssertion(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	w.client(provider.Client{ID: "app", FirstParty: true, AuthMethod: "private_key_jwt", JWKS: k.jwks})
	asks := map[string]func(url.Values) error{
		"introspection": func(form url.Values) error { _, err := w.Introspect(t.Context(), post("", form)); return err },
		"revocation":    func(form url.Values) error { return w.Revoke(t.Context(), post("", form)) },
	}
	for name, ask := range asks {
		form := assertionForm(k.assertion(t, "app", w.now(), nil), url.Values{"token": {"x"}, "token_type_hint": {"access_token"}})
		if name == "introspection" {
			form.Del("token")
			wantCode(t, ask(form), "E-REQ-01")
			form.Set("token", "x")
			wantCode(t, ask(form), "E-CLIENT-02")
			continue
		}
		if err := ask(form); err != nil {
			t.Fatal(err)
		}
		wantCode(t, ask(form), "E-CLIENT-02")
	}
}
