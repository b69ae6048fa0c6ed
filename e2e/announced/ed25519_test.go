package announced_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// What the JOSE library of the relying party does not do yet under the name Ed25519 (RFC 9864 §2.2) is done here by hand.

var b64 = base64.RawURLEncoding

func (w *walk) signEd25519(typ string, claims map[string]any) string {
	w.Helper()
	key, kid := w.keys.signer("Ed25519")
	header, err := json.Marshal(map[string]string{"alg": "Ed25519", "kid": kid, "typ": typ})
	if err != nil {
		w.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		w.Fatal(err)
	}
	input := b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
	return input + "." + b64.EncodeToString(ed25519.Sign(key.(ed25519.PrivateKey), []byte(input)))
}

// payloadByEd25519 returns the payload of a JWT that the key has signed.
func (w *walk) payloadByEd25519(text string, key any) []byte {
	w.Helper()
	dot := strings.LastIndexByte(text, '.')
	signature, err := b64.DecodeString(text[dot+1:])
	if public, ok := key.(ed25519.PublicKey); err != nil || !ok || !ed25519.Verify(public, []byte(text[:dot]), signature) {
		w.Fatalf("not signed by the %T: %s", key, text)
	}
	payload, err := b64.DecodeString(text[strings.IndexByte(text, '.')+1 : dot])
	if err != nil {
		w.Fatal(err)
	}
	return payload
}
