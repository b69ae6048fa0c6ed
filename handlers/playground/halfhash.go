package playground

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"
)

// halfHash is how an ID token vouches for what comes beside it: the left half of its hash, by the hash function of the
// algorithm that signs the ID token (OIDC Core §3.1.3.6 and §3.3.2.11).
func halfHash(alg, text string) string {
	var sum []byte
	switch {
	case strings.HasSuffix(alg, "384"):
		h := sha512.Sum384([]byte(text))
		sum = h[:]
	case strings.HasSuffix(alg, "512"), alg == "EdDSA", alg == "Ed25519":
		h := sha512.Sum512([]byte(text))
		sum = h[:]
	default:
		h := sha256.Sum256([]byte(text))
		sum = h[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
