package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
)

// responseType is a row of the table of response types (OAuth 2.0 Multiple Response Types §3 and §4, OIDC Core §3).
type responseType struct {
	// Name has its words in the order of the specification. Requests may have them in any order.
	Name string
	// Grants are the grant types that a client's record must list beside it (OIDC Registration §2).
	Grants []string
	// Front tells whether tokens come with the answer: then it must not travel in a query.
	Front bool
	// Handlers are fosite's, in the order in which a request runs through them.
	Handlers []compose.Factory
}

// responseTypes is the table. Discovery announces it. All but code are off for a client unless its record names them.
var responseTypes = []responseType{
	{"code", codeGrant, false, []compose.Factory{compose.OAuth2AuthorizeExplicitFactory, compose.OpenIDConnectExplicitFactory, compose.OAuth2PKCEFactory}},
	{"none", nil, false, []compose.Factory{newNoneHandler}},
	{"token", implicitGrant, true, []compose.Factory{compose.OAuth2AuthorizeImplicitFactory}},
	{"id_token", implicitGrant, true, []compose.Factory{compose.OpenIDConnectImplicitFactory}},
	{"id_token token", implicitGrant, true, []compose.Factory{compose.OpenIDConnectImplicitFactory}},
	{"code id_token", bothGrants, true, hybrid},
	{"code token", bothGrants, true, hybrid},
	{"code id_token token", bothGrants, true, hybrid},
}

var (
	codeGrant     = []string{"authorization_code"}
	implicitGrant = []string{"implicit"}
	bothGrants    = []string{"authorization_code", "implicit"}
	hybrid        = []compose.Factory{compose.OpenIDConnectHybridFactory, compose.OAuth2PKCEFactory}
)

// ResponseTypes are the names of the table, as discovery announces them.
func ResponseTypes() []string {
	names := make([]string, len(responseTypes))
	for i := range responseTypes {
		names[i] = responseTypes[i].Name
	}
	return names
}

// findResponseType returns the row of the words, byte for byte, in any order (RFC 6749 §3.1.1).
func findResponseType(words string) (*responseType, bool) {
	i := slices.IndexFunc(responseTypes, func(t responseType) bool { return sameWords(words, t.Name) })
	if i < 0 {
		return nil, false
	}
	return &responseTypes[i], true
}

// has tells whether a word is one of the type's.
func (t *responseType) has(word string) bool { return slices.Contains(strings.Fields(t.Name), word) }

// responseTypeFault holds a client to types of the table that its grant types go with.
func (c *Client) responseTypeFault() string {
	for _, name := range c.ResponseTypes {
		t, ok := findResponseType(name)
		switch {
		case !ok:
			return fmt.Sprintf("response type %q, allowed %s", name, strings.Join(ResponseTypes(), ", "))
		case !containsAll(c.GrantTypes, t.Grants):
			return fmt.Sprintf("response type %q needs the grant types %s", name, strings.Join(t.Grants, ", "))
		}
	}
	return ""
}

func sameWords(a, b string) bool { return a == b || slices.Equal(sortedWords(a), sortedWords(b)) }

func sortedWords(s string) []string {
	words := strings.Fields(s)
	slices.Sort(words)
	return words
}

// composeAuthorize makes the handlers of every response type.
func (p *Provider) composeAuthorize(s store) map[string]fosite.AuthorizeEndpointHandlers {
	all := map[string]fosite.AuthorizeEndpointHandlers{}
	for _, t := range responseTypes {
		for _, factory := range t.Handlers {
			all[t.Name] = append(all[t.Name], factory(fositeConfig{p}, s, p.strategies()).(fosite.AuthorizeEndpointHandler))
		}
	}
	return all
}

// fositeStrategies is all that fosite's factories ask of a strategy.
type fositeStrategies struct {
	strategy
	idTokenStrategy
	noSigner
}

func (p *Provider) strategies() fositeStrategies {
	return fositeStrategies{strategy{p}, idTokenStrategy{p}, noSigner{}}
}

// noneHandler is the response type none (OAuth 2.0 Multiple Response Types §4): the person was asked, nothing is issued.
type noneHandler struct{}

func newNoneHandler(fosite.Configurator, any, any) any { return noneHandler{} }

// HandleAuthorizeEndpointRequest implements fosite.AuthorizeEndpointHandler.
func (noneHandler) HandleAuthorizeEndpointRequest(_ context.Context, ar fosite.AuthorizeRequester, _ fosite.AuthorizeResponder) error {
	if ar.GetResponseTypes().ExactOne("none") {
		ar.SetResponseTypeHandled("none")
	}
	return nil
}
