package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func enc(b []byte) string { return b64.EncodeToString(b) }

func jwks(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

// publicJSON is the JWK of a signer's key with some members replaced or added; an empty value removes one.
func publicJSON(t testing.TB, s *Signer, changes ...string) string {
	t.Helper()
	raw, err := json.Marshal(s.Public())
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(changes); i += 2 {
		if delete(members, changes[i]); changes[i+1] != "" {
			members[changes[i]] = json.RawMessage(changes[i+1])
		}
	}
	out, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestParseJWKS_WhatOthersWrite(t *testing.T) {
	var set jose.JSONWebKeySet
	for _, name := range Algorithms() {
		s := generated(t, name)
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: s.key.Public(), KeyID: name, Algorithm: name, Use: "sig"})
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseJWKS(text, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range Algorithms() {
		k := got.Keys[i]
		if k.ID != name || k.Algorithm != name || k.Use != "sig" || k.Thumbprint() != generated(t, name).KeyID {
			t.Errorf("%s: %+v", name, k)
		}
	}
}

func TestAttack_AD06_WeakAndMalformedKeysAreRefused(t *testing.T) {
	rs, es, ed := generated(t, "RS256"), generated(t, "ES256"), generated(t, "EdDSA")
	if _, err := ParseJWKS([]byte(jwks(publicJSON(t, rs), publicJSON(t, es), publicJSON(t, ed))), Limits{}); err != nil {
		t.Fatalf("sound keys: %v", err)
	}
	modulus := rs.key.Public().(*rsa.PublicKey).N
	bits := func(n uint) string {
		m := new(big.Int).SetBit(big.NewInt(1), int(n-1), 1)
		return `"` + enc(m.Bytes()) + `"`
	}
	for name, key := range map[string]string{
		"RSA 512":            publicJSON(t, rs, "n", bits(512)),
		"RSA 1024":           publicJSON(t, rs, "n", bits(1024)),
		"RSA 2047":           publicJSON(t, rs, "n", bits(2047)),
		"RSA 4097":           publicJSON(t, rs, "n", bits(4097)),
		"RSA 16384":          publicJSON(t, rs, "n", bits(16384)),
		"RSA even":           publicJSON(t, rs, "n", `"`+enc(new(big.Int).Lsh(modulus, 1).Bytes())+`"`),
		"RSA no modulus":     publicJSON(t, rs, "n", ""),
		"RSA e 0":            publicJSON(t, rs, "e", `"AA"`),
		"RSA e 1":            publicJSON(t, rs, "e", `"AQ"`),
		"RSA e 2":            publicJSON(t, rs, "e", `"Ag"`),
		"RSA e even":         publicJSON(t, rs, "e", `"AQAA"`),
		"RSA e 33 bits":      publicJSON(t, rs, "e", `"AQAAAAE"`),
		"RSA e huge":         publicJSON(t, rs, "e", bits(2047)),
		"RSA e missing":      publicJSON(t, rs, "e", ""),
		"RSA slack bits":     publicJSON(t, rs, "e", `"AQAC"`),
		"RSA padded":         publicJSON(t, rs, "e", `"Aw=="`),
		"EC off the curve":   publicJSON(t, es, "x", `"`+enc(bytes.Repeat([]byte{1}, 32))+`"`),
		"EC zero":            publicJSON(t, es, "x", `"`+enc(make([]byte, 32))+`"`, "y", `"`+enc(make([]byte, 32))+`"`),
		"EC short":           publicJSON(t, es, "x", `"AQ"`),
		"EC empty":           publicJSON(t, es, "x", `""`, "y", `""`),
		"EC on another":      publicJSON(t, es, "crv", `"P-384"`),
		"Ed25519 short":      publicJSON(t, ed, "x", `"AQ"`),
		"Ed25519 neutral":    publicJSON(t, ed, "x", `"`+enc(append([]byte{1}, make([]byte, 31)...))+`"`),
		"Ed25519 order 4":    publicJSON(t, ed, "x", `"`+enc(append(make([]byte, 31), 0x80))+`"`),
		"no kty":             publicJSON(t, rs, "kty", ""),
		"kty in capitals":    strings.Replace(publicJSON(t, rs), `"kty"`, `"KTY"`, 1),
		"n not a string":     publicJSON(t, rs, "n", "5"),
		"symmetric":          `{"kty":"oct","k":"AAAA"}`,
		"symmetric, empty":   `{"kty":"oct"}`,
		"private RSA":        publicJSON(t, rs, "d", `"AQ"`),
		"private EC":         publicJSON(t, es, "d", `"AQ"`),
		"private, of others": `{"kty":"OKP","crv":"X448","x":"AQ","d":"AQ"}`,
		"private, null":      publicJSON(t, rs, "p", "null"),
		"not an object":      `[]`,
		"null":               `null`,
	} {
		if set, err := ParseJWKS([]byte(jwks(key)), Limits{}); !errors.Is(err, ErrJWKS) || set != nil {
			t.Errorf("%s: %v, want ErrJWKS", name, err)
		}
		if _, err := ParseJWK([]byte(key)); !errors.Is(err, ErrJWKS) {
			t.Errorf("%s alone: %v, want ErrJWKS", name, err)
		}
	}
}

// A weak key that came past ParseJWKS does not verify either.
func TestAttack_AD06_WeakKeysAreRefusedAtUse(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := algorithmByName("RS256")
	token := forge(`{"alg":"RS256"}`, someClaims, func(input []byte) []byte {
		sig, err := a.sign(small, rand.Reader, input)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	})
	if _, _, err := VerifyWith(&Set{Keys: []PublicKey{{Key: &small.PublicKey}}}, token, anyJWT); !errors.Is(err, ErrToken) {
		t.Errorf("RSA 1024: %v", err)
	}
	// With the neutral point as key, R = the neutral point and S = 0 is a signature of everything.
	neutral := append([]byte{1}, make([]byte, 31)...)
	all := append(bytes.Clone(neutral), make([]byte, 32)...)
	token = forge(`{"alg":"EdDSA"}`, someClaims, func(input []byte) []byte { return all })
	if !ed25519.Verify(neutral, []byte("anything"), all) {
		t.Fatal("the attack itself does not work")
	}
	if _, _, err := VerifyWith(&Set{Keys: []PublicKey{{Key: ed25519.PublicKey(neutral)}}}, token, anyJWT); !errors.Is(err, ErrToken) {
		t.Errorf("Ed25519 neutral: %v", err)
	}
}

func TestAttack_AD06_ECDSASignatureValues(t *testing.T) {
	s := generated(t, "ES256")
	set := &Set{Keys: []PublicKey{s.Public()}}
	order := s.key.Public().(*ecdsa.PublicKey).Params().N
	zero, good := make([]byte, 32), genuine(t, s)
	header := `{"alg":"ES256","kid":"` + s.KeyID + `"}`
	for name, sig := range map[string]func(good []byte) []byte{
		"r=s=0":         func([]byte) []byte { return make([]byte, 64) },
		"r=0":           func(g []byte) []byte { return slices.Concat(zero, g[32:]) },
		"s=0":           func(g []byte) []byte { return slices.Concat(g[:32], zero) },
		"r=s=n":         func([]byte) []byte { return slices.Concat(order.Bytes(), order.Bytes()) },
		"long":          func(g []byte) []byte { return append(bytes.Clone(g), 0) },
		"short":         func(g []byte) []byte { return g[:63] },
		"wider halves":  func(g []byte) []byte { return slices.Concat([]byte{0}, g[:32], []byte{0}, g[32:]) },
		"ASN.1":         func(g []byte) []byte { return slices.Concat([]byte{0x30, 68, 2, 32}, g[:32], []byte{2, 32}, g[32:]) },
		"halves turned": func(g []byte) []byte { return slices.Concat(g[32:], g[:32]) },
	} {
		token := forge(header, someClaims, func(input []byte) []byte { return sig(good(input)) })
		if _, _, err := VerifyWith(set, token, anyJWT); !errors.Is(err, ErrToken) {
			t.Errorf("%s: %v, want ErrToken", name, err)
		}
	}
	twin := forge(header, someClaims, func(input []byte) []byte {
		g := good(input)
		s := new(big.Int).Sub(order, new(big.Int).SetBytes(g[32:]))
		return slices.Concat(g[:32], s.FillBytes(make([]byte, 32)))
	})
	if _, payload, err := VerifyWith(set, twin, anyJWT); err != nil || string(payload) != someClaims {
		t.Errorf("the other s of JOSE's two: %q, %v", payload, err)
	}
}

func TestAttack_AD07_NumberAndNamesOfKeys(t *testing.T) {
	es := generated(t, "ES256")
	key := func(kid string) string { return publicJSON(t, es, "kid", kid, "alg", "") }
	many := func(n int) string {
		var keys []string
		for i := range n {
			keys = append(keys, key(fmt.Sprintf(`"%d"`, i)))
		}
		return jwks(keys...)
	}
	for name, text := range map[string]string{
		"33":                many(33),
		"10000":             many(10000),
		"10000 unsupported": jwks(strings.TrimSuffix(strings.Repeat(`{"kty":"X"},`, 10000), ",")),
		"kid twice":         jwks(key(`"a"`), key(`"b"`), key(`"a"`)),
		"too long":          jwks(key(`"` + strings.Repeat("k", 64<<10) + `"`)),
		"keys twice":        `{"keys":[],"keys":[` + key(`"a"`) + `]}`,
		"member twice":      jwks(`{"kty":"EC","kty":"EC"}`),
		"Keys":              `{"Keys":[` + key(`"a"`) + `]}`,
		"no keys":           `{}`,
		"keys null":         `{"keys":null}`,
		"keys an object":    `{"keys":{}}`,
		"not JSON":          `{"keys":[`,
		"more behind":       jwks() + jwks(),
		"empty":             ``,
	} {
		if set, err := ParseJWKS([]byte(text), Limits{}); !errors.Is(err, ErrJWKS) || set != nil {
			t.Errorf("%s: %v, want ErrJWKS", name, err)
		}
	}
	for name, text := range map[string]string{"32": many(32), "none": jwks(), "two without kid": jwks(key(""), key(""))} {
		if _, err := ParseJWKS([]byte(text), Limits{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseJWKS([]byte(many(3)), Limits{Keys: 2}); !errors.Is(err, ErrJWKS) {
		t.Errorf("own limit of keys: %v", err)
	}
	if _, err := ParseJWKS([]byte(many(3)), Limits{Bytes: 100}); !errors.Is(err, ErrJWKS) {
		t.Errorf("own limit of bytes: %v", err)
	}
}

func TestAttack_AD07_KeyIsUsedForWhatItIsMeant(t *testing.T) {
	s := generated(t, "ES256")
	named, nameless := sign(t, s, "JWT", someClaims), forge(`{"alg":"ES256"}`, someClaims, genuine(t, s))
	other := generated(t, "ES384")
	for _, c := range []struct {
		what    string
		changes []string
		ok      bool
	}{
		{"as it is", nil, true},
		{"nothing said", []string{"alg", "", "use", ""}, true},
		{"to verify", []string{"key_ops", `["verify"]`}, true},
		{"for encryption", []string{"use", `"enc"`}, false},
		{"for another algorithm", []string{"alg", `"ES384"`}, false},
		{"for encryption by algorithm", []string{"alg", `"ECDH-ES"`}, false},
		{"to derive", []string{"key_ops", `["deriveKey"]`}, false},
	} {
		set, err := ParseJWKS([]byte(jwks(publicJSON(t, other), publicJSON(t, s, c.changes...), `{"kty":"OKP","crv":"X25519","x":"AA"}`)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for name, token := range map[string]string{"kid": named, "no kid": nameless} {
			if _, _, err := VerifyWith(set, token, anyJWT); (err == nil) != c.ok || errors.Is(err, ErrUnknownKey) {
				t.Errorf("%s, %s: %v", c.what, name, err)
			}
		}
	}
	set := &Set{Keys: []PublicKey{other.Public()}}
	if _, _, err := VerifyWith(set, named, anyJWT); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a kid that is not there: %v, want ErrUnknownKey", err)
	}
	if _, _, err := VerifyWith(set, nameless, anyJWT); !errors.Is(err, ErrToken) || errors.Is(err, ErrUnknownKey) {
		t.Errorf("no kid: %v, want ErrToken", err)
	}
}

// FuzzParseJWKS: what is accepted is sound, and is written as a set that is accepted again with the same keys.
func FuzzParseJWKS(f *testing.F) {
	f.Add([]byte(jwks(publicJSON(f, generated(f, "ES256")), publicJSON(f, generated(f, "EdDSA")))))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AA"},{"kty":"RSA","n":"AQ","e":"AQAB"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := ParseJWKS(data, Limits{})
		if err != nil {
			if !errors.Is(err, ErrJWKS) {
				t.Fatal(err)
			}
			return
		}
		again, err := ParseJWKS(newDocument(set.Keys).Body, Limits{Bytes: 1 << 20})
		if err != nil || len(again.Keys) != len(set.Keys) {
			t.Fatalf("%d keys, again %v", len(set.Keys), err)
		}
		for i, k := range set.Keys {
			if checkPublic(k.Key) != nil || again.Keys[i].Thumbprint() != k.Thumbprint() {
				t.Fatalf("key %d: %v", i, checkPublic(k.Key))
			}
		}
	})
}
