package provider_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"signet/keys"
	"signet/provider"
)

// reader is a client that reads encrypted answers: it has a key of each type.
type reader struct {
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
}

// theReader is made once, as RSA keys take a while.
var theReader = sync.OnceValue(func() reader {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return reader{rsaKey, ec}
})

func (r reader) public() []keys.PublicKey {
	return []keys.PublicKey{{ID: "rsa", Use: "enc", Key: r.rsa.Public()}, {ID: "ec", Key: r.ec.Public()}}
}

func (r reader) jwks(ids ...string) json.RawMessage {
	list := []keys.PublicKey{}
	for _, k := range r.public() {
		if len(ids) == 0 || slices.Contains(ids, k.ID) {
			list = append(list, k)
		}
	}
	return json.RawMessage(asJSON(map[string]any{"keys": list}))
}

// open opens a token with another implementation, and returns what is in it and its content type.
func (r reader) open(t testing.TB, token, alg, content string) (plain, contentType string) {
	t.Helper()
	object, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.KeyAlgorithm(alg)}, []jose.ContentEncryption{jose.ContentEncryption(content)})
	if err != nil {
		t.Fatalf("%s %s: %v", alg, content, err)
	}
	key := map[string]crypto.PrivateKey{"rsa": r.rsa, "ec": r.ec}[object.Header.KeyID]
	raw, err := object.Decrypt(key)
	if err != nil {
		t.Fatal(err)
	}
	contentType, _ = object.Header.ExtraHeaders[jose.HeaderContentType].(string)
	return string(raw), contentType
}

// verified are the claims of a JWT that the issuer, or the client's secret, has signed with exactly this algorithm and type.
func (w *world) verified(text, alg, typ, secret string) map[string]any {
	w.t.Helper()
	opts := keys.VerifyOptions{Algorithms: []string{alg}, Types: []string{typ}}
	u, err := keys.ParseUnverified(text, opts)
	if err != nil {
		w.t.Fatal(err)
	}
	if slices.Contains(keys.SecretAlgorithms(), alg) {
		err = u.VerifySecret(keys.Secret(secret))
	} else {
		var set *keys.Set
		if set, err = keys.ParseJWKS(w.JWKS().Body, keys.Limits{}); err == nil {
			err = u.Verify(set)
		}
	}
	if err != nil {
		w.t.Fatalf("%s: %v", alg, err)
	}
	var claims map[string]any
	if err := json.Unmarshal(u.Payload, &claims); err != nil {
		w.t.Fatal(err)
	}
	return claims
}

// allAlgs are those with which anything may be signed for a client.
func allAlgs() []string { return slices.Concat(keys.Algorithms(), keys.SecretAlgorithms()) }

// sent is everything that a client is sent in a login and about it.
type sent struct {
	token                             map[string]any
	idToken, userInfo, jarm, aboutJWT string
	userInfoReply, introspectionReply provider.Reply
}

func (w *world) receive(id, secret string) sent {
	w.t.Helper()
	b := w.signIn(w.ada)
	answer := w.answer(b, params(id, "response_mode", "jwt", "scope", "openid email"))
	code := w.openedCode(answer)
	token, e := w.token(id+":"+secret, codeForm(code))
	if e != nil {
		w.t.Fatal(e)
	}
	s := sent{token: token, idToken: token["id_token"].(string), jarm: answer.Params.Get("response")}
	r := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+token["access_token"].(string))
	var err error
	if s.userInfoReply, err = w.UserInfo(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
	r = post(id+":"+secret, url.Values{"token": {token["access_token"].(string)}})
	r.Header.Set("Accept", "application/token-introspection+jwt")
	if s.introspectionReply, err = w.Introspect(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
	s.userInfo, s.aboutJWT = s.userInfoReply.JWT, s.introspectionReply.JWT
	return s
}

// openedCode is the code of an answer that may be signed, and encrypted for the reader.
func (w *world) openedCode(a *provider.Answer) string {
	w.t.Helper()
	text := a.Params.Get("response")
	if strings.Count(text, ".") == 4 {
		text = unpacked(w.t, text)
	}
	part := strings.Split(text, ".")[1]
	raw, err := b64.DecodeString(part)
	if err != nil {
		w.t.Fatal(err)
	}
	var claims struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(raw, &claims); err != nil {
		w.t.Fatal(err)
	}
	return claims.Code
}

// unpacked opens a token for the reader, whatever its algorithms are.
func unpacked(t testing.TB, text string) string {
	t.Helper()
	var h struct{ Alg, Enc string }
	raw, err := b64.DecodeString(strings.SplitN(text, ".", 2)[0])
	if err == nil {
		err = json.Unmarshal(raw, &h)
	}
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := theReader().open(t, text, h.Alg, h.Enc)
	return plain
}

// What the record names signs everything that the client is sent, in the form that its specification wants.
func TestProtection_EverySignature(t *testing.T) {
	w := newStillWorld(t, nil)
	for _, alg := range allAlgs() {
		id := "app-" + alg
		secret := w.client(provider.Client{ID: id, FirstParty: true, IDTokenAlg: alg, UserInfoAlg: alg, AuthorizationAlg: alg, IntrospectionAlg: alg})
		s := w.receive(id, secret)
		idToken := w.verified(s.idToken, alg, "JWT", secret)
		if idToken["iss"] != issuer || idToken["aud"] != id || idToken["sub"] != w.ada.Subject || idToken["at_hash"] != leftHalf(alg, s.token["access_token"].(string)) {
			t.Errorf("%s: ID token %v", alg, idToken)
		}
		info := w.verified(s.userInfo, alg, "JWT", secret)
		if info["iss"] != issuer || info["aud"] != id || info["sub"] != w.ada.Subject || info["email"] != w.ada.Email || info["exp"] != nil || s.userInfoReply.Type != "application/jwt" {
			t.Errorf("%s: userinfo %v", alg, info)
		}
		if s.userInfoReply.Members["iss"] != nil {
			t.Errorf("%s: the claims themselves were changed", alg)
		}
		jarm := w.verified(s.jarm, alg, "JWT", secret)
		if jarm["iss"] != issuer || jarm["aud"] != id || jarm["code"] == nil {
			t.Errorf("%s: authorization response %v", alg, jarm)
		}
		about := w.verified(s.aboutJWT, alg, "token-introspection+jwt", secret)
		facts, _ := about["token_introspection"].(map[string]any)
		if len(about) != 4 || about["iss"] != issuer || about["aud"] != id || about["iat"] != float64(w.now().Unix()) || facts["active"] != true || facts["sub"] != w.ada.Subject ||
			s.introspectionReply.Type != "application/token-introspection+jwt" {
			t.Errorf("%s: introspection %v", alg, about)
		}
	}
}

// leftHalf is the hash of a companion by the hash of the algorithm (OIDC Core §3.1.3.6).
func leftHalf(alg, text string) string {
	var sum []byte
	switch {
	case strings.HasSuffix(alg, "256"):
		h := sha256.Sum256([]byte(text))
		sum = h[:]
	case strings.HasSuffix(alg, "384"):
		h := sha512.Sum384([]byte(text))
		sum = h[:]
	default:
		h := sha512.Sum512([]byte(text))
		sum = h[:]
	}
	return b64.EncodeToString(sum[:len(sum)/2])
}

// Nothing is signed but what the record or the specification wants signed: RS256 by default, userinfo not at all.
func TestProtection_Defaults(t *testing.T) {
	w := newStillWorld(t, nil)
	secret := w.client(provider.Client{ID: "app", FirstParty: true})
	s := w.receive("app", secret)
	w.verified(s.idToken, "RS256", "JWT", "")
	w.verified(s.jarm, "RS256", "JWT", "")
	w.verified(s.aboutJWT, "RS256", "token-introspection+jwt", "")
	if s.userInfoReply.JWT != "" || s.userInfoReply.Type != "" {
		t.Errorf("userinfo %+v", s.userInfoReply)
	}
}

// Encryption is for the client's key, of what is signed: with every pair of algorithms that is announced.
func TestProtection_EveryEncryption(t *testing.T) {
	w := newStillWorld(t, nil)
	client := theReader()
	for _, alg := range keys.EncryptionAlgorithms() {
		for _, content := range append(keys.ContentEncryptions(), "") {
			id := "app-" + alg + content
			secret := w.client(provider.Client{
				ID: id, FirstParty: true, JWKS: client.jwks(), UserInfoAlg: "ES256",
				IDTokenEncryptionAlg: alg, IDTokenEncryptionEnc: content, UserInfoEncryptionAlg: alg, UserInfoEncryptionEnc: content,
				AuthorizationEncryptionAlg: alg, AuthorizationEncryptionEnc: content, IntrospectionEncryptionAlg: alg, IntrospectionEncryptionEnc: content,
			})
			if content == "" {
				content = "A128CBC-HS256"
			}
			s := w.receive(id, secret)
			for name, text := range map[string]string{"JWT": s.idToken, "jwt": s.userInfo, "Jwt": s.jarm, "token-introspection+jwt": s.aboutJWT} {
				plain, contentType := client.open(t, text, alg, content)
				signed := "RS256"
				if name == "jwt" {
					signed = "ES256"
				}
				if claims := w.verified(plain, signed, name, ""); claims["aud"] != id || contentType != "JWT" {
					t.Errorf("%s %s: %q, %v", alg, content, contentType, claims)
				}
			}
		}
	}
}

// A record that asks for encryption alone gets the claims themselves encrypted (OIDC Core §5.3.2).
func TestProtection_UserInfoEncryptedAlone(t *testing.T) {
	w := newStillWorld(t, nil)
	secret := w.client(provider.Client{ID: "app", FirstParty: true, JWKS: theReader().jwks("ec"), UserInfoEncryptionAlg: "ECDH-ES", UserInfoEncryptionEnc: "A256GCM"})
	s := w.receive("app", secret)
	plain, contentType := theReader().open(t, s.userInfo, "ECDH-ES", "A256GCM")
	var claims map[string]any
	if err := json.Unmarshal([]byte(plain), &claims); err != nil || claims["sub"] != w.ada.Subject || claims["iss"] != nil || contentType != "" || s.userInfoReply.Type != "application/jwt" {
		t.Errorf("%q, %q, %v", plain, contentType, err)
	}
}

// A refreshed ID token is protected as the first one was.
func TestProtection_RefreshedIDToken(t *testing.T) {
	w := newStillWorld(t, nil)
	secret := w.client(provider.Client{ID: "app", FirstParty: true, JWKS: theReader().jwks(), RefreshAlways: true, IDTokenAlg: "HS512", IDTokenEncryptionAlg: "RSA-OAEP-256"})
	auth := "app:" + secret
	answer := w.redeem(auth, params("app"))
	again, e := w.token(auth, refreshForm(answer["refresh_token"]))
	if e != nil {
		t.Fatal(e)
	}
	claims := w.verified(unpacked(t, again["id_token"].(string)), "HS512", "JWT", secret)
	if claims["sub"] != w.ada.Subject || claims["at_hash"] != leftHalf("HS512", again["access_token"].(string)) {
		t.Error(claims)
	}
}

// Keys to encrypt with come from jwks_uri too: newer ones are looked for when none suits, and the fault has a name.
func TestProtection_KeysOfJWKSURI(t *testing.T) {
	w, s := newStillWorld(t, reaching), newSite(t)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, JWKSURI: s.URL + "/jwks", IDTokenEncryptionAlg: "RSA-OAEP-256"})
	b := w.signIn(w.ada)
	redeem := func() (map[string]any, *provider.Error) {
		t.Helper()
		return w.token(auth, codeForm(w.code(b, params("app"))))
	}
	s.fail(http.StatusNotFound)
	code := codeForm(w.code(b, params("app")))
	_, e := w.token(auth, code)
	wantCode(t, asError(e), "E-KEY-02")
	s.say(string(theReader().jwks("ec")))
	w.pass(59 * time.Second)
	if _, e := w.token(auth, code); e == nil || e.Code != "E-KEY-02" {
		t.Errorf("within a minute: %v", e)
	}
	w.pass(time.Second)
	_, e = redeem()
	wantCode(t, asError(e), "E-KEY-01")
	s.say(string(theReader().jwks()))
	w.pass(time.Minute)
	answer, e := redeem()
	if e != nil {
		t.Fatal(e)
	}
	w.verified(unpacked(t, answer["id_token"].(string)), "RS256", "JWT", "")
}

// What a record says of algorithms is judged when it is written, in whatever way.
func TestClientAlgorithmsAreJudged(t *testing.T) {
	w := newStillWorld(t, nil)
	own, other := theReader().jwks("rsa"), newAssertionKey(t).jwks
	for _, c := range []struct {
		what   string
		client provider.Client
		want   string
	}{
		{"none for ID tokens", provider.Client{IDTokenAlg: "none"}, "id_token_signed_response_alg"},
		{"none for userinfo", provider.Client{UserInfoAlg: "none"}, "userinfo_signed_response_alg"},
		{"none for answers", provider.Client{AuthorizationAlg: "none"}, "authorization_signed_response_alg"},
		{"none for introspection", provider.Client{IntrospectionAlg: "none"}, "introspection_signed_response_alg"},
		{"none for request objects", provider.Client{RequestObjectAlg: "none"}, "request_object_signing_alg"},
		{"another case", provider.Client{IDTokenAlg: "rs256"}, "id_token_signed_response_alg"},
		{"an algorithm of encryption", provider.Client{IDTokenAlg: "RSA-OAEP-256"}, "id_token_signed_response_alg"},
		{"a secret for access tokens", provider.Client{AccessTokenAlg: "HS256"}, "access_token_signed_response_alg"},
		{"a secret for a public client", provider.Client{AuthMethod: "none", IDTokenAlg: "HS256"}, "needs a client with a secret"},
		{"a secret for request objects of a public client", provider.Client{AuthMethod: "none", RequestObjectAlg: "HS384"}, "needs a client with a secret"},
		{"an assertion by secret for private_key_jwt", provider.Client{AuthMethod: "private_key_jwt", JWKS: other, AssertionAlg: "HS256"}, "token_endpoint_auth_signing_alg"},
		{"an assertion by key for client_secret_jwt", provider.Client{AuthMethod: "client_secret_jwt", AssertionAlg: "ES256"}, "token_endpoint_auth_signing_alg"},
		{"no key", provider.Client{IDTokenEncryptionAlg: "RSA-OAEP-256"}, "id_token_encrypted_response_alg needs jwks"},
		{"a key of another type", provider.Client{JWKS: other, UserInfoEncryptionAlg: "RSA-OAEP-256"}, "userinfo_encrypted_response_alg needs a key for RSA-OAEP-256"},
		{"a key to sign with", provider.Client{JWKS: other, AuthorizationEncryptionAlg: "ECDH-ES"}, "authorization_encrypted_response_alg needs a key for ECDH-ES"},
		{"enc alone", provider.Client{JWKS: own, IntrospectionEncryptionEnc: "A128GCM"}, "introspection_encrypted_response_enc needs introspection_encrypted_response_alg"},
		{"enc alone, of request objects", provider.Client{RequestObjectEncryptionEnc: "A128GCM"}, "request_object_encryption_enc needs"},
		{"an old padding", provider.Client{JWKS: own, IDTokenEncryptionAlg: "RSA1_5"}, "id_token_encrypted_response_alg"},
		{"SHA-1", provider.Client{JWKS: own, IDTokenEncryptionAlg: "RSA-OAEP"}, "id_token_encrypted_response_alg"},
		{"dir", provider.Client{JWKS: own, UserInfoEncryptionAlg: "dir"}, "userinfo_encrypted_response_alg"},
		{"a password", provider.Client{RequestObjectEncryptionAlg: "PBES2-HS256+A128KW"}, "request_object_encryption_alg"},
		{"an unknown enc", provider.Client{JWKS: own, IDTokenEncryptionAlg: "RSA-OAEP-256", IDTokenEncryptionEnc: "A192GCM"}, "id_token_encrypted_response_enc"},
		{"an unknown audience", provider.Client{AssertionAudience: "any"}, "token_endpoint_auth_audience"},
	} {
		c.client.ID, c.client.RedirectURIs = "x", []string{callback}
		if _, err := w.AddClient(t.Context(), &c.client); !errors.Is(err, provider.ErrClientInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
	good := provider.Client{ID: "good", JWKS: own, RedirectURIs: []string{callback}, IDTokenEncryptionAlg: "RSA-OAEP-256", RequestObjectEncryptionAlg: "ECDH-ES", RequestObjectAlg: "HS256"}
	if _, err := w.AddClient(t.Context(), &good); err != nil || good.IDTokenEncryptionEnc != "A128CBC-HS256" || good.RequestObjectEncryptionEnc != "A128CBC-HS256" || good.UserInfoEncryptionEnc != "" {
		t.Errorf("the defaults: %+v, %v", good, err)
	}
	err := w.EditClient(t.Context(), "good", func(c *provider.Client) error { c.UserInfoEncryptionAlg = "RSA-OAEP-256"; return nil })
	if known, _ := w.ClientRecord(t.Context(), "good"); err != nil || known.UserInfoEncryptionEnc != "A128CBC-HS256" {
		t.Errorf("after a change: %+v, %v", known, err)
	}
}

// Discovery announces what the tests above use, under the names of its specifications.
func TestProtection_Discovery(t *testing.T) {
	w := newStillWorld(t, nil)
	var d map[string]any
	if err := json.Unmarshal(w.Discovery().Body, &d); err != nil {
		t.Fatal(err)
	}
	list := func(name string) (texts []string) {
		all, _ := d[name].([]any)
		for _, v := range all {
			texts = append(texts, v.(string))
		}
		return texts
	}
	for _, kind := range []string{"id_token", "userinfo", "authorization", "introspection"} {
		for suffix, want := range map[string][]string{"signing_alg": allAlgs(), "encryption_alg": keys.EncryptionAlgorithms(), "encryption_enc": keys.ContentEncryptions()} {
			if got := list(kind + "_" + suffix + "_values_supported"); !slices.Equal(got, want) {
				t.Errorf("%s %s: %v", kind, suffix, got)
			}
		}
	}
	for name, values := range d {
		if strings.Contains(name, "_alg_values_") && strings.Contains(asJSON(values), `"none"`) {
			t.Errorf("%s announces none", name)
		}
	}
}

// Who accepts both kinds of introspection answer gets what it prefers.
func TestIntrospection_Accept(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	token := w.redeem(auth, params("app"))["access_token"].(string)
	const signed = "application/token-introspection+jwt"
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "application/*": false, "application/jwt": false, signed: true, strings.ToUpper(signed): true, " " + signed + " ; q=0.1 ": true,
		signed + ";q=0": false, signed + ";q=2": false, signed + ";q=x": false, signed + ", application/json": true, "application/json, " + signed + ";q=0.9": false,
		"application/json;q=0.5," + signed + ";q=0.5": true, signed + "x": false, "text/html, " + signed: true, ";;,,": false, "q=1": false,
	} {
		r := post(auth, url.Values{"token": {token}})
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		if reply, err := w.Introspect(context.Background(), r); err != nil || (reply.JWT != "") != want {
			t.Errorf("%q: %+v, %v", accept, reply, err)
		}
	}
	r := post(auth, url.Values{"token": {token}})
	r.Header["Accept"] = []string{"application/json;q=0.1", signed}
	if reply, err := w.Introspect(context.Background(), r); err != nil || reply.JWT == "" {
		t.Errorf("two headers: %+v, %v", reply, err)
	}
}
