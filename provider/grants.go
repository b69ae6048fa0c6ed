package provider

import (
	"context"
	"errors"

	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/handler/oauth2"
)

// grantType is a row of the table of grant types.
type grantType struct {
	Name string
	// Handlers are those that a token request of this type runs through, in order; nil where the token endpoint has no part.
	Handlers func(p *Provider, s store) []fosite.TokenEndpointHandler
}

// grantTypes is the table. Discovery announces it.
var grantTypes = []grantType{
	{"authorization_code", func(p *Provider, s store) []fosite.TokenEndpointHandler {
		return []fosite.TokenEndpointHandler{
			compose.OAuth2AuthorizeExplicitFactory(fositeConfig{p}, s, strategy{p}).(fosite.TokenEndpointHandler),
			compose.OpenIDConnectExplicitFactory(fositeConfig{p}, s, p.strategies()).(fosite.TokenEndpointHandler),
			verifierHandler{compose.OAuth2PKCEFactory(fositeConfig{p}, s, strategy{p}).(fosite.TokenEndpointHandler)},
		}
	}},
	{"implicit", nil}, // tokens come from the authorization endpoint
	{"refresh_token", func(p *Provider, _ store) []fosite.TokenEndpointHandler {
		return []fosite.TokenEndpointHandler{refreshHandler{p}}
	}},
	{"client_credentials", func(p *Provider, s store) []fosite.TokenEndpointHandler {
		return []fosite.TokenEndpointHandler{
			compose.OAuth2ClientCredentialsGrantFactory(fositeConfig{p}, s, strategy{p}).(fosite.TokenEndpointHandler),
		}
	}},
	{GrantDevice, func(p *Provider, _ store) []fosite.TokenEndpointHandler {
		return []fosite.TokenEndpointHandler{deviceHandler{p}}
	}},
}

// GrantTypes are the names of the table, as discovery announces them.
func GrantTypes() []string {
	names := make([]string, len(grantTypes))
	for i, g := range grantTypes {
		names[i] = g.Name
	}
	return names
}

// verifierHandler is fosite's PKCE with a refusal of our own, which says what is wrong.
type verifierHandler struct{ fosite.TokenEndpointHandler }

// HandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (h verifierHandler) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	err := h.TokenEndpointHandler.HandleTokenEndpointRequest(ctx, r)
	if errors.Is(err, fosite.ErrInvalidGrant) {
		return refuse("E-PKCE-02").because(err).asFosite()
	}
	return err
}

// composeFosite puts fosite together over our storage, strategies and client authentication.
func (p *Provider) composeFosite() {
	s := store{p}
	p.fosite = fosite.NewOAuth2Provider(s, fositeConfig{p})
	p.authorizeHandlers = p.composeAuthorize(s)
	p.tokenHandlers = map[string]fosite.TokenEndpointHandlers{}
	for _, g := range grantTypes {
		if g.Handlers != nil {
			p.tokenHandlers[g.Name] = g.Handlers(p, s)
		}
	}
	p.introspectionHandlers = fosite.TokenIntrospectionHandlers{
		&oauth2.CoreValidator{CoreStrategy: strategy{p}, CoreStorage: s, Config: fositeConfig{p}},
	}
	p.revocationHandlers = fosite.RevocationHandlers{
		&oauth2.TokenRevocationHandler{TokenRevocationStorage: s, RefreshTokenStrategy: strategy{p}, AccessTokenStrategy: strategy{p}},
	}
}
