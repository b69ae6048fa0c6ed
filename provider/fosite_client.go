package provider

import "github.com/ory/fosite"

// fositeClient shows a client's record to fosite. It does not implement fosite.OpenIDConnectClient, which keeps fosite's own
// request objects and client authentication out of play, and go-jose v3 with them.
//
// At the authorization endpoint it has exactly the redirect URI and the scopes that we have found to be allowed: fosite's own
// matching is looser than ours.
type fositeClient struct {
	*Client
	intent *intent
}

var (
	_ fosite.Client             = fositeClient{}
	_ fosite.ResponseModeClient = fositeClient{}
)

// GetID implements fosite.Client.
func (c fositeClient) GetID() string { return c.ID }

// GetHashedSecret implements fosite.Client. Secrets are compared by clientauth.go.
func (c fositeClient) GetHashedSecret() []byte { return nil }

// GetRedirectURIs implements fosite.Client.
func (c fositeClient) GetRedirectURIs() []string {
	if c.intent != nil {
		return []string{c.intent.redirectURI}
	}
	return c.RedirectURIs
}

// GetGrantTypes implements fosite.Client.
func (c fositeClient) GetGrantTypes() fosite.Arguments { return c.GrantTypes }

// GetResponseTypes implements fosite.Client.
func (c fositeClient) GetResponseTypes() fosite.Arguments { return c.ResponseTypes }

// GetScopes implements fosite.Client.
func (c fositeClient) GetScopes() fosite.Arguments {
	if c.intent != nil {
		return c.intent.scopes
	}
	return c.Scopes
}

// IsPublic implements fosite.Client.
func (c fositeClient) IsPublic() bool { return c.Public() }

// GetAudience implements fosite.Client.
func (c fositeClient) GetAudience() fosite.Arguments { return c.Audience }

// GetResponseModes implements fosite.ResponseModeClient.
func (c fositeClient) GetResponseModes() []fosite.ResponseModeType {
	return []fosite.ResponseModeType{fosite.ResponseModeQuery, fosite.ResponseModeFragment, fosite.ResponseModeFormPost}
}
