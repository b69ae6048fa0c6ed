package cli

import (
	"crypto/x509"
	"fmt"
	"os"

	"signet/cli/config"
	"signet/provider/outbound"
)

// outboundClient makes the provider's way out.
func outboundClient(c config.Outbound) (*outbound.Client, error) {
	out := outbound.Config{AllowPrivate: c.AllowPrivate}
	if c.CAFile == "" {
		return outbound.New(out), nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a machine without authorities of its own
	}
	text, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("cli: outbound.ca_file: %w", err)
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("cli: outbound.ca_file: no certificate in %s", c.CAFile)
	}
	out.Roots = roots
	return outbound.New(out), nil
}
