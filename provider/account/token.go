package account

import (
	"encoding/base64"
	"encoding/binary"
)

// A session's token is the key of its record, expiry and id, and 256 random bits.
const (
	tokenExpiry = 8
	tokenID     = 16
	tokenSecret = 32
	tokenSize   = tokenExpiry + tokenID + tokenSecret
)

var tokenEncoding = base64.RawURLEncoding.Strict()

func encodeToken(expires int64, id string, secret []byte) string {
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, tokenSize), uint64(expires))
	return tokenEncoding.EncodeToString(append(append(raw, id...), secret...))
}

// decodeToken accepts only the one spelling that encodeToken writes. The decoder skips line breaks, which the length gives
// away.
func decodeToken(token string) (expires int64, id string, secret []byte, ok bool) {
	if len(token) != tokenEncoding.EncodedLen(tokenSize) {
		return 0, "", nil, false
	}
	raw, err := tokenEncoding.DecodeString(token)
	if err != nil || len(raw) != tokenSize {
		return 0, "", nil, false
	}
	expires = int64(binary.BigEndian.Uint64(raw))
	return expires, string(raw[tokenExpiry : tokenExpiry+tokenID]), raw[tokenExpiry+tokenID:], expires > 0
}
