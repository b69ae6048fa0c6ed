package playground_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/playground"
	"signet/handlers/robot"
	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/limit"
	"signet/provider/outbound"
	"signet/storage"
	"signet/storage/bolt"
	"signet/templates"
)

const (
	issuer   = "http://localhost:8080"
	password = "correct horse battery staple"
)

// world is a provider with a playground, two people, and any client that somebody names.
type world struct {
	*handlers.Handlers
	t          testing.TB
	issuer     string
	provider   *provider.Provider
	playground *playground.Playground
	offset     atomic.Int64 // of the provider's clock
	age        atomic.Int64 // of the machine's
	// tamper may change what the playground gets.
	tamper func(*http.Request, *http.Response)
	// outside, if it is set, answers whoever comes over the network.
	outside http.Handler
	// broken is a provider that the playground cannot reach.
	broken bool
}

func (w *world) now() time.Time     { return time.Now().Add(time.Duration(w.offset.Load())) }
func (w *world) machine() time.Time { return time.Now().Add(time.Duration(w.age.Load())) }

// RoundTrip implements http.RoundTripper: the playground's way to the provider.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.broken {
		return nil, errors.New("the way is broken")
	}
	resp, err := robot.Direct(w).RoundTrip(r)
	if err == nil && w.tamper != nil {
		w.tamper(r, resp)
	}
	return resp, err
}

// anyClient makes up clients of an issuer as development mode does.
type anyClient struct{ issuer string }

// Client implements provider.Relax.
func (a anyClient) Client(_ context.Context, id string) (*provider.Client, error) {
	return &provider.Client{
		ID: id, Name: id, RedirectURIs: []string{a.issuer + "/playground/callback"}, PostLogoutRedirectURIs: []string{a.issuer + "/playground/signed-out"}, Scopes: provider.StandardScopes(),
		GrantTypes: provider.GrantTypes(), ResponseTypes: provider.ResponseTypes(), AuthMethod: "client_secret_basic",
		RotateRefresh: true,
	}, nil
}

// Redirect implements provider.Relax.
func (anyClient) Redirect(*provider.Client, string) bool { return false }

// Credentials implements provider.Relax.
func (anyClient) Credentials(c *provider.Client) bool { return !c.Registered }

// Origin implements provider.Relax.
func (anyClient) Origin(string) bool { return false }

func newWorld(t testing.TB) *world { return newWorldAt(t, issuer) }

// newListeningWorld is one that the provider can call the playground in: at an address of this machine.
func newListeningWorld(t testing.TB) *world {
	t.Helper()
	var w *world
	server := httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		if w.outside != nil {
			w.outside.ServeHTTP(to, r)
			return
		}
		w.ServeHTTP(to, r)
	}))
	t.Cleanup(server.Close)
	w = newWorldAt(t, server.URL)
	return w
}

func newWorldAt(t testing.TB, issuer string) *world {
	t.Helper()
	w := &world{t: t, issuer: issuer}
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
	w.check(err)
	t.Cleanup(func() { engine.Close() })
	master, err := keys.GenerateMaster(rand.Reader)
	w.check(err)
	sealer := keys.NewSealer(master, rand.Reader)
	db := storage.New(engine, sealer, w.now)
	ring, err := keys.Open(t.Context(), keys.Config{DB: db, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler)})
	w.check(err)
	accounts, err := account.New(account.Config{DB: db, Rand: rand.Reader, Passwords: account.PasswordConfig{Memory: 64, Time: 1}})
	w.check(err)
	for name, full := range map[string]string{"ada": "Ada Lovelace", "grace": "Grace Hopper"} {
		_, err := accounts.AddPerson(t.Context(), account.Person{Username: name, Email: name + "@example.test", Profile: account.Profile{Name: full}}, password)
		w.check(err)
	}
	w.provider, err = provider.New(t.Context(), provider.Config{Issuer: issuer, DB: db, Sealer: sealer, Ring: ring, Accounts: accounts, Rand: rand.Reader, Relax: anyClient{issuer}, Outbound: outbound.New(outbound.Config{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
		Registration: provider.Registration{Policy: provider.RegistrationOpen, GrantTypes: provider.GrantTypes(), ResponseTypes: provider.ResponseTypes()},
	})
	w.check(err)
	w.playground, err = playground.New(playground.Config{Issuer: issuer, Client: &http.Client{Transport: w}, Rand: rand.Reader, Clock: w.now, Machine: w.machine})
	w.check(err)
	w.mount(db, accounts)
	return w
}

func (w *world) mount(db *storage.DB, accounts *account.Accounts) {
	w.t.Helper()
	set, err := templates.New(templates.Options{})
	w.check(err)
	w.Handlers, err = handlers.New(handlers.Config{
		Provider: w.provider, Accounts: accounts, Limits: limit.New(limit.Config{DB: db}), DB: db,
		Pages: handlers.Pages{Set: set, Product: "Signet"}, Log: slog.New(slog.DiscardHandler), Rand: rand.Reader,
		Extra: []func(*handlers.Handlers) []handlers.Route{w.playground.Routes},
	})
	w.check(err)
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// visitor is somebody at the playground.
type visitor struct {
	*robot.Browser
	t testing.TB
}

func (w *world) visitor() visitor {
	b := robot.New(w.t, w.issuer)
	b.Transport = withoutFragment(w)
	return visitor{b, w.t}
}

type transport func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// withoutFragment calls a handler as browsers do, which keep the fragment of an address to themselves.
func withoutFragment(h http.Handler) transport {
	return func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.URL.Fragment = ""
		return robot.Direct(h).RoundTrip(r)
	}
}

// begin picks a flow; fields are pairs.
func (v visitor) begin(flow string, fields ...string) visitor {
	v.t.Helper()
	form := url.Values{"flow": {flow}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	v.Get("/playground").Submit("pick", form)
	v.at("discovery")
	return v
}

// at fails the test unless the page is that of a step.
func (v visitor) at(step string) {
	v.t.Helper()
	if path := v.URL().Path; v.Status() != http.StatusOK || path[max(0, len(path)-len(step)-1):] != "/"+step {
		v.t.Fatalf("at %s (%d), want step %s:\n%s", v.URL(), v.Status(), step, v.Text())
	}
}

var nextLink = regexp.MustCompile(`id="next" href="([^"]+)"`)

// next follows the way on.
func (v visitor) next(step string) visitor {
	v.t.Helper()
	found := nextLink.FindStringSubmatch(v.Body())
	if found == nil {
		v.t.Fatalf("no way on at %s:\n%s", v.URL(), v.Text())
	}
	v.Get(found[1])
	v.at(step)
	return v
}

// ask sends the request and signs somebody in.
func (v visitor) ask(name string) visitor {
	v.t.Helper()
	v.goes(name)
	v.at("callback")
	return v
}

// goes sends the request and signs somebody in, up to where the provider answers.
func (v visitor) goes(name string) visitor {
	v.t.Helper()
	v.Press("do=go", nil)
	if v.Has("login") {
		v.Submit("login", url.Values{"identifier": {name}, "password": {password}})
	}
	if v.Has("consent") {
		v.Press("allow", nil)
	}
	return v
}

// signedIn walks through a flow up to the tokens.
func (w *world) signedIn(flow string, fields ...string) visitor {
	w.t.Helper()
	v := w.visitor().begin(flow, fields...).next("request").ask("ada").next("token")
	v.Press("do=send", nil)
	v.at("answer")
	return v
}
