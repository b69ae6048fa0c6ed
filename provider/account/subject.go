package account

import (
	"encoding/base32"
	"fmt"
	"io"
	"strings"
)

// subjectPrefix keeps subjects apart from client ids, which never begin so (RFC 9068 §5, RFC 7519 §2: one `sub` must not
// be taken for the other).
const subjectPrefix = "u_"

// subjectBytes is the random part: 160 bits, which fill 32 letters of base32 with none to spare.
const subjectBytes = 20

const subjectLetters = "abcdefghijklmnopqrstuvwxyz234567"

var subjectEncoding = base32.NewEncoding(subjectLetters).WithPadding(base32.NoPadding)

func newSubject(rand io.Reader) (string, error) {
	var raw [subjectBytes]byte
	if _, err := io.ReadFull(rand, raw[:]); err != nil {
		return "", fmt.Errorf("account: new subject: %w", err)
	}
	return subjectPrefix + subjectEncoding.EncodeToString(raw[:]), nil
}

// IsSubject tells whether s has the form of a subject. Usernames never have it, and client ids must not.
func IsSubject(s string) bool {
	tail, ok := strings.CutPrefix(s, subjectPrefix)
	return ok && len(tail) == subjectEncoding.EncodedLen(subjectBytes) && strings.Trim(tail, subjectLetters) == ""
}
