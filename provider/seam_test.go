package provider

import (
	"reflect"
	"testing"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/rfc8628"
	fositestorage "github.com/ory/fosite/storage"
)

// What fosite finds by asking a value for more methods must not be there by accident: its request objects and client
// authentication, its transactions around some of a request's writes, its pushed requests. Its device flow revokes the wrong
// grant, deletes by the wrong key and has no limit; its PAR keeps client secrets; its JWKS fetcher knows no limit.
func TestSeam_NoOptionalInterfaces(t *testing.T) {
	for _, c := range []struct {
		value any
		is    reflect.Type
	}{
		{fositeClient{}, reflect.TypeFor[fosite.OpenIDConnectClient]()},
		{fositeClient{}, reflect.TypeFor[fosite.ClientWithSecretRotation]()},
		{store{}, reflect.TypeFor[fositestorage.Transactional]()},
		{store{}, reflect.TypeFor[fosite.PARStorage]()},
		{store{}, reflect.TypeFor[rfc8628.DeviceAuthStorage]()},
		{fositeConfig{}, reflect.TypeFor[fosite.PushedAuthorizeRequestConfigProvider]()},
		{fositeConfig{}, reflect.TypeFor[fosite.PushedAuthorizeRequestHandlersProvider]()},
	} {
		if reflect.TypeOf(c.value).Implements(c.is) {
			t.Errorf("%T is a %s", c.value, c.is)
		}
	}
	config := fositeConfig{&Provider{}}
	if config.GetDeviceEndpointHandlers(t.Context()) != nil {
		t.Error("fosite's device endpoint is there")
	}
	if config.GetHTTPClient(t.Context()) != nil || config.GetJWKSFetcherStrategy(t.Context()) != nil {
		t.Error("fosite can reach the network")
	}
	if _, err := config.GetGlobalSecret(t.Context()); err == nil {
		t.Error("fosite has a secret of its own")
	}
}

// Should fosite ever ask for what we do ourselves, it fails.
func TestSeam_FailsClosed(t *testing.T) {
	s, config := store{&Provider{}}, fositeConfig{&Provider{}}
	for name, err := range map[string]error{
		"assertion valid": s.ClientAssertionJWTValid(t.Context(), "x"),
		"set assertion":   s.SetClientAssertionJWT(t.Context(), "x", time.Time{}),
		"rotate":          s.RotateRefreshToken(t.Context(), "x", "y"),
		"hasher":          config.GetSecretsHasher(t.Context()).Compare(t.Context(), nil, nil),
	} {
		if err == nil {
			t.Errorf("%s succeeds", name)
		}
	}
	if !config.GetEnforcePKCE(t.Context()) || config.GetEnablePKCEPlainChallengeMethod(t.Context()) {
		t.Error("without a known client PKCE must be enforced, as S256")
	}
	if _, err := s.GetAuthorizeCodeSession(t.Context(), "x", nil); err == nil {
		t.Error("a code outside of a request")
	}
	if _, err := s.GetPKCERequestSession(t.Context(), "x", nil); err == nil {
		t.Error("a challenge outside of a request")
	}
}
