package upstream

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"signet/keys"
)

// iatLeeway is by how many seconds a provider's clock may be ahead.
const iatLeeway = 60

// expected is what an ID token must say beside who it is.
type expected struct {
	// audiences are the client ids that it may be for.
	audiences []string
	// sole demands that it be for nobody else.
	sole bool
	// nonce judges the nonce.
	nonce func(nonce string) bool
	// access is the access token that came along, if one did.
	access keys.Secret
}

// isNonce demands exactly one.
func isNonce(want string) func(string) bool {
	return func(got string) bool { return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1 }
}

// verifyIDToken returns the claims of an ID token of the source, and its issuer. That a token came over TLS from the provider itself
// makes no difference. Its errors are ErrAnswer and ErrDown.
func (u *Upstreams) verifyIDToken(ctx context.Context, s *Source, raw string, want expected) (claims map[string]any, issuer string, err error) {
	e, err := u.endpoints(ctx, s)
	if err != nil {
		return nil, "", err
	}
	verifier, err := keysOf{u: u, s: s, uri: e.jwks, types: []string{"", "JWT"}, algs: e.algorithms}.verifier(ctx)
	if err != nil {
		return nil, "", err
	}
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, "", s.fetched(fmt.Errorf("ID token: %w", err))
	}
	var payload json.RawMessage
	if err := token.Claims(&payload); err != nil {
		return nil, "", s.wrong(ErrAnswer, err)
	}
	if claims, err = readDocument(payload); err != nil {
		return nil, "", s.wrong(ErrAnswer, err)
	}
	if issuer, err = s.tokenIssuer(claims); err != nil {
		return nil, "", s.wrong(ErrAnswer, err)
	}
	if err := s.checkClaims(claims, want, u.db.Now().Unix()); err != nil {
		return nil, "", s.wrong(ErrAnswer, fmt.Errorf("ID token: %w", err))
	}
	if token.AccessTokenHash != "" && want.access != "" {
		if err := token.VerifyAccessToken(want.access.Reveal()); err != nil {
			return nil, "", s.wrong(ErrAnswer, fmt.Errorf("ID token: %w", err))
		}
	}
	return claims, issuer, nil
}

// tokenIssuer is who issued a token. Where every tenant has an issuer of its own, it must be the one of the token's tenant, and the
// tenant stays part of who somebody is.
func (s *Source) tokenIssuer(claims map[string]any) (string, error) {
	if !s.allTenants() {
		return s.Issuer, nil
	}
	tenant, _ := claims["tid"].(string)
	issuer, _ := claims["iss"].(string)
	if !guidPattern.MatchString(tenant) || issuer != strings.Replace(s.issuerOf(), tenantPlace, tenant, 1) {
		return "", errors.New("ID token: the issuer is not that of the tenant")
	}
	return issuer, nil
}

// checkClaims judges what the library does not (OpenID Connect Core §3.1.3.7).
func (s *Source) checkClaims(claims map[string]any, want expected, now int64) error {
	if err := checkKind(claims); err != nil {
		return err
	}
	if err := checkAudience(claims, want); err != nil {
		return err
	}
	issued := wholeOf(claims["iat"])
	if issued == 0 || issued > now+iatLeeway {
		return errors.New("iat is missing or to come")
	}
	nonce, _ := claims["nonce"].(string)
	if !want.nonce(nonce) {
		return errors.New("the nonce is missing or another")
	}
	if sub, _ := claims["sub"].(string); sub == "" {
		return errNoSubject
	}
	return nil
}

// checkKind refuses tokens that say that they are no ID tokens: access tokens of Keycloak and Cognito look much alike.
func checkKind(claims map[string]any) error {
	for name, want := range map[string]string{"typ": "ID", "token_use": "id"} {
		if is, there := claims[name]; there && is != want {
			return fmt.Errorf("%s says that it is none", name)
		}
	}
	if _, there := claims["events"]; there {
		return errors.New("it is about an event")
	}
	return nil
}

// checkAudience demands that it be for us: the audience, and whom it was given to where that is said.
func checkAudience(claims map[string]any, want expected) error {
	audience := audienceOf(claims["aud"])
	ours := func(id string) bool { return slices.Contains(want.audiences, id) }
	azp, there := claims["azp"]
	party, _ := azp.(string)
	switch {
	case !slices.ContainsFunc(audience, ours):
		return errors.New("it is for somebody else")
	case want.sole && len(audience) != 1:
		return errors.New("it is for others too")
	case there && !ours(party), len(audience) > 1 && !there:
		return errors.New("it was given to somebody else")
	}
	return nil
}

// audienceOf is a text or a list of texts.
func audienceOf(v any) []string {
	if one, ok := v.(string); ok {
		return []string{one}
	}
	list, _ := v.([]any)
	audience := make([]string, 0, len(list))
	for _, item := range list {
		one, ok := item.(string)
		if !ok {
			return nil
		}
		audience = append(audience, one)
	}
	return audience
}
