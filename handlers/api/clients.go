package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"signet/keys"
	"signet/provider"
)

// ClientSettings are what can be said of a client. In a change, members that are left out stay as they are.
type ClientSettings struct {
	Name                   *string                   `json:"client_name,omitempty"`
	ClientURI              *string                   `json:"client_uri,omitempty"`
	RedirectURIs           *[]string                 `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs *[]string                 `json:"post_logout_redirect_uris,omitempty"`
	GrantTypes             *[]string                 `json:"grant_types,omitempty"`
	ResponseTypes          *[]string                 `json:"response_types,omitempty"`
	Scopes                 *[]string                 `json:"scopes,omitempty"`
	Audience               *[]string                 `json:"audience,omitempty"`
	Resources              *[]string                 `json:"resources,omitempty"`
	AuthMethod             *string                   `json:"token_endpoint_auth_method,omitempty"`
	JWKS                   *json.RawMessage          `json:"jwks,omitempty"`
	AssertionAlg           *string                   `json:"token_endpoint_auth_signing_alg,omitempty"`
	IDTokenAlg             *string                   `json:"id_token_signed_response_alg,omitempty"`
	IDTokenClaims          *bool                     `json:"id_token_claims,omitempty"`
	AccessToken            *string                   `json:"access_token_format,omitempty"`
	AccessTokenAlg         *string                   `json:"access_token_signed_response_alg,omitempty"`
	RefreshAlways          *bool                     `json:"refresh_always,omitempty"`
	RotateRefresh          *bool                     `json:"rotate_refresh,omitempty"`
	PKCEOptional           *bool                     `json:"pkce_optional,omitempty"`
	FirstParty             *bool                     `json:"first_party,omitempty"`
	IntrospectAll          *bool                     `json:"introspect_all,omitempty"`
	Groups                 *[]string                 `json:"groups,omitempty"`
	Lifetimes              *provider.ClientLifetimes `json:"lifetimes,omitempty"`
	Disabled               *bool                     `json:"disabled,omitempty"`
}

// NewClient is a client to be added. Without an ID one is made up; without a Secret one is generated if it needs one.
type NewClient struct {
	ID     string `json:"client_id,omitempty"`
	Secret string `json:"client_secret,omitempty"`
	ClientSettings
}

// Client is a client as it is shown: never with the hashes of its secrets.
type Client struct {
	provider.Client
	// Secrets shadows the record's: when each live one was made and when it ends.
	Secrets []SecretFacts `json:"secrets,omitempty"`
	// Secret is a new secret, shown this once.
	Secret string `json:"client_secret,omitempty"`
}

// SecretFacts are when a secret was made and when it ends, in Unix seconds; Expires 0 is never.
type SecretFacts struct {
	Created int64 `json:"created"`
	Expires int64 `json:"expires,omitempty"`
}

func shown(c provider.Client, secret keys.Secret) Client {
	out := Client{Client: c, Secret: secret.Reveal()}
	for _, s := range c.Secrets {
		out.Secrets = append(out.Secrets, SecretFacts{s.Created, s.Expires})
	}
	return out
}

// apply writes the members that were given into the record.
func (s *ClientSettings) apply(c *provider.Client) {
	set(&c.Name, s.Name)
	set(&c.ClientURI, s.ClientURI)
	set(&c.RedirectURIs, s.RedirectURIs)
	set(&c.PostLogoutRedirectURIs, s.PostLogoutRedirectURIs)
	set(&c.GrantTypes, s.GrantTypes)
	set(&c.ResponseTypes, s.ResponseTypes)
	set(&c.Scopes, s.Scopes)
	set(&c.Audience, s.Audience)
	set(&c.Resources, s.Resources)
	set(&c.AuthMethod, s.AuthMethod)
	set(&c.JWKS, s.JWKS)
	set(&c.AssertionAlg, s.AssertionAlg)
	set(&c.IDTokenAlg, s.IDTokenAlg)
	set(&c.IDTokenClaims, s.IDTokenClaims)
	set(&c.AccessToken, s.AccessToken)
	set(&c.AccessTokenAlg, s.AccessTokenAlg)
	set(&c.RefreshAlways, s.RefreshAlways)
	set(&c.RotateRefresh, s.RotateRefresh)
	set(&c.PKCEOptional, s.PKCEOptional)
	set(&c.FirstParty, s.FirstParty)
	set(&c.IntrospectAll, s.IntrospectAll)
	set(&c.Groups, s.Groups)
	set(&c.Lifetimes, s.Lifetimes)
	set(&c.Disabled, s.Disabled)
}

func set[T any](field *T, given *T) {
	if given != nil {
		*field = *given
	}
}

func (a *api) listClients(r *http.Request) (any, error) {
	prefix, after, limit, err := window(r)
	if err != nil {
		return nil, err
	}
	clients, next, err := a.Provider.ListClients(r.Context(), prefix, after, limit)
	page := list[Client]{Items: []Client{}, Next: next}
	for _, c := range clients {
		page.Items = append(page.Items, shown(c, ""))
	}
	return page, err
}

func (a *api) addClient(r *http.Request) (any, error) {
	var in NewClient
	if err := read(r, &in); err != nil {
		return nil, err
	}
	c := provider.Client{ID: in.ID}
	in.apply(&c)
	if in.Secret != "" {
		if err := a.Provider.SetSecret(&c, keys.Secret(in.Secret)); err != nil {
			return nil, err
		}
	}
	secret, err := a.Provider.AddClient(r.Context(), &c)
	return shown(c, secret), err
}

func (a *api) showClient(r *http.Request) (any, error) {
	c, err := a.Provider.ClientRecord(r.Context(), id(r, "id"))
	return shown(c, ""), err
}

func (a *api) editClient(r *http.Request) (any, error) {
	var in ClientSettings
	if err := read(r, &in); err != nil {
		return nil, err
	}
	var after provider.Client
	err := a.Provider.EditClient(r.Context(), id(r, "id"), func(c *provider.Client) error {
		if c.Declared {
			return fmt.Errorf("%w: %s", provider.ErrClientDeclared, c.ID)
		}
		in.apply(c)
		after = *c
		return nil
	})
	return shown(after, ""), err
}

func (a *api) removeClient(r *http.Request) (any, error) {
	c, err := a.Provider.ClientRecord(r.Context(), id(r, "id"))
	if err != nil {
		return nil, err
	}
	if c.Declared {
		return nil, fmt.Errorf("%w: %s", provider.ErrClientDeclared, c.ID)
	}
	return nil, a.Provider.RemoveClient(r.Context(), c.ID)
}

// rotation says for how many seconds the present secret stays good beside the new one.
type rotation struct {
	Keep int64 `json:"keep"`
}

func (a *api) rotateSecret(r *http.Request) (any, error) {
	var in rotation
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Keep < 0 || in.Keep > 366*24*3600 {
		return nil, fault(http.StatusBadRequest, "invalid", "keep of %d s, allowed 0 to 366 days", in.Keep)
	}
	secret, err := a.Provider.RotateSecret(r.Context(), id(r, "id"), in.Keep)
	if err != nil {
		return nil, err
	}
	c, err := a.Provider.ClientRecord(r.Context(), id(r, "id"))
	return shown(c, secret), err
}
