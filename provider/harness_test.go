package provider_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/account/attribute"
	"signet/provider/audit"
	"signet/storage"
	"signet/storage/bolt"
)

const (
	issuer   = "https://id.example.test"
	callback = "https://app.example.test/callback"
	bye      = "https://app.example.test/bye"
	verifier = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"
)

var discard = slog.New(slog.DiscardHandler)

// world is a provider with one person and the clients that a test adds, on a clock that the test moves.
type world struct {
	*provider.Provider
	t        testing.TB
	db       *storage.DB
	trail    *audit.Trail
	accounts *account.Accounts
	ring     *keys.Ring
	ada      *account.Person
	sealer   *keys.Sealer
	// attributes are the operator's; see newWorldWith.
	attributes *attribute.Set
	// tap is what newStillWorld puts between the provider and its engine.
	tap    *tap
	offset atomic.Int64
	// still is the time at which the clock stands until it is moved, in Unix nanoseconds, or 0 for a clock that goes.
	still int64

	mu     sync.Mutex
	events []provider.Event
}

func (w *world) now() time.Time {
	t := time.Now()
	if w.still != 0 {
		t = time.Unix(0, w.still)
	}
	return t.Add(time.Duration(w.offset.Load()))
}

// pass moves the clock forward.
func (w *world) pass(d time.Duration) { w.offset.Add(int64(d)) }

func newWorld(t testing.TB, change func(*provider.Config)) *world {
	t.Helper()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return newWorldOn(t, engine, change)
}

func newWorldOn(t testing.TB, engine storage.Engine, change func(*provider.Config)) *world {
	t.Helper()
	return newWorldWith(t, engine, nil, change)
}

// newWorldWith has attributes.
func newWorldWith(t testing.TB, engine storage.Engine, definitions []attribute.Definition, change func(*provider.Config)) *world {
	t.Helper()
	w := &world{t: t}
	w.define(definitions)
	master, err := keys.GenerateMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.sealer = keys.NewSealer(master, rand.Reader)
	w.join(engine, change)
	w.ada, err = w.accounts.AddPerson(t.Context(), account.Person{Username: "ada", Email: "ada@example.test", EmailVerified: true, Profile: account.Profile{Name: "Ada Lovelace"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// define says which attributes the next join has.
func (w *world) define(definitions []attribute.Definition) {
	w.t.Helper()
	var err error
	if w.attributes, err = attribute.New(definitions); err != nil {
		w.t.Fatal(err)
	}
}

// node is another node of the same provider: it shares the data and the master key, and nothing in memory.
func (w *world) node(engine storage.Engine, change func(*provider.Config)) *world {
	w.t.Helper()
	n := &world{t: w.t, sealer: w.sealer, ada: w.ada, attributes: w.attributes}
	n.join(engine, change)
	return n
}

// join puts a provider together over an engine.
func (w *world) join(engine storage.Engine, change func(*provider.Config)) {
	t := w.t
	t.Helper()
	var err error
	w.db = storage.New(engine, w.sealer, w.now)
	w.ring, err = keys.Open(t.Context(), keys.Config{DB: w.db, Rand: rand.Reader, Log: discard})
	if err != nil {
		t.Fatal(err)
	}
	w.trail = audit.New(w.db, rand.Reader, 0)
	w.accounts, err = account.New(account.Config{DB: w.db, Rand: rand.Reader, Trail: w.trail, Attributes: w.attributes})
	if err != nil {
		t.Fatal(err)
	}
	cfg := provider.Config{Issuer: issuer, DB: w.db, Sealer: w.sealer, Ring: w.ring, Accounts: w.accounts, Trail: w.trail, Rand: rand.Reader}
	cfg.Observe = func(_ context.Context, e provider.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
	}
	if change != nil {
		change(&cfg)
	}
	w.Provider, err = provider.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Provider.Close()
		w.accounts.Close()
	})
}

// client adds a client and returns its secret.
func (w *world) client(c provider.Client) string {
	w.t.Helper()
	if c.RedirectURIs == nil {
		c.RedirectURIs = []string{callback}
	}
	secret, err := w.AddClient(w.t.Context(), &c)
	if err != nil {
		w.t.Fatal(err)
	}
	return secret.Reveal()
}

// signIn returns a browser in which a person has just signed in.
func (w *world) signIn(p *account.Person) provider.Browser {
	w.t.Helper()
	return w.signInWith(p, account.SignIn{AMR: []string{"pwd"}})
}

func (w *world) signInWith(p *account.Person, in account.SignIn) provider.Browser {
	w.t.Helper()
	var b storage.Batch
	_, s, err := w.accounts.Sessions.Begin(&b, p, in)
	if err == nil {
		err = w.db.Apply(w.t.Context(), b)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return provider.Browser{Binding: "browser-" + p.Subject, Session: s, Person: p}
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// params are those of a usual authorization request; change pairs replace or, with an empty value, remove some.
func params(clientID string, change ...string) url.Values {
	p := url.Values{
		"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s-1"}, "nonce": {"n-1"},
		"code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(change); i += 2 {
		if change[i+1] == "" {
			p.Del(change[i])
		} else {
			p.Set(change[i], change[i+1])
		}
	}
	return p
}

// code walks through /authorize, agreeing to everything, and returns the code.
func (w *world) code(b provider.Browser, p url.Values) string {
	w.t.Helper()
	out, err := w.Authorize(w.t.Context(), p, b)
	if err == nil && out.Step != nil && out.Step.Name == provider.StepConsent {
		var sealed string
		if sealed, err = w.Consent(w.t.Context(), out.Step.Request, b, true, true); err == nil {
			out, err = w.Resume(w.t.Context(), sealed, b)
		}
	}
	if err != nil || out.Answer == nil {
		w.t.Fatalf("authorize: %+v, %v", out.Step, err)
	}
	code := out.Answer.Params.Get("code")
	if code == "" {
		w.t.Fatalf("no code in %v", out.Answer.Params)
	}
	return code
}

// post is a request to a token-like endpoint. auth is "id:secret" for HTTP Basic, or empty.
func post(auth string, form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, issuer+"/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id, secret, ok := strings.Cut(auth, ":"); ok {
		r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	}
	if err := r.ParseForm(); err != nil {
		panic(err)
	}
	return r
}

func (w *world) token(auth string, form url.Values) (map[string]any, *provider.Error) {
	answer, err := w.Token(context.Background(), post(auth, form))
	return answer, provider.AsError(err)
}

func codeForm(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
}

func refreshForm(token any) url.Values {
	s, _ := token.(string)
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {s}}
}

// redeem is a whole login for a confidential client.
func (w *world) redeem(auth string, p url.Values) map[string]any {
	w.t.Helper()
	answer, err := w.token(auth, codeForm(w.code(w.signIn(w.ada), p)))
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// introspect returns the members of the answer.
func (w *world) introspect(r *http.Request) (map[string]any, error) {
	reply, err := w.Introspect(context.Background(), r)
	return reply.Members, err
}

func (w *world) active(auth string, token any) bool {
	w.t.Helper()
	s, _ := token.(string)
	reply, err := w.Introspect(w.t.Context(), post(auth, url.Values{"token": {s}}))
	if err != nil {
		w.t.Fatal(err)
	}
	return reply.Members["active"].(bool)
}

func (w *world) userInfo(token any) (map[string]any, *provider.Error) {
	s, _ := token.(string)
	r := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+s)
	reply, err := w.UserInfo(context.Background(), r)
	return reply.Members, provider.AsError(err)
}

// claimsOf verifies a JWT of the issuer by its JWKS and returns its claims.
func (w *world) claimsOf(token any) map[string]any {
	w.t.Helper()
	set, err := keys.ParseJWKS(w.JWKS().Body, keys.Limits{})
	if err != nil {
		w.t.Fatal(err)
	}
	_, payload, err := keys.VerifyWith(set, token.(string), keys.VerifyOptions{Algorithms: keys.Algorithms(), Types: []string{keys.AnyType}})
	if err != nil {
		w.t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		w.t.Fatal(err)
	}
	return claims
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	var e *provider.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}

func wantOAuth(t testing.TB, e *provider.Error, status int, oauth string) {
	t.Helper()
	if e == nil || e.Status != status || e.OAuth != oauth {
		t.Fatalf("got %v, want %d %s", e, status, oauth)
	}
}
