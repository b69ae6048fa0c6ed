package upstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"signet/keys"
	"signet/provider/outbound"
	"signet/storage"
	"signet/storage/bolt"
)

// world is Upstreams on a real engine with a clock that the test moves.
type world struct {
	*testing.T
	u     *Upstreams
	db    *storage.DB
	mu    sync.Mutex
	now   time.Time
	batch storage.Batch
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func newWorld(t *testing.T, sources ...Source) *world {
	t.Helper()
	w := &world{T: t, now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	master, err := keys.GenerateMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sealer := keys.NewSealer(master, rand.Reader)
	w.db = storage.New(engine, sealer, w.clock)
	w.u, err = New(Config{
		DB: w.db, Sealer: sealer, Rand: rand.Reader, Outbound: outbound.New(outbound.Config{AllowPrivate: loopback}),
		Base: "https://id.example.com", Sources: sources,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// begin begins a trip and applies its batch.
func (w *world) begin(source string, params url.Values) *Begun {
	w.Helper()
	var b storage.Batch
	begun, err := w.u.Begin(w.Context(), &b, Start{Source: source, Binding: "browser", Params: params, Carried: Carried{Purpose: "sign-in", Request: "sealed"}})
	if err != nil {
		w.Fatal(err)
	}
	w.apply(b)
	return begun
}

func (w *world) apply(b storage.Batch) {
	w.Helper()
	if err := w.db.Apply(w.Context(), b); err != nil {
		w.Fatal(err)
	}
}

// finish ends a trip and applies its batch.
func (w *world) finish(source string, params url.Values) (*Arrival, error) {
	w.Helper()
	var b storage.Batch
	arrival, err := w.u.Finish(w.Context(), &b, Return{Source: source, Binding: "browser", Params: params})
	w.apply(b)
	return arrival, err
}

// signIn makes a trip by way of a provider that says yes.
func (w *world) signIn(p *fake, source string) (*Arrival, error) {
	w.Helper()
	return w.finish(source, p.visit(w.T, w.begin(source, nil).URL))
}

// fake is a provider: OpenID Connect, and whatever else a test gives it routes for.
type fake struct {
	*httptest.Server
	mux *http.ServeMux
	key *ecdsa.PrivateKey
	kid string
	// change changes the claims of the next ID tokens; a nil value takes one away.
	change map[string]any
	// headers are of the ID token, alg is what it is signed with.
	typ string
	// sign makes the ID token in place of what is usual.
	sign func(claims map[string]any) string
	// userInfo is what the profile says; nil has the claims of the ID token.
	userInfo map[string]any
	// keyIssuer is whom the key is for.
	keyIssuer string
	// metadata changes the metadata.
	metadata map[string]any
	// answer changes what comes back to the callback address.
	answer url.Values
	clock  func() time.Time

	mu       sync.Mutex
	requests map[string]int
	nonces   map[string]string
	verifier map[string]string
	// last is the last request to the token endpoint.
	last url.Values
	auth string
}

func newFake(t *testing.T) *fake {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &fake{
		mux: http.NewServeMux(), key: key, kid: "one", typ: "JWT", change: map[string]any{}, requests: map[string]int{}, nonces: map[string]string{},
		verifier: map[string]string{}, clock: func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) },
	}
	p.mux.HandleFunc("/.well-known/openid-configuration", p.serveMetadata)
	p.mux.HandleFunc("/jwks", p.serveKeys)
	p.mux.HandleFunc("/token", p.serveToken)
	p.mux.HandleFunc("/userinfo", p.serveUserInfo)
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.requests[r.URL.Path]++
		p.mu.Unlock()
		p.mux.ServeHTTP(w, r)
	}))
	p.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.Start()
	t.Cleanup(p.Close)
	return p
}

// count is how often a path was asked for.
func (p *fake) count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[path]
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (p *fake) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	m := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "userinfo_endpoint": p.URL + "/userinfo", "jwks_uri": p.URL + "/jwks",
		"id_token_signing_alg_values_supported": []string{"ES256"}, "authorization_response_iss_parameter_supported": true,
	}
	maps.Copy(m, p.metadata)
	reply(w, m)
}

func (p *fake) serveKeys(w http.ResponseWriter, _ *http.Request) {
	if p.keyIssuer != "" {
		raw, _ := (&jose.JSONWebKey{Key: &p.key.PublicKey, KeyID: p.kid, Algorithm: "ES256", Use: "sig"}).MarshalJSON()
		var key map[string]any
		_ = json.Unmarshal(raw, &key)
		key["issuer"] = p.keyIssuer
		reply(w, map[string]any{"keys": []any{key}})
		return
	}
	reply(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &p.key.PublicKey, KeyID: p.kid, Algorithm: "ES256", Use: "sig"}}})
}

// visit is what a browser does at the provider: it comes back with a code.
func (p *fake) visit(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	p.mu.Lock()
	p.nonces["code"], p.verifier["code"] = q.Get("nonce"), q.Get("code_challenge")
	p.mu.Unlock()
	back := url.Values{"code": {"code"}, "state": {q.Get("state")}, "iss": {p.URL}}
	maps.Copy(back, p.answer)
	return back
}

// claims are those of the next ID token.
func (p *fake) claims(nonce string) map[string]any {
	now := p.clock().Unix()
	c := map[string]any{"iss": p.URL, "sub": "Ada", "aud": "ours", "iat": now, "exp": now + 300, "nonce": nonce, "email": "ada@example.org", "email_verified": true, "name": "Ada Lovelace"}
	for name, value := range p.change {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

func (p *fake) idToken(claims map[string]any) string {
	if p.sign != nil {
		return p.sign(claims)
	}
	return sign(jose.ES256, p.key, p.kid, p.typ, claims)
}

// sign makes a token.
func sign(alg jose.SignatureAlgorithm, key any, kid, typ string, claims any) string {
	options := (&jose.SignerOptions{}).WithHeader("kid", kid)
	if typ != "" {
		options = options.WithType(jose.ContentType(typ))
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		panic(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return compact
}

func (p *fake) serveToken(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.mu.Lock()
	p.last, p.auth = r.PostForm, r.Header.Get("Authorization")
	nonce := p.nonces[r.PostForm.Get("code")]
	p.mu.Unlock()
	reply(w, map[string]any{"access_token": "their-access", "refresh_token": "their-refresh", "token_type": "bearer", "expires_in": 3600, "scope": "openid", "id_token": p.idToken(p.claims(nonce))})
}

func (p *fake) serveUserInfo(w http.ResponseWriter, _ *http.Request) {
	if p.userInfo != nil {
		reply(w, p.userInfo)
		return
	}
	reply(w, map[string]any{"sub": p.claims("")["sub"], "picture": "https://example.org/ada.png"})
}

// source is a configured one of the provider.
func (p *fake) source(change func(*Source)) Source {
	s := Source{ID: "acme", Preset: OIDC, Issuer: p.URL, ClientID: "ours", ClientSecret: "our-secret"}
	if change != nil {
		change(&s)
	}
	return s
}
