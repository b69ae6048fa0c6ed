package cli

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"signet/cli/config"
)

// certificates is the certificate that the public listener shows. It is read again when its file has changed.
type certificates struct{ current atomic.Pointer[certificate] }

// certificate is one with the files that it came from, and the time of the first.
type certificate struct {
	tls.Certificate
	cert, key string
	modified  time.Time
}

// use reads a certificate from the configuration's files and shows it from now on. Without TLS there is nothing to do.
func (c *certificates) use(cfg *config.Config) error {
	if cfg.Server.TLS == "off" {
		return nil
	}
	next, err := readCertificate(cfg.Server.CertFile, cfg.Server.KeyFile)
	if err != nil {
		return err
	}
	c.current.Store(next)
	return nil
}

func readCertificate(cert, key string) (*certificate, error) {
	info, err := os.Stat(cert)
	if err != nil {
		return nil, fmt.Errorf("cli: certificate: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("cli: certificate: %w", err)
	}
	return &certificate{pair, cert, key, info.ModTime()}, nil
}

// wrap serves TLS 1.2 and 1.3 on a listener, if there is a certificate.
func (c *certificates) wrap(l net.Listener) net.Listener {
	if c.current.Load() == nil {
		return l
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}})
}

// get is for tls.Config. What cannot be read may be half of a change: then the old one is shown, and the next connection
// looks again.
func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	now := c.current.Load()
	info, err := os.Stat(now.cert)
	if err != nil || info.ModTime().Equal(now.modified) {
		return &now.Certificate, nil
	}
	next, err := readCertificate(now.cert, now.key)
	if err != nil {
		return &now.Certificate, nil
	}
	c.current.CompareAndSwap(now, next)
	return &next.Certificate, nil
}
