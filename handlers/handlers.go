package handlers

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/gorilla/mux"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/provider/limit"
	"signet/storage"
	"signet/templates"
)

// Config is what New needs.
type Config struct {
	Provider *provider.Provider
	Accounts *account.Accounts
	// Limits count what may be done only so often; those of the same rates go on from one Handlers to the next.
	Limits *limit.Keeper
	DB     *storage.DB
	// Pages are the templates with the operator's words.
	Pages Pages
	// Log takes refusals and faults.
	Log *slog.Logger
	// Access takes one line for each request, without queries and bodies; nil turns that off.
	Access *slog.Logger
	// Rand gives the random values of cookies.
	Rand    io.Reader
	Network Network
	// SignIns bound the wrong passwords.
	SignIns SignInLimits
	// ClientFailures bounds the failed authentications of one client from one network; more are answered with 429.
	ClientFailures Rate
	// PublicPushes bounds the requests that one client without credentials may push from one network, or that all clients that
	// registered themselves without a token may.
	PublicPushes Rate
	// RegistrationsEach and RegistrationsAll bound how many clients may be registered without a token: from one network, and
	// altogether.
	RegistrationsEach, RegistrationsAll Rate
	// Devices bound the device grant.
	Devices DeviceLimits
	// Mails bound the mails that people ask for, SignUp says who may make an account.
	Mails  MailLimits
	SignUp SignUp
	// TermsVersion is recorded with what people agree to; see provider.Config.Terms.
	TermsVersion string
	// SelfDeletion lets people have their accounts deleted.
	SelfDeletion bool
	// MaxBody is how many bytes a body may have; 0 is the constant of the same name.
	MaxBody int64
	// Trail takes records of what happens; nil is none.
	Trail *audit.Trail
	// Observe is told of sign-ins and sign-outs; it may be nil.
	Observe provider.Observe
	// Dev are the powers of development mode; nil in production.
	Dev *Dev
	// Extra makes further routes, which may use the Handlers' exported methods.
	Extra []func(*Handlers) []Route
}

// Network is what surrounds the provider. The zero value is good for one that answers to its issuer's host alone.
type Network struct {
	// Hosts are values of the Host header to answer beside the issuer's own.
	Hosts []string
	// TrustedProxies are the peers whose X-Forwarded-For, X-Forwarded-Proto and Forwarded headers are believed.
	TrustedProxies []netip.Prefix
}

// Pages are what people see.
type Pages struct {
	Set *templates.Set
	// Product is the provider's name, as people know it.
	Product string
	// Help, Terms and Privacy are https links or local paths, Help may be a mailto link; they may be empty.
	Help, Terms, Privacy string
	// TermsText and PrivacyText are the operator's own texts, shown at /terms and /privacy; nil for none.
	TermsText, PrivacyText []templates.DocumentBlock
}

// Dev are the powers of development mode. handlers/dev implements them.
type Dev struct {
	// People lists who can be picked on the sign-in page.
	People func(ctx context.Context) ([]templates.Account, error)
	// SignIn returns the person behind the picked Account.Value, without any password.
	SignIn func(ctx context.Context, value string) (*account.Person, error)
	// Fix says to the developer what mends a refusal; nil leaves that to the refusal itself.
	Fix func(e *provider.Error) string
}

// Handlers answers all requests of the provider.
type Handlers struct {
	provider *provider.Provider
	accounts *account.Accounts
	gate     *account.Gate
	limits   limits
	db       *storage.DB
	pages    Pages
	log      *slog.Logger
	access   *slog.Logger
	observe  provider.Observe
	trail    *audit.Trail
	dev      *Dev

	maxBody      int64
	issuer, base string
	hsts         bool
	hosts        hosts
	proxies      proxies
	origins      *http.CrossOriginProtection
	cookies      cookies
	sessions     *sessionStore
	metrics      *metrics
	signUps      SignUp
	termsVersion string
	selfDeletion bool
	references   references
	noted        sampler
	faults       sampler
	routes       []Route
	router       *mux.Router
	// entries are the paths whose forms are shown before anyone has signed in.
	entries map[string]bool
	// errands are the pages to which a sign-in may lead that no application asked for.
	errands map[string]bool
}

// New builds the routes. It refuses a route whose policy is not complete.
func New(c Config) (*Handlers, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	h := &Handlers{
		provider: c.Provider, accounts: c.Accounts, limits: newLimits(c), db: c.DB, pages: c.Pages, log: c.Log,
		gate:    c.Accounts.NewGate(account.GateConfig{Keeper: c.Limits, Account: c.SignIns.Account, Network: c.SignIns.Network, Device: c.SignIns.Device}),
		signUps: c.SignUp, selfDeletion: c.SelfDeletion, termsVersion: c.TermsVersion,
		access: c.Access, observe: c.Observe, trail: c.Trail, dev: c.Dev, proxies: c.Network.TrustedProxies, origins: http.NewCrossOriginProtection(),
		maxBody: cmp.Or(c.MaxBody, MaxBody),
	}
	if err := h.place(c); err != nil {
		return nil, err
	}
	if err := h.watch(c); err != nil {
		return nil, err
	}
	routes := h.ownRoutes()
	for _, extra := range c.Extra {
		routes = append(routes, extra(h)...)
	}
	return h, h.mount(routes)
}

func (c Config) complete() error {
	if c.Provider == nil || c.Accounts == nil || c.Limits == nil || c.DB == nil {
		return fmt.Errorf("handlers: new: Provider, Accounts, Limits and DB are needed")
	}
	if c.Pages.Set == nil || c.Log == nil || c.Rand == nil {
		return fmt.Errorf("handlers: new: Pages, Log and Rand are needed")
	}
	return nil
}

// place finds out where the provider is: issuer, path, hosts, names of cookies.
func (h *Handlers) place(c Config) error {
	h.issuer, h.base = c.Provider.Issuer(), c.Provider.BasePath()
	issuer, err := url.Parse(h.issuer)
	if err != nil {
		return fmt.Errorf("handlers: issuer: %w", err)
	}
	h.hsts = demandsTLS(issuer)
	h.cookies = newCookies(issuer, c.Rand)
	h.sessions = &sessionStore{accounts: h.accounts, cookies: h.cookies}
	h.hosts, err = newHosts(issuer, c.Network.Hosts)
	return err
}

// watch prepares metrics and references.
func (h *Handlers) watch(c Config) error {
	h.metrics = newMetrics(h.accounts, c.Provider, c.Limits)
	var seed [4]byte
	if _, err := io.ReadFull(c.Rand, seed[:]); err != nil {
		return fmt.Errorf("handlers: randomness: %w", err)
	}
	h.references.seed = binary.BigEndian.Uint32(seed[:])
	return nil
}

// ServeHTTP implements http.Handler.
func (h *Handlers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x, r := h.begin(w, r)
	defer h.end(x, r)
	// This is what the router's own ServeHTTP does, without its redirects to cleaned paths, and without the two copies of the
	// request that it makes even for paths without variables.
	var match mux.RouteMatch
	h.router.Match(r, &match)
	if len(match.Vars) > 0 {
		r = mux.SetURLVars(r, match.Vars)
	}
	match.Handler.ServeHTTP(x, r)
}

// Routes lists all routes, for those who check them.
func (h *Handlers) Routes() []Route { return h.routes }
