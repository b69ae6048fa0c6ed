package provider_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/outbound"
)

// site is a web server of a client: it answers with what it is told, and counts.
type site struct {
	*httptest.Server
	asked atomic.Int64
	// during runs while a request is answered, if it is set.
	during func()

	mu     sync.Mutex
	status int
	body   []byte
	header http.Header
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.asked.Add(1)
		if s.during != nil {
			s.during()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for name := range s.header {
			w.Header().Set(name, s.header.Get(name))
		}
		w.WriteHeader(s.status)
		_, _ = w.Write(s.body)
	}))
	t.Cleanup(s.Close)
	return s
}

// say makes the site answer 200 with a body from now on.
func (s *site) say(body string, header ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body, s.header = http.StatusOK, []byte(body), http.Header{}
	for i := 0; i < len(header); i += 2 {
		s.header.Set(header[i], header[i+1])
	}
}

func (s *site) fail(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body = status, nil
}

// reaching lets a provider reach sites of this machine.
func reaching(c *provider.Config) {
	c.Outbound = outbound.New(outbound.Config{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
}

// keysWorld has a client whose keys are at a site, and tells whether an assertion by a key is accepted.
func keysWorld(t testing.TB) (w *world, s *site, accepts func(k assertionKey) bool) {
	t.Helper()
	w, s = newStillWorld(t, reaching), newSite(t)
	w.client(provider.Client{ID: "svc", AuthMethod: "private_key_jwt", JWKSURI: s.URL + "/jwks", GrantTypes: []string{"client_credentials"}})
	return w, s, func(k assertionKey) bool {
		t.Helper()
		_, e := w.token("", assertionForm(k.assertion(t, "svc", w.now(), nil), url.Values{"grant_type": {"client_credentials"}}))
		if e != nil {
			wantOAuth(t, e, 401, "invalid_client")
		}
		return e == nil
	}
}

func wantAsked(t testing.TB, s *site, want int64) {
	t.Helper()
	if n := s.asked.Load(); n != want {
		t.Fatalf("fetched %d times, want %d", n, want)
	}
}

func TestKeysAreFetchedAndKept(t *testing.T) {
	w, s, accepts := keysWorld(t)
	k := newAssertionKey(t)
	s.say(string(k.jwks))
	for range 3 {
		if !accepts(k) {
			t.Fatal("refused")
		}
	}
	wantAsked(t, s, 1)
	w.pass(299 * time.Second)
	accepts(k)
	wantAsked(t, s, 1)
	w.pass(time.Second) // five minutes, as nothing else was said
	accepts(k)
	wantAsked(t, s, 2)
}

// A client may change its keys at any time. New ones work once a minute has passed since the last fetch, without waiting for
// the old ones to end; the old ones are gone then.
func TestKeysThatTheClientHasChangedAreFetchedAgain(t *testing.T) {
	w, s, accepts := keysWorld(t)
	old, next := newAssertionKey(t), newAssertionKey(t)
	s.say(string(old.jwks), "Cache-Control", "max-age=86400")
	if !accepts(old) {
		t.Fatal("refused")
	}
	s.say(string(next.jwks), "Cache-Control", "max-age=86400")
	w.pass(60 * time.Second)
	if !accepts(next) {
		t.Fatal("the new key is refused after a minute")
	}
	if accepts(old) {
		t.Fatal("the old key is accepted though it is gone")
	}
	wantAsked(t, s, 2)
}

func TestAttack_AE06_InventedKeysAreNotFetchedAgainAndAgain(t *testing.T) {
	w, s, accepts := keysWorld(t)
	k := newAssertionKey(t)
	s.say(string(k.jwks))
	if !accepts(k) {
		t.Fatal("refused")
	}
	invented := make([]assertionKey, 8)
	for i := range invented {
		invented[i] = newAssertionKey(t)
	}
	storm := func() {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for range 25 {
					form := assertionForm(invented[i].assertion(t, "svc", w.now(), nil), url.Values{"grant_type": {"client_credentials"}})
					if _, e := w.token("", form); e == nil {
						t.Error("an invented key was accepted")
					}
				}
			})
		}
		all.Wait()
	}
	storm()
	wantAsked(t, s, 1) // it was asked a moment ago
	w.pass(60 * time.Second)
	storm()
	wantAsked(t, s, 2)
	if !accepts(k) {
		t.Fatal("the client's own key is refused after the storm")
	}
	// Also of an address that does not answer: what failed is not tried again at once.
	s.fail(http.StatusInternalServerError)
	w.pass(2 * time.Hour)
	storm()
	wantAsked(t, s, 3)
}

// Whoever asks and hangs up does not keep the client's keys from coming.
func TestAttack_AE06_HangingUpDoesNotSpoilTheFetch(t *testing.T) {
	w, s, accepts := keysWorld(t)
	k := newAssertionKey(t)
	s.say(string(k.jwks))
	ctx, cancel := context.WithCancel(context.Background())
	s.during = cancel // whoever asked is gone before there is an answer
	form := assertionForm(newAssertionKey(t).assertion(t, "svc", w.now(), nil), url.Values{"grant_type": {"client_credentials"}})
	if _, err := w.Token(ctx, post("", form)); err == nil || ctx.Err() == nil {
		t.Fatalf("%v, %v", err, ctx.Err())
	}
	if !accepts(k) {
		t.Fatal("refused")
	}
	if n := s.asked.Load(); n != 1 {
		t.Fatalf("fetched %d times", n)
	}
}

// Old keys serve for an hour more while new ones cannot be fetched, and no longer.
func TestKeysOfASiteThatIsDown(t *testing.T) {
	w, s, accepts := keysWorld(t)
	k := newAssertionKey(t)
	s.say(string(k.jwks))
	if !accepts(k) {
		t.Fatal("refused")
	}
	s.fail(http.StatusBadGateway)
	w.pass(300*time.Second + time.Hour - time.Second)
	if !accepts(k) {
		t.Fatal("the site is down, and the keys of a while ago are refused")
	}
	w.pass(time.Second)
	if accepts(k) {
		t.Fatal("keys of long ago are accepted")
	}
	s.say(string(k.jwks))
	w.pass(time.Minute)
	if !accepts(k) {
		t.Fatal("the site is up again, and the keys are refused")
	}
}

func TestHowLongKeysAreKept(t *testing.T) {
	for control, want := range map[string]time.Duration{
		"max-age=600": 600 * time.Second, "max-age=5": time.Minute, "no-store": time.Minute, "max-age=999999": 24 * time.Hour, "private": 5 * time.Minute,
	} {
		w, s, accepts := keysWorld(t)
		k := newAssertionKey(t)
		s.say(string(k.jwks), "Cache-Control", control)
		accepts(k)
		w.pass(want - time.Second)
		accepts(k)
		wantAsked(t, s, 1)
		w.pass(time.Second)
		accepts(k)
		wantAsked(t, s, 2)
	}
}

// What is fetched is held to the rules of what is registered.
func TestAttack_AD06_AD07_FetchedKeysAreJudged(t *testing.T) {
	k := newAssertionKey(t)
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(k.jwks, &set); err != nil {
		t.Fatal(err)
	}
	with := func(change func(key map[string]any) []map[string]any) string {
		key := map[string]any{}
		for name, v := range set.Keys[0] {
			key[name] = v
		}
		return asJSON(map[string]any{"keys": change(key)})
	}
	many := func(n int) string {
		return with(func(key map[string]any) []map[string]any {
			list := []map[string]any{key}
			for len(list) < n {
				list = append(list, map[string]any{"kty": "future", "kid": newJTI()})
			}
			return list
		})
	}
	for what, c := range map[string]struct {
		body string
		good bool
	}{
		"as it is":           {string(k.jwks), true},
		"32 keys":            {many(32), true},
		"33 keys":            {many(33), false},
		"10,000 keys":        {many(10_000), false},
		"the same kid":       {with(func(key map[string]any) []map[string]any { return []map[string]any{key, key} }), false},
		"a private member":   {with(func(key map[string]any) []map[string]any { key["d"] = "AAAA"; return []map[string]any{key} }), false},
		"another use":        {with(func(key map[string]any) []map[string]any { key["use"] = "enc"; return []map[string]any{key} }), false},
		"off the curve":      {with(func(key map[string]any) []map[string]any { key["y"] = key["x"]; return []map[string]any{key} }), false},
		"a weak RSA key":     {`{"keys":[{"kty":"RSA","kid":"x","e":"AQAB","n":"` + strings.Repeat("x", 86) + `"}]}`, false},
		"a huge RSA key":     {`{"keys":[{"kty":"RSA","kid":"x","e":"AQAB","n":"` + strings.Repeat("x", 2731) + `"}]}`, false},
		"64 KiB and more":    {string(k.jwks) + strings.Repeat(" ", 64<<10), false},
		"no JSON":            {"<html>", false},
		"nothing":            {"", false},
		"no keys":            {`{"keys":[]}`, false},
		"members twice":      {`{"keys":[],"keys":` + asJSON(set.Keys) + `}`, false},
		"something after it": {string(k.jwks) + "{}", false},
	} {
		_, s, accepts := keysWorld(t)
		s.say(c.body)
		if accepts(k) != c.good {
			t.Errorf("%s: accepted %v", what, !c.good)
		}
	}
}

// What becomes of a fetch is for the log. Whoever asks learns that authentication failed, as ever.
func TestAttack_AE05_FailedFetchesTellStrangersNothing(t *testing.T) {
	w, s, _ := keysWorld(t)
	s.say("the-secret-body")
	w.client(provider.Client{ID: "inner", AuthMethod: "private_key_jwt", JWKSURI: "https://10.1.2.3/the-secret-path", GrantTypes: []string{"client_credentials"}})
	for _, id := range []string{"svc", "inner"} {
		_, e := w.token("", assertionForm(newAssertionKey(t).assertion(t, id, w.now(), nil), url.Values{"grant_type": {"client_credentials"}}))
		wantOAuth(t, e, 401, "invalid_client")
		if strings.Contains(e.Error(), "the-secret-body") || strings.Contains(e.Description+e.Got+e.Allowed+e.Fix, "secret") {
			t.Errorf("%+v", e)
		}
		if e.Cause == nil || !strings.Contains(e.Cause.Error(), "jwks_uri of client "+id) {
			t.Errorf("the log is told %v", e.Cause)
		}
	}
}

func TestClientAddressesAreChecked(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	for what, c := range map[string]provider.Client{
		"http logo":           {LogoURI: "http://app.example.test/logo.png"},
		"data logo":           {LogoURI: "data:image/png;base64,AAAA"},
		"script as policy":    {PolicyURI: "javascript:alert(1)"},
		"http terms":          {TosURI: "http://app.example.test/tos"},
		"http home":           {ClientURI: "http://app.example.test/"},
		"http initiation":     {InitiateLoginURI: "http://app.example.test/login"},
		"user in a page":      {PolicyURI: "https://user@app.example.test/"},
		"quote in a page":     {PolicyURI: `https://app.example.test/"`},
		"http keys":           {JWKSURI: "http://app.example.test/jwks"},
		"file keys":           {JWKSURI: "file:///etc/passwd"},
		"private scheme keys": {JWKSURI: "com.example.app:/jwks"},
		"two kinds of keys":   {JWKS: k.jwks, JWKSURI: "https://app.example.test/jwks"},
		"http sector":         {SectorIdentifierURI: "http://app.example.test/sector"},
		"no such kind":        {ApplicationType: "desktop"},
		"no such subject":     {SubjectType: "private"},
		"lines as contact":    {Contacts: []string{"a\nb"}},
		"many contacts":       {Contacts: strings.Split(strings.Repeat("a,", 10)+"a", ",")},
		"web, private scheme": {ApplicationType: "web", RedirectURIs: []string{"com.example.app:/cb"}},
	} {
		c.ID, c.RedirectURIs = "c", append(c.RedirectURIs, callback)
		if _, err := w.AddClient(t.Context(), &c); err == nil {
			t.Errorf("%s: registered", what)
		}
	}
	good := provider.Client{ID: "good", RedirectURIs: []string{callback, "http://127.0.0.1/cb"}, LogoURI: "https://app.example.test/logo.png", PolicyURI: "https://app.example.test/p",
		TosURI: "https://app.example.test/t", InitiateLoginURI: "https://app.example.test/login", JWKSURI: "https://app.example.test/jwks", ApplicationType: "web"}
	if _, err := w.AddClient(t.Context(), &good); err != nil {
		t.Error(err)
	}
}
