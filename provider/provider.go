package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ory/fosite"

	"signet/keys"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/provider/logout"
	"signet/provider/outbound"
	"signet/provider/upstream"
	"signet/storage"
)

// Config is what a Provider is made of.
type Config struct {
	// Issuer is the provider's name and address, without a trailing slash (OIDC Discovery §3). It may have a path.
	Issuer string
	// DB, Sealer, Ring and Accounts are ready for use and are not closed by the provider.
	DB       *storage.DB
	Sealer   *keys.Sealer
	Ring     *keys.Ring
	Accounts *account.Accounts
	// Rand gives random bytes.
	Rand io.Reader
	// Outbound fetches what clients name the address of; nil is one that reaches the public Internet alone.
	Outbound *outbound.Client
	// Registration says who may register clients by themselves; the zero value lets nobody.
	Registration Registration
	// Lifetimes default field by field.
	Lifetimes Lifetimes
	// PKCEOptional lets every confidential client leave PKCE out, not only those whose record says so.
	PKCEOptional bool
	// RefuseRepeats refuses a code_challenge or nonce that a client has sent too often; otherwise that is told to the operator.
	RefuseRepeats bool
	// RotateConfidential rotates the refresh tokens of every confidential client, not only those whose record says so.
	RotateConfidential bool
	// MaxDevices is how many devices may wait for a person at a time, for each node; default 2,000.
	MaxDevices int
	// SessionManagement lets clients watch in the browser whether a session goes on (OIDC Session Management 1.0).
	SessionManagement bool
	// Upstreams are the providers that people can sign in with; nil is none.
	Upstreams *upstream.Upstreams
	// SignIn says how people sign in.
	SignIn SignInPolicy
	// Administration says whose members may administer over the network; the zero value lets no person.
	Administration Administration
	// Scopes are the operator's own, beside the standard ones. What they release stands in the attributes of Accounts.
	Scopes []DeclaredScope
	// Terms is the version of the operator's terms that everybody must have agreed to before they go to a client; empty for none.
	Terms string
	// SignUp tells that people can make accounts by themselves, at the page of StepSignUp.
	SignUp bool
	// Observe receives events; it may be nil.
	Observe Observe
	// Trail takes records of what happens; nil is none.
	Trail *audit.Trail
	// Log hears of what goes on beside the requests; nil is nobody.
	Log *slog.Logger
	// Relax is nil in production.
	Relax Relax
	// Languages are the BCP 47 tags of the languages that pages are shown in, which discovery tells (OIDC Discovery §3).
	Languages []string
	// Domains are those, beside the issuer's host, whose people have their addresses here (WebFinger).
	Domains []string
}

// Provider is an OpenID Provider. Its methods may be called from many goroutines.
type Provider struct {
	issuer, basePath string
	scheme, host     string
	domains          []string
	languages        []string
	binding          []byte
	db               *storage.DB
	sealer           *keys.Sealer
	ring             *keys.Ring
	accounts         *account.Accounts
	rand             io.Reader
	outbound         *outbound.Client
	lifetimes        Lifetimes
	observe          Observe
	trail            *audit.Trail
	log              *slog.Logger
	relax            Relax
	pkceOptional     bool
	rotateAll        bool
	managesSessions  bool
	terms            string
	prompts          []string
	refuseRepeats    bool
	signIn           SignInPolicy
	administration   Administration
	upstreams        *upstream.Upstreams
	waiting          *storage.Table[waiting]
	repeats          *repeats

	// scopeTable is what scopes release, declared the scopes of the operator; misfits are the attributes that were warned of.
	scopeTable []scopeClaims
	declared   []DeclaredScope
	misfits    sync.Map

	clients     *storage.Table[Client]
	clientCache clientCache
	keyCache    keyCache
	registry    *registry
	logos       *logoCache
	objects     *objectCache
	grants      *storage.Table[Grant]
	codes       *storage.Table[Code]
	spent       storage.Markers
	denied      storage.Markers
	pushed      *storage.Table[pushed]
	outbox      *logout.Outbox
	devices     *storage.Table[device]
	polls       polls
	outstanding outstanding

	fosite                *fosite.Fosite
	authorizeHandlers     map[string]fosite.AuthorizeEndpointHandlers
	tokenHandlers         map[string]fosite.TokenEndpointHandlers
	introspectionHandlers fosite.TokenIntrospectionHandlers
	revocationHandlers    fosite.RevocationHandlers

	discovery *keys.Document
	unwatch   func()
}

// New puts a provider together.
func New(_ context.Context, c Config) (*Provider, error) {
	u, err := url.Parse(c.Issuer)
	if err != nil || !u.IsAbs() || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.HasSuffix(c.Issuer, "/") {
		return nil, fmt.Errorf("provider: issuer %q: want an absolute URL without query, fragment, user info and trailing slash", c.Issuer)
	}
	if c.Outbound == nil {
		c.Outbound = outbound.New(outbound.Config{})
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	p := &Provider{
		issuer: c.Issuer, basePath: u.Path, binding: []byte(c.Issuer),
		db: c.DB, sealer: c.Sealer, ring: c.Ring, accounts: c.Accounts, rand: c.Rand, outbound: c.Outbound,
		lifetimes: c.Lifetimes.withDefaults(), observe: c.Observe, trail: c.Trail, relax: c.Relax,
		pkceOptional: c.PKCEOptional, rotateAll: c.RotateConfidential, managesSessions: c.SessionManagement, terms: c.Terms, prompts: promptsOf(c), refuseRepeats: c.RefuseRepeats, signIn: c.SignIn, administration: c.Administration, repeats: newRepeats(), log: c.Log,
		upstreams: c.Upstreams, waiting: storage.NewTable(c.DB, waitingKind, storage.JSON[waiting](), nil),
		clients:     storage.NewTable(c.DB, clientKind, storage.JSON[Client](), clientTerms),
		clientCache: clientCache{byID: map[string]*cachedClient{}},
		objects:     newObjectCache(),
		keyCache:    keyCache{byURI: map[string]*fetchedKeys{}},
		registry:    newRegistry(c.DB, c.Registration),
		logos:       newLogoCache(),
		grants:      grantTable(c.DB),
		codes:       codeTable(c.DB),
		spent:       storage.Markers{Kind: spentKind},
		denied:      storage.Markers{Kind: deniedKind},
		pushed:      pushedTable(c.DB),
		devices:     deviceTable(c.DB),
		polls:       polls{byID: map[string]poll{}},
		outstanding: outstanding{max: cmp.Or(c.MaxDevices, maxDevices)},
	}
	if p.upstreams == nil {
		if p.upstreams, err = upstream.New(upstream.Config{DB: c.DB, Sealer: c.Sealer, Rand: c.Rand, Outbound: c.Outbound, Base: c.Issuer}); err != nil {
			return nil, err
		}
	}
	p.place(u, c.Domains)
	p.languages = c.Languages
	if err := errors.Join(p.registry.check(), c.SignIn.check(), p.declareClaims(c.Scopes)); err != nil {
		return nil, err
	}
	p.outbox = logout.New(logout.Config{DB: c.DB, Sessions: c.Accounts.Sessions, Messenger: messenger{p}, Trail: c.Trail, Log: c.Log})
	p.composeFosite()
	p.unwatch = c.DB.Watch(p.clientCache.changed)
	return p, p.prepareDiscovery()
}

// Close ends the provider's watch of its records.
func (p *Provider) Close() { p.unwatch() }

// Now is the provider's clock.
func (p *Provider) Now() time.Time { return p.db.Now() }

// Issuer is the provider's name (OIDC Core §2).
func (p *Provider) Issuer() string { return p.issuer }

// BasePath is the path of the issuer, below which all routes are: "" or "/tenant".
func (p *Provider) BasePath() string { return p.basePath }

// Discovery is the metadata document, prepared (OIDC Discovery §4, RFC 8414 §3).
func (p *Provider) Discovery() *keys.Document { return p.discovery }

// JWKS is the document of the issuer's public keys, prepared (RFC 7517 §5).
func (p *Provider) JWKS() *keys.Document { return p.ring.JWKS() }

func (p *Provider) observeEvent(ctx context.Context, e Event) {
	if p.observe == nil {
		return
	}
	e.Time, e.Trace = p.db.Now(), Trace(ctx)
	p.observe(ctx, e)
}

func (p *Provider) observeRefusal(ctx context.Context, e *Error) {
	p.observeEvent(ctx, Event{Kind: "refused", Client: e.ClientID, Refusal: e})
}
