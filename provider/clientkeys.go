package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"signet/keys"
	"signet/provider/outbound"
)

// How long keys are kept that were fetched from a jwks_uri, in seconds.
const (
	// keysFresh is for an answer that does not say; what it says counts between keysLeast and keysMost.
	keysFresh = 5 * 60
	keysLeast = 60
	keysMost  = 24 * 3600
	// keysStale is how much longer the old ones do while new ones cannot be fetched.
	keysStale = 3600
	// keysPause is between two fetches of one address, whoever asks and whatever came of the first: what strangers send must
	// not make us ask again and again.
	keysPause = 60
	// maxFetchedKeys bounds the cache; beyond it an arbitrary set makes room.
	maxFetchedKeys = 4096
)

var errNoKeys = errors.New("the client has no keys")

// clientKeys are a client's public keys: those of its record, or those that its jwks_uri has, fetched and kept. refresh asks for
// newer ones than those that have just not been enough; it may still return the same.
func (p *Provider) clientKeys(ctx context.Context, c *cachedClient, refresh bool) (*keys.Set, error) {
	switch {
	case c.jwks != nil:
		return c.jwks, nil
	case c.client.JWKSURI == "":
		return nil, errNoKeys
	}
	set, err := p.keyCache.of(c.client.JWKSURI).get(ctx, p, refresh)
	if err != nil {
		return nil, fmt.Errorf("provider: jwks_uri of client %s: %w", c.client.ID, err)
	}
	return set, nil
}

// verifyByClient verifies what a client has signed, with its private key or, where the options accept such an algorithm, with its
// secret, and returns header and payload. If the keys that are kept did not make the signature, newer ones may have. Its errors
// are keys.ErrToken or say why there are no keys.
func (p *Provider) verifyByClient(ctx context.Context, c *cachedClient, token string, opts keys.VerifyOptions) (keys.Header, []byte, error) {
	u, err := keys.ParseUnverified(token, opts)
	if err != nil {
		return keys.Header{}, nil, err
	}
	if slices.Contains(keys.SecretAlgorithms(), u.Header.Algorithm) {
		if err := u.VerifySecret(p.keptSecrets(c.client)...); err != nil {
			return keys.Header{}, nil, err
		}
		return u.Header, u.Payload, nil
	}
	set, err := p.clientKeys(ctx, c, false)
	if err != nil {
		return keys.Header{}, nil, err
	}
	if err = u.Verify(set); err != nil {
		newer, fetched := p.clientKeys(ctx, c, true)
		if fetched != nil || newer == set {
			return keys.Header{}, nil, err
		}
		err = u.Verify(newer)
	}
	if err != nil {
		return keys.Header{}, nil, err
	}
	return u.Header, u.Payload, nil
}

// keyCache holds the keys of each jwks_uri.
type keyCache struct {
	mu    sync.Mutex
	byURI map[string]*fetchedKeys
}

func (c *keyCache) of(uri string) *fetchedKeys {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.byURI[uri]
	if f == nil {
		for victim := range c.byURI {
			if len(c.byURI) < maxFetchedKeys {
				break
			}
			delete(c.byURI, victim)
		}
		f = &fetchedKeys{uri: uri, turn: make(chan struct{}, 1)}
		c.byURI[uri] = f
	}
	return f
}

// fetchedKeys are the keys of one jwks_uri.
type fetchedKeys struct {
	uri string
	// turn is held by who looks and perhaps fetches: the others wait for what comes of it.
	turn chan struct{}
	set  *keys.Set
	// err is why there are no keys, or no newer ones.
	err error
	// until is how long the keys are fresh, tried when they were last asked for, in Unix seconds.
	until, tried int64
	asked        bool
}

func (f *fetchedKeys) get(ctx context.Context, p *Provider, refresh bool) (*keys.Set, error) {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	now := p.db.Now().Unix()
	if f.due(now, refresh) {
		f.fetch(ctx, p, now)
	}
	if f.set != nil && now < f.until+keysStale {
		return f.set, nil
	}
	return nil, f.err
}

// due tells whether it is time to fetch.
func (f *fetchedKeys) due(now int64, refresh bool) bool {
	if f.set != nil && now < f.until && !refresh {
		return false
	}
	return !f.asked || now >= f.tried+keysPause || now < f.tried
}

// fetch goes on though the one who asked hangs up: whoever sends requests and hangs up must not keep the keys from coming.
func (f *fetchedKeys) fetch(ctx context.Context, p *Provider, now int64) {
	f.asked, f.tried = true, now
	answer, err := p.outbound.Get(context.WithoutCancel(ctx), f.uri, outbound.Want{MaxBytes: 64 << 10})
	if err != nil {
		f.err = err
		return
	}
	set, err := keys.ParseJWKS(answer.Body, keys.Limits{})
	if err != nil {
		f.err = err
		return
	}
	life := int64(keysFresh)
	if answer.MaxAge >= 0 {
		life = min(max(int64(answer.MaxAge.Seconds()), keysLeast), keysMost)
	}
	f.set, f.err, f.until = set, nil, now+life
}
