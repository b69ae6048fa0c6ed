package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func pemOf(t testing.TB, kind string, der []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func pkcs8(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pemOf(t, "PRIVATE KEY", der, err)
}

func privateJWK(t testing.TB, key any, alg string) []byte {
	t.Helper()
	raw, err := json.Marshal(jose.JSONWebKey{Key: key, Algorithm: alg})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func sec1(t testing.TB, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	parameters := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}})
	return slices.Concat(parameters, pemOf(t, "EC PRIVATE KEY", der, err))
}

func TestImport_EveryForm(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	rs, es := generated(t, "RS256").key.(*rsa.PrivateKey), generated(t, "ES256").key.(*ecdsa.PrivateKey)
	ps, es2, ed := generated(t, "PS256").key, generated(t, "ES512").key, generated(t, "EdDSA").key
	for _, c := range []struct {
		algorithm string
		key       crypto.Signer
		data      []byte
	}{
		{"RS256", rs, pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rs), nil)},
		{"PS256", ps, privateJWK(t, ps, "PS256")},
		{"ES256", es, sec1(t, es)},
		{"ES512", es2, privateJWK(t, es2, "")},
		{"EdDSA", ed, pkcs8(t, ed)},
	} {
		info, err := r.Import(context.Background(), c.algorithm, c.data, true)
		if err != nil {
			t.Errorf("%s: %v", c.algorithm, err)
			continue
		}
		if got := signer(t, r, c.algorithm); got.KeyID != thumbprint(c.key.Public()) || info.KeyID != got.KeyID || info.State != Active {
			t.Errorf("%s: signs with %s, imported %+v", c.algorithm, got.KeyID, info)
		}
		other := s.node(t)
		if _, _, err := r.Verify(context.Background(), sign(t, signer(t, other, c.algorithm), "JWT", `{}`), anyJWT); err != nil {
			t.Errorf("%s: signed on another node: %v", c.algorithm, err)
		}
		if _, err := r.Import(context.Background(), c.algorithm, c.data, false); !errors.Is(err, ErrExists) {
			t.Errorf("%s again: %v, want ErrExists", c.algorithm, err)
		}
	}
	if _, err := r.Import(context.Background(), "RS512", pkcs8(t, rs), true); !errors.Is(err, ErrExists) {
		t.Errorf("one key for two algorithms: %v, want ErrExists", err)
	}
}

func TestImport_BecomesTheNext(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	old := signer(t, r, "ES256").KeyID
	info, err := r.Import(context.Background(), "ES256", pkcs8(t, generated(t, "ES256").key), false)
	if err != nil || info.State != Next || !info.Active.Equal(s.now().Add(day)) {
		t.Fatalf("%+v, %v", info, err)
	}
	if signer(t, r, "ES256").KeyID != old || !strings.Contains(string(r.JWKS().Body), info.KeyID) {
		t.Error("want it published, the old one signing")
	}
	s.advance(24 * time.Hour)
	if signer(t, r, "ES256").KeyID != info.KeyID {
		t.Error("does not sign in its time")
	}
	first, err := r.Import(context.Background(), "ES384", pkcs8(t, generated(t, "ES384").key), false)
	if err != nil || first.State != Active {
		t.Errorf("the first of its algorithm: %+v, %v", first, err)
	}
}

func TestImport_Refused(t *testing.T) {
	r := newSite(t).node(t)
	rs, es, ed := generated(t, "RS256").key, generated(t, "ES256").key.(*ecdsa.PrivateKey), generated(t, "EdDSA").key.(ed25519.PrivateKey)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(rs.Public())
	if err != nil {
		t.Fatal(err)
	}
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}, Bytes: []byte{1}})
	_, otherEd, _ := ed25519.GenerateKey(rand.Reader)
	otherEC, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	otherD, err := otherEC.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	swapped := func(raw []byte, member string, value []byte) []byte {
		var members map[string]any
		if err := json.Unmarshal(raw, &members); err != nil {
			t.Fatal(err)
		}
		members[member] = enc(value)
		out, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, c := range []struct {
		what, algorithm string
		data            []byte
		want            error
	}{
		{"nothing", "RS256", nil, ErrImport},
		{"text", "RS256", []byte("hello"), ErrImport},
		{"a public key", "RS256", pemOf(t, "PUBLIC KEY", public, err), ErrImport},
		{"a public JWK", "RS256", privateJWK(t, rs.Public(), ""), ErrImport},
		{"a symmetric JWK", "RS256", []byte(`{"kty":"oct","k":"AAAA"}`), ErrImport},
		{"a damaged JWK", "RS256", []byte(`{"kty":"RSA"`), ErrImport},
		{"an encrypted key", "RS256", encrypted, ErrImport},
		{"an encrypted key of PKCS #8", "RS256", pemOf(t, "ENCRYPTED PRIVATE KEY", []byte{1}, nil), ErrImport},
		{"a damaged key", "RS256", pemOf(t, "PRIVATE KEY", []byte{1}, nil), ErrImport},
		{"two keys", "ES256", slices.Concat(pkcs8(t, es), pkcs8(t, es)), ErrImport},
		{"a huge text", "RS256", make([]byte, maxImport+1), ErrImport},
		{"a JWK of another algorithm", "RS256", privateJWK(t, rs, "PS256"), ErrImport},
		{"a member twice", "ES256", append([]byte(`{"kty":"EC",`), privateJWK(t, es, "")[1:]...), ErrImport},
		{"the private part of another Ed25519 key", "EdDSA", swapped(privateJWK(t, ed, ""), "d", otherEd.Seed()), ErrImport},
		{"the private part of another EC key", "ES256", swapped(privateJWK(t, es, ""), "d", otherD), ErrImport},
		{"an EC key of zero", "ES256", swapped(privateJWK(t, es, ""), "d", make([]byte, 32)), ErrImport},
		{"an RSA key of other primes", "RS256", swapped(privateJWK(t, rs, ""), "p", rs.(*rsa.PrivateKey).Primes[1].Bytes()), ErrImport},
		{"the private exponent of another RSA key", "RS256", swapped(privateJWK(t, rs, ""), "d", generated(t, "PS256").key.(*rsa.PrivateKey).D.Bytes()), ErrImport},
		{"a weak key", "RS256", pkcs8(t, small), ErrAlgorithm},
		{"a key of a small curve", "ES256", pkcs8(t, p224), ErrAlgorithm},
		{"a key of another type", "RS256", pkcs8(t, es), ErrAlgorithm},
		{"a key of another curve", "ES384", pkcs8(t, es), ErrAlgorithm},
		{"an unknown algorithm", "HS256", pkcs8(t, es), ErrAlgorithm},
		{"a JWK to sign with, to decrypt", "RSA-OAEP-256", privateJWK(t, rs, "RS256"), ErrImport},
		{"a key that wraps, for one that agrees", "ECDH-ES", pkcs8(t, rs), ErrAlgorithm},
		{"a key of another curve to decrypt", "ECDH-ES", pkcs8(t, generated(t, "ES384").key), ErrAlgorithm},
		{"an algorithm that has no key of its own", "ECDH-ES+A128KW", pkcs8(t, es), ErrAlgorithm},
	} {
		if info, err := r.Import(context.Background(), c.algorithm, c.data, true); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v; want %v", c.what, info, err, c.want)
		}
	}
	if infos, err := r.List(context.Background()); err != nil || len(infos) != len(initial)+len(decryption) {
		t.Errorf("refused keys have come in: %+v, %v", infos, err)
	}
}
