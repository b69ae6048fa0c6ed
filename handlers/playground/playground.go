package playground

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Config is what New needs.
type Config struct {
	// Issuer is all that is known of the provider. The playground's own pages are on the same host, below the issuer's path.
	Issuer string
	// Client sends the requests. It should have a timeout; its redirects are not followed.
	Client *http.Client
	// Rand gives names of runs, state, nonce and verifiers.
	Rand io.Reader
	// Clock is the time by which tokens are judged. Development mode can move it.
	Clock func() time.Time
	// Machine is the time by which runs are forgotten; nil means Clock.
	Machine func() time.Time
	// Authority is a file with the certificate (PEM) of whoever vouches for the issuer's, for the commands that are shown; empty
	// where every program knows it.
	Authority string
}

// Playground is the relying party. It is safe for concurrent use.
type Playground struct {
	issuer string
	// origin is the issuer without its path, base the path without a slash at its end.
	origin, base string
	client       *http.Client
	rand         io.Reader
	clock        func() time.Time
	runs         *runs
	authority    string
	parked       *parked
}

// New returns a playground without runs. It refuses an issuer that is no http or https address.
func New(c Config) (*Playground, error) {
	if c.Client == nil || c.Rand == nil || c.Clock == nil {
		return nil, fmt.Errorf("playground: new: Client, Rand and Clock are needed")
	}
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("playground: new: issuer %q is no http or https address", c.Issuer)
	}
	if c.Machine == nil {
		c.Machine = c.Clock
	}
	client := *c.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Playground{
		issuer: c.Issuer, origin: u.Scheme + "://" + u.Host, base: strings.TrimSuffix(u.Path, "/"),
		client: &client, rand: c.Rand, clock: c.Clock, runs: newRuns(c.Machine), parked: &parked{now: c.Machine}, authority: c.Authority,
	}, nil
}

// redirectURI is where the playground receives answers.
func (p *Playground) redirectURI() string { return p.origin + p.base + callbackPath }

// plainPath is a path that can stand in a link as it is.
var plainPath = regexp.MustCompile(`^(/[A-Za-z0-9_-]+)+$`)

// localPath returns the path below the issuer's of an address on this host, or nothing.
func (p *Playground) localPath(address string) string {
	rest, ok := strings.CutPrefix(address, p.origin+p.base)
	if !ok || !plainPath.MatchString(rest) {
		return ""
	}
	return rest
}
