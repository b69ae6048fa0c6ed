package account

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// cost are the parameters of argon2id (RFC 9106 §3.1).
type cost struct {
	// memory is in KiB.
	memory, time uint32
	threads      uint8
}

// hash is a decoded PHC string of argon2id.
type hash struct {
	cost
	salt, key []byte
}

const (
	saltSize = 16
	keySize  = 32
)

// Bounds of what is configured, and of what is computed for a stored hash: 4 GiB.
const (
	maxMemory  = 4 << 20
	maxTime    = 64
	maxThreads = 64
)

var phcEncoding = base64.RawStdEncoding.Strict()

func (c cost) good() bool {
	return c.time >= 1 && c.time <= maxTime && c.threads >= 1 && c.threads <= maxThreads &&
		c.memory >= 8*uint32(c.threads) && c.memory <= maxMemory
}

func (h hash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads,
		phcEncoding.EncodeToString(h.salt), phcEncoding.EncodeToString(h.key))
}

// parseHash decodes a PHC string. Anything but a proper one is no password at all, and verifies nothing.
func parseHash(s string) (h hash, ok bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return h, false
	}
	var err1, err2 error
	h.salt, err1 = phcEncoding.DecodeString(parts[4])
	h.key, err2 = phcEncoding.DecodeString(parts[5])
	_, err3 := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads)
	if err1 != nil || err2 != nil || err3 != nil || !h.good() {
		return h, false
	}
	// Written back, it must be the same: no other spelling, no other version, nothing behind.
	proper := len(h.salt) >= 8 && len(h.salt) <= 64 && len(h.key) >= 16 && len(h.key) <= 64
	return h, proper && h.String() == s
}
