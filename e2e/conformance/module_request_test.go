package conformance

import (
	"testing"
)

// The modules of request objects without signature end where the provider says that it takes none.

// needsUnsigned skips what tries an object that nobody has signed, unless the provider says that it takes such.
func (m *run) needsUnsigned() {
	if !m.metadata.has("request_object_signing_alg_values_supported", "none") {
		m.skip("request_object_signing_alg_values_supported lacks none")
	}
}

// object is a request as the claims of a request object.
func (m *run) object(p params) map[string]any {
	claims := map[string]any{"iss": m.client.id, "aud": m.metadata.text("issuer")}
	for _, pair := range p {
		claims[pair[0]] = pair[1]
	}
	return claims
}

// outer is what must stand beside a request object (OIDC Core §6.1).
func (m *run) outer(p params) params {
	return params{{"client_id", p.get("client_id")}, {"response_type", p.get("response_type")}, {"scope", p.get("scope")}, {"redirect_uri", p.get("redirect_uri")}}
}

// byReference registers a client whose request objects are at an address, and returns the address.
func (m *run) byReference(change map[string]any) (path, address string) {
	path = "/requesturi/" + random(48)
	address = m.place.direct + path + "#" + challenge(random(8))
	change["request_uris"] = []string{address}
	m.register(change)
	return path, address
}

// refer sends a request that is at an address.
func (m *run) refer(path, address, object string, p params) *landing {
	m.place.publish(path, "application/jose", []byte(object))
	outer := m.outer(p)
	outer.set("request_uri", address)
	l := m.authorize(outer)
	m.want(len(m.place.arrived(path)) > 0, "nobody has fetched the request object")
	return l
}

func TestModule_oidcc_request_uri_signed_rs256(t *testing.T) {
	module(t, func(m *run) {
		m.want(m.metadata.isTrue("request_uri_parameter_supported"), "request_uri_parameter_supported is not true")
		m.want(m.metadata.has("request_object_signing_alg_values_supported", "RS256"), "request_object_signing_alg_values_supported lacks RS256")
		path, address := m.byReference(map[string]any{"request_object_signing_alg": "RS256"})
		p := m.request()
		m.userInfo(m.redeem(m.refer(path, address, m.client.signer.sign(m.object(p)), p), p))
	})
}

func unsignedByReference(m *run) {
	m.needsUnsigned()
	path, address := m.byReference(map[string]any{"request_object_signing_alg": "none"})
	p := m.request()
	m.userInfo(m.redeem(m.refer(path, address, unsigned(m.object(p)), p), p))
}

func TestModule_oidcc_request_uri_unsigned(t *testing.T) { module(t, unsignedByReference) }

func TestModule_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(t *testing.T) {
	module(t, unsignedByReference)
}

func TestModule_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(t *testing.T) {
	module(t, func(m *run) {
		m.needsUnsigned()
		m.register(map[string]any{"request_object_signing_alg": "none"})
		p := m.request()
		outer := m.outer(p)
		outer.set("request", unsigned(m.object(p)))
		m.userInfo(m.redeem(m.authorize(outer), p))
	})
}

func TestModule_oidcc_ensure_request_object_with_redirect_uri(t *testing.T) {
	module(t, func(m *run) {
		m.needsUnsigned()
		m.register(map[string]any{"request_object_signing_alg": "none"})
		p := m.request()
		outer := m.outer(p)
		outer.set("redirect_uri", m.client.redirectURI+"_invalid")
		outer.set("request", unsigned(m.object(p)))
		l := m.authorize(outer)
		if !l.arrived() {
			m.errorPage(l)
			return
		}
		m.userInfo(m.redeem(l, p))
	})
}

func TestModule_oidcc_idtoken_unsigned(t *testing.T) {
	module(t, func(m *run) {
		if !m.metadata.has("id_token_signing_alg_values_supported", "none") {
			m.skip("id_token_signing_alg_values_supported lacks none")
		}
		// This relying party verifies signatures, so a provider that offers none fails here.
		m.register(map[string]any{"id_token_signed_response_alg": "none"})
		m.signIn(m.request())
	})
}
