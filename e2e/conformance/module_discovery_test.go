package conformance

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

// kindsOfMetadata are the registered members of a provider's metadata: OpenID Connect Discovery, RP-Initiated, Session,
// Front-Channel and Back-Channel Logout, and the registry of RFC 8414 §7.1.2.
var kindsOfMetadata = map[string][]string{
	"address": {
		"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "registration_endpoint", "revocation_endpoint",
		"introspection_endpoint", "device_authorization_endpoint", "pushed_authorization_request_endpoint", "end_session_endpoint",
		"check_session_iframe", "backchannel_authentication_endpoint", "service_documentation", "op_policy_uri", "op_tos_uri",
	},
	"texts": {
		"scopes_supported", "response_types_supported", "response_modes_supported", "grant_types_supported", "acr_values_supported",
		"subject_types_supported", "id_token_signing_alg_values_supported", "id_token_encryption_alg_values_supported",
		"id_token_encryption_enc_values_supported", "userinfo_signing_alg_values_supported", "userinfo_encryption_alg_values_supported",
		"userinfo_encryption_enc_values_supported", "request_object_signing_alg_values_supported",
		"request_object_encryption_alg_values_supported", "request_object_encryption_enc_values_supported",
		"token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported",
		"revocation_endpoint_auth_methods_supported", "revocation_endpoint_auth_signing_alg_values_supported",
		"introspection_endpoint_auth_methods_supported", "introspection_endpoint_auth_signing_alg_values_supported",
		"introspection_signing_alg_values_supported", "introspection_encryption_alg_values_supported",
		"introspection_encryption_enc_values_supported", "display_values_supported", "claim_types_supported", "claims_supported",
		"claims_locales_supported", "ui_locales_supported", "code_challenge_methods_supported", "prompt_values_supported",
		"authorization_signing_alg_values_supported", "authorization_encryption_alg_values_supported",
		"authorization_encryption_enc_values_supported", "dpop_signing_alg_values_supported", "authorization_details_types_supported",
		"backchannel_token_delivery_modes_supported", "backchannel_authentication_request_signing_alg_values_supported",
	},
	"flag": {
		"claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration",
		"require_signed_request_object", "require_pushed_authorization_requests", "authorization_response_iss_parameter_supported",
		"tls_client_certificate_bound_access_tokens", "frontchannel_logout_supported", "frontchannel_logout_session_supported",
		"backchannel_logout_supported", "backchannel_logout_session_supported", "backchannel_user_code_parameter_supported",
	},
	"object": {"mtls_endpoint_aliases"},
	"text":   {"signed_metadata"},
}

// kindOf is the kind of a member, empty if it is not registered.
func kindOf(member string) string {
	for kind, members := range kindsOfMetadata {
		if slices.Contains(members, member) {
			return kind
		}
	}
	return ""
}

func (m *run) checkShape() {
	for name, value := range m.metadata {
		ok := false
		switch kind := kindOf(name); kind {
		case "address":
			ok = isWebAddress(value)
		case "texts":
			list, isList := value.([]any)
			ok = isList && !slices.ContainsFunc(list, func(v any) bool { return !isText(v) })
		case "flag":
			ok = isBoolean(value)
		case "text":
			ok = isText(value)
		case "object":
			_, ok = value.(map[string]any)
		default:
			m.warn(false, "discovery: %s is not a registered member", name)
			continue
		}
		m.want(ok, "discovery: %s is %#v", name, value)
	}
}

// checkDiscovery looks at what every provider must say of itself (OIDC Discovery §3).
func (m *run) checkDiscovery() {
	m.checkShape()
	issuer, err := url.Parse(m.metadata.text("issuer"))
	m.ran(err)
	m.want(issuer.String() == m.provider.issuer, "issuer %s, and discovery is at %s", issuer, m.provider.issuer)
	m.want(issuer.Scheme == "https" && issuer.RawQuery == "" && issuer.Fragment == "" && issuer.User == nil, "issuer %s", issuer)
	wanted := []string{"authorization_endpoint", "token_endpoint", "jwks_uri"}
	if !m.static {
		wanted = append(wanted, "registration_endpoint")
	}
	for _, name := range wanted {
		m.want(m.metadata.text(name) != "", "discovery has no %s", name)
	}
	for name, value := range m.metadata {
		if strings.HasSuffix(name, "_endpoint") || name == "jwks_uri" {
			address, _ := value.(string)
			m.want(strings.HasPrefix(address, "https://"), "discovery: %s is %q, which is not https", name, address)
		}
	}
	m.warn(m.metadata.text("userinfo_endpoint") != "", "discovery has no userinfo_endpoint")
	m.checkChoices()
}

func (m *run) checkChoices() {
	types := m.metadata.list("response_types_supported")
	m.want(len(types) > 0, "discovery has no response_types_supported")
	if !m.static {
		for _, want := range []string{"code", "id_token", "id_token token"} {
			m.want(slices.ContainsFunc(types, func(t string) bool { return sameWords(t, want) }), "response_types_supported %v lacks %s", types, want)
		}
		grants := m.metadata.list("grant_types_supported")
		m.want(grants == nil || slices.Contains(grants, "authorization_code") && slices.Contains(grants, "implicit"), "grant_types_supported %v", grants)
	}
	subjects := m.metadata.list("subject_types_supported")
	m.want(len(subjects) > 0, "discovery has no subject_types_supported")
	for _, s := range subjects {
		m.want(s == "public" || s == "pairwise", "subject_types_supported has %s", s)
	}
	m.want(m.metadata.has("id_token_signing_alg_values_supported", "RS256"), "id_token_signing_alg_values_supported lacks RS256")
	scopes := m.metadata.list("scopes_supported")
	m.warn(scopes != nil, "discovery has no scopes_supported")
	m.want(scopes == nil || slices.Contains(scopes, "openid"), "scopes_supported %v lacks openid", scopes)
	m.warn(m.metadata["claims_supported"] != nil, "discovery has no claims_supported")
	objects := m.metadata.list("request_object_signing_alg_values_supported")
	m.warn(objects == nil || slices.Contains(objects, "RS256"), "request_object_signing_alg_values_supported %v lacks RS256", objects)
	for _, method := range m.metadata.list("code_challenge_methods_supported") {
		m.want(method == "S256" || method == "plain", "code_challenge_methods_supported has %s", method)
	}
	for _, name := range []string{"claims_locales_supported", "ui_locales_supported"} {
		for _, locale := range m.metadata.list(name) {
			_, err := language.Parse(locale)
			m.want(err == nil, "%s has %q", name, locale)
		}
	}
}

func sameWords(a, b string) bool {
	return slices.Equal(slices.Sorted(slices.Values(strings.Fields(a))), slices.Sorted(slices.Values(strings.Fields(b))))
}

// discoveryModule looks at what all providers say, at https addresses and at promises.
func discoveryModule(addresses []string, promises ...string) func(*run) {
	return func(m *run) {
		m.checkDiscovery()
		for _, name := range addresses {
			m.want(strings.HasPrefix(m.metadata.text(name), "https://"), "discovery: %s is %v", name, m.metadata[name])
		}
		for _, name := range promises {
			m.want(m.metadata.isTrue(name), "discovery: %s is %v", name, m.metadata[name])
		}
	}
}

func TestModule_oidcc_discovery_endpoint_verification(t *testing.T) {
	module(t, discoveryModule(nil))
}

func TestModule_oidcc_rp_initiated_logout_discovery_endpoint_verification(t *testing.T) {
	module(t, discoveryModule([]string{"end_session_endpoint"}))
}

func TestModule_oidcc_backchannel_logout_discovery_endpoint_verification(t *testing.T) {
	module(t, discoveryModule([]string{"end_session_endpoint"}, "backchannel_logout_supported", "backchannel_logout_session_supported"))
}

func TestModule_oidcc_frontchannel_logout_discovery_endpoint_verification(t *testing.T) {
	module(t, discoveryModule([]string{"end_session_endpoint"}, "frontchannel_logout_supported", "frontchannel_logout_session_supported"))
}

func TestModule_oidcc_session_management_discovery_endpoint_verification(t *testing.T) {
	module(t, discoveryModule([]string{"end_session_endpoint", "check_session_iframe"}))
}
