package announced_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const verifier = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"

var challenge = func() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}()

// keyring is the relying party's keys: one of each type to sign with, and two to decrypt with.
type keyring struct {
	signing    map[string]crypto.Signer // by the beginning of the algorithm's name, or by the whole of it
	decrypting map[string]any
}

func newKeyring(t *testing.T) *keyring {
	t.Helper()
	fatal := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	signRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	fatal(err)
	openRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	fatal(err)
	k := &keyring{signing: map[string]crypto.Signer{"RS": signRSA, "PS": signRSA}, decrypting: map[string]any{"RSA": openRSA}}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		k.signing[name], err = ecdsa.GenerateKey(curve, rand.Reader)
		fatal(err)
	}
	_, k.signing["Ed"], err = ed25519.GenerateKey(rand.Reader)
	fatal(err)
	k.decrypting["ECDH"], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(err)
	return k
}

func (k *keyring) random() string { return rand.Text() }

// codeOf is what an authenticator app shows now for a secret (RFC 6238).
func (k *keyring) codeOf(w *walk, secret string) string {
	w.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(strings.TrimSpace(secret), " ", ""))
	if err != nil {
		w.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, time.Now().Add(w.ahead()).Unix()/30)
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// ahead is how far the provider's clock is ahead of the machine's: others move it on. To ask is to move it a little.
func (w *walk) ahead() time.Duration {
	w.Helper()
	clock := w.members(w.send(http.MethodPost, w.provider.Issuer+"/dev/api/clock", "application/json", []byte(`{"advance":"1s"}`)), http.StatusOK)
	text, _ := clock["ahead"].(string)
	ahead, err := time.ParseDuration(text)
	if err != nil {
		w.Fatalf("the provider's clock: %v", clock)
	}
	return ahead
}

// signer is the key of an algorithm, with its kid.
func (k *keyring) signer(alg string) (crypto.Signer, string) {
	for _, name := range []string{alg, alg[:2]} {
		if key := k.signing[name]; key != nil {
			return key, "sign-" + strings.Replace(name, "PS", "RS", 1)
		}
	}
	return nil, ""
}

// public is the key set that the client registers.
func (k *keyring) public() jose.JSONWebKeySet {
	var set jose.JSONWebKeySet
	for name, key := range k.signing {
		if name != "PS" {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: "sign-" + name, Use: "sig"})
		}
	}
	for name, key := range k.decrypting {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.(crypto.Signer).Public(), KeyID: "open-" + name, Use: "enc"})
	}
	return set
}

// sign makes a JWT with a key of the ring, or with a secret.
func (w *walk) sign(alg, secret, typ string, claims map[string]any) string {
	w.Helper()
	if alg == "Ed25519" {
		return w.signEd25519(typ, claims)
	}
	key := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: []byte(secret)}
	opts := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	if !strings.HasPrefix(alg, "HS") {
		signer, kid := w.keys.signer(alg)
		key.Key = jose.JSONWebKey{Key: signer, KeyID: kid}
	}
	signer, err := jose.NewSigner(key, opts)
	if err != nil {
		w.Fatalf("%s: %v", alg, err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		w.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		w.Fatalf("%s: %v", alg, err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		w.Fatal(err)
	}
	return text
}

func (w *walk) assertion(c *client) string {
	w.Helper()
	alg, secret := c.alg, ""
	if c.method == "client_secret_jwt" {
		secret = c.secret
	}
	if alg == "" {
		alg = map[string]string{"client_secret_jwt": "HS256", "private_key_jwt": "RS256"}[c.method]
	}
	return w.sign(alg, secret, "JWT", map[string]any{
		"iss": c.id, "sub": c.id, "aud": w.provider.Issuer, "jti": w.keys.random(), "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	})
}

// verified returns the claims of a JWT of the provider, signed with this algorithm: by its published keys, or by the secret.
func (w *walk) verified(text, alg, secret string) map[string]any {
	w.Helper()
	signed, err := jose.ParseSigned(text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		w.Fatalf("want a JWT signed with %s: %v: %s", alg, err, text)
	}
	var key any = []byte(secret)
	if !strings.HasPrefix(alg, "HS") {
		var set jose.JSONWebKeySet
		fetch(w.T, w.endpoint("jwks_uri"), &set)
		found := set.Key(signed.Signatures[0].Header.KeyID)
		if len(found) != 1 || found[0].Use != "sig" {
			w.Fatalf("kid %q is that of %d keys", signed.Signatures[0].Header.KeyID, len(found))
		}
		key = found[0].Key
	}
	var payload []byte
	if alg == "Ed25519" {
		payload = w.payloadByEd25519(text, key)
	} else if payload, err = signed.Verify(key); err != nil {
		w.Fatalf("%s: %v", alg, err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		w.Fatal(err)
	}
	return claims
}

// opened decrypts a JWE that was encrypted to the client with these algorithms.
func (w *walk) opened(text, alg, enc string) string {
	w.Helper()
	sealed, err := jose.ParseEncrypted(text, []jose.KeyAlgorithm{jose.KeyAlgorithm(alg)}, []jose.ContentEncryption{jose.ContentEncryption(enc)})
	if err != nil {
		w.Fatalf("want a JWE with %s and %s: %v: %s", alg, enc, err, text)
	}
	plain, err := sealed.Decrypt(w.keys.decrypting[strings.SplitN(alg, "-", 2)[0]])
	if err != nil {
		w.Fatalf("%s, %s: %v", alg, enc, err)
	}
	return string(plain)
}

// sealed encrypts a text to the provider by one of its published keys.
func (w *walk) sealed(text, alg, enc string) string {
	w.Helper()
	var set jose.JSONWebKeySet
	fetch(w.T, w.endpoint("jwks_uri"), &set)
	for _, key := range set.Keys {
		_, isRSA := key.Key.(*rsa.PublicKey)
		if key.Use != "enc" || isRSA != strings.HasPrefix(alg, "RSA") {
			continue
		}
		opts := (&jose.EncrypterOptions{}).WithContentType("JWT")
		encrypter, err := jose.NewEncrypter(jose.ContentEncryption(enc), jose.Recipient{Algorithm: jose.KeyAlgorithm(alg), Key: key.Key, KeyID: key.KeyID}, opts)
		if err != nil {
			w.Fatal(err)
		}
		object, err := encrypter.Encrypt([]byte(text))
		if err != nil {
			w.Fatal(err)
		}
		out, err := object.CompactSerialize()
		if err != nil {
			w.Fatal(err)
		}
		return out
	}
	w.Fatalf("no published key is for %s", alg)
	return ""
}
