package keys

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"time"
)

// ringKey is a key of the ring: a *Signer or a *decrypter.
type ringKey interface {
	// Public is the key as clients see it.
	Public() PublicKey
}

// decrypter opens what others encrypted for the issuer.
type decrypter struct {
	// KeyID is the RFC 7638 thumbprint of the public key.
	KeyID     string
	algorithm *algorithm
	key       crypto.Signer
}

// Public is the key as clients see it. RSA keys say their algorithm; an EC key serves several.
func (d *decrypter) Public() PublicKey {
	k := PublicKey{ID: d.KeyID, Use: "enc", Key: d.key.Public()}
	if d.algorithm.kty == "RSA" {
		k.Algorithm = d.algorithm.name
	}
	return k
}

// String names the key, and keeps the private one from being printed.
func (d *decrypter) String() string { return d.algorithm.name + " " + d.KeyID }

// Format prints what String returns for every verb.
func (d *decrypter) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, d.String()) }

// newRingKey makes of a stored private key what its algorithm uses it for.
func (r *Ring) newRingKey(a *algorithm, private []byte) (ringKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a %T is no key of this kind", parsed)
	}
	if !a.decrypts {
		s, err := NewSigner(a.name, key, r.config.Rand)
		if err != nil {
			return nil, err
		}
		s.signed = r.signed[a.name]
		return s, nil
	}
	if err := a.fits(key.Public()); err != nil {
		return nil, err
	}
	return &decrypter{KeyID: thumbprint(key.Public()), algorithm: a, key: key}, nil
}

// addDecrypters publishes the key of a line that others shall encrypt with from now on, and no other: they might choose it.
// Those that retired are still good for whoever has cached an older JWKS, and the next one does no harm.
func (s *snapshot) addDecrypters(l *line, now int64, retain time.Duration) PublicKey {
	for i := range l.schedule.Keys {
		if l.schedule.gone(i, retain) > now {
			s.decrypting = append(s.decrypting, l.keys[i].(*decrypter))
		}
	}
	return l.keys[l.schedule.signing(now)].Public()
}
