package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"io"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// pssOptions fix the salt to the length of the hash (RFC 7518 §3.5), for signing and verifying.
var pssOptions = map[crypto.Hash]*rsa.PSSOptions{
	crypto.SHA256: {SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256},
	crypto.SHA384: {SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA384},
	crypto.SHA512: {SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA512},
}

// digest is what is signed of the input.
func (a *algorithm) digest(input []byte) []byte {
	switch a.hash {
	case crypto.SHA256:
		d := sha256.Sum256(input)
		return d[:]
	case crypto.SHA384:
		d := sha512.Sum384(input)
		return d[:]
	case crypto.SHA512:
		d := sha512.Sum512(input)
		return d[:]
	}
	return input
}

// options are what a crypto.Signer must be told.
func (a *algorithm) options() crypto.SignerOpts {
	if a.pss {
		return pssOptions[a.hash]
	}
	return a.hash
}

// sign returns the JWS signature (RFC 7518 §3). It reaches the private key as a crypto.Signer only, so the key may be in a
// device.
func (a *algorithm) sign(key crypto.Signer, rand io.Reader, input []byte) ([]byte, error) {
	sig, err := key.Sign(rand, a.digest(input), a.options())
	if err != nil || a.curve == nil {
		return sig, err
	}
	return fixedWidth(sig, a.coordinate())
}

// coordinate is the length in bytes of one half of an ECDSA signature, and of a point's coordinate.
func (a *algorithm) coordinate() int { return (a.curve.Params().BitSize + 7) / 8 }

// fixedWidth turns the ASN.1 form of an ECDSA signature into R and S of equal length (RFC 7518 §3.4).
func fixedWidth(der []byte, size int) ([]byte, error) {
	var r, s []byte
	input, inner := cryptobyte.String(der), cryptobyte.String(nil)
	if !input.ReadASN1(&inner, asn1.SEQUENCE) || !input.Empty() ||
		!inner.ReadASN1Integer(&r) || !inner.ReadASN1Integer(&s) || !inner.Empty() || len(r) > size || len(s) > size {
		return nil, errors.New("malformed ECDSA signature")
	}
	out := make([]byte, 2*size)
	copy(out[size-len(r):], r)
	copy(out[2*size-len(s):], s)
	return out, nil
}

// verify tells whether sig is the algorithm's signature over input by the key, which must fit the algorithm.
func (a *algorithm) verify(public crypto.PublicKey, input, sig []byte) bool {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if a.pss {
			return rsa.VerifyPSS(k, a.hash, a.digest(input), sig, pssOptions[a.hash]) == nil
		}
		return rsa.VerifyPKCS1v15(k, a.hash, a.digest(input), sig) == nil
	case *ecdsa.PublicKey:
		size := a.coordinate()
		if len(sig) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(sig[:size]), new(big.Int).SetBytes(sig[size:])
		return ecdsa.Verify(k, a.digest(input), r, s)
	case ed25519.PublicKey:
		return ed25519.Verify(k, input, sig)
	}
	return false
}

// signatureSize is the length in bytes of the algorithm's signature by a key.
func (a *algorithm) signatureSize(public crypto.PublicKey) int {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return k.Size()
	case *ecdsa.PublicKey:
		return 2 * a.coordinate()
	}
	return ed25519.SignatureSize
}
