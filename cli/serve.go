package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"signet/cli/config"
	"signet/handlers/dev"
)

func (p *program) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the provider",
		Long:  "Runs the provider until SIGTERM or Ctrl-C. SIGHUP reads the configuration again.\n\nIt works without any configuration: then the issuer is http://localhost:8080 and the data are in ./signet-data.",
		Example: "  signet serve --data /var/lib/signet\n" +
			"  signet serve --config /etc/signet/signet.toml",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context()) },
	}
}

func (p *program) serve(ctx context.Context) error {
	cfg, err := p.load()
	if err != nil {
		return err
	}
	if dev.IsDevelopment(cfg.Storage.DataDir) {
		return fmt.Errorf("%w: %s holds data of signet dev, whose people have known passwords; name another directory with --data", dev.ErrRefused, cfg.Storage.DataDir)
	}
	protectMemory()
	s := newServer(p, cfg, parts{migrate: true})
	if err := s.certificates.use(cfg); err != nil {
		return err
	}
	l, err := listen(cfg)
	if err != nil {
		return fmt.Errorf("cli: listen: %w", err)
	}
	if err := s.start(ctx, cfg); err != nil {
		return err
	}
	if err := s.openPrivate(ctx, cfg); err != nil {
		return err
	}
	s.log.Info("ready", "issuer", cfg.Issuer, "listen", l.Addr().String(), "version", versionText())
	return s.serve(ctx, l)
}

// openPrivate opens the administration socket and, if asked for, the listener of the metrics.
func (s *server) openPrivate(ctx context.Context, cfg *config.Config) error {
	if err := os.MkdirAll(cfg.Storage.DataDir, 0o700); err != nil {
		return fmt.Errorf("cli: data directory: %w", err)
	}
	socket, err := listenUnix(socketPath(cfg.Storage.DataDir), 0o600)
	if err != nil {
		return err
	}
	s.serveAside(ctx, socket, &s.admin)
	if cfg.Server.MetricsListen == "off" {
		return nil
	}
	metrics, err := net.Listen("tcp", cfg.Server.MetricsListen)
	if err != nil {
		return fmt.Errorf("cli: metrics: %w", err)
	}
	s.serveAside(ctx, metrics, &s.metrics)
	return nil
}

// The live heap is a few megabytes, so the collector would run dozens of times a second at its usual setting. It may take
// several times as much, up to a limit above which it works harder.
const (
	collectorPercent = 400
	memoryLimit      = 192 << 20
)

// protectMemory keeps secrets out of core dumps, and sets the collector unless the operator has.
func protectMemory() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
