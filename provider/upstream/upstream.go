package upstream

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"signet/provider/outbound"
	"signet/storage"
)

// Sealer seals the nonces that are given to front ends. keys.Sealer is one.
type Sealer interface {
	// SealString returns a sealed form of plaintext in base64url, bound to a purpose and to associated data.
	SealString(purpose string, plaintext, associated []byte) string
	// OpenString returns what was sealed for the same purpose with the same associated data, or an error.
	OpenString(purpose, sealed string, associated []byte) ([]byte, error)
}

// Config is what Upstreams are made of. All but Sources and Timeout is required.
type Config struct {
	DB     *storage.DB
	Sealer Sealer
	Rand   io.Reader
	// Outbound is the way out.
	Outbound *outbound.Client
	// Base is the issuer of this server, below which the callback addresses are.
	Base string
	// Timeout bounds all that is asked of a provider for one request of ours; 0 is 5 seconds.
	Timeout time.Duration
	Sources []Source
}

const (
	defaultTimeout = 5 * time.Second
	// maxAnswer is the largest answer of a provider in bytes.
	maxAnswer = 256 << 10
)

// Upstreams are the providers that people sign in with. Its methods may be called from many goroutines.
type Upstreams struct {
	db       *storage.DB
	sealer   Sealer
	rand     io.Reader
	base     string
	timeout  time.Duration
	outbound *outbound.Client
	breaker  *outbound.Breaker
	// http asks, following asks for metadata, for which some redirects are followed.
	http, following *http.Client
	trips           *storage.Table[trip]
	seen            storage.Markers

	sources atomic.Pointer[[]*Source]

	mu       sync.Mutex
	metadata map[string]*metadataEntry
	keySets  map[string]*keySet
}

// New makes Upstreams. Its error names what is wrong with the sources.
func New(c Config) (*Upstreams, error) {
	u := &Upstreams{
		db: c.DB, sealer: c.Sealer, rand: c.Rand, base: strings.TrimSuffix(c.Base, "/"), timeout: c.Timeout,
		trips: tripTable(c.DB), seen: storage.Markers{Kind: seenKind},
		metadata: map[string]*metadataEntry{}, keySets: map[string]*keySet{},
	}
	if u.timeout == 0 {
		u.timeout = defaultTimeout
	}
	u.outbound, u.breaker = c.Outbound, outbound.NewBreaker(c.DB.Now)
	u.http = c.Outbound.HTTP(u.breaker, maxAnswer)
	u.following = outbound.SameHost(u.http)
	return u, u.Set(c.Sources)
}

// Set takes other sources from now on. If one of them is wrong, none is taken.
func (u *Upstreams) Set(from []Source) error {
	sources := make([]*Source, 0, len(from))
	var errs []error
	for _, one := range from {
		s, problems := Complete(one)
		for _, p := range problems {
			errs = append(errs, fmt.Errorf("upstream: %s: %s: %s; allowed: %s", cut(one.ID), p.Field, p.Got, p.Allowed))
		}
		if slices.ContainsFunc(sources, func(other *Source) bool { return other.ID == s.ID }) {
			errs = append(errs, fmt.Errorf("upstream: %s: two sources have this id", cut(one.ID)))
		}
		sources = append(sources, s)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	u.sources.Store(&sources)
	return nil
}

// Sources are those that can be used, in the order of the configuration. They are shared: do not write to them.
func (u *Upstreams) Sources() []*Source {
	var usable []*Source
	for _, s := range *u.sources.Load() {
		if !s.Disabled {
			usable = append(usable, s)
		}
	}
	return usable
}

// Source returns one that can be used, or an ErrSource. It is shared: do not write to it.
func (u *Upstreams) Source(id string) (*Source, error) {
	for _, s := range *u.sources.Load() {
		if s.ID == id && !s.Disabled {
			return s, nil
		}
	}
	return nil, &Error{Source: cut(id), Kind: ErrSource}
}

// Callback is the address that a source sends the browser back to, each its own (RFC 9700 §2.1): the one to register there.
func (u *Upstreams) Callback(id string) string { return u.base + "/upstream/" + id + "/callback" }
