package cli

import (
	"crypto/tls"
	"net"

	"signet/cli/config"
)

// tls12Suites are what TLS 1.2 may agree on: forward secrecy and AES-GCM (RFC 9325 §4.2). The library's own list also has
// CBC suites, which FAPI forbids, and ChaCha20, which FAPI 1.0 does not have on its list (Part 2 §8.5). TLS 1.3 has no others
// than good ones.
var tls12Suites = []uint16{
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
}

// tlsVersions are the values of server.tls_min.
var tlsVersions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// listenTLS speaks TLS on a listener, if there is a certificate. Browsers may choose HTTP/2.
func (c *certificates) listenTLS(l net.Listener, s config.Server) net.Listener {
	if c.current.Load() == nil && c.made == nil {
		return l
	}
	return tls.NewListener(l, &tls.Config{
		MinVersion: tlsVersions[s.TLSMin], CipherSuites: tls12Suites, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"},
	})
}
