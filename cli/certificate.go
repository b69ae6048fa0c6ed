package cli

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync/atomic"

	"signet/cli/config"
)

// certificates is the certificate that the public listener shows. It is read again when its file has changed.
type certificates struct {
	current atomic.Pointer[certificate]
	// made is in place of files; nil where there are files, or no TLS.
	made func(*tls.ClientHelloInfo) (*tls.Certificate, error)
}

// certificate is one with the files that it came from, and what the first looked like then.
type certificate struct {
	tls.Certificate
	cert, key string
	file      os.FileInfo
}

// is tells whether a file is the certificate's own, unchanged. Two changes within a tick of the disk's clock differ in the
// file itself, as long as they were made by renaming.
func (c *certificate) is(file os.FileInfo) bool {
	return os.SameFile(file, c.file) && file.ModTime().Equal(c.file.ModTime()) && file.Size() == c.file.Size()
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
	return &certificate{pair, cert, key, info}, nil
}

// get is for tls.Config. What cannot be read may be half of a change: then the old one is shown, and the next connection
// looks again.
func (c *certificates) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c.made != nil {
		return c.made(hello)
	}
	now := c.current.Load()
	info, err := os.Stat(now.cert)
	if err != nil || now.is(info) {
		return &now.Certificate, nil
	}
	next, err := readCertificate(now.cert, now.key)
	if err != nil {
		return &now.Certificate, nil
	}
	c.current.CompareAndSwap(now, next)
	return &next.Certificate, nil
}
