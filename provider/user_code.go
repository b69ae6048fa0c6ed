package provider

import (
	"io"
	"strings"
	"unicode"
)

// userCodeLetters are what codes that people type are made of: 20 consonants, which spell no words (RFC 8628 §6.1).
const userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"

// userCodeLength letters are one of 25,600,000,000 codes.
const userCodeLength = 8

// lookAlikes are what people read for a letter of a code, or type in its place.
var lookAlikes = map[rune]rune{'I': 'L', '1': 'L', '|': 'L', '2': 'Z', '5': 'S', '6': 'G', '8': 'B', '0': 'Q', 'O': 'Q', 'U': 'V'}

// newUserCode draws a code, each with the same chance: of a byte's 256 values the last 16 are drawn again.
func (p *Provider) newUserCode() (string, error) {
	var code [userCodeLength]byte
	var drawn [1]byte
	for i := 0; i < len(code); {
		if _, err := io.ReadFull(p.rand, drawn[:]); err != nil {
			return "", err
		}
		if n := int(drawn[0]); n < 256-256%len(userCodeLetters) {
			code[i] = userCodeLetters[n%len(userCodeLetters)]
			i++
		}
	}
	return string(code[:]), nil
}

// ReadUserCode reads a code as people type it: in capitals or not, with any dashes and spaces, with letters and digits that
// look alike. It says nothing about whether there is such a code.
func ReadUserCode(typed string) (code string, ok bool) {
	if len(typed) > 64 {
		return "", false
	}
	var b strings.Builder
	for _, r := range strings.ToUpper(typed) {
		if alike, found := lookAlikes[r]; found {
			r = alike
		}
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '_' || r == '.':
		case strings.ContainsRune(userCodeLetters, r):
			b.WriteRune(r)
		default:
			return "", false
		}
	}
	return b.String(), b.Len() == userCodeLength
}

// ShowUserCode writes a code in two halves, as it is shown everywhere.
func ShowUserCode(code string) string {
	return code[:len(code)/2] + "-" + code[len(code)/2:]
}
