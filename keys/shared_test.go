package keys

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

var secretJWT = VerifyOptions{Algorithms: append(Algorithms(), SecretAlgorithms()...), Types: []string{AnyType}}

func TestSharedSecret_OthersVerifyAndSign(t *testing.T) {
	secret := Secret(strings.Repeat("0123456789abcdef", 4))
	for _, name := range SecretAlgorithms() {
		alg := jose.SignatureAlgorithm(name)
		token, err := SignJWTWithSecret(name, secret, "JWT", []byte(someClaims))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{alg})
		if err != nil {
			t.Fatal(err)
		}
		if payload, err := parsed.Verify([]byte(secret.Reveal())); err != nil || string(payload) != someClaims {
			t.Errorf("%s: %q, %v", name, payload, err)
		}
		other, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: []byte(secret.Reveal())}, nil)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := other.Sign([]byte(someClaims))
		if err != nil {
			t.Fatal(err)
		}
		token, _ = signed.CompactSerialize()
		u, err := ParseUnverified(token, secretJWT)
		if err != nil {
			t.Fatal(err)
		}
		if err := u.VerifySecret("another secret", secret); err != nil || string(u.Payload) != someClaims {
			t.Errorf("%s: %q, %v", name, u.Payload, err)
		}
		for what, secrets := range map[string][]Secret{"another": {secret + "x"}, "none": nil, "empty": {""}, "cut": {secret[:63]}} {
			if err := u.VerifySecret(secrets...); !errors.Is(err, ErrToken) {
				t.Errorf("%s, %s secret: %v, want ErrToken", name, what, err)
			}
		}
	}
}

func TestAttack_AD02_SecretAndPublicKeyAreNeverMixed(t *testing.T) {
	secret := Secret(strings.Repeat("s", 64))
	es := generated(t, "ES256")
	u, err := ParseUnverified(sign(t, es, "JWT", someClaims), secretJWT)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.VerifySecret(secret, ""); !errors.Is(err, ErrToken) {
		t.Errorf("ES256 with a secret: %v", err)
	}
	token, err := SignJWTWithSecret("HS256", secret, "", []byte(someClaims))
	if err != nil {
		t.Fatal(err)
	}
	if u, err = ParseUnverified(token, secretJWT); err != nil {
		t.Fatal(err)
	}
	if err := u.Verify(&Set{Keys: []PublicKey{es.Public()}}); !errors.Is(err, ErrToken) {
		t.Errorf("HS256 with a public key: %v", err)
	}
	if _, err := ParseUnverified(token, anyJWT); !errors.Is(err, ErrToken) {
		t.Errorf("HS256 where it is not allowed: %v", err)
	}
}

// RFC 7518 §3.2 asks for a secret as long as the hash.
func TestSharedSecret_ShortOnesAreRefused(t *testing.T) {
	short := Secret(strings.Repeat("s", 31))
	for _, alg := range append(SecretAlgorithms(), "none", "RS256", "") {
		if token, err := SignJWTWithSecret(alg, short, "", []byte(`{}`)); !errors.Is(err, ErrAlgorithm) || token != "" {
			t.Errorf("%q: %v, want ErrAlgorithm", alg, err)
		}
	}
	token := forge(`{"alg":"HS256"}`, someClaims, func(input []byte) []byte { return mac(secretHashes["HS256"], short, input) })
	u, err := ParseUnverified(token, secretJWT)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.VerifySecret(short); !errors.Is(err, ErrToken) {
		t.Errorf("verified: %v", err)
	}
}
