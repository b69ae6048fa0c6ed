package keys

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// The two vectors of the XAES-256-GCM specification (c2sp.org/XAES-256-GCM); the first one's subkey needs no reduction, the
// second one's does.
func TestXAES_PublishedVectors(t *testing.T) {
	for _, v := range []struct{ key, associated, sealed string }{
		{"01", "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{"03", "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		b, _ := hex.DecodeString(v.key)
		x := newXAES(bytes.Repeat(b, 32))
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		sealed := x.appendSeal(nil, nonce, []byte("XAES-256-GCM"), []byte(v.associated))
		if got := hex.EncodeToString(sealed); got != v.sealed {
			t.Errorf("key %s: sealed %s, want %s", v.key, got, v.sealed)
		}
		plain, err := x.appendOpen(nil, nonce, sealed, []byte(v.associated))
		if err != nil || string(plain) != "XAES-256-GCM" {
			t.Errorf("key %s: opened %q, %v", v.key, plain, err)
		}
	}
}
