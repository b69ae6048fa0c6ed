package keys

import (
	"slices"
	"strings"
	"testing"
)

// Every signature counts once, whatever key made it, and nothing else does.
func TestRing_CountsSignatures(t *testing.T) {
	r := newSite(t).node(t)
	secret := Secret(strings.Repeat("s", 64))
	for _, name := range slices.Concat(Algorithms(), SecretAlgorithms()) {
		for range 2 {
			if slices.Contains(SecretAlgorithms(), name) {
				if _, err := r.SignWithSecret(name, secret, "JWT", []byte("{}")); err != nil {
					t.Fatal(err)
				}
				continue
			}
			token := sign(t, signer(t, r, name), "JWT", "{}")
			if _, _, err := r.Verify(t.Context(), token, anyJWT); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Rotate(t.Context(), name, true); err != nil {
				t.Fatal(err)
			}
		}
		if n := r.Signatures(name); n != 2 {
			t.Errorf("%s: %d signatures, want 2", name, n)
		}
	}
	if _, err := r.SignWithSecret("HS512", "short", "JWT", nil); err == nil || r.Signatures("HS512") != 2 {
		t.Errorf("a secret that is too short: %v, %d signatures", err, r.Signatures("HS512"))
	}
	if r.Signatures("none") != 0 {
		t.Error("an unknown algorithm has signed")
	}
}
