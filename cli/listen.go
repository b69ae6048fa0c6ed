package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"signet/cli/config"
)

// listen opens the public listener: host:port or unix:/path.
func listen(cfg *config.Config) (net.Listener, error) {
	address := cfg.Server.Listen
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return listenUnix(path, 0o660)
	}
	return net.Listen("tcp", address)
}

// socketPath is the administration socket of a data directory.
func socketPath(dataDir string) string { return filepath.Join(dataDir, "signet.sock") }

// listenUnix opens a unix socket with these permissions, in place of one that a killed server has left.
func listenUnix(path string, mode os.FileMode) (net.Listener, error) {
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		return nil, errors.Join(fmt.Errorf("cli: %s: another server answers there", path), c.Close())
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("cli: socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("cli: socket: %w", err)
	}
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(fmt.Errorf("cli: socket: %w", err), l.Close())
	}
	return l, nil
}

// serveAside serves a private handler until the context ends.
func (s *server) serveAside(ctx context.Context, l net.Listener, h http.Handler) {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	s.running.Go(func() {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(drain)
	})
	s.running.Go(func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("private listener ended", "address", l.Addr().String(), "err", err)
		}
	})
}
