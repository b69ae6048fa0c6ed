package keys

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// vault is a ring with its published keys, and a caller that wrongly accepts every algorithm that there is.
type vault struct {
	ring *Ring
	keys map[string]jose.JSONWebKey
}

func newVault(t testing.TB) *vault {
	t.Helper()
	r := newSite(t).node(t)
	return &vault{r, encrypters(t, r)}
}

var careless = DecryptOptions{
	Algorithms:  append(EncryptionAlgorithms(), "none", "", "dir", "RSA1_5", "RSA-OAEP", "A128KW", "A256KW", "A128GCMKW", "ECDH-ES+A192KW", "PBES2-HS256+A128KW", "PBES2-HS512+A256KW", "HS256", "RS256"),
	Encryptions: append(ContentEncryptions(), "", "none", "A192GCM", "A192CBC-HS384"),
}

func (v *vault) refuse(t *testing.T, name, token string) {
	t.Helper()
	if plain, cty, err := v.ring.Decrypt(context.Background(), token, careless); !errors.Is(err, ErrToken) || plain != nil || cty != "" {
		t.Errorf("%s: %q, %q, %v; want ErrToken", name, plain, cty, err)
	}
}

func (v *vault) accept(t *testing.T, name, token string) {
	t.Helper()
	if _, _, err := v.ring.Decrypt(context.Background(), token, anyJWE); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// parts joins a header with the other parts as bytes.
func parts(header string, rest ...[]byte) string {
	out := enc([]byte(header))
	for _, part := range rest {
		out += "." + enc(part)
	}
	return out
}

// cost is how many bytes a function allocates.
func cost(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestAttack_AD03_EncryptedHeaderBringsNoKeyAndNoExtension(t *testing.T) {
	v := newVault(t)
	stranger, err := json.Marshal(generated(t, "ES256").Public())
	if err != nil {
		t.Fatal(err)
	}
	client := newRecipients(t)
	for _, alg := range EncryptionAlgorithms() {
		key := keyFor(v.keys, alg)
		name := map[bool]string{true: "rsa", false: "p256"}[alg == "RSA-OAEP-256"]
		elsewhere := jose.JSONWebKey{Key: client[name].Public()}
		for _, kid := range []string{key.KeyID, "", "../../dev/null", "http://127.0.0.1:9/k", "' OR 1=1 --", "\x00", strings.Repeat("k", 4000)} {
			elsewhere.KeyID = kid
			v.refuse(t, "for another key, kid "+kid, sealFor(t, elsewhere, alg, "A128GCM", "x"))
		}
		for member, value := range map[string]any{
			"jwk": json.RawMessage(stranger), "jku": "http://127.0.0.1:9/jwks", "x5u": "http://127.0.0.1:9/x", "cty": "x", "typ": "JWT", "iss": "client", "p2c": 1 << 30, "p2s": "AAAA",
		} {
			v.accept(t, alg+" with "+member+" beside the right key", sealFor(t, key, alg, "A128GCM", "x", member, value))
		}
		for _, crit := range []any{[]string{"exp"}, []string{}, "x", nil, []string{"zip"}} {
			v.refuse(t, alg+" with crit", sealFor(t, key, alg, "A128GCM", "x", "crit", crit))
		}
		for member, value := range map[string]any{"kid": 1, "cty": []string{"JWT"}, "alg": nil, "enc": nil, "zip": "DEF"} {
			v.refuse(t, alg+" with another "+member, sealFor(t, key, alg, "A128GCM", "x", member, value))
		}
	}
	good := strings.Split(sealFor(t, v.keys["RSA"], "RSA-OAEP-256", "A128GCM", "x"), ".")
	for _, header := range []string{``, `null`, `[]`, `"x"`, `{`, `{"alg":"RSA-OAEP-256","alg":"RSA-OAEP-256","enc":"A128GCM"}`, `{"Alg":"RSA-OAEP-256","enc":"A128GCM"}`, "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\"}\xff"} {
		v.refuse(t, "header "+header, enc([]byte(header))+"."+strings.Join(good[1:], "."))
	}
}

// deflated is a text as RFC 7516 §4.1.3 has it compressed.
func deflated(t *testing.T, text []byte) string {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err == nil {
		_, err = w.Write(text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Nothing is unpacked, no password is stretched, and no shared or empty key unwraps: each is refused for a few kilobytes.
func TestAttack_AD04_Bombs(t *testing.T) {
	v := newVault(t)
	sound := func(alg string) []string {
		return strings.Split(sealFor(t, keyFor(v.keys, alg), alg, "A128GCM", "x"), ".")
	}
	ec, wrapped := sound("ECDH-ES"), sound("ECDH-ES+A128KW")
	bomb := deflated(t, make([]byte, 8<<20))
	attacks := map[string]string{
		"zip":             sealFor(t, v.keys["EC"], "ECDH-ES", "A128GCM", bomb, "zip", "DEF"),
		"zip, sound":      sealFor(t, v.keys["EC"], "ECDH-ES", "A128GCM", deflated(t, []byte("x")), "zip", "DEF"),
		"zip, small":      sealFor(t, v.keys["EC"], "ECDH-ES", "A128GCM", bomb[:100], "zip", "DEF"),
		"zip, unknown":    sealFor(t, v.keys["EC"], "ECDH-ES", "A128GCM", "x", "zip", "GZ"),
		"zip, null":       sealFor(t, v.keys["EC"], "ECDH-ES", "A128GCM", "x", "zip", nil),
		"PBES2":           parts(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAAAAAAAAA"}`, make([]byte, 24), make([]byte, 12), []byte("x"), make([]byte, 16)),
		"PBES2, HS512":    parts(`{"alg":"PBES2-HS512+A256KW","enc":"A256CBC-HS512","p2c":2147483647,"p2s":"AAAAAAAAAAA"}`, make([]byte, 72), make([]byte, 16), []byte("x"), make([]byte, 32)),
		"dir":             parts(`{"alg":"dir","enc":"A128GCM"}`, nil, make([]byte, 12), []byte("x"), make([]byte, 16)),
		"A128KW":          parts(`{"alg":"A128KW","enc":"A128GCM"}`, make([]byte, 24), make([]byte, 12), []byte("x"), make([]byte, 16)),
		"A128GCMKW":       parts(`{"alg":"A128GCMKW","enc":"A128GCM","iv":"AAAAAAAAAAAAAAAA","tag":"AAAAAAAAAAAAAAAAAAAAAA"}`, make([]byte, 16), make([]byte, 12), []byte("x"), make([]byte, 16)),
		"RSA1_5":          parts(`{"alg":"RSA1_5","enc":"A128GCM","kid":"`+v.keys["RSA"].KeyID+`"}`, make([]byte, 256), make([]byte, 12), []byte("x"), make([]byte, 16)),
		"none":            parts(`{"alg":"none","enc":"A128GCM"}`, nil, make([]byte, 12), []byte("x"), make([]byte, 16)),
		"no key":          strings.Join([]string{wrapped[0], "", wrapped[2], wrapped[3], wrapped[4]}, "."),
		"a key of 8":      strings.Join([]string{wrapped[0], enc(make([]byte, 8)), wrapped[2], wrapped[3], wrapped[4]}, "."),
		"a key of 16":     strings.Join([]string{wrapped[0], enc(make([]byte, 16)), wrapped[2], wrapped[3], wrapped[4]}, "."),
		"a key of 23":     strings.Join([]string{wrapped[0], enc(make([]byte, 23)), wrapped[2], wrapped[3], wrapped[4]}, "."),
		"a long key":      strings.Join([]string{wrapped[0], enc(make([]byte, 8000)), wrapped[2], wrapped[3], wrapped[4]}, "."),
		"a needless key":  strings.Join([]string{ec[0], enc(make([]byte, 16)), ec[2], ec[3], ec[4]}, "."),
		"RSA, no key":     parts(`{"alg":"RSA-OAEP-256","enc":"A128GCM"}`, nil, make([]byte, 12), []byte("x"), make([]byte, 16)),
		"RSA, short key":  parts(`{"alg":"RSA-OAEP-256","enc":"A128GCM"}`, []byte{1}, make([]byte, 12), []byte("x"), make([]byte, 16)),
		"RSA, long key":   parts(`{"alg":"RSA-OAEP-256","enc":"A128GCM"}`, bytes.Repeat([]byte{0xff}, 4000), make([]byte, 12), []byte("x"), make([]byte, 16)),
		"no vector":       strings.Join([]string{ec[0], "", "", ec[3], ec[4]}, "."),
		"no tag":          strings.Join([]string{ec[0], "", ec[2], ec[3], ""}, "."),
		"a short tag":     strings.Join([]string{ec[0], "", ec[2], ec[3], enc(make([]byte, 8))}, "."),
		"nothing in it":   strings.Join([]string{ec[0], "", ec[2], "", ec[4]}, "."),
		"CBC, no block":   parts(`{"alg":"RSA-OAEP-256","enc":"A128CBC-HS256"}`, make([]byte, 256), make([]byte, 16), nil, make([]byte, 16)),
		"CBC, half block": parts(`{"alg":"RSA-OAEP-256","enc":"A128CBC-HS256"}`, make([]byte, 256), make([]byte, 16), make([]byte, 7), make([]byte, 16)),
	}
	for name, token := range attacks {
		if n := cost(func() { v.refuse(t, name, token) }); n > 256<<10 {
			t.Errorf("%s: cost %d bytes", name, n)
		}
	}
	inner := sealFor(t, v.keys["EC"], "ECDH-ES", "A128GCM", "e30.e30.AA")
	plain, _, err := v.ring.Decrypt(context.Background(), sealFor(t, v.keys["EC"], "ECDH-ES", "A128GCM", inner), anyJWE)
	if err != nil || string(plain) != inner {
		t.Errorf("one in another: %q, %v; want it opened once, and no more", plain, err)
	}
	if _, err := ParseUnverified(string(plain), anyJWT); !errors.Is(err, ErrToken) {
		t.Errorf("one in another as a signed token: %v", err)
	}
}

func TestAttack_AD05_EncryptedSizeIsCheckedBeforeAnythingElse(t *testing.T) {
	v := newVault(t)
	dots := strings.Repeat(".", 1<<20)
	key := v.keys["EC"]
	long := sealFor(t, key, "ECDH-ES", "A128GCM", strings.Repeat("x", MaxEncryptedToken))
	for name, token := range map[string]string{
		"dots": dots, "few dots": dots[:MaxEncryptedToken], "huge header": strings.Repeat("A", 1<<20) + "....", "deep header": parts(strings.Repeat(`{"a":`, 1000)+"1"+strings.Repeat("}", 1000), nil, nil, nil, nil),
		"well encrypted": long, "signed": sign(t, generated(t, "ES256"), "JWT", someClaims), "four parts": "e30.AA.AA.AA", "six parts": "e30.AA.AA.AA.AA.AA", "nothing": "", "four dots": "....",
		"JSON": `{"protected":"e30","ciphertext":"AA"}`,
	} {
		if n := cost(func() { v.refuse(t, name, token) }); n > 256<<10 {
			t.Errorf("%s: cost %d bytes", name, n)
		}
		if n := testing.AllocsPerRun(5, func() { IsEncrypted(token) }); n > 0 {
			t.Errorf("%s: a look costs %v allocations", name, n)
		}
	}
	if IsEncrypted(dots) || !IsEncrypted("....") || IsEncrypted("...") || IsEncrypted(".....") {
		t.Error("five parts are not told from others")
	}
	wide := anyJWE
	wide.MaxBytes = 2 * len(long)
	if plain, _, err := v.ring.Decrypt(t.Context(), long, wide); err != nil || len(plain) != MaxEncryptedToken {
		t.Errorf("a larger limit, asked for: %v", err)
	}
	largest := strings.Repeat("x", MaxToken)
	for _, alg := range EncryptionAlgorithms() {
		v.accept(t, "a token of full length in "+alg, sealFor(t, keyFor(v.keys, alg), alg, "A256CBC-HS512", largest, "cty", "JWT"))
	}
}

// What is accepted is what the caller says, of both algorithms.
func TestAttack_AD02_OnlyTheAcceptedEncryption(t *testing.T) {
	v := newVault(t)
	for _, alg := range EncryptionAlgorithms() {
		for _, content := range ContentEncryptions() {
			token := sealFor(t, keyFor(v.keys, alg), alg, content, "x")
			for _, other := range EncryptionAlgorithms() {
				_, _, err := v.ring.Decrypt(t.Context(), token, DecryptOptions{Algorithms: []string{other}, Encryptions: ContentEncryptions()})
				if (err == nil) != (other == alg) {
					t.Errorf("%s where %s is accepted: %v", alg, other, err)
				}
			}
			for _, other := range ContentEncryptions() {
				_, _, err := v.ring.Decrypt(t.Context(), token, DecryptOptions{Algorithms: EncryptionAlgorithms(), Encryptions: []string{other}})
				if (err == nil) != (other == content) {
					t.Errorf("%s where %s is accepted: %v", content, other, err)
				}
			}
			if _, _, err := v.ring.Decrypt(t.Context(), token, DecryptOptions{}); !errors.Is(err, ErrToken) {
				t.Errorf("where nothing is accepted: %v", err)
			}
		}
	}
	for _, alg := range []string{"RSA-OAEP", "ECDH-ES+A192KW"} {
		v.refuse(t, alg, sealFor(t, keyFor(v.keys, map[bool]string{true: "RSA-OAEP-256"}[alg == "RSA-OAEP"]), alg, "A128GCM", "x"))
	}
	v.refuse(t, "A192GCM", sealFor(t, v.keys["RSA"], "RSA-OAEP-256", "A192GCM", "x"))
}

// The ephemeral key is a point of the curve, spelled in full, and public.
func TestAttack_AD06_EphemeralKeys(t *testing.T) {
	v := newVault(t)
	good := strings.Split(sealFor(t, v.keys["EC"], "ECDH-ES", "A128GCM", "x"), ".")
	es := generated(t, "ES256")
	for name, epk := range map[string]string{
		"none": "", "null": `null`, "text": `"x"`, "empty": `{}`, "off the curve": publicJSON(t, es, "x", `"`+enc(bytes.Repeat([]byte{1}, 32))+`"`),
		"zero": publicJSON(t, es, "x", `"`+enc(make([]byte, 32))+`"`, "y", `"`+enc(make([]byte, 32))+`"`), "short": publicJSON(t, es, "x", `"AQ"`),
		"of another curve": publicJSON(t, generated(t, "ES384")), "named as another": publicJSON(t, es, "crv", `"P-384"`), "RSA": publicJSON(t, generated(t, "RS256")), "Ed25519": publicJSON(t, generated(t, "EdDSA")),
		"private": publicJSON(t, es, "d", `"AQ"`), "symmetric": `{"kty":"oct","k":"AAAA"}`, "X25519": `{"kty":"OKP","crv":"X25519","x":"AAAA"}`, "a list": `[` + publicJSON(t, es) + `]`,
	} {
		for _, alg := range []string{"ECDH-ES", "ECDH-ES+A256KW"} {
			header := `{"alg":"` + alg + `","enc":"A128GCM","kid":"` + v.keys["EC"].KeyID + `"`
			if epk != "" {
				header += `,"epk":` + epk
			}
			wrapped := map[bool]string{true: enc(make([]byte, 24))}[alg != "ECDH-ES"]
			v.refuse(t, alg+" "+name, strings.Join([]string{enc([]byte(header + "}")), wrapped, good[2], good[3], good[4]}, "."))
		}
	}
}

// A sound token has one spelling; whatever is changed of it, it does not open, and all answers are alike.
func TestAttack_AD11_EncryptedTokenHasOneSpelling(t *testing.T) {
	v := newVault(t)
	for _, alg := range EncryptionAlgorithms() {
		for _, content := range ContentEncryptions() {
			token := sealFor(t, keyFor(v.keys, alg), alg, content, `{"a":"?>~"}`)
			v.accept(t, "as encrypted", token)
			cut := strings.Split(token, ".")
			for i := range cut {
				others := []string{"=", "\n", " ", "A", "AA"}
				if cut[i] != "" {
					others = spellings(cut[i])
				}
				for _, other := range others {
					changed := append([]string{}, cut...)
					changed[i] = other
					v.refuse(t, alg+" part", strings.Join(changed, "."))
				}
			}
			for _, other := range []string{" " + token, token + " ", token + "\n", token + ".", "." + token, strings.ReplaceAll(token, ".", "..")} {
				v.refuse(t, "around", other)
			}
			ciphertext, tag := mustDecode(t, cut[3]), mustDecode(t, cut[4])
			moved := strings.Join([]string{cut[0], cut[1], cut[2], enc(ciphertext[:len(ciphertext)-1]), enc(append(ciphertext[len(ciphertext)-1:], tag...))}, ".")
			v.refuse(t, "a byte moved into the tag", moved)
		}
	}
}

func mustDecode(t *testing.T, s string) []byte {
	t.Helper()
	raw, err := decodeB64(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// FuzzDecrypt: of all texts only the one that was encrypted opens, and nothing else than an ErrToken comes of the others.
func FuzzDecrypt(f *testing.F) {
	v := newVault(f)
	good := sealFor(f, v.keys["EC"], "ECDH-ES+A128KW", "A128CBC-HS256", `{"sub":"x"}`)
	f.Add(0, 0, "")
	f.Add(3, 1, "A")
	f.Add(len(good)-1, 1, "B")
	f.Add(0, len(good), parts(`{"alg":"dir","enc":"A128GCM"}`, nil, make([]byte, 12), []byte("x"), make([]byte, 16)))
	f.Add(0, len(good), parts(`{"alg":"RSA-OAEP-256","enc":"A256GCM"}`, make([]byte, 256), make([]byte, 12), []byte("x"), make([]byte, 16)))
	f.Add(0, len(good), parts(`{"alg":"ECDH-ES","enc":"A256GCM","epk":{"kty":"EC","crv":"P-256","x":"","y":""},"apu":"","zip":"DEF"}`, nil, make([]byte, 12), []byte("x"), make([]byte, 16)))
	f.Fuzz(func(t *testing.T, at, cut int, insert string) {
		from := int(uint(at) % uint(len(good)+1))
		to := from + int(uint(cut)%uint(len(good)-from+1))
		text := good[:from] + insert + good[to:]
		plain, _, err := v.ring.Decrypt(context.Background(), text, careless)
		if (err == nil) != (text == good) {
			t.Fatalf("%q: %q, %v", text, plain, err)
		}
		if err != nil && !errors.Is(err, ErrToken) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
