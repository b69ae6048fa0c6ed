package dev_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/dev"
	"signet/handlers/robot"
	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/limit"
	"signet/storage"
	"signet/storage/bolt"
	"signet/templates"
)

const (
	issuer   = "http://localhost:8080"
	callback = "http://localhost:3000/callback"
	verifier = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"
)

// world is a development server without a listener.
type world struct {
	t        *testing.T
	mode     *dev.Mode
	public   http.Handler
	accounts *account.Accounts
	provider *provider.Provider
	db       *storage.DB
}

// newWorld makes a server on a new directory. change may change the configuration of its development mode.
func newWorld(t *testing.T, change func(*dev.Config)) *world {
	t.Helper()
	dir, err := dev.OpenDirectory(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	return worldOn(t, dir, change)
}

func worldOn(t *testing.T, dir *dev.Directory, change func(*dev.Config)) *world {
	t.Helper()
	c := dev.Config{Issuer: issuer, Directory: dir, Clock: time.Now, Version: "1.2.3"}
	if change != nil {
		change(&c)
	}
	mode, err := dev.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, mode: mode}
	w.open(t.TempDir())
	if err := mode.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// store is a database with signing keys, and the master key that opens it: making keys takes longer than everything else.
type store struct{ database, master []byte }

var storeOnce = sync.OnceValues(func() (s store, err error) {
	dir, err := os.MkdirTemp("", "dev-test-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(dir)
	file, key := filepath.Join(dir, "signet.db"), filepath.Join(dir, "master.key")
	master, _, err := keys.LoadOrCreateMaster(key, rand.Reader)
	if err != nil {
		return s, err
	}
	engine, err := bolt.Open(file, bolt.Options{})
	if err != nil {
		return s, err
	}
	db := storage.New(engine, keys.NewSealer(master, rand.Reader), time.Now)
	if err := storage.Migrate(context.Background(), db, nil); err != nil {
		return s, err
	}
	if _, err := keys.Open(context.Background(), keys.Config{DB: db, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)}); err != nil {
		return s, err
	}
	if err := engine.Close(); err != nil {
		return s, err
	}
	if s.database, err = os.ReadFile(file); err != nil {
		return s, err
	}
	s.master, err = os.ReadFile(key)
	return s, err
})

// open puts a provider together as the command line does, with the least cost of hashing.
func (w *world) open(dir string) {
	t := w.t
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := storeOnce()
	w.check(err)
	file, key := filepath.Join(dir, "signet.db"), filepath.Join(dir, "master.key")
	w.check(errors.Join(os.WriteFile(file, s.database, 0o600), os.WriteFile(key, s.master, 0o600)))
	engine, err := bolt.Open(file, bolt.Options{Logger: log})
	w.check(err)
	t.Cleanup(func() { engine.Close() })
	master, _, err := keys.LoadOrCreateMaster(key, rand.Reader)
	w.check(err)
	sealer := keys.NewSealer(master, rand.Reader)
	w.db = storage.New(engine, sealer, w.mode.Now)
	ring, err := keys.Open(t.Context(), keys.Config{DB: w.db, Rand: rand.Reader, Log: log})
	w.check(err)
	w.accounts, err = account.New(account.Config{DB: w.db, Rand: rand.Reader, Passwords: account.PasswordConfig{Memory: 64, Time: 1}})
	w.check(err)
	t.Cleanup(w.accounts.Close)
	w.provider, err = provider.New(t.Context(), provider.Config{
		Issuer: issuer, DB: w.db, Sealer: sealer, Ring: ring, Accounts: w.accounts, Rand: rand.Reader,
		Observe: w.mode.Observe, Relax: w.mode.Relax(),
	})
	w.check(err)
	t.Cleanup(w.provider.Close)
	set, err := templates.New(templates.Options{})
	w.check(err)
	c := handlers.Config{
		Provider: w.provider, Accounts: w.accounts, Limits: limit.New(limit.Config{DB: w.db}), DB: w.db,
		Rand: rand.Reader, Log: log, Pages: handlers.Pages{Set: set, Product: "Signet"}, Observe: w.mode.Observe,
	}
	w.mode.Dress(&c)
	h, err := handlers.New(c)
	w.check(err)
	w.public = w.mode.Wrap(h)
}

func (w *world) browser() *robot.Browser {
	w.t.Helper()
	b := robot.New(w.t, issuer)
	b.Transport = robot.Direct(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = "127.0.0.1:50000"
		w.public.ServeHTTP(rw, r)
	}))
	return b
}

// do sends a request as a program on this machine, and returns status and body.
func (w *world) do(method, path, contentType, body string, header ...string) (int, string) {
	w.t.Helper()
	r := httptest.NewRequest(method, issuer+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	out := httptest.NewRecorder()
	w.public.ServeHTTP(out, r)
	text, err := io.ReadAll(out.Result().Body)
	w.check(err)
	return out.Code, string(text)
}

// post sends JSON to /dev/api.
func (w *world) post(path, body string) (int, string) {
	w.t.Helper()
	return w.do(http.MethodPost, path, "application/json", body)
}

// form sends a form to an endpoint for clients.
func (w *world) form(path string, form url.Values, header ...string) (int, map[string]any) {
	w.t.Helper()
	status, text := w.do(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode(), header...)
	answer := map[string]any{}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			w.t.Fatalf("%s: %v: %s", path, err, text)
		}
	}
	return status, answer
}

// request is an authorization request of a client that nobody knows, with PKCE.
func request(change url.Values) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	params := url.Values{
		"client_id": {"my-app"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid email offline_access"},
		"state": {"a state"}, "nonce": {"a nonce"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for name, values := range change {
		if params[name] = values; values == nil {
			delete(params, name)
		}
	}
	return params
}

// code walks through the pages as ada, who is picked, and returns the code.
func (w *world) code(b *robot.Browser, params url.Values) string {
	w.t.Helper()
	ada, err := w.accounts.FindPerson(w.t.Context(), "ada")
	w.check(err)
	b.Get("/authorize?" + params.Encode())
	if !b.Left() && b.Has("login") {
		b.Press("person="+ada.Subject, nil)
	}
	if !b.Left() {
		b.Press("allow", nil)
	}
	code := b.URL().Query().Get("code")
	if !b.Left() || code == "" {
		w.t.Fatalf("no code at %s:\n%s", b.URL(), b.Text())
	}
	return code
}

func redeem(code string, change url.Values) url.Values {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}, "client_id": {"my-app"}}
	for name, values := range change {
		if form[name] = values; values == nil {
			delete(form, name)
		}
	}
	return form
}
