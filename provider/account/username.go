package account

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"signet/storage"
)

// maxUsername is in characters; maxIdentifier, in bytes, bounds what is looked at at all.
const (
	maxUsername   = 64
	maxMarks      = 3
	maxIdentifier = 320
)

const allowedUsername = "1 to 64 letters and digits of one script, and . - _ + (not . - + at either end)"

// CanonicalUsername returns the one form of a username that is stored, shown and looked up: the UsernameCaseMapped profile
// (RFC 8265 §3.3), narrowed to letters, digits and . - _ + of one script. Outer spaces are cut. What it refuses is an
// InvalidError; what it returns it returns unchanged when given it again.
func CanonicalUsername(s string) (string, error) {
	name, ok := mapUsername(s)
	if !ok || !properUsername(name) || IsSubject(name) {
		return "", invalid(ErrInvalidName, "username", s, allowedUsername)
	}
	return name, nil
}

// mapUsername applies the profile until nothing changes, since its steps can undo one another (RFC 8265 §3.3.3).
func mapUsername(s string) (string, bool) {
	if len(s) > maxIdentifier || !utf8.ValidString(s) {
		return "", false
	}
	name := strings.TrimSpace(s)
	for range 4 {
		mapped, err := precis.UsernameCaseMapped.String(name)
		if err != nil {
			return "", false
		}
		if mapped == name {
			return name, true
		}
		name = mapped
	}
	return "", false
}

func properUsername(name string) bool {
	if n := utf8.RuneCountInString(name); n == 0 || n > maxUsername {
		return false
	}
	if strings.Trim(name, ".-+") != name {
		return false
	}
	first, _ := utf8.DecodeRuneInString(name)
	return !unicode.IsMark(first) && properRunes(name) && oneScript(name)
}

// properRunes allows letters, marks and digits, and of punctuation only what stands in URLs, mails and file names as it is.
func properRunes(name string) bool {
	marks := 0
	for _, r := range name {
		switch {
		case r < utf8.RuneSelf:
			if !asciiAlnum(r) && !strings.ContainsRune(".-_+", r) {
				return false
			}
		case !unicode.In(r, unicode.L, unicode.M, unicode.Nd):
			return false
		}
		if marks++; !unicode.IsMark(r) {
			marks = 0
		}
		if marks > maxMarks {
			return false
		}
	}
	return true
}

func asciiAlnum(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// UsernameFree tells whether a username, in any spelling and with all that look like it, is nobody's. Somebody may take it meanwhile.
func (a *Accounts) UsernameFree(ctx context.Context, name string) (bool, error) {
	canonical, err := CanonicalUsername(name)
	if err != nil {
		return false, err
	}
	var scratch storage.Batch
	err = a.claimHandles(ctx, &scratch, nil, &Person{Username: canonical})
	if errors.Is(err, ErrTaken) {
		return false, nil
	}
	return err == nil, err
}
