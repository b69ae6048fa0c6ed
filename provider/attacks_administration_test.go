package provider_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"net/url"
	"testing"

	"signet/provider"
)

// Whoever has a signing key, as one who may bring keys has, could write further scopes into a JWT access token of their own. The facts
// sealed in its jti did not say how far it goes, and our own endpoints believed the claims.
func TestAttack_AM07_ASigningKeyGivesNoScopes(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newForgeKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(k.PrivateKey)
	if err == nil {
		_, err = w.ring.Import(t.Context(), "ES256", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), true)
	}
	if err != nil {
		t.Fatal(err)
	}
	to := issuer + provider.PathAdministration
	auth := "bot:" + w.client(provider.Client{
		ID: "bot", AccessToken: "jwt", AccessTokenAlg: "ES256", Audience: []string{to, "https://api.example.test"}, GrantTypes: []string{"client_credentials"}, Scopes: []string{"keys:write"},
	})
	for name, forge := range map[string]func(map[string]any){
		"nothing":  func(map[string]any) {},
		"scope":    func(claims map[string]any) { claims["scope"] = "keys:write users:write administrators:write" },
		"audience": func(claims map[string]any) { claims["aud"] = []string{to, issuer} },
	} {
		own, refusal := w.token(auth, url.Values{"grant_type": {"client_credentials"}, "scope": {"keys:write"}, "resource": {to}})
		if refusal != nil {
			t.Fatal(refusal)
		}
		claims := w.claimsOf(own["access_token"])
		for _, n := range []string{"exp", "iat"} {
			claims[n] = number(claims[n])
		}
		forge(claims)
		r := httptest.NewRequest("GET", to+"/users", nil)
		r.Header.Set("Authorization", "Bearer "+joined(asJSON(map[string]any{"alg": "ES256", "kid": k.public.ID, "typ": "at+jwt"}), asJSON(claims), k.sign))
		who, err := w.Administrator(t.Context(), r)
		if (err == nil) != (name == "nothing") {
			t.Errorf("%s: %+v %v", name, who, err)
		}
	}
}
