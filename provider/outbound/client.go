package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Config is what a Client is made of. The zero value reaches the public Internet over TLS, and nothing else.
type Config struct {
	// AllowPrivate are networks that may be reached though they are not public. A loopback address among them may be reached
	// by plain http too.
	AllowPrivate []netip.Prefix
	// Roots are the certificate authorities that are believed; nil stands for those of the system.
	Roots *x509.CertPool
	// Clock judges the life of certificates; nil is the clock of the machine.
	Clock func() time.Time
	// Timeout bounds a whole exchange, from looking the name up to the last byte; 0 is 5 seconds.
	Timeout time.Duration
	// Resolver looks names up; nil is that of the system.
	Resolver *net.Resolver
	// Own are the addresses of this machine, which are refused though they be public; nil asks the system.
	Own func() []netip.Addr
}

// Limits of an exchange.
const (
	defaultTimeout = 5 * time.Second
	// maxHeader is in bytes, with all informational answers together.
	maxHeader = 32 << 10
	// maxURL is in bytes.
	maxURL = 2048
)

// Client fetches and tells. Its methods may be called from many goroutines.
type Client struct {
	timeout time.Duration
	gate    gate
	// secure speaks TLS to every allowed address, plain is for loopback addresses alone.
	secure, plain *http.Client
	// dialer and tls are those of secure, for what speaks another protocol.
	dialer *net.Dialer
	tls    *tls.Config
}

// New makes a client.
func New(c Config) *Client {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Own == nil {
		c.Own = ownAddresses
	}
	allowed := addresses{allow: c.AllowPrivate, own: c.Own}
	return &Client{
		timeout: c.Timeout,
		gate:    newGate(),
		secure:  c.client(allowed.check),
		plain:   c.client(allowed.checkPlain),
		dialer:  c.dialer(allowed.check),
		tls:     c.tls(),
	}
}

// suites are those of TLS 1.2 with an AEAD and an ephemeral key (RFC 9325 §4.2). TLS 1.3 has no others.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// client makes an HTTP client whose every connection passes a check. Connections are not kept: the next request looks the
// name up again, and is judged again.
func (c Config) client(check func(netip.Addr) error) *http.Client {
	transport := &http.Transport{
		Proxy:                  nil,
		DialContext:            c.dialer(check).DialContext,
		TLSClientConfig:        c.tls(),
		TLSHandshakeTimeout:    c.alone(),
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		Protocols:              &http.Protocols{},
	}
	transport.Protocols.SetHTTP1(true)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// alone bounds what net/http goes on with for nobody when who asked has gone: each part of it must end by itself, though not before.
func (c Config) alone() time.Duration { return 2 * c.Timeout }

// dialer makes connections to addresses that pass a check, which is made of the address that is dialled.
func (c Config) dialer(check func(netip.Addr) error) *net.Dialer {
	dialer := &net.Dialer{Resolver: c.Resolver, Timeout: c.alone()}
	dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return check(to.Addr())
	}
	return dialer
}

func (c Config) tls() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: suites, RootCAs: c.Roots, Time: c.Clock}
}

// do sends a request and hands the answer, whose body is still to be read, to take. The time that is allowed ends both.
func (c *Client) do(ctx context.Context, method, address, form string, header http.Header, take func(*http.Response) error) error {
	u, err := parse(address)
	if err != nil {
		return &Error{URL: shown(address), Cause: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := c.exchange(ctx, method, u, form, header, take); err != nil {
		return &Error{URL: shown(address), Cause: reason(err)}
	}
	return nil
}

func (c *Client) exchange(ctx context.Context, method string, u *url.URL, form string, header http.Header, take func(*http.Response) error) error {
	leave, err := c.gate.enter(ctx, u.Host)
	if err != nil {
		return err
	}
	defer leave()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), strings.NewReader(form))
	if err != nil {
		return err
	}
	r.Header = header
	r.Header.Set("User-Agent", "signet")
	resp, err := c.by(u).Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return take(resp)
}

// parse takes the addresses that can be fetched at all. A fragment stays here (RFC 9110 §4.2).
func parse(address string) (*url.URL, error) {
	if len(address) > maxURL {
		return nil, errors.New("the address is longer than 2048 bytes")
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, errors.New("the address is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the scheme is not https")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("the address has no host")
	case u.User != nil:
		return nil, errors.New("the address has a user name")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}
