package keys

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
)

// Document is a public JSON document, such as the issuer's JWKS (RFC 7517 §5), ready to be sent. Its bytes are shared and must
// not be changed.
type Document struct {
	// Body is the JSON text, Gzip the same compressed.
	Body, Gzip []byte
	// ETag is a strong entity tag with its quotes (RFC 9110 §8.8.3).
	ETag string
}

// newDocument prepares the public keys, in their order.
func newDocument(keys []PublicKey) *Document {
	if keys == nil {
		keys = []PublicKey{}
	}
	body, err := json.Marshal(struct {
		Keys []PublicKey `json:"keys"`
	}{keys})
	if err != nil {
		panic("keys: document: " + err.Error())
	}
	return Prepare(body)
}

// Prepare makes a public document ready to be sent. It keeps body, which must not be changed afterwards.
func Prepare(body []byte) *Document {
	sum := sha256.Sum256(body)
	return &Document{Body: body, Gzip: compressed(body), ETag: `"` + b64.EncodeToString(sum[:12]) + `"`}
}

func compressed(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	// A bytes.Buffer takes everything.
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}
