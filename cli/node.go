package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"signet/cli/config"
	"signet/handlers/mail"
	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/provider/upstream"
	"signet/storage"
	"signet/storage/bolt"
	"signet/storage/postgres"
	"signet/templates"
)

// node is a provider put together, without anything that listens.
type node struct {
	config   *config.Config
	log      *slog.Logger
	engine   storage.Engine
	db       *storage.DB
	sealer   *keys.Sealer
	ring     *keys.Ring
	trail    *audit.Trail
	accounts *account.Accounts
	provider *provider.Provider
	// upstreams are the other providers that people sign in with.
	upstreams *upstream.Upstreams
	pages     *templates.Set
	// breached is nil where no such list is.
	breached *os.File
	// terms and privacy are the operator's own texts; nil for none.
	terms, privacy []templates.DocumentBlock
	// mail is nil where no mail is sent.
	mail *mail.Outbox
}

// parts is what differs between serving, developing and administering.
type parts struct {
	clock   func() time.Time
	observe provider.Observe
	relax   provider.Relax
	// carrier takes mails in place of the configured server; it may be nil.
	carrier mail.Carrier
	// migrate lets the data be brought to the newest schema.
	migrate bool
	// path is the file of the embedded engine; empty means signet.db of the data directory.
	path string
}

// migrations are what brings older data up to date, oldest first.
var migrations []storage.Migration

// openNode opens the data and puts a provider together. Close it.
func openNode(ctx context.Context, cfg *config.Config, log *slog.Logger, with parts) (n *node, err error) {
	n = &node{config: cfg, log: log}
	defer func() {
		if err != nil {
			n.close()
		}
	}()
	if with.clock == nil {
		with.clock = time.Now
	}
	master, err := openMaster(cfg)
	if err != nil {
		return n, err
	}
	n.sealer = keys.NewSealer(master, rand.Reader)
	engine, err := openEngine(ctx, cfg, log, with)
	if err != nil {
		return n, err
	}
	n.engine = engine
	n.db = storage.New(n.engine, n.sealer, with.clock)
	if err := storage.Migrate(ctx, n.db, migrations); err != nil {
		return n, err
	}
	return n, n.assemble(ctx, with)
}

// byCommandOnly is a period of keys that nobody sees the end of.
const byCommandOnly = 200 * 365 * 24 * time.Hour

func (n *node) assemble(ctx context.Context, with parts) (err error) {
	c := n.config
	if n.trail == nil {
		n.trail = audit.New(n.db, rand.Reader, 0)
	}
	n.trail.SetRetain(c.Audit.Retain)
	n.ring, err = keys.Open(ctx, keys.Config{DB: n.db, Rand: rand.Reader, Log: n.log, Lead: c.Keys.Lead, Period: cmp.Or(c.Keys.Period, byCommandOnly), Retain: c.Keys.Retain, Changed: n.recordKeys})
	if err != nil {
		return err
	}
	if n.pages, err = openPages(c); err != nil {
		return err
	}
	if n.terms, n.privacy, err = openDocuments(c); err != nil {
		return err
	}
	if n.mail, err = n.openMail(with.carrier); err != nil {
		return err
	}
	attributes, err := attributesOf(c)
	if err != nil {
		return err
	}
	passwords, err := n.passwords()
	if err != nil {
		return err
	}
	n.accounts, err = account.New(account.Config{
		Attributes: attributes,
		DB:         n.db, Rand: rand.Reader, Trail: n.trail, Post: n.post(), Sealer: n.sealer, DeletionGrace: graceOf(c),
		Passwords: passwords,
		Sessions:  account.SessionConfig{Idle: c.Sessions.Idle, Max: c.Sessions.Max}, RelyingParty: relyingParty(c),
	})
	if err != nil {
		return err
	}
	out, err := outboundClient(c.Outbound)
	if err != nil {
		return err
	}
	if n.upstreams, err = n.openUpstreams(out); err != nil {
		return err
	}
	registration, err := registrationOf(c)
	if err != nil {
		return err
	}
	n.provider, err = provider.New(ctx, provider.Config{
		Languages: n.pages.Tags(),
		SignUp:    n.mail != nil && (c.SignUp.Mode == "open" || c.SignUp.Mode == "domain"),
		Issuer:    c.Issuer, DB: n.db, Sealer: n.sealer, Ring: n.ring, Accounts: n.accounts, Rand: rand.Reader, Outbound: out, Registration: registration,
		Trail:      n.trail,
		Terms:      c.SignUp.TermsVersion,
		Scopes:     scopesOf(c),
		MaxDevices: c.Limits.DeviceWaiting,
		Lifetimes:  lifetimes(c), Observe: with.observe, Relax: with.relax, Log: n.log, Domains: c.Server.WebFingerDomains,
		RefuseRepeats:  c.Tokens.RepeatedChallenge == "refuse",
		SignIn:         provider.SignInPolicy{SecondFactor: provider.FactorPolicy(c.MFA.Policy), Admins: c.MFA.Groups, NoPassword: !slices.Contains(c.Login.Methods, "password"), Mail: slices.Contains(c.Login.Methods, "mail"), NoUpgrade: !c.Login.Upgrade},
		Administration: provider.Administration{Owners: c.Admin.Owners, Support: c.Admin.Support, Auditors: c.Admin.Auditors},
		Upstreams:      n.upstreams,
		PKCEOptional:   !c.Tokens.RequirePKCE, RotateConfidential: c.Tokens.RotateConfidential, SessionManagement: c.Sessions.Management,
	})
	return err
}

// relyingParty is what passkeys are bound to: the issuer's host, if it has a name, and a browser lets it (Web Authentication §5.1.2).
func relyingParty(c *config.Config) account.RelyingParty {
	u, err := url.Parse(c.Issuer)
	if err != nil || !slices.Contains(c.Login.Methods, "passkey") || net.ParseIP(u.Hostname()) != nil {
		return account.RelyingParty{}
	}
	return account.RelyingParty{ID: u.Hostname(), Origin: u.Scheme + "://" + u.Host, Name: c.Name}
}

func lifetimes(c *config.Config) provider.Lifetimes {
	grace := c.Tokens.RefreshGrace
	if grace == 0 {
		grace = -1
	}
	return provider.Lifetimes{
		Code: c.Tokens.Code, Device: c.Tokens.DeviceCode, Access: c.Tokens.Access, IDToken: c.Tokens.ID,
		RefreshIdle: c.Tokens.RefreshIdle, RefreshMax: c.Tokens.RefreshMax, RefreshGrace: grace,
	}
}

// stop ends what a node does by itself. The data stay open: another node may be on them.
func (n *node) stop() {
	if n.provider != nil {
		n.provider.Close()
	}
	if n.accounts != nil {
		n.accounts.Close()
	}
	if n.breached != nil {
		_ = n.breached.Close()
	}
}

func (n *node) close() {
	n.stop()
	if n.engine != nil {
		if err := n.engine.Close(); err != nil && !errors.Is(err, storage.ErrStopped) {
			n.log.Error("storage not closed", "err", err)
		}
	}
}

// openMaster reads the master key, or makes one at the first start.
func openMaster(cfg *config.Config) (*keys.Master, error) {
	if cfg.Storage.MasterKey.IsSet() {
		return keys.ParseMaster([]byte(cfg.Storage.MasterKey.Reveal()))
	}
	if err := os.MkdirAll(cfg.Storage.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("cli: data directory: %w", err)
	}
	path := filepath.Join(cfg.Storage.DataDir, "master.key")
	if cfg.Storage.Engine == "bolt" && exists(databasePath(cfg)) && !exists(path) {
		return nil, fmt.Errorf("%w: %w: %s is missing, without which %s cannot be read", storage.ErrDamaged, keys.ErrMaster, path, databasePath(cfg))
	}
	master, _, err := keys.LoadOrCreateMaster(path, rand.Reader)
	return master, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func databasePath(cfg *config.Config) string { return filepath.Join(cfg.Storage.DataDir, "signet.db") }

func openEngine(ctx context.Context, cfg *config.Config, log *slog.Logger, with parts) (storage.Engine, error) {
	if cfg.Storage.Engine == "postgres" {
		return postgres.Open(ctx, postgres.Options{URL: cfg.Storage.URL.Reveal(), Logger: log, Migrate: with.migrate})
	}
	path := with.path
	if path == "" {
		path = databasePath(cfg)
	}
	return bolt.Open(path, bolt.Options{Logger: log})
}
