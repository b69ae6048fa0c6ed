package handlers_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	attributes "signet/provider/account/attribute"
	"signet/provider/audit"
	"signet/provider/limit"
	"signet/storage"
	"signet/storage/bolt"
	"signet/templates"
)

const (
	issuer   = "https://id.example.test"
	callback = "https://app.example.test/callback"
	password = "correct horse battery staple"
	verifier = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"
)

// world is a whole provider behind its handlers, on a clock that the test moves, with two people and one client.
type world struct {
	*handlers.Handlers
	t      testing.TB
	issuer string
	file   string
	engine *countingEngine
	master *keys.Master
	change func(*handlers.Config)
	// configure changes the provider's configuration at the next restart.
	configure func(*provider.Config)
	// party takes effect at a restart: what passkeys are bound to.
	party account.RelyingParty
	// attributes take effect at a restart.
	attributes *attributes.Set
	// registration takes effect at a restart.
	registration provider.Registration
	// grace takes effect at a restart; see account.Config.DeletionGrace.
	grace time.Duration
	// mails takes letters in place of a mail server, from a restart on; nil is a world without mail.
	mails    *mailbox
	db       *storage.DB
	accounts *account.Accounts
	provider *provider.Provider
	secret   string
	log      *syncBuffer
	offset   atomic.Int64

	trail  *audit.Trail
	limits *limit.Keeper

	mu     sync.Mutex
	events []provider.Event
}

// syncBuffer is a bytes.Buffer for a log that goroutines share.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.offset.Load())) }

// pass moves the clock forward.
func (w *world) pass(d time.Duration) { w.offset.Add(int64(d)) }

func (w *world) observe(_ context.Context, e provider.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// happened lists the kinds of events so far.
func (w *world) happened() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var kinds []string
	for _, e := range w.events {
		kinds = append(kinds, e.Kind)
	}
	return strings.Join(kinds, " ")
}

func newWorld(t testing.TB) *world { return newWorldAt(t, issuer, nil) }

// newWorldAt makes a world with another issuer, or with another configuration.
func newWorldAt(t testing.TB, issuer string, change func(*handlers.Config)) *world {
	t.Helper()
	w := &world{t: t, issuer: issuer, log: &syncBuffer{}}
	seed, err := seedOnce()
	w.check(err)
	w.file, w.secret = filepath.Join(t.TempDir(), "signet.db"), seed.secret
	w.check(os.WriteFile(w.file, seed.store, 0o600))
	engine, err := bolt.Open(w.file, bolt.Options{})
	w.check(err)
	t.Cleanup(func() { engine.Close() })
	w.engine, w.master, w.change = &countingEngine{Engine: engine}, seed.master, change
	w.restart(cheapPasswords)
	return w
}

// cheapPasswords are hashed with the least that the account package takes: these tests are not about the cost of a hash.
var cheapPasswords = account.PasswordConfig{Memory: 64, Time: 1}

// restart builds everything anew on the same store.
func (w *world) restart(passwords account.PasswordConfig) {
	w.t.Helper()
	w.check(w.build(w.t.Context(), passwords))
}

// countingEngine counts writes, and fails all calls when it is told to.
type countingEngine struct {
	storage.Engine
	writes atomic.Int64
	broken atomic.Bool
	// failAfter lets so many writes through before the others fail; 0 lets all through.
	failAfter atomic.Int64

	mu    sync.Mutex
	kinds map[string]*storage.Kind
}

// written are the kinds of all records that were written.
func (e *countingEngine) written() []*storage.Kind {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Values(e.kinds))
}

func (e *countingEngine) remember(b storage.Batch) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.kinds == nil {
		e.kinds = map[string]*storage.Kind{}
	}
	for _, w := range append(slices.Clone(b.Then), b.Else...) {
		e.kinds[w.Kind.Name] = w.Kind
	}
}

// Apply implements storage.Engine.
func (e *countingEngine) Apply(ctx context.Context, now int64, b storage.Batch) error {
	if e.broken.Load() {
		return storage.ErrUnavailable
	}
	if left := e.failAfter.Load(); left == 1 {
		return storage.ErrUnavailable
	} else if left > 1 {
		e.failAfter.Add(-1)
	}
	e.writes.Add(1)
	e.remember(b)
	return e.Engine.Apply(ctx, now, b)
}

// Get implements storage.Engine.
func (e *countingEngine) Get(ctx context.Context, now int64, keys ...storage.Key) ([]storage.Record, error) {
	if e.broken.Load() {
		return nil, storage.ErrUnavailable
	}
	return e.Engine.Get(ctx, now, keys...)
}

// seed is a store with keys, people and a client. Making keys takes long, so every world begins with a copy of one store.
type seed struct {
	master *keys.Master
	store  []byte
	secret string
}

var seedOnce = sync.OnceValues(func() (seed, error) {
	var s seed
	dir, err := os.MkdirTemp("", "signet-handlers-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(dir)
	if s.master, err = keys.GenerateMaster(rand.Reader); err != nil {
		return s, err
	}
	engine, err := bolt.Open(filepath.Join(dir, "seed.db"), bolt.Options{})
	if err != nil {
		return s, err
	}
	w := &world{issuer: issuer, log: &syncBuffer{}, engine: &countingEngine{Engine: engine}, master: s.master}
	if err = w.build(context.Background(), cheapPasswords); err == nil {
		s.secret, err = w.populate(context.Background())
	}
	if err = errors.Join(err, engine.Close()); err == nil {
		s.store, err = os.ReadFile(filepath.Join(dir, "seed.db"))
	}
	return s, err
})

// build puts the parts together.
func (w *world) build(ctx context.Context, passwords account.PasswordConfig) error {
	log := slog.New(slog.NewJSONHandler(w.log, nil))
	sealer := keys.NewSealer(w.master, rand.Reader)
	w.db = storage.New(w.engine, sealer, w.now)
	ring, err := keys.Open(ctx, keys.Config{DB: w.db, Rand: rand.Reader, Log: log})
	if err != nil {
		return err
	}
	w.trail = audit.New(w.db, rand.Reader, 0)
	people := account.Config{DB: w.db, Rand: rand.Reader, Trail: w.trail, Passwords: passwords, RelyingParty: w.party, Attributes: w.attributes, DeletionGrace: w.grace}
	if w.mails != nil {
		people.Post, people.Sealer = w.mails, sealer
	}
	w.accounts, err = account.New(people)
	if err != nil {
		return err
	}
	about := provider.Config{Issuer: w.issuer, DB: w.db, Sealer: sealer, Ring: ring, Accounts: w.accounts, Trail: w.trail, Rand: rand.Reader, Observe: w.observe, Registration: w.registration}
	if w.configure != nil {
		w.configure(&about)
	}
	if w.provider, err = provider.New(ctx, about); err != nil {
		return err
	}
	set, err := templates.New(templates.Options{})
	if err != nil {
		return err
	}
	w.limits = limit.New(limit.Config{DB: w.db})
	cfg := handlers.Config{Provider: w.provider, Accounts: w.accounts, Trail: w.trail, Limits: w.limits,
		SignIns: handlers.SignInLimits{Account: handlers.Rate{Count: 10, Per: 5 * time.Minute}, Network: handlers.Rate{Count: 60, Per: 2 * time.Minute}, Device: handlers.Rate{Count: 10, Per: 5 * time.Minute}},
		DB:      w.db, Pages: handlers.Pages{Set: set, Product: "Signet"}, Log: log, Access: log, Rand: rand.Reader, Observe: w.observe}
	if w.change != nil {
		w.change(&cfg)
	}
	w.Handlers, err = handlers.New(cfg)
	return err
}

// populate adds two people and a client, and returns the client's secret.
func (w *world) populate(ctx context.Context) (string, error) {
	for name, full := range map[string]string{"ada": "Ada Lovelace", "grace": "Grace Hopper"} {
		p := account.Person{Username: name, Email: name + "@example.test", Profile: account.Profile{Name: full}}
		if _, err := w.accounts.AddPerson(ctx, p, password); err != nil {
			return "", err
		}
	}
	secret, err := w.provider.AddClient(ctx, &provider.Client{ID: "app", Name: "The App", ClientURI: "https://app.example.test/",
		RedirectURIs: []string{callback, "http://127.0.0.1/cb"}, Scopes: []string{"openid", "profile", "email", "offline_access"}})
	return secret.Reveal(), err
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// browser returns a fresh browser.
func (w *world) browser() *robot.Browser {
	b := robot.New(w.t, w.issuer)
	b.Transport = robot.Direct(w)
	return b
}

// do sends a request as a program would.
func (w *world) do(r *http.Request) *httptest.ResponseRecorder { return recorded(w, r) }

func recorded(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	out := httptest.NewRecorder()
	h.ServeHTTP(out, r)
	return out
}

func (w *world) request(method, path, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, w.issuer+path, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorizeURL is a usual authorization request; change pairs replace or, with an empty value, remove parameters.
func authorizeURL(change ...string) string {
	return "/authorize?" + authorizeParams(change...).Encode()
}

func authorizeParams(change ...string) url.Values {
	p := url.Values{
		"client_id": {"app"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid profile"}, "state": {"s-1"}, "nonce": {"n-1"},
		"code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(change); i += 2 {
		if change[i+1] == "" {
			p.Del(change[i])
			continue
		}
		p.Set(change[i], change[i+1])
	}
	return p
}

// signIn fills the sign-in form that the browser shows.
func signIn(b *robot.Browser, name string) *robot.Browser {
	return b.Submit("login", url.Values{"identifier": {name}, "password": {password}})
}

// signedIn returns a browser in which somebody has signed in.
func (w *world) signedIn(name string) *robot.Browser {
	w.t.Helper()
	b := signIn(w.browser().Get("/login"), name)
	if !b.Has("sign-out") {
		w.t.Fatalf("%s did not sign in: %d %s", name, b.Status(), b.Text())
	}
	return b
}

// code lets a browser that is signed in consent, if it is asked, and returns the code.
func (w *world) code(b *robot.Browser, change ...string) string {
	w.t.Helper()
	b.Get(authorizeURL(change...))
	if !b.Left() && b.Has("consent") {
		b.Press("allow", nil)
	}
	code := b.URL().Query().Get("code")
	if !b.Left() || code == "" {
		w.t.Fatalf("no code at %s: %s", b.URL(), b.Text())
	}
	return code
}

// redeem asks the token endpoint for what a code is worth.
func (w *world) redeem(code string) *httptest.ResponseRecorder {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	r := w.request(http.MethodPost, "/token", form.Encode())
	r.SetBasicAuth("app", w.secret)
	return w.do(r)
}

// decode reads a JSON answer.
func (w *world) decode(out *httptest.ResponseRecorder) map[string]any {
	w.t.Helper()
	var v map[string]any
	if err := json.Unmarshal(out.Body.Bytes(), &v); err != nil {
		w.t.Fatalf("%v: %s", err, out.Body)
	}
	return v
}

// signedInAs is the name on the start page, or empty.
func (w *world) signedInAs(b *robot.Browser) string {
	return b.Get(w.provider.BasePath() + "/").TextOf("person")
}
