package keys

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// consumers are the ways in which a token is verified: ours, and clients' with and without a kid in the registered key. Each
// accepts every algorithm and type that there is, and what its caller wrongly allows besides.
type consumers struct {
	ring *Ring
	set  *Set
	own  *Signer
}

func newConsumers(t testing.TB) *consumers {
	r := newSite(t).node(t)
	c := &consumers{ring: r, own: signer(t, r, "ES256"), set: &Set{}}
	for _, k := range []*Signer{c.own, signer(t, r, "RS256")} {
		c.set.Keys = append(c.set.Keys, k.Public())
	}
	return c
}

func (c *consumers) refuse(t *testing.T, name, text string) {
	t.Helper()
	opts := VerifyOptions{Types: []string{AnyType}, Algorithms: append(Algorithms(), "none", "None", "nOnE", "", "HS256", "HS512", "dir", "PBES2-HS256+A128KW")}
	if _, payload, err := c.ring.Verify(context.Background(), text, opts); !errors.Is(err, ErrToken) || payload != nil {
		t.Errorf("%s: ring: %q, %v; want ErrToken", name, payload, err)
	}
	nameless := &Set{}
	for _, k := range c.set.Keys {
		k.ID = ""
		nameless.Keys = append(nameless.Keys, k)
	}
	for _, set := range []*Set{c.set, nameless, {}} {
		if _, payload, err := VerifyWith(set, text, opts); !errors.Is(err, ErrToken) || payload != nil {
			t.Errorf("%s: set: %q, %v; want ErrToken", name, payload, err)
		}
	}
}

func (c *consumers) accept(t *testing.T, name, text string) {
	t.Helper()
	if _, _, err := c.ring.Verify(context.Background(), text, anyJWT); err != nil {
		t.Errorf("%s: ring: %v", name, err)
	}
	if _, _, err := VerifyWith(c.set, text, anyJWT); err != nil {
		t.Errorf("%s: set: %v", name, err)
	}
}

const someClaims = `{"sub":"admin"}`

// forge joins a header and claims with what sign makes of them.
func forge(header, claims string, sign func(input []byte) []byte) string {
	input := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(claims))
	return input + "." + b64.EncodeToString(sign([]byte(input)))
}

// genuine signs with the key itself, so that only what else is in the header can be the reason to refuse.
func genuine(t testing.TB, s *Signer) func([]byte) []byte {
	return func(input []byte) []byte {
		sig, err := s.algorithm.sign(s.key, s.rand, input)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
}

func unsigned([]byte) []byte { return nil }

func TestAttack_AD01_NoneIsNoAlgorithm(t *testing.T) {
	c := newConsumers(t)
	c.accept(t, "as signed", sign(t, c.own, "JWT", someClaims))
	for _, alg := range []string{`"none"`, `"None"`, `"nOnE"`, `"NONE"`, `""`, `null`, `[]`, `["none"]`, `0`, `"none "`} {
		for _, kid := range []string{"", `,"kid":"` + c.own.KeyID + `"`} {
			c.refuse(t, "alg "+alg, forge(`{"alg":`+alg+kid+`}`, someClaims, unsigned))
			c.refuse(t, "signed, alg "+alg, forge(`{"alg":`+alg+kid+`}`, someClaims, genuine(t, c.own)))
		}
	}
	c.refuse(t, "no alg", forge(`{"typ":"JWT"}`, someClaims, unsigned))
	c.refuse(t, "ES256 unsigned", forge(`{"alg":"ES256","kid":"`+c.own.KeyID+`"}`, someClaims, unsigned))
}

func TestAttack_AD02_PublicKeyIsNoHMACSecret(t *testing.T) {
	c := newConsumers(t)
	for _, key := range c.set.Keys {
		der, err := x509.MarshalPKIXPublicKey(key.Key)
		if err != nil {
			t.Fatal(err)
		}
		jwk, err := json.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		for _, secret := range [][]byte{der, text, []byte(strings.TrimSpace(string(text))), jwk, nil} {
			for _, alg := range []string{"HS256", key.Algorithm} {
				c.refuse(t, alg, forge(`{"alg":"`+alg+`","kid":"`+key.ID+`"}`, someClaims, func(input []byte) []byte {
					mac := hmac.New(sha256.New, secret)
					mac.Write(input)
					return mac.Sum(nil)
				}))
			}
		}
	}
}

// The algorithm must be the key's own, even between two that could share a key.
func TestAttack_AD02_AlgorithmIsTheKeys(t *testing.T) {
	c := newConsumers(t)
	rs := signer(t, c.ring, "RS256")
	ps, err := NewSigner("PS256", rs.key, rs.rand)
	if err != nil {
		t.Fatal(err)
	}
	c.refuse(t, "PS256 with the RS256 key", forge(`{"alg":"PS256","kid":"`+rs.KeyID+`"}`, someClaims, genuine(t, ps)))
	c.refuse(t, "RS256 said, PS256 signed", forge(`{"alg":"RS256","kid":"`+rs.KeyID+`"}`, someClaims, genuine(t, ps)))
	c.refuse(t, "ES256 key named for RS256", forge(`{"alg":"RS256","kid":"`+c.own.KeyID+`"}`, someClaims, genuine(t, rs)))
	c.refuse(t, "nothing allowed", "")
	token := sign(t, c.own, "JWT", someClaims)
	for name, opts := range map[string]VerifyOptions{
		"no algorithm":      {Types: []string{AnyType}},
		"another algorithm": {Types: []string{AnyType}, Algorithms: []string{"RS256"}},
		"no type":           {Algorithms: []string{"ES256"}},
		"another type":      {Algorithms: []string{"ES256"}, Types: []string{"at+jwt", ""}},
	} {
		if _, _, err := c.ring.Verify(context.Background(), token, opts); !errors.Is(err, ErrToken) {
			t.Errorf("%s allowed: %v, want ErrToken", name, err)
		}
	}
	for _, typ := range []string{"JWT", "jwt", "application/jwt", "Application/JWT"} {
		if _, _, err := c.ring.Verify(context.Background(), token, VerifyOptions{Algorithms: []string{"ES256"}, Types: []string{typ}}); err != nil {
			t.Errorf("type %s: %v", typ, err)
		}
	}
}

func TestAttack_AD03_HeaderBringsNoKeyAndNoExtension(t *testing.T) {
	c := newConsumers(t)
	mallory := generated(t, "ES256")
	jwk, err := json.Marshal(mallory.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, more := range map[string]string{
		"jwk":  `,"jwk":` + string(jwk),
		"jku":  `,"jku":"http://127.0.0.1:9/jwks"`,
		"x5u":  `,"x5u":"http://127.0.0.1:9/x"`,
		"x5c":  `,"x5c":["AAAA"],"x5t":"AAAA"`,
		"none": ``,
	} {
		for _, kid := range []string{c.own.KeyID, mallory.KeyID, "../../dev/null", "http://127.0.0.1:9/k", "' OR 1=1 --", "\\u0000", "", strings.Repeat("k", 4000)} {
			c.refuse(t, name+" kid "+kid, forge(`{"alg":"ES256","kid":"`+kid+`"`+more+`}`, someClaims, genuine(t, mallory)))
		}
		c.refuse(t, name+" without kid", forge(`{"alg":"ES256"`+more+`}`, someClaims, genuine(t, mallory)))
		c.accept(t, name+" beside the right key", forge(`{"alg":"ES256","kid":"`+c.own.KeyID+`"`+more+`,"cty":"x"}`, someClaims, genuine(t, c.own)))
	}
	for _, crit := range []string{`["b64"],"b64":false`, `["exp"]`, `[]`, `null`, `"b64"`, `["x"],"x":1`} {
		c.refuse(t, "crit "+crit, forge(`{"alg":"ES256","kid":"`+c.own.KeyID+`","crit":`+crit+`}`, someClaims, genuine(t, c.own)))
	}
	for _, header := range []string{``, `null`, `[]`, `"x"`, `{`, `{"alg":"ES256","alg":"ES256"}`, `{"Alg":"ES256"}`, `{"alg":"ES256","kid":1}`, `{"alg":"ES256","typ":{}}`, "{\"alg\":\"ES256\"}\xff"} {
		c.refuse(t, "header "+header, forge(header, someClaims, genuine(t, c.own)))
	}
}

// Nothing here can reach the network: no file of the package imports anything that could, nor any other room of the house
// than storage.
func TestAttack_AD03_PackageHasNoWayOut(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if path == "net" || strings.HasPrefix(path, "net/") || strings.HasPrefix(path, "signet/") && path != "signet/storage" {
				t.Errorf("%s imports %s", e.Name(), path)
			}
		}
	}
}

func TestAttack_AD05_SizeIsCheckedBeforeAnythingElse(t *testing.T) {
	c := newConsumers(t)
	dots := strings.Repeat(".", 1<<20)
	long := sign(t, c.own, "JWT", `{"x":"`+strings.Repeat("x", MaxToken)+`"}`)
	for name, text := range map[string]string{
		"dots": dots, "few dots": dots[:MaxToken], "huge header": strings.Repeat("A", 1<<20) + ".e30.AA", "well signed": long,
		"encrypted": "e30.AA.AA.AA.AA", "two parts": "e30.AA", "one part": "e30", "nothing": "", "two dots": "..",
	} {
		c.refuse(t, name, text)
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = ParseUnverified(dots, anyJWT) }); n > 10 {
		t.Errorf("a megabyte of dots costs %v allocations", n)
	}
	wide := anyJWT
	wide.MaxBytes = 2 * len(long)
	if _, _, err := c.ring.Verify(context.Background(), long, wide); err != nil {
		t.Errorf("a larger limit, asked for: %v", err)
	}
	largest := sign(t, c.own, "JWT", `{"x":"`+strings.Repeat("x", (MaxToken-400)*3/4)+`"}`)
	c.accept(t, "near the limit", largest)
}

func TestAttack_AD11_TokenHasOneSpelling(t *testing.T) {
	c := newConsumers(t)
	token := sign(t, c.own, "JWT", `{"a":"?>~"}`)
	c.accept(t, "as signed", token)
	parts := strings.Split(token, ".")
	for i := range parts {
		for _, other := range spellings(parts[i]) {
			changed := append([]string{}, parts...)
			changed[i] = other
			c.refuse(t, "part", strings.Join(changed, "."))
		}
	}
	for _, other := range []string{" " + token, token + " ", token + "\n", token + ".", "." + token, strings.ReplaceAll(token, ".", "..")} {
		c.refuse(t, "around", other)
	}
}

// FuzzVerify: of all texts only the one that was signed is accepted. (Ed25519 has one signature for a message; ECDSA has two.)
func FuzzVerify(f *testing.F) {
	key := generated(f, "EdDSA")
	set := &Set{Keys: []PublicKey{key.Public()}}
	good := sign(f, key, "JWT", `{"sub":"x"}`)
	f.Add(0, 0, "")
	f.Add(3, 1, "A")
	f.Add(len(good)-1, 1, "B")
	f.Add(0, len(good), forge(`{"alg":"none"}`, `{}`, unsigned))
	f.Fuzz(func(t *testing.T, at, cut int, insert string) {
		from := int(uint(at) % uint(len(good)+1))
		to := from + int(uint(cut)%uint(len(good)-from+1))
		text := good[:from] + insert + good[to:]
		_, payload, err := VerifyWith(set, text, anyJWT)
		if (err == nil) != (text == good) {
			t.Fatalf("%q: %q, %v", text, payload, err)
		}
		if err != nil && !errors.Is(err, ErrToken) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
