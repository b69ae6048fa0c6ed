package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"signet/cli/config"
	"signet/handlers"
	"signet/provider/limit"
)

// server is a node that listens. Its configuration can be changed while it runs: what depends on it is put together anew on
// the same data, and takes the place of the old at once.
type server struct {
	program *program
	log     *slog.Logger
	level   *slog.LevelVar
	with    parts
	// development is nil in production.
	development development

	node     atomic.Pointer[node]
	handlers atomic.Pointer[handlers.Handlers]
	public   swap
	admin    swap
	metrics  swap
	running  sync.WaitGroup
	// stopAttending ends what attend does for the present node. Only start and reload, one after the other, touch it.
	stopAttending context.CancelFunc
	// limits go on over a reload.
	limits *limit.Keeper
	// certificates is empty without TLS.
	certificates *certificates
}

// development is what development mode adds to a server.
type development interface {
	// Dress adds to the configuration of the public handlers.
	Dress(c *handlers.Config)
	// Wrap stands before the public handlers, Beside before those of administration.
	Wrap(http.Handler) http.Handler
	Beside(http.Handler) http.Handler
}

func newServer(p *program, cfg *config.Config, with parts) *server {
	level := &slog.LevelVar{}
	return &server{program: p, log: newLog(cfg.Log, p.err, level), level: level, with: with, certificates: &certificates{}}
}

// swap is a handler that can be exchanged.
type swap struct{ atomic.Pointer[http.Handler] }

func (s *swap) set(h http.Handler) { s.Store(&h) }

// ServeHTTP implements http.Handler.
func (s *swap) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*s.Load()).ServeHTTP(w, r) }

// start opens the data and makes the handlers.
func (s *server) start(ctx context.Context, cfg *config.Config) error {
	n, err := openNode(ctx, cfg, s.log, s.with)
	if err != nil {
		return err
	}
	s.node.Store(n)
	s.limits = s.newLimits(n)
	return s.install(ctx, n)
}

// install declares what the configuration declares and puts the handlers in place.
func (s *server) install(ctx context.Context, n *node) error {
	if err := n.declare(ctx); err != nil {
		return err
	}
	c := handlers.Config{
		Provider: n.provider, Accounts: n.accounts, Limits: s.limits, DB: n.db, Rand: rand.Reader, Log: s.log,
		Pages:   pagesOf(n),
		Network: handlers.Network{TrustedProxies: n.config.Server.TrustedProxies},
		Observe: s.with.observe, Trail: n.trail,
		SignUp: handlers.SignUp{
			Mode: handlers.SignUpMode(n.config.SignUp.Mode), Domains: n.config.SignUp.Domains, Required: n.config.SignUp.Required, Terms: termsLink(n),
		},
		TermsVersion: n.config.SignUp.TermsVersion, SelfDeletion: n.config.Accounts.SelfDeletion,
	}
	setLimits(&c, n.config)
	if n.config.Log.Access {
		c.Access = s.log
	}
	if s.development != nil {
		s.development.Dress(&c)
	}
	operations := n.operations(s.log)
	if n.config.Admin.Network {
		c.Extra = append(c.Extra, handlers.Management(operations))
	}
	h, err := handlers.New(c)
	if err != nil {
		return err
	}
	s.handlers.Store(h)
	s.public.set(h)
	s.admin.set(operations)
	if s.development != nil {
		s.public.set(s.development.Wrap(h))
		s.admin.set(s.development.Beside(operations))
	}
	s.metrics.set(privateHandler(h.MetricsHandler()))
	return nil
}

// serve answers on the listener until the context ends, then lets running requests finish.
func (s *server) serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.background(ctx)
	h := s.handlers.Load()
	srv := handlers.NewServer(h)
	srv.Handler = &s.public
	failed := make(chan error, 1)
	go func() {
		failed <- srv.Serve(s.certificates.listenTLS(handlers.Listen(l, s.handlers.Load), s.node.Load().config.Server))
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace := s.node.Load().config.Server.ShutdownGrace
	s.log.Info("stopping", "grace", grace)
	drain, stop := context.WithTimeout(context.Background(), grace)
	defer stop()
	err := srv.Shutdown(drain)
	cancel()
	s.running.Wait()
	s.node.Load().close()
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("cli: some requests did not finish within %s", grace)
	}
	return err
}

// background starts what runs beside the requests.
func (s *server) background(ctx context.Context) {
	s.attend(ctx, s.node.Load())
	jobs := []func(context.Context){s.sweep, s.removeUnused, s.limits.Run}
	if s.development == nil { // development mode ends with its terminal
		jobs = append(jobs, s.reloadOnHangup)
	}
	for _, job := range jobs {
		s.running.Go(func() { job(ctx) })
	}
}

// attend keeps a node's signing keys rotating and its clients told of sign-outs, in place of those of the node before.
func (s *server) attend(ctx context.Context, n *node) {
	if s.stopAttending != nil {
		s.stopAttending()
	}
	ctx, s.stopAttending = context.WithCancel(ctx)
	s.running.Go(func() { n.ring.Run(ctx) })
	s.running.Go(func() { n.provider.TellClients(ctx) })
	s.running.Go(func() { n.provider.KeepPeople(ctx) })
	s.running.Go(func() { n.auditSealer().Run(ctx) })
	if n.mail != nil {
		s.running.Go(func() { n.mail.Run(ctx) })
	}
}
