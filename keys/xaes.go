package keys

import (
	"crypto/aes"
	"crypto/cipher"
)

// Sizes of XAES-256-GCM in bytes.
const (
	xaesNonce = 24
	xaesTag   = 16
)

// xaes is XAES-256-GCM (C2SP): the first half of a 192-bit nonce derives an AES-256-GCM key for the one message, the second
// half is that key's nonce. Nonces may therefore be drawn at random without counting messages.
type xaes struct {
	block  cipher.Block
	subkey [aes.BlockSize]byte
}

// newXAES prepares a 32-byte key. The subkey is K1 of CMAC (NIST SP 800-38B §6.1).
func newXAES(key []byte) *xaes {
	x := &xaes{block: mustBlock(key)}
	x.block.Encrypt(x.subkey[:], x.subkey[:])
	carry := byte(0)
	for i := len(x.subkey) - 1; i >= 0; i-- {
		carry, x.subkey[i] = x.subkey[i]>>7, x.subkey[i]<<1|carry
	}
	x.subkey[len(x.subkey)-1] ^= carry * 0x87
	return x
}

// aead returns the AEAD of one message, from the first 12 bytes of its nonce.
func (x *xaes) aead(nonce []byte) cipher.AEAD {
	var key [2 * aes.BlockSize]byte
	for i := range 2 {
		half := key[i*aes.BlockSize:][:aes.BlockSize]
		half[1], half[2] = byte(i+1), 'X'
		copy(half[4:], nonce[:12])
		for j := range half {
			half[j] ^= x.subkey[j]
		}
		x.block.Encrypt(half, half)
	}
	a, err := cipher.NewGCM(mustBlock(key[:]))
	if err != nil {
		panic("keys: xaes: " + err.Error())
	}
	return a
}

// appendSeal appends ciphertext and tag to dst.
func (x *xaes) appendSeal(dst, nonce, plaintext, associated []byte) []byte {
	return x.aead(nonce).Seal(dst, nonce[12:xaesNonce], plaintext, associated)
}

// appendOpen appends the plaintext to dst, which may be ciphertext[:0].
func (x *xaes) appendOpen(dst, nonce, ciphertext, associated []byte) ([]byte, error) {
	return x.aead(nonce).Open(dst, nonce[12:xaesNonce], ciphertext, associated)
}

// mustBlock cannot fail: the length is the only error that AES knows.
func mustBlock(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic("keys: xaes: " + err.Error())
	}
	return b
}
