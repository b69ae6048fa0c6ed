package keys

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
)

// smallOrder are the y coordinates, little-endian, of the points of edwards25519 whose order divides 8, in all the spellings
// that decoders take (the sign bit aside). Anybody can make signatures that such a "key" verifies.
var smallOrder = [][]byte{
	unhex("0000000000000000000000000000000000000000000000000000000000000000"), // 0: order 4
	unhex("0100000000000000000000000000000000000000000000000000000000000000"), // 1: the neutral point
	unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), // order 8
	unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), // order 8
	unhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), // p-1: order 2
	unhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), // p, read as 0
	unhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), // p+1, read as 1
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic("keys: ed25519: " + err.Error())
	}
	return b
}

func checkEd25519(k ed25519.PublicKey) error {
	if len(k) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: Ed25519 key of %d bytes", ErrAlgorithm, len(k))
	}
	y := bytes.Clone(k)
	y[len(y)-1] &= 0x7f
	for _, weak := range smallOrder {
		if bytes.Equal(y, weak) {
			return fmt.Errorf("%w: Ed25519 key of small order", ErrAlgorithm)
		}
	}
	return nil
}
