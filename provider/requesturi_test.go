package provider_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/outbound"
)

// referWorld has a client whose request objects are at a site.
func referWorld(t testing.TB) (w *world, s *site, k assertionKey, refer func(suffix string) url.Values) {
	t.Helper()
	w, s, k = newStillWorld(t, reaching), newSite(t), newAssertionKey(t)
	w.client(provider.Client{ID: "app", FirstParty: true, JWKS: k.jwks, RequestURIs: []string{s.URL + "/r", s.URL + "/q?a=b#" + hashOf("once")}})
	s.say(k.object(t, w.objectClaims(params("app", "nonce", "fetched"), nil)), "Content-Type", "application/oauth-authz-req+jwt")
	return w, s, k, func(suffix string) url.Values {
		p := params("app")
		p.Set("request_uri", s.URL+suffix)
		return p
	}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return b64.EncodeToString(sum[:])
}

func TestRequestURI_IsFetched(t *testing.T) {
	w, s, k, refer := referWorld(t)
	b := w.signIn(w.ada)
	for i, suffix := range []string{"/r", "/r#" + hashOf("x"), "/q?a=b", "/q?a=b#" + hashOf("y"), "/r"} {
		if got, err := w.accepted(refer(suffix), b); !got {
			t.Errorf("%s: %v", suffix, err)
		}
		wantAsked(t, s, int64(i+1))
	}
	s.say(k.object(t, w.objectClaims(params("app"), nil)) + "\n")
	if got, err := w.accepted(refer("/r"), b); !got {
		t.Errorf("a file with a line's end: %v", err)
	}
	s.say(k.object(t, w.objectClaims(params("app", "scope", "openid admin"), nil)))
	if _, err := w.Authorize(t.Context(), refer("/r"), b); told(err).Get("error") != "invalid_scope" {
		t.Errorf("%v", err)
	}
}

// An object is kept as long as it says, or as its fragment is its hash; another fragment means another object.
func TestRequestURI_IsKept(t *testing.T) {
	w, s, k, refer := referWorld(t)
	b := w.signIn(w.ada)
	object := k.object(t, w.objectClaims(params("app"), map[string]any{"exp": nil, "nbf": nil}))
	accept := func(suffix string, asked int64) {
		t.Helper()
		if got, err := w.accepted(refer(suffix), b); !got {
			t.Errorf("%s: %v", suffix, err)
		}
		wantAsked(t, s, asked)
	}
	s.say(object, "Cache-Control", "max-age=60")
	accept("/r", 1)
	accept("/r", 1)
	accept("/r#other", 2)
	w.pass(60 * time.Second)
	accept("/r", 3)
	s.say(object, "Cache-Control", "no-store")
	accept("/q?a=b", 4)
	accept("/q?a=b", 5)
	accept("/q?a=b#"+hashOf(object), 6)
	w.pass(59 * time.Minute)
	accept("/q?a=b#"+hashOf(object), 6)
	w.pass(time.Minute)
	accept("/q?a=b#"+hashOf(object), 7)
	s.say(object, "Cache-Control", "max-age=999999")
	accept("/r#long", 8)
	w.pass(time.Hour)
	accept("/r#long", 9)
}

// Only what the client has registered is asked, and what is answered there is nobody else's business.
func TestAttack_AE01_AE05_RequestURIs(t *testing.T) {
	w, s, k, refer := referWorld(t)
	b := w.signIn(w.ada)
	const secret = "the-secret-body"
	for _, suffix := range []string{"", "/", "/r/", "/R", "/r?", "/r?x=1", "/q", "/q?a=c", "/r/../admin", "//r", "@evil.test/r"} {
		_, err := w.Authorize(t.Context(), refer(suffix), b)
		if told(err).Get("error") != "invalid_request_uri" {
			t.Errorf("%q: %v", suffix, err)
		}
	}
	wantAsked(t, s, 0)
	answers := map[string]func(){
		"not found":   func() { s.fail(http.StatusNotFound) },
		"moved":       func() { s.fail(http.StatusFound); s.header = http.Header{"Location": {"http://127.0.0.1:9/" + secret}} },
		"too large":   func() { s.say(strings.Repeat("A", 64<<10+1)) },
		"packed":      func() { s.say(secret, "Content-Encoding", "gzip") },
		"no object":   func() { s.say(secret) },
		"a bad one":   func() { s.say(newAssertionKey(t).object(t, w.objectClaims(params("app"), nil))) },
		"another's":   func() { s.say(k.object(t, w.objectClaims(params("other"), nil))) },
		"a reference": func() { s.say(k.object(t, w.objectClaims(params("app"), map[string]any{"request_uri": s.URL + "/r"}))) },
	}
	for name, prepare := range answers {
		before := s.asked.Load()
		prepare()
		_, err := w.Authorize(t.Context(), refer("/r"), b)
		e := provider.AsError(err)
		if e == nil || e.Status != 400 || e.OAuth != "invalid_request_uri" && e.OAuth != "invalid_request_object" || strings.Contains(e.Got+e.Allowed+e.Fix+fmt.Sprint(e.Answer), "secret") {
			t.Errorf("%s: %+v", name, e)
		}
		if s.asked.Load() != before+1 {
			t.Errorf("%s: asked %d times", name, s.asked.Load()-before)
		}
	}
	s.say(secret)
	shut := newStillWorld(t, nil) // reaches the public Internet alone
	shut.client(provider.Client{ID: "app", FirstParty: true, JWKS: k.jwks, RequestURIs: []string{s.URL + "/r", "https://10.1.2.3/r", "https://[::1]/r", "https://localhost/r"}})
	before := s.asked.Load()
	for _, uri := range []string{s.URL + "/r", "https://10.1.2.3/r", "https://[::1]/r", "https://localhost/r"} {
		p := params("app")
		p.Set("request_uri", uri)
		_, err := shut.Authorize(t.Context(), p, shut.signIn(shut.ada))
		if e := provider.AsError(err); e == nil || e.Code != "E-REQ-12" || e.Got != outbound.Public || e.Cause == nil {
			t.Errorf("%s: %+v", uri, e)
		}
	}
	wantAsked(t, s, before)
}

// What a request object's header says of keys and where they are is not looked at.
func TestAttack_AD03_HeadersOfRequestObjectsFetchNothing(t *testing.T) {
	w, s := newStillWorld(t, reaching), newSite(t)
	k := newForgeKey(t)
	s.say(asJSON(map[string]any{"keys": []any{k.public}}))
	w.client(provider.Client{ID: "app", FirstParty: true, JWKSURI: s.URL + "/jwks"})
	b := w.signIn(w.ada)
	claims := asJSON(w.objectClaims(params("app"), nil))
	stranger := newForgeKey(t)
	for i, header := range []map[string]any{{"jku": s.URL + "/x"}, {"x5u": s.URL + "/x"}, {"jwk": stranger.public}, {"kid": s.URL + "/x"}, {"jku": s.URL + "/x", "kid": k.public.ID}} {
		header["alg"] = "ES256"
		if got, err := w.accepted(byValue("app", joined(asJSON(header), claims, stranger.sign)), b); got {
			t.Errorf("%v: %v", header, err)
		}
		if want := int64(1); s.asked.Load() != want {
			t.Errorf("%d, %v: asked %d times, want the client's keys alone", i, header, s.asked.Load())
		}
	}
	if got, err := w.accepted(byValue("app", joined(`{"alg":"ES256","jku":"`+s.URL+`/x"}`, claims, k.sign)), b); !got {
		t.Error(err)
	}
	wantAsked(t, s, 1)
}

// Whoever brings browsers along does not make us ask an address without end.
func TestAttack_AE06_RequestURIsAreNotFetchedWithoutEnd(t *testing.T) {
	w, s, _, refer := referWorld(t)
	s.fail(http.StatusInternalServerError)
	b := w.signIn(w.ada)
	for i := range 1000 {
		_, err := w.Authorize(t.Context(), refer(fmt.Sprintf("/r#%d", i)), b)
		if told(err).Get("error") != "invalid_request_uri" {
			t.Fatal(err)
		}
	}
	wantAsked(t, s, 30)
	w.pass(5 * time.Second)
	for range 100 {
		_, _ = w.Authorize(t.Context(), refer("/r"), b)
	}
	wantAsked(t, s, 35)
	_, _ = w.Authorize(t.Context(), refer("/q?a=b"), b) // another address has a measure of its own
	wantAsked(t, s, 36)
}
