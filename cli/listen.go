package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"signet/cli/config"
)

// listen opens the public listener: host:port or unix:/path, with TLS if the configuration says so.
func listen(cfg *config.Config) (net.Listener, error) {
	address := cfg.Server.Listen
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return listenUnix(path, 0o660)
	}
	l, err := net.Listen("tcp", address)
	if err != nil || cfg.Server.TLS == "off" {
		return l, err
	}
	return withTLS(l, cfg)
}

// withTLS serves TLS 1.2 and 1.3 with the certificate of the files. They are read again when they have changed.
func withTLS(l net.Listener, cfg *config.Config) (net.Listener, error) {
	files := &certificateFiles{cert: cfg.Server.CertFile, key: cfg.Server.KeyFile}
	if _, err := files.get(nil); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: files.get, NextProtos: []string{"h2", "http/1.1"}}), nil
}

// certificateFiles holds a certificate and the time of the file it came from.
type certificateFiles struct {
	cert, key string
	loaded    atomic.Pointer[loadedCertificate]
}

type loadedCertificate struct {
	tls.Certificate
	modified time.Time
}

func (f *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	info, err := os.Stat(f.cert)
	now := f.loaded.Load()
	if now != nil && (err != nil || info.ModTime().Equal(now.modified)) {
		return &now.Certificate, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cli: certificate: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil && now != nil {
		return &now.Certificate, nil // half of a change; the next connection looks again
	}
	if err != nil {
		return nil, fmt.Errorf("cli: certificate: %w", err)
	}
	next := &loadedCertificate{pair, info.ModTime()}
	f.loaded.Store(next)
	return &next.Certificate, nil
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
