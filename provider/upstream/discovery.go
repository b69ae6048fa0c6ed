package upstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"signet/keys"
)

// metadata is what a provider says of itself (OpenID Connect Discovery §3).
type metadata struct {
	Issuer           string   `json:"issuer"`
	Authorization    string   `json:"authorization_endpoint"`
	Token            string   `json:"token_endpoint"`
	UserInfo         string   `json:"userinfo_endpoint"`
	JWKS             string   `json:"jwks_uri"`
	Introspection    string   `json:"introspection_endpoint"`
	Revocation       string   `json:"revocation_endpoint"`
	Algorithms       []string `json:"id_token_signing_alg_values_supported"`
	ChallengeMethods []string `json:"code_challenge_methods_supported"`
	// IssuerInAnswer is of RFC 9207 §3.
	IssuerInAnswer bool `json:"authorization_response_iss_parameter_supported"`
}

// metadataFresh is how long metadata are used before they are read again, metadataStale how much longer if they cannot be.
const (
	metadataFresh = time.Hour
	metadataStale = 24 * time.Hour
)

// metadataEntry holds the metadata of one issuer.
type metadataEntry struct {
	// turn is held by who looks and perhaps reads: the others wait for what comes of it, as long as they may.
	turn chan struct{}
	at   time.Time
	read *metadata
}

// discover returns the metadata of a source of OpenID Connect.
func (u *Upstreams) discover(ctx context.Context, s *Source) (*metadata, error) {
	u.mu.Lock()
	entry := u.metadata[s.Issuer]
	if entry == nil {
		entry = &metadataEntry{turn: make(chan struct{}, 1)}
		u.metadata[s.Issuer] = entry
	}
	u.mu.Unlock()
	select {
	case entry.turn <- struct{}{}:
		defer func() { <-entry.turn }()
	case <-ctx.Done():
		return nil, s.wrong(ErrDown, ctx.Err())
	}
	age := u.db.Now().Sub(entry.at)
	if entry.read != nil && age >= 0 && age < metadataFresh {
		return entry.read, nil
	}
	read, err := u.readMetadata(ctx, s)
	if err != nil {
		if entry.read != nil && age >= 0 && age < metadataStale {
			return entry.read, nil
		}
		return nil, err
	}
	entry.read, entry.at = read, u.db.Now()
	return read, nil
}

// readMetadata fetches them. The issuer must be the one that was configured, to the byte (OpenID Connect Discovery §4.3): otherwise
// one provider could speak for another.
func (u *Upstreams) readMetadata(ctx context.Context, s *Source) (*metadata, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.discoveryAt(), nil)
	if err != nil {
		return nil, s.wrong(ErrAnswer, err)
	}
	body, err := u.sendBy(u.following, s, r)
	if err != nil {
		return nil, err
	}
	m := &metadata{}
	if err := keys.CheckJSON(body); err != nil {
		return nil, s.wrong(ErrAnswer, fmt.Errorf("metadata: %w", err))
	}
	if err := json.Unmarshal(body, m); err != nil {
		return nil, s.wrong(ErrAnswer, fmt.Errorf("metadata: %w", err))
	}
	if m.Issuer != s.issuerOf() {
		return nil, s.wrong(ErrAnswer, fmt.Errorf("metadata: the issuer is %q, configured %q", cut(m.Issuer), s.issuerOf()))
	}
	return m, m.check(s)
}

// check demands addresses that can be asked. Where they are is the provider's to say: some have other hosts for them.
func (m *metadata) check(s *Source) error {
	for name, address := range map[string]string{
		"authorization_endpoint": cmp.Or(s.AuthorizationEndpoint, m.Authorization), "token_endpoint": cmp.Or(s.TokenEndpoint, m.Token), "jwks_uri": cmp.Or(s.JWKSURI, m.JWKS),
	} {
		if !isAddress(address) {
			return s.wrong(ErrAnswer, fmt.Errorf("metadata: %s is no https address", name))
		}
	}
	for name, address := range map[string]string{"userinfo_endpoint": m.UserInfo, "introspection_endpoint": m.Introspection, "revocation_endpoint": m.Revocation} {
		if address != "" && !isAddress(address) {
			return s.wrong(ErrAnswer, fmt.Errorf("metadata: %s is no https address", name))
		}
	}
	return nil
}

// endpoints are the addresses of a source.
type endpoints struct {
	authorization, token, userInfo, jwks, introspection, revocation string
	algorithms                                                      []string
}

var errNoAlgorithms = errors.New("metadata: no algorithm of the ID tokens is known here")

// endpoints returns the addresses: those of the configuration before those of the metadata.
func (u *Upstreams) endpoints(ctx context.Context, s *Source) (*endpoints, error) {
	e := &endpoints{authorization: s.AuthorizationEndpoint, token: s.TokenEndpoint, userInfo: s.UserInfoEndpoint, jwks: s.JWKSURI, introspection: s.AudienceEndpoint, revocation: s.RevocationEndpoint}
	if s.Protocol != OIDC {
		return e, nil
	}
	m, err := u.discover(ctx, s)
	if err != nil {
		return nil, err
	}
	for at, from := range map[*string]string{&e.authorization: m.Authorization, &e.token: m.Token, &e.userInfo: m.UserInfo, &e.jwks: m.JWKS, &e.introspection: m.Introspection, &e.revocation: m.Revocation} {
		*at = cmp.Or(*at, from)
	}
	if e.algorithms = s.algorithms(m); len(e.algorithms) == 0 {
		return nil, s.wrong(ErrAnswer, errNoAlgorithms)
	}
	return e, nil
}

// algorithms are those of ID tokens: signatures with public keys that are known here, none with our secret and none without any.
func (s *Source) algorithms(m *metadata) []string {
	offered := m.Algorithms
	if len(s.Algorithms) > 0 {
		offered = s.Algorithms
	}
	if len(offered) == 0 {
		offered = []string{"RS256"}
	}
	return slices.DeleteFunc(slices.Clone(offered), func(name string) bool { return !slices.Contains(keys.Algorithms(), name) })
}
