package provider

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"html/template"
	"net/url"
	"slices"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/ory/fosite"
	"github.com/ory/fosite/i18n"
	"github.com/ory/fosite/token/jwt"
)

// fositeConfig is fosite's configuration: fixed, and safe for use by many goroutines, which fosite.Config is not. What
// differs by client is read from the call in the context. Features that we do not use are answered so that they fail closed.
type fositeConfig struct{ p *Provider }

var _ fosite.Configurator = fositeConfig{}

// Handlers: only those that the request can need.

// GetAuthorizeEndpointHandlers implements fosite.Configurator.
func (c fositeConfig) GetAuthorizeEndpointHandlers(ctx context.Context) fosite.AuthorizeEndpointHandlers {
	if in := callOf(ctx).intent; in != nil && in.kind != nil {
		return c.p.authorizeHandlers[in.kind.Name]
	}
	return nil
}

// GetTokenEndpointHandlers implements fosite.Configurator.
func (c fositeConfig) GetTokenEndpointHandlers(ctx context.Context) fosite.TokenEndpointHandlers {
	return c.p.tokenHandlers[callOf(ctx).grantType]
}

// GetTokenIntrospectionHandlers implements fosite.Configurator.
func (c fositeConfig) GetTokenIntrospectionHandlers(context.Context) fosite.TokenIntrospectionHandlers {
	return c.p.introspectionHandlers
}

// GetRevocationHandlers implements fosite.Configurator.
func (c fositeConfig) GetRevocationHandlers(context.Context) fosite.RevocationHandlers {
	return c.p.revocationHandlers
}

// GetDeviceEndpointHandlers implements fosite.Configurator.
func (c fositeConfig) GetDeviceEndpointHandlers(context.Context) fosite.DeviceEndpointHandlers {
	return nil
}

// Policy.

// GetEnforcePKCE implements fosite.Configurator: by the client's record.
func (c fositeConfig) GetEnforcePKCE(ctx context.Context) bool {
	client := callOf(ctx).client
	return client == nil || c.p.needsPKCE(client)
}

// GetEnforcePKCEForPublicClients implements fosite.Configurator.
func (c fositeConfig) GetEnforcePKCEForPublicClients(context.Context) bool { return true }

// GetEnablePKCEPlainChallengeMethod implements fosite.Configurator.
func (c fositeConfig) GetEnablePKCEPlainChallengeMethod(context.Context) bool { return false }

// GetScopeStrategy implements fosite.Configurator: byte for byte.
func (c fositeConfig) GetScopeStrategy(context.Context) fosite.ScopeStrategy {
	return func(haystack []string, needle string) bool { return slices.Contains(haystack, needle) }
}

// GetAudienceStrategy implements fosite.Configurator: byte for byte.
func (c fositeConfig) GetAudienceStrategy(context.Context) fosite.AudienceMatchingStrategy {
	return func(haystack, needle []string) error {
		for _, n := range needle {
			if !slices.Contains(haystack, n) {
				return refuse("E-TARGET-01").got("%s", n).asFosite()
			}
		}
		return nil
	}
}

// GetRedirectSecureChecker implements fosite.Configurator: CheckRedirect has judged the URI when it was registered.
func (c fositeConfig) GetRedirectSecureChecker(context.Context) func(context.Context, *url.URL) bool {
	return func(context.Context, *url.URL) bool { return true }
}

// GetRefreshTokenScopes implements fosite.Configurator. An empty list means that every code comes with a refresh token, so a
// scope that nobody can have stands for "not this one".
func (c fositeConfig) GetRefreshTokenScopes(ctx context.Context) []string {
	if callOf(ctx).refreshable {
		return nil
	}
	return []string{"\x00"}
}

// GetClientAuthenticationStrategy implements fosite.Configurator.
func (c fositeConfig) GetClientAuthenticationStrategy(context.Context) fosite.ClientAuthenticationStrategy {
	return c.p.authenticateForFosite
}

// GetAllowedPrompts implements fosite.Configurator. Prompts are judged by decide.go and taken out before fosite looks.
func (c fositeConfig) GetAllowedPrompts(context.Context) []string { return c.p.prompts }

// GetMinParameterEntropy implements fosite.Configurator. fosite takes 0 for its default, so 1 is the least.
func (c fositeConfig) GetMinParameterEntropy(context.Context) int { return 1 }

// GetSanitationWhiteList implements fosite.Configurator: fosite's own list, which holds redirect_uri.
func (c fositeConfig) GetSanitationWhiteList(context.Context) []string { return nil }

// GetOmitRedirectScopeParam implements fosite.Configurator.
func (c fositeConfig) GetOmitRedirectScopeParam(context.Context) bool { return true }

// GetSendDebugMessagesToClients implements fosite.Configurator.
func (c fositeConfig) GetSendDebugMessagesToClients(context.Context) bool { return false }

// GetUseLegacyErrorFormat implements fosite.Configurator.
func (c fositeConfig) GetUseLegacyErrorFormat(context.Context) bool { return false }

// GetDisableRefreshTokenValidation implements fosite.Configurator.
func (c fositeConfig) GetDisableRefreshTokenValidation(context.Context) bool { return false }

// Lifetimes. fosite computes expiries from them by the system's clock; our tokens carry those of the provider's clock, so
// these matter to nobody.

// GetAuthorizeCodeLifespan implements fosite.Configurator.
func (c fositeConfig) GetAuthorizeCodeLifespan(context.Context) time.Duration {
	return c.p.lifetimes.Code
}

// GetAccessTokenLifespan implements fosite.Configurator.
func (c fositeConfig) GetAccessTokenLifespan(context.Context) time.Duration {
	return c.p.lifetimes.Access
}

// GetRefreshTokenLifespan implements fosite.Configurator.
func (c fositeConfig) GetRefreshTokenLifespan(context.Context) time.Duration {
	return c.p.lifetimes.RefreshIdle
}

// GetIDTokenLifespan implements fosite.Configurator.
func (c fositeConfig) GetIDTokenLifespan(context.Context) time.Duration { return c.p.lifetimes.IDToken }

// GetVerifiableCredentialsNonceLifespan implements fosite.Configurator.
func (c fositeConfig) GetVerifiableCredentialsNonceLifespan(context.Context) time.Duration { return 0 }

// GetDeviceAndUserCodeLifespan implements fosite.Configurator.
func (c fositeConfig) GetDeviceAndUserCodeLifespan(context.Context) time.Duration { return 0 }

// Names.

// GetIDTokenIssuer implements fosite.Configurator.
func (c fositeConfig) GetIDTokenIssuer(context.Context) string { return c.p.issuer }

// GetAccessTokenIssuer implements fosite.Configurator.
func (c fositeConfig) GetAccessTokenIssuer(context.Context) string { return c.p.issuer }

// GetTokenURLs implements fosite.Configurator.
func (c fositeConfig) GetTokenURLs(context.Context) []string { return []string{c.p.issuer} }

// What we do ourselves, or not at all.

var errUnused = errors.New("provider: not used here")

// GetGlobalSecret implements fosite.Configurator. Tokens are sealed, not signed with a shared secret.
func (c fositeConfig) GetGlobalSecret(context.Context) ([]byte, error) { return nil, errUnused }

// GetRotatedGlobalSecrets implements fosite.Configurator.
func (c fositeConfig) GetRotatedGlobalSecrets(context.Context) ([][]byte, error) {
	return nil, errUnused
}

// GetTokenEntropy implements fosite.Configurator.
func (c fositeConfig) GetTokenEntropy(context.Context) int { return 32 }

// GetHMACHasher implements fosite.Configurator.
func (c fositeConfig) GetHMACHasher(context.Context) func() hash.Hash { return sha256.New }

// GetSecretsHasher implements fosite.Configurator: one that never matches, should fosite's own client authentication run.
func (c fositeConfig) GetSecretsHasher(context.Context) fosite.Hasher { return noHasher{} }

// GetJWKSFetcherStrategy implements fosite.Configurator.
func (c fositeConfig) GetJWKSFetcherStrategy(context.Context) fosite.JWKSFetcherStrategy { return nil }

// GetHTTPClient implements fosite.Configurator: fosite has nothing to fetch.
func (c fositeConfig) GetHTTPClient(context.Context) *retryablehttp.Client { return nil }

// GetResponseModeHandlerExtension implements fosite.Configurator.
func (c fositeConfig) GetResponseModeHandlerExtension(context.Context) fosite.ResponseModeHandler {
	return nil
}

// GetMessageCatalog implements fosite.Configurator.
func (c fositeConfig) GetMessageCatalog(context.Context) i18n.MessageCatalog { return nil }

// GetFormPostHTMLTemplate implements fosite.Configurator.
func (c fositeConfig) GetFormPostHTMLTemplate(context.Context) *template.Template { return nil }

// GetJWTScopeField implements fosite.Configurator.
func (c fositeConfig) GetJWTScopeField(context.Context) jwt.JWTScopeFieldEnum {
	return jwt.JWTScopeFieldString
}

// GetGrantTypeJWTBearerCanSkipClientAuth implements fosite.Configurator.
func (c fositeConfig) GetGrantTypeJWTBearerCanSkipClientAuth(context.Context) bool { return false }

// GetGrantTypeJWTBearerIDOptional implements fosite.Configurator.
func (c fositeConfig) GetGrantTypeJWTBearerIDOptional(context.Context) bool { return false }

// GetGrantTypeJWTBearerIssuedDateOptional implements fosite.Configurator.
func (c fositeConfig) GetGrantTypeJWTBearerIssuedDateOptional(context.Context) bool { return false }

// GetJWTMaxDuration implements fosite.Configurator.
func (c fositeConfig) GetJWTMaxDuration(context.Context) time.Duration { return 0 }

// GetUserCodeLength implements fosite.Configurator.
func (c fositeConfig) GetUserCodeLength(context.Context) int { return 0 }

// GetUserCodeSymbols implements fosite.Configurator.
func (c fositeConfig) GetUserCodeSymbols(context.Context) []rune { return nil }

// GetDeviceVerificationURL implements fosite.Configurator.
func (c fositeConfig) GetDeviceVerificationURL(context.Context) string { return "" }

// GetDeviceAuthTokenPollingInterval implements fosite.Configurator.
func (c fositeConfig) GetDeviceAuthTokenPollingInterval(context.Context) time.Duration { return 0 }

type noHasher struct{}

func (noHasher) Compare(context.Context, []byte, []byte) error { return errUnused }
func (noHasher) Hash(context.Context, []byte) ([]byte, error)  { return nil, errUnused }

// noSigner stands where fosite wants a JWT signer for id_token_hint, which is judged before fosite sees the request.
type noSigner struct{}

var _ jwt.Signer = noSigner{}

func (noSigner) Generate(context.Context, jwt.MapClaims, jwt.Mapper) (string, string, error) {
	return "", "", errUnused
}
func (noSigner) Validate(context.Context, string) (string, error)     { return "", errUnused }
func (noSigner) Hash(context.Context, []byte) ([]byte, error)         { return nil, errUnused }
func (noSigner) Decode(context.Context, string) (*jwt.Token, error)   { return nil, errUnused }
func (noSigner) GetSignature(context.Context, string) (string, error) { return "", errUnused }
func (noSigner) GetSigningMethodLength(context.Context) int           { return 0 }
