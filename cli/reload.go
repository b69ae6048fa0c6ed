package cli

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"signet/cli/config"
)

func (s *server) reloadOnHangup(ctx context.Context) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			s.reload(ctx)
		}
	}
}

// reload reads the configuration again. A bad one changes nothing.
func (s *server) reload(ctx context.Context) {
	if err := s.replace(ctx); err != nil {
		s.log.Error("configuration not reloaded", "err", err)
		return
	}
	s.log.Info("configuration reloaded")
}

// replace puts a node together from the configuration as it is now, on the same data, and lets it take the place of the
// running one.
func (s *server) replace(ctx context.Context) error {
	cfg, err := s.program.load()
	if err != nil {
		return err
	}
	old := s.node.Load()
	if keys := config.Keep(old.config, cfg); len(keys) > 0 {
		s.log.Warn("some changes need a restart and were left out", "keys", strings.Join(keys, ", "))
	}
	next := &node{config: cfg, log: s.log, engine: old.engine, db: old.db, sealer: old.sealer, trail: old.trail}
	err = next.assemble(ctx, s.with)
	if err == nil {
		err = s.certificates.use(cfg)
	}
	if err == nil {
		err = s.install(ctx, next)
	}
	if err != nil {
		next.stop()
		return err
	}
	setLevel(s.level, cfg.Log)
	s.node.Store(next)
	s.attend(ctx, next)
	old.stop()
	return nil
}
