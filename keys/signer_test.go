package keys

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Another implementation must accept what each algorithm signs, found in the JWKS by its kid.
func TestSigner_OthersVerifyEveryAlgorithm(t *testing.T) {
	r := newSite(t).node(t)
	for _, name := range Algorithms() {
		signer(t, r, name)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(r.JWKS().Body, &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != len(Algorithms())+len(decryption) {
		t.Fatalf("%d keys", len(set.Keys))
	}
	for _, name := range Algorithms() {
		s := signer(t, r, name)
		token := sign(t, s, "at+jwt", `{"sub":"x"}`)
		parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(name)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := set.Key(s.KeyID)
		if len(found) != 1 || found[0].Algorithm != name || found[0].Use != "sig" || !found[0].Valid() || !found[0].IsPublic() {
			t.Errorf("%s: in the JWKS %+v", name, found)
			continue
		}
		payload, err := parsed.Verify(found[0])
		if name == "Ed25519" {
			payload, err = verifyEd25519(token, found[0].Key.(ed25519.PublicKey))
		}
		if err != nil || string(payload) != `{"sub":"x"}` {
			t.Errorf("%s: %q, %v", name, payload, err)
		}
		if got := parsed.Signatures[0].Header.ExtraHeaders[jose.HeaderType]; got != "at+jwt" {
			t.Errorf("%s: typ %v", name, got)
		}
		print, err := found[0].Thumbprint(crypto.SHA256)
		if err != nil || b64.EncodeToString(print) != s.KeyID {
			t.Errorf("%s: kid %s is not the thumbprint", name, s.KeyID)
		}
		if _, _, err := r.Verify(context.Background(), token, anyJWT); err != nil {
			t.Errorf("%s: own verification: %v", name, err)
		}
	}
}

// verifyEd25519 does what the other implementation does not do yet under this name (RFC 9864 §2.2).
func verifyEd25519(token string, key ed25519.PublicKey) ([]byte, error) {
	dot := strings.LastIndexByte(token, '.')
	sig, err := b64.DecodeString(token[dot+1:])
	if err != nil || !ed25519.Verify(key, []byte(token[:dot]), sig) {
		return nil, errors.New("signature")
	}
	return b64.DecodeString(token[strings.IndexByte(token, '.')+1 : dot])
}

// The two names of one signature are two algorithms: a key that says one does not serve the other.
func TestEd25519_NamesStayApart(t *testing.T) {
	old, other := generated(t, "EdDSA"), generated(t, "Ed25519")
	for _, pair := range [][2]*Signer{{old, other}, {other, old}} {
		signer, named := pair[0], pair[1].Public()
		named.ID, named.Key = signer.KeyID, signer.Public().Key
		token := sign(t, signer, "JWT", "{}")
		if _, _, err := VerifyWith(&Set{Keys: []PublicKey{named}}, token, anyJWT); !errors.Is(err, ErrToken) {
			t.Errorf("%s by a key for %s: %v", signer.Algorithm, named.Algorithm, err)
		}
		named.Algorithm = ""
		if _, _, err := VerifyWith(&Set{Keys: []PublicKey{named}}, token, anyJWT); err != nil {
			t.Errorf("%s by a key for anything: %v", signer.Algorithm, err)
		}
	}
}

// What another implementation signs must verify here, chosen by kid.
func TestVerifyWith_OthersSignEveryAlgorithm(t *testing.T) {
	set := &Set{}
	for _, name := range Algorithms() {
		set.Keys = append(set.Keys, generated(t, name).Public())
	}
	for _, name := range Algorithms() {
		s := generated(t, name)
		if name == "Ed25519" {
			continue // it does not know the name
		}
		key := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(name), Key: jose.JSONWebKey{Key: s.key, KeyID: s.KeyID}}
		joseSigner, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
		if err != nil {
			t.Fatal(err)
		}
		signed, err := joseSigner.Sign([]byte(`{"iss":"c"}`))
		if err != nil {
			t.Fatal(err)
		}
		token, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		header, payload, err := VerifyWith(set, token, VerifyOptions{Algorithms: []string{name}, Types: []string{"jwt"}})
		if err != nil || string(payload) != `{"iss":"c"}` || header.KeyID != s.KeyID || header.Algorithm != name || header.Type != "JWT" {
			t.Errorf("%s: %+v, %q, %v", name, header, payload, err)
		}
	}
}

// device hides everything of a key but crypto.Signer, as a hardware module does.
type device struct{ inner crypto.Signer }

func (d device) Public() crypto.PublicKey { return d.inner.Public() }
func (d device) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	return d.inner.Sign(r, digest, o)
}

func TestSigner_KeyInADevice(t *testing.T) {
	for _, name := range Algorithms() {
		s, err := NewSigner(name, device{generated(t, name).key}, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		set := &Set{Keys: []PublicKey{s.Public()}}
		for range 20 {
			if _, _, err := VerifyWith(set, sign(t, s, "", `{}`), VerifyOptions{Algorithms: []string{name}, Types: []string{""}}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A device that answers nonsense must not become a token.
func TestSigner_DeviceThatAnswersNonsense(t *testing.T) {
	for _, sig := range [][]byte{nil, {0x30, 0}, bytes.Repeat([]byte{0x30}, 70), make([]byte, 64)} {
		s, err := NewSigner("ES256", nonsense{device{generated(t, "ES256").key}, sig}, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if token, err := s.SignJWT("JWT", []byte("{}")); err == nil {
			t.Errorf("%x became %s", sig, token)
		}
	}
}

type nonsense struct {
	device
	sig []byte
}

func (n nonsense) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return n.sig, nil }

func TestNewSigner_KeyMustFit(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		algorithm string
		key       crypto.Signer
	}{
		{"RS256", generated(t, "ES256").key}, {"ES256", generated(t, "ES384").key}, {"ES384", generated(t, "EdDSA").key},
		{"EdDSA", generated(t, "RS256").key}, {"RS256", small}, {"HS256", small}, {"none", small},
	} {
		if _, err := NewSigner(c.algorithm, c.key, rand.Reader); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%s with %T: %v, want ErrAlgorithm", c.algorithm, c.key, err)
		}
	}
}

func TestSigner_HeaderIsTakenFromTheType(t *testing.T) {
	s := generated(t, "ES256")
	for typ, want := range map[string]string{
		"":       `{"alg":"ES256","kid":"` + s.KeyID + `"}`,
		"at+jwt": `{"alg":"ES256","kid":"` + s.KeyID + `","typ":"at+jwt"}`,
	} {
		for range 2 {
			header, _, _ := strings.Cut(sign(t, s, typ, `{}`), ".")
			if raw, err := decodeB64(header); err != nil || string(raw) != want {
				t.Errorf("type %q: %s, %v; want %s", typ, raw, err, want)
			}
		}
	}
}

// RFC 7638 §3.1 and RFC 8037 appendix A.3.
func TestThumbprint_PublishedVectors(t *testing.T) {
	for text, want := range map[string]string{
		`{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
	} {
		key, err := ParseJWK([]byte(text))
		if err != nil {
			t.Error(err)
		} else if got := key.Thumbprint(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestDocument_CompressedIsTheSame(t *testing.T) {
	d := newSite(t).node(t).JWKS()
	r, err := gzip.NewReader(bytes.NewReader(d.Gzip))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r); err != nil || !bytes.Equal(body, d.Body) {
		t.Errorf("%s, %v", body, err)
	}
	if same, other := Prepare(bytes.Clone(d.Body)), Prepare([]byte("{}")); same.ETag != d.ETag || other.ETag == d.ETag {
		t.Errorf("ETags %s, %s and %s: want one for each body", d.ETag, same.ETag, other.ETag)
	}
	if !strings.HasPrefix(d.ETag, `"`) || !strings.HasSuffix(d.ETag, `"`) || len(d.ETag) < 10 {
		t.Errorf("ETag %s", d.ETag)
	}
}

func TestSigner_IsNotPrinted(t *testing.T) {
	s := generated(t, "ES256")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, s); got != "ES256 "+s.KeyID {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}

func BenchmarkSignJWT(b *testing.B) {
	claims := []byte(`{"iss":"https://id.example","sub":"` + strings.Repeat("s", 300) + `"}`)
	for _, name := range []string{"ES256", "RS256", "EdDSA", "PS256"} {
		s := generated(b, name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.SignJWT("JWT", claims); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
