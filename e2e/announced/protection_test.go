package announced_test

import (
	"net/http"
	"net/url"
	"strings"
)

// protected is something that the provider signs and encrypts as the client's record says: where its members of the record
// begin and end, and how to get one.
type protected struct {
	name string
	// sign, alg and enc are the members of the client's record.
	sign, alg, enc string
	get            func(w *walk, c *client) string
}

var protections = []protected{
	{"id_token", "id_token_signed_response_alg", "id_token_encrypted_response_alg", "id_token_encrypted_response_enc",
		func(w *walk, c *client) string { text, _ := w.signIn(c)["id_token"].(string); return text }},
	{"userinfo", "userinfo_signed_response_alg", "userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc",
		func(w *walk, c *client) string {
			a := w.userInfo(w.signIn(c)["access_token"])
			if a.status != http.StatusOK || a.kind != "application/jwt" {
				w.Fatalf("userinfo: %d %s %s", a.status, a.kind, a.body)
			}
			return string(a.body)
		}},
	{"authorization", "authorization_signed_response_alg", "authorization_encrypted_response_alg", "authorization_encrypted_response_enc",
		func(w *walk, c *client) string {
			params, _ := w.authorize(c, w.ask(c, "response_mode", "jwt"))
			return params.Get("response")
		}},
	{"introspection", "introspection_signed_response_alg", "introspection_encrypted_response_alg", "introspection_encrypted_response_enc",
		func(w *walk, c *client) string {
			token, _ := w.signIn(c)["access_token"].(string)
			a := w.call(c, "introspection_endpoint", url.Values{"token": {token}}, "Accept", "application/token-introspection+jwt")
			if a.status != http.StatusOK || a.kind != "application/token-introspection+jwt" {
				w.Fatalf("introspection: %d %s %s", a.status, a.kind, a.body)
			}
			return string(a.body)
		}},
}

// protectionUses are the uses of the members that announce algorithms of signed and encrypted answers.
func protectionUses() map[string]func(*walk, string) {
	all := map[string]func(*walk, string){}
	for _, p := range protections {
		all[p.name+"_signing_alg_values_supported"] = p.useSigning
		all[p.name+"_encryption_alg_values_supported"] = p.useEncryption
		all[p.name+"_encryption_enc_values_supported"] = p.useEncryption
	}
	for _, member := range []string{"request_object_encryption_alg_values_supported", "request_object_encryption_enc_values_supported"} {
		all[member] = useRequestObjectEncryption
	}
	return all
}

func (p protected) useSigning(w *walk, name string) {
	for _, alg := range w.list(name) {
		c := w.register(map[string]any{p.sign: alg})
		if claims := w.verified(p.get(w, c), alg, c.secret); claims["iss"] != w.provider.Issuer || claims["aud"] != c.id {
			w.Errorf("%s: %v", alg, claims)
		}
	}
}

// useEncryption tries every pair of algorithms.
func (p protected) useEncryption(w *walk, _ string) {
	for _, alg := range w.list(p.name + "_encryption_alg_values_supported") {
		for _, enc := range w.list(p.name + "_encryption_enc_values_supported") {
			c := w.register(map[string]any{p.sign: "ES256", p.alg: alg, p.enc: enc})
			if claims := w.verified(w.opened(p.get(w, c), alg, enc), "ES256", ""); claims["iss"] != w.provider.Issuer {
				w.Errorf("%s, %s: %v", alg, enc, claims)
			}
		}
	}
}

func useRequestObjectAlgs(w *walk, name string) {
	for _, alg := range w.list(name) {
		c := w.register(map[string]any{"request_object_signing_alg": alg})
		secret := ""
		if strings.HasPrefix(alg, "HS") {
			secret = c.secret
		}
		w.byRequestObject(c, w.sign(alg, secret, "oauth-authz-req+jwt", w.requestClaims(c)))
	}
}

func useRequestObjectEncryption(w *walk, _ string) {
	for _, alg := range w.list("request_object_encryption_alg_values_supported") {
		for _, enc := range w.list("request_object_encryption_enc_values_supported") {
			c := w.register(map[string]any{"request_object_encryption_alg": alg, "request_object_encryption_enc": enc})
			w.byRequestObject(c, w.sealed(w.sign("RS256", "", "oauth-authz-req+jwt", w.requestClaims(c)), alg, enc))
		}
	}
}
