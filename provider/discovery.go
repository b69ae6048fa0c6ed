package provider

import (
	"encoding/json"
	"maps"

	"signet/keys"
)

// Paths of the provider's endpoints below the issuer.
const (
	PathAuthorize  = "/authorize"
	PathToken      = "/token"
	PathUserInfo   = "/userinfo"
	PathIntrospect = "/introspect"
	PathRevoke     = "/revoke"
	PathJWKS       = "/jwks"
	PathDevice     = "/device_authorization"
	// PathVerify is the page where people type a device's code: short, because they type it, too (RFC 8628 §3.2).
	PathVerify = "/device"
)

// metadata are the members of OIDC Discovery §3 and RFC 8414 §2 that apply. They are read off the tables.
func (p *Provider) metadata() map[string]any {
	all := map[string]any{
		"issuer":                                           p.issuer,
		"authorization_endpoint":                           p.issuer + PathAuthorize,
		"token_endpoint":                                   p.issuer + PathToken,
		"userinfo_endpoint":                                p.issuer + PathUserInfo,
		"introspection_endpoint":                           p.issuer + PathIntrospect,
		"revocation_endpoint":                              p.issuer + PathRevoke,
		"jwks_uri":                                         p.issuer + PathJWKS,
		"device_authorization_endpoint":                    p.issuer + PathDevice,
		"scopes_supported":                                 p.scopesSupported(),
		"claims_supported":                                 p.claimsSupported(),
		"claim_types_supported":                            []string{"normal"},
		"response_types_supported":                         ResponseTypes(),
		"response_modes_supported":                         responseModes,
		"grant_types_supported":                            GrantTypes(),
		"subject_types_supported":                          subjectTypes,
		"token_endpoint_auth_methods_supported":            authMethodNames(),
		"token_endpoint_auth_signing_alg_values_supported": assertionAlgs(),
		"introspection_endpoint_auth_methods_supported":    confidentialMethods(),
		"introspection_endpoint_auth_signing_alg_values_supported": assertionAlgs(),
		"revocation_endpoint_auth_methods_supported":               authMethodNames(),
		"revocation_endpoint_auth_signing_alg_values_supported":    assertionAlgs(),
		"code_challenge_methods_supported":                         []string{"S256"},
		"prompt_values_supported":                                  p.prompts,
		"authorization_response_iss_parameter_supported":           true,
		"acr_values_supported":                                     p.acrValues(),
		"claims_parameter_supported":                               true,
	}
	if len(p.languages) > 0 {
		all["ui_locales_supported"] = p.languages
	}
	if p.CanRegister() {
		all["registration_endpoint"] = p.issuer + PathRegister
	}
	return all
}

func confidentialMethods() []string {
	var names []string
	for _, m := range authMethods {
		if m.Name != "none" {
			names = append(names, m.Name)
		}
	}
	return names
}

func (p *Provider) prepareDiscovery() error {
	members := p.metadata()
	maps.Copy(members, p.requestMetadata())
	maps.Copy(members, p.logoutMetadata())
	protectionMetadata(members, "id_token", "userinfo", "authorization", "introspection")
	body, err := json.Marshal(members)
	if err != nil {
		return err
	}
	p.discovery = keys.Prepare(body)
	return nil
}
