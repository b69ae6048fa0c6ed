package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"

	"signet/keys"
)

// How long a provider's keys are kept, in seconds.
const (
	keysFresh = 3600
	// keysStale is how much longer the old ones do while new ones cannot be fetched.
	keysStale = 24 * 3600
	// keysPause is between two fetches of one address, whoever brings tokens with unknown keys.
	keysPause = 60
	// maxIDToken is in bytes.
	maxIDToken = 16 << 10
)

// providerKeys are the keys of a provider as they were fetched.
type providerKeys struct {
	*keys.Set
	// issuers are those that some keys are for, by the key's id, where a set is that of several issuers (Microsoft).
	issuers map[string]string
}

// keySet are the keys at one address. It is the library's oidc.KeySet through keysOf.
type keySet struct {
	uri string
	// turn is held by who looks and perhaps fetches: the others wait for what comes of it.
	turn chan struct{}
	set  *providerKeys
	err  error
	// fetched is when the keys came, tried when they were last asked for, in Unix seconds; 0 is never.
	fetched, tried int64
}

var errKeyOfAnother = errors.New("the key is that of another issuer")

// keysAt returns the keys at an address.
func (u *Upstreams) keysAt(uri string) *keySet {
	u.mu.Lock()
	defer u.mu.Unlock()
	k := u.keySets[uri]
	if k == nil {
		k = &keySet{uri: uri, turn: make(chan struct{}, 1)}
		u.keySets[uri] = k
	}
	return k
}

// get returns the keys; refresh asks for newer ones than those that were not enough, and may return the same.
func (k *keySet) get(ctx context.Context, u *Upstreams, s *Source, refresh bool) (*providerKeys, error) {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return nil, s.wrong(ErrDown, ctx.Err())
	}
	now := u.db.Now().Unix()
	old := k.set == nil || now < k.fetched || now >= k.fetched+keysFresh
	if (old || refresh) && (k.tried == 0 || now >= k.tried+keysPause || now < k.tried) {
		k.fetch(ctx, u, s, now)
	}
	if k.set != nil && now < k.fetched+keysFresh+keysStale {
		return k.set, nil
	}
	return nil, k.err
}

// fetch goes on though the one who asked hangs up.
func (k *keySet) fetch(ctx context.Context, u *Upstreams, s *Source, now int64) {
	k.tried = now
	r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, k.uri, nil)
	if err != nil {
		k.err = s.wrong(ErrAnswer, err)
		return
	}
	body, err := u.send(s, r)
	if err != nil {
		k.err = err
		return
	}
	set, err := keys.ParseJWKS(body, keys.Limits{Bytes: maxAnswer})
	if err != nil {
		k.err = s.wrong(ErrAnswer, err)
		return
	}
	k.set, k.err, k.fetched = &providerKeys{set, issuersOf(body)}, nil, now
}

// issuersOf reads the member issuer of the keys of a set that was parsed.
func issuersOf(body []byte) map[string]string {
	var set struct {
		Keys []struct {
			ID     string `json:"kid"`
			Issuer string `json:"issuer"`
		} `json:"keys"`
	}
	issuers := map[string]string{}
	if json.Unmarshal(body, &set) != nil {
		return issuers
	}
	for _, key := range set.Keys {
		if key.Issuer != "" {
			issuers[key.ID] = key.Issuer
		}
	}
	return issuers
}

// speakFor tells whether a key may sign for the issuer of a token: one of private accounts must not sign for a company's directory.
func (k *providerKeys) speakFor(id string, payload []byte) bool {
	issuer, bound := k.issuers[id]
	if !bound {
		return true
	}
	claims, err := readDocument(payload)
	if err != nil {
		return false
	}
	tenant, _ := claims["tid"].(string)
	return claims["iss"] == strings.ReplaceAll(issuer, tenantPlace, tenant)
}

// keysOf makes the keys of a source the key set of the library for one kind of token.
type keysOf struct {
	u     *Upstreams
	s     *Source
	uri   string
	types []string
	algs  []string
}

// verifier returns the library's, once there are keys: of what a key set says the library keeps the words alone, and a provider that is
// down would look like a token that is wrong.
func (k keysOf) verifier(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	if _, err := k.u.keysAt(k.uri).get(ctx, k.u, k.s, false); err != nil {
		return nil, err
	}
	return oidc.NewVerifier(k.s.Issuer, k, &oidc.Config{
		SkipClientIDCheck: true, SkipIssuerCheck: k.s.allTenants(), SupportedSigningAlgs: k.algs, Now: k.u.db.Now,
	}), nil
}

// VerifySignature implements oidc.KeySet. A token with an unknown key may be signed with a newer one.
func (k keysOf) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	t, err := keys.ParseUnverified(token, keys.VerifyOptions{Algorithms: k.algs, Types: k.types, MaxBytes: maxIDToken})
	if err != nil {
		return nil, err
	}
	at := k.u.keysAt(k.uri)
	set, err := at.get(ctx, k.u, k.s, false)
	if err != nil {
		return nil, err
	}
	if err = t.Verify(set.Set); err != nil {
		newer, fetched := at.get(ctx, k.u, k.s, true)
		if fetched != nil || newer == set {
			return nil, err
		}
		set, err = newer, t.Verify(newer.Set)
	}
	if err == nil && !set.speakFor(t.Header.KeyID, t.Payload) {
		err = errKeyOfAnother
	}
	return t.Payload, err
}
