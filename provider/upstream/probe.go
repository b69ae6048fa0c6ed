package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"signet/keys"
)

// Finding is what a test of a source has found out.
type Finding struct {
	// What was looked at: metadata, keys, pkce, credentials, clock.
	What string `json:"what"`
	OK   bool   `json:"ok"`
	// Detail says what there is, or what is wrong and what to do.
	Detail string `json:"detail"`
}

// Report is what a test of a source has found out, and what to tell the provider.
type Report struct {
	Source string `json:"source"`
	// Callback is the address to register at the provider, Logout the one for its back channel, empty if it has none.
	Callback string `json:"callback,omitempty"`
	Logout   string `json:"logout,omitempty"`
	// RegisterAt is the page where applications are registered.
	RegisterAt string    `json:"register_at,omitempty"`
	Findings   []Finding `json:"findings"`
}

// Good tells whether nothing is wrong.
func (r *Report) Good() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.OK })
}

func (r *Report) add(what string, ok bool, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{What: what, OK: ok, Detail: fmt.Sprintf(format, args...)})
}

// Describe is what to tell the provider of a source, disabled or not.
func (u *Upstreams) Describe(id string) (*Report, error) {
	s, err := u.any(id)
	if err != nil {
		return nil, err
	}
	r := &Report{Source: s.ID}
	if s.Protocol != LDAP {
		r.Callback = u.Callback(s.ID)
	}
	if s.Protocol == OIDC {
		r.Logout = u.LogoutURI(s.ID)
	}
	if p, ok := FindPreset(s.Preset); ok {
		r.RegisterAt = p.RegisterAt
	}
	return r, nil
}

// any finds a source though it is disabled.
func (u *Upstreams) any(id string) (*Source, error) {
	for _, s := range *u.sources.Load() {
		if s.ID == id {
			return s, nil
		}
	}
	return nil, &Error{Source: cut(id), Kind: ErrSource}
}

// Test asks a provider as far as that goes without a person, for the operator. It works for a disabled source too, so that it can be
// tried before it is there for everybody. Its error is ErrSource.
func (u *Upstreams) Test(ctx context.Context, id string) (*Report, error) {
	r, err := u.Describe(id)
	if err != nil {
		return nil, err
	}
	s, err := u.any(id)
	if err != nil {
		return nil, err
	}
	switch s.Protocol {
	case LDAP:
		u.testDirectory(ctx, s, r)
	case OAuth1:
		u.testOAuth1(ctx, s, r)
	case OIDC:
		if u.testMetadata(ctx, s, r) {
			u.testCredentials(ctx, s, r)
		}
	default:
		u.testCredentials(ctx, s, r)
	}
	return r, nil
}

// testMetadata reads metadata and keys, and tells whether to go on.
func (u *Upstreams) testMetadata(ctx context.Context, s *Source, r *Report) bool {
	m, err := u.readMetadata(ctx, s)
	if err != nil {
		r.add("metadata", false, "%s: %v", s.discoveryAt(), err)
		return false
	}
	r.add("metadata", true, "%s has the issuer that is configured", s.discoveryAt())
	if s.PKCE == "S256" && m.ChallengeMethods != nil && !slices.Contains(m.ChallengeMethods, "S256") {
		r.add("pkce", false, "the provider does not know S256; write pkce = \"none\"")
	}
	e, err := u.endpoints(ctx, s)
	if err != nil {
		r.add("keys", false, "%v", err)
		return false
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.jwks, nil)
	if err != nil {
		r.add("keys", false, "%v", err)
		return false
	}
	body, err := u.send(s, request)
	if err != nil {
		r.add("keys", false, "%v", err)
		return false
	}
	set, err := keys.ParseJWKS(body, keys.Limits{Bytes: maxAnswer})
	if err != nil || len(set.Keys) == 0 {
		r.add("keys", false, "%s has no key that can be used: %v", e.jwks, err)
		return false
	}
	r.add("keys", true, "%d at %s", len(set.Keys), e.jwks)
	return true
}

// strangers are the error codes that say that a client is not known, or its secret wrong.
var strangers = []string{"invalid_client", "unauthorized_client", "incorrect_client_credentials", "invalid_client_id"}

// testCredentials redeems a code that was never given out: who is not known, or has a wrong secret, is told so before that.
func (u *Upstreams) testCredentials(ctx context.Context, s *Source, r *Report) {
	e, err := u.endpoints(ctx, s)
	if err != nil {
		r.add("credentials", false, "%v", err)
		return
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"signet-upstream-test"}, "redirect_uri": {u.Callback(s.ID)}, "code_verifier": {strings.Repeat("a", 43)}}
	request, err := u.authenticated(ctx, s, e.token, form)
	if err != nil {
		r.add("credentials", false, "%v", err)
		return
	}
	resp, err := u.http.Do(request)
	if err != nil {
		r.add("credentials", false, "%v", s.fetched(err))
		return
	}
	defer resp.Body.Close()
	u.testClock(resp, r)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.add("credentials", false, "%v", err)
		return
	}
	switch code := plainCode(codeIn(body)); {
	case slices.Contains(strangers, code):
		r.add("credentials", false, "the provider says %s: look at client_id, client_secret and client_auth", code)
	case resp.StatusCode >= http.StatusInternalServerError:
		r.add("credentials", false, "the provider fails with status %d", resp.StatusCode)
	case resp.StatusCode == http.StatusUnauthorized:
		r.add("credentials", false, "the provider does not know this client: look at client_id, client_secret and client_auth")
	default:
		r.add("credentials", true, "the provider knows this client, and refused a code that does not exist")
	}
}

// testClock compares clocks: tokens are of no use if they are not of now.
func (u *Upstreams) testClock(resp *http.Response, r *Report) {
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return
	}
	if off := u.db.Now().Sub(theirs).Round(time.Second); off > iatLeeway*time.Second || off < -iatLeeway*time.Second {
		r.add("clock", false, "this machine's clock differs from the provider's by %s: set it, as with NTP", off.Abs())
		return
	}
	r.add("clock", true, "as the provider's")
}

// testDirectory opens a connection, and searches for somebody who does not exist.
func (u *Upstreams) testDirectory(ctx context.Context, s *Source, r *Report) {
	err := u.directory(ctx, s, func(c *ldap.Conn) error {
		r.add("connection", true, "%s answers under TLS", s.Directory.Server)
		if s.Directory.UserDN != "" {
			return nil
		}
		bind := func(c *ldap.Conn, dn string) error { return s.bindAs(c, dn, "signet-upstream-test") }
		_, err := s.authenticate(c, "signet-upstream-test", "signet-upstream-test", bind)
		if errors.Is(err, ErrLogin) {
			r.add("search", true, "bind_dn may search below base_dn")
			return nil
		}
		return err
	})
	if err != nil {
		r.add("directory", false, "%v", err)
	}
}

// testOAuth1 gets a temporary credential, which shows that the consumer is known and that the callback address is.
func (u *Upstreams) testOAuth1(ctx context.Context, s *Source, r *Report) {
	begun, err := &Begun{State: "signet-upstream-test"}, error(nil)
	if err = u.beginOAuth1(ctx, s, &trip{Redirect: u.Callback(s.ID)}, begun); err != nil {
		r.add("credentials", false, "%v: look at client_id and client_secret, which are the consumer key and secret, and at the callback address that is registered", err)
		return
	}
	r.add("credentials", true, "the provider knows this consumer and the callback address")
}
