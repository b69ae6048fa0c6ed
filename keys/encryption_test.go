package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"signet/storage"
)

// anyJWE accepts every algorithm of the tables.
var anyJWE = DecryptOptions{Algorithms: EncryptionAlgorithms(), Encryptions: ContentEncryptions()}

// joseNames are the tables in go-jose's types.
func joseNames() (algorithms []jose.KeyAlgorithm, encryptions []jose.ContentEncryption) {
	for _, name := range EncryptionAlgorithms() {
		algorithms = append(algorithms, jose.KeyAlgorithm(name))
	}
	for _, name := range ContentEncryptions() {
		encryptions = append(encryptions, jose.ContentEncryption(name))
	}
	return algorithms, encryptions
}

// recipients are private keys of a client, by the name that stands in its JWKS.
type recipients map[string]crypto.Signer

func newRecipients(t testing.TB) recipients {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		t.Fatal(err)
	}
	keys := recipients{"rsa": rsaKey}
	for name, curve := range map[string]elliptic.Curve{"p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521()} {
		if keys[name], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// set is the registered JWKS with some of the keys, for encryption.
func (r recipients) set(t testing.TB, names ...string) *Set {
	t.Helper()
	set := &Set{}
	for _, name := range names {
		set.Keys = append(set.Keys, PublicKey{ID: name, Use: "enc", Key: r[name].Public()})
	}
	parsed, err := ParseJWKS(newDocument(set.Keys).Body, Limits{})
	if err != nil || len(parsed.Keys) != len(names) {
		t.Fatal(parsed, err)
	}
	return parsed
}

// open opens a token as the client does.
func (r recipients) open(t testing.TB, token string) (plaintext string, header jose.Header) {
	t.Helper()
	algorithms, encryptions := joseNames()
	object, err := jose.ParseEncryptedCompact(token, algorithms, encryptions)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := object.Decrypt(r[object.Header.KeyID])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), object.Header
}

// Another implementation opens what each pair of algorithms encrypts for each key that suits.
func TestEncrypt_OthersOpenEveryAlgorithm(t *testing.T) {
	client := newRecipients(t)
	for _, alg := range EncryptionAlgorithms() {
		for _, enc := range ContentEncryptions() {
			for name := range client {
				if (name == "rsa") != (alg == "RSA-OAEP-256") {
					continue
				}
				token, err := client.set(t, name).Encrypt(alg, enc, "JWT", []byte("a.b.c"))
				if err != nil {
					t.Errorf("%s %s %s: %v", alg, enc, name, err)
					continue
				}
				plain, h := client.open(t, token)
				if plain != "a.b.c" || h.KeyID != name || h.Algorithm != alg || h.ExtraHeaders["enc"] != enc || h.ExtraHeaders[jose.HeaderContentType] != "JWT" {
					t.Errorf("%s %s %s: %q, %+v", alg, enc, name, plain, h)
				}
			}
		}
	}
}

func TestEncrypt_ChoosesTheKey(t *testing.T) {
	client := newRecipients(t)
	rsaKey, ec := PublicKey{Key: client["rsa"].Public()}, PublicKey{Key: client["p256"].Public()}
	with := func(k PublicKey, id, use, alg string, operations ...string) PublicKey {
		k.ID, k.Use, k.Algorithm, k.Operations = id, use, alg, operations
		return k
	}
	for _, c := range []struct {
		what, alg string
		keys      []PublicKey
		want      string
	}{
		{"no key", "RSA-OAEP-256", nil, ""},
		{"nothing said", "RSA-OAEP-256", []PublicKey{with(rsaKey, "a", "", "")}, "a"},
		{"meant for encryption before nothing said", "RSA-OAEP-256", []PublicKey{with(rsaKey, "a", "", ""), with(rsaKey, "b", "enc", "")}, "b"},
		{"meant for signatures", "RSA-OAEP-256", []PublicKey{with(rsaKey, "a", "sig", "")}, ""},
		{"signatures and encryption", "RSA-OAEP-256", []PublicKey{with(rsaKey, "a", "sig", "RS256"), with(rsaKey, "b", "enc", "RSA-OAEP-256")}, "b"},
		{"another algorithm of encryption", "RSA-OAEP-256", []PublicKey{with(rsaKey, "a", "enc", "RSA-OAEP")}, ""},
		{"an algorithm of signatures", "ECDH-ES", []PublicKey{with(ec, "a", "", "ES256")}, ""},
		{"another type", "ECDH-ES", []PublicKey{with(rsaKey, "a", "enc", "")}, ""},
		{"the type that suits", "ECDH-ES", []PublicKey{with(rsaKey, "a", "enc", ""), with(ec, "b", "enc", "")}, "b"},
		{"another of the same family", "ECDH-ES+A256KW", []PublicKey{with(ec, "a", "enc", "ECDH-ES")}, ""},
		{"operations", "RSA-OAEP-256", []PublicKey{with(rsaKey, "a", "", "", "verify"), with(rsaKey, "b", "", "", "wrapKey")}, "b"},
		{"operations of agreement", "ECDH-ES", []PublicKey{with(ec, "a", "", "", "verify"), with(ec, "b", "", "", "deriveBits")}, "b"},
		{"another use", "ECDH-ES", []PublicKey{with(ec, "a", "x", "")}, ""},
	} {
		set := &Set{Keys: c.keys}
		token, err := set.Encrypt(c.alg, "A128GCM", "", []byte("x"))
		if set.CanEncrypt(c.alg) != (c.want != "") {
			t.Errorf("%s: can encrypt: %v", c.what, set.CanEncrypt(c.alg))
		}
		if c.want == "" {
			if !errors.Is(err, ErrNoKey) {
				t.Errorf("%s: %v, want ErrNoKey", c.what, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		algorithms, encryptions := joseNames()
		if object, err := jose.ParseEncryptedCompact(token, algorithms, encryptions); err != nil || object.Header.KeyID != c.want {
			t.Errorf("%s: for %+v, want %s", c.what, object, c.want)
		}
	}
	nameless := &Set{Keys: []PublicKey{rsaKey}}
	if token, err := nameless.Encrypt("RSA-OAEP-256", "A128GCM", "", nil); err != nil || len(token) == 0 {
		t.Errorf("a key without kid: %v", err)
	}
	for _, names := range [][2]string{{"RSA1_5", "A128GCM"}, {"RSA-OAEP", "A128GCM"}, {"dir", "A128GCM"}, {"none", "A128GCM"}, {"", "A128GCM"}, {"RSA-OAEP-256", ""}, {"RSA-OAEP-256", "A192GCM"}, {"RSA-OAEP-256", "none"}} {
		if _, err := client.set(t, "rsa").Encrypt(names[0], names[1], "", nil); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%v: %v, want ErrAlgorithm", names, err)
		}
	}
}

// A weak key that came past ParseJWKS is not encrypted with.
func TestAttack_AD06_WeakKeysAreNotEncryptedWith(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&Set{Keys: []PublicKey{{Key: &small.PublicKey}}}).Encrypt("RSA-OAEP-256", "A128GCM", "", []byte("x")); !errors.Is(err, ErrNoKey) {
		t.Errorf("RSA 1024: %v, want ErrNoKey", err)
	}
}

// published are the issuer's keys as a client finds them.
func published(t testing.TB, r *Ring) jose.JSONWebKeySet {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(r.JWKS().Body, &set); err != nil {
		t.Fatal(err)
	}
	return set
}

// encrypters are the published keys to encrypt with.
func encrypters(t testing.TB, r *Ring) map[string]jose.JSONWebKey {
	t.Helper()
	keys := map[string]jose.JSONWebKey{}
	for _, k := range published(t, r).Keys {
		if k.Use != "enc" {
			continue
		}
		kty, _ := shape(k.Key)
		if _, ok := keys[kty]; ok {
			t.Fatalf("two %s keys to encrypt with", kty)
		}
		keys[kty] = k
	}
	return keys
}

// sealFor encrypts as a client does, with another implementation.
func sealFor(t testing.TB, key jose.JSONWebKey, alg, enc string, plaintext string, headers ...any) string {
	t.Helper()
	options := &jose.EncrypterOptions{}
	for i := 0; i < len(headers); i += 2 {
		options.WithHeader(jose.HeaderKey(headers[i].(string)), headers[i+1])
	}
	to := jose.Recipient{Algorithm: jose.KeyAlgorithm(alg), Key: key.Key, KeyID: key.KeyID}
	encrypter, err := jose.NewEncrypter(jose.ContentEncryption(enc), to, options)
	if err != nil {
		t.Fatal(err)
	}
	object, err := encrypter.Encrypt([]byte(plaintext))
	if err != nil {
		t.Fatal(err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func keyFor(keys map[string]jose.JSONWebKey, alg string) jose.JSONWebKey {
	if alg == "RSA-OAEP-256" {
		return keys["RSA"]
	}
	return keys["EC"]
}

// What another implementation encrypts with the published keys opens, with and without kid.
func TestDecrypt_OthersEncryptEveryAlgorithm(t *testing.T) {
	r := newSite(t).node(t)
	keys := encrypters(t, r)
	if k := keys["RSA"]; k.Algorithm != "RSA-OAEP-256" || !k.IsPublic() || k.KeyID == "" {
		t.Errorf("the RSA key is published as %+v", k)
	}
	if k := keys["EC"]; k.Algorithm != "" || !k.IsPublic() || k.KeyID == "" {
		t.Errorf("the EC key is published as %+v", k)
	}
	for _, alg := range EncryptionAlgorithms() {
		for _, enc := range ContentEncryptions() {
			key := keyFor(keys, alg)
			for _, id := range []string{key.KeyID, ""} {
				key.KeyID = id
				token := sealFor(t, key, alg, enc, "e30.e30.AA", "cty", "JWT")
				plain, cty, err := r.Decrypt(context.Background(), token, anyJWE)
				if err != nil || string(plain) != "e30.e30.AA" || cty != "JWT" {
					t.Errorf("%s %s, kid %q: %q, %q, %v", alg, enc, id, plain, cty, err)
				}
			}
		}
	}
}

// An installation that had only signing keys gets those to encrypt with at its next start.
func TestOpen_OlderDataGetKeysToEncryptWith(t *testing.T) {
	s := newSite(t)
	old := s.node(t)
	signing := signer(t, old, "RS256").KeyID
	var b storage.Batch
	for _, a := range decryption {
		row, err := old.table.Get(t.Context(), a.name, 0)
		if err != nil {
			t.Fatal(err)
		}
		old.table.Delete(&b, row)
	}
	if err := s.db.Apply(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := old.Reload(t.Context()); err != nil || len(encrypters(t, old)) != 0 {
		t.Fatal("the data are no older ones", err)
	}
	again := s.node(t)
	if len(encrypters(t, again)) != 2 || signer(t, again, "RS256").KeyID != signing {
		t.Errorf("published: %v", encrypters(t, again))
	}
	if next := s.node(t); next.JWKS().ETag != again.JWKS().ETag {
		t.Error("another start made other keys")
	}
}

// A key to encrypt with is replaced in the JWKS by its successor; what was encrypted with it opens until it is gone, here and on
// other nodes.
func TestRing_LifeOfAKeyToEncryptWith(t *testing.T) {
	s := newSite(t)
	a, b := s.node(t), s.node(t)
	first := encrypters(t, a)["RSA"]
	token := sealFor(t, first, "RSA-OAEP-256", "A128GCM", "x")
	opens := func(r *Ring, token string) error {
		t.Helper()
		_, _, err := r.Decrypt(context.Background(), token, anyJWE)
		return err
	}
	s.advance(89 * day)
	if err := a.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(list(t, a, "RSA-OAEP-256", Next)) != 1 || encrypters(t, a)["RSA"].KeyID != first.KeyID {
		t.Error("the next key is published before its time")
	}
	s.advance(day)
	second := encrypters(t, a)["RSA"]
	if second.KeyID == first.KeyID {
		t.Fatal("the next key is not published in its time")
	}
	if err := opens(b, sealFor(t, second, "RSA-OAEP-256", "A128GCM", "x")); err != nil {
		t.Errorf("the new key on the other node: %v", err)
	}
	for _, r := range []*Ring{a, b} {
		if err := opens(r, token); err != nil {
			t.Errorf("with a cached JWKS: %v", err)
		}
	}
	s.advance(100*day - 1e9)
	if err := opens(a, token); err != nil {
		t.Errorf("shortly before the end: %v", err)
	}
	s.advance(1e9)
	if err := opens(a, token); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("after it: %v, want ErrUnknownKey", err)
	}
}

func TestRotate_KeyToEncryptWith(t *testing.T) {
	s := newSite(t)
	a, b := s.node(t), s.node(t)
	first := encrypters(t, a)["EC"]
	if err := a.Withdraw(t.Context(), first.KeyID); !errors.Is(err, ErrSigning) {
		t.Errorf("withdrawing the published key: %v, want ErrSigning", err)
	}
	info, err := a.Rotate(t.Context(), "ECDH-ES", true)
	if err != nil || info.Use != "enc" || info.State != Active || encrypters(t, a)["EC"].KeyID != info.KeyID {
		t.Fatalf("%+v, %v", info, err)
	}
	fresh, cached := sealFor(t, encrypters(t, a)["EC"], "ECDH-ES", "A256GCM", "x"), sealFor(t, first, "ECDH-ES+A128KW", "A256GCM", "x")
	for name, token := range map[string]string{"fresh": fresh, "cached": cached} {
		if _, _, err := b.Decrypt(context.Background(), token, anyJWE); err != nil {
			t.Errorf("%s, on the other node: %v", name, err)
		}
	}
	if err := a.Withdraw(t.Context(), first.KeyID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Decrypt(context.Background(), cached, anyJWE); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("withdrawn: %v, want ErrUnknownKey", err)
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	imported, err := a.Import(t.Context(), "ECDH-ES", pkcs8(t, own), true)
	if err != nil || encrypters(t, a)["EC"].KeyID != imported.KeyID {
		t.Errorf("imported: %+v, %v", imported, err)
	}
}

// Keys to encrypt with sign nothing and verify nothing.
func TestRing_KeysHaveOneUse(t *testing.T) {
	r := newSite(t).node(t)
	for _, a := range decryption {
		if _, err := r.Signer(t.Context(), a.name); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%s signs: %v", a.name, err)
		}
	}
	for _, d := range r.current().decrypting {
		for _, name := range []string{"RS256", "ES256"} {
			s, err := NewSigner(name, d.key, rand.Reader)
			if err != nil {
				continue
			}
			if _, _, err := r.Verify(t.Context(), sign(t, s, "JWT", someClaims), anyJWT); !errors.Is(err, ErrUnknownKey) {
				t.Errorf("%s verifies %s: %v", d, name, err)
			}
		}
	}
	own := signer(t, r, "RS256").Public()
	token := sealFor(t, jose.JSONWebKey{Key: own.Key, KeyID: own.ID}, "RSA-OAEP-256", "A128GCM", "x")
	if _, _, err := r.Decrypt(t.Context(), token, anyJWE); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("the signing key opens: %v", err)
	}
}

func BenchmarkEncryption(b *testing.B) {
	r := newSite(b).node(b)
	set, err := ParseJWKS(r.JWKS().Body, Limits{})
	if err != nil {
		b.Fatal(err)
	}
	for _, alg := range []string{"RSA-OAEP-256", "ECDH-ES"} {
		token, err := set.Encrypt(alg, "A128GCM", "JWT", make([]byte, 800))
		if err != nil {
			b.Fatal(err)
		}
		b.Run("encrypt "+alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = set.Encrypt(alg, "A128GCM", "JWT", make([]byte, 800))
			}
		})
		b.Run("decrypt "+alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := r.Decrypt(b.Context(), token, anyJWE); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
