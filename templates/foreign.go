package templates

import (
	"fmt"
	"strings"
	"unicode"
)

// MaxForeign is how many graphemes of a foreign text are shown.
const MaxForeign = 64

// Foreign prepares text of foreign origin (the name of a client, of a person) for showing: control, bidirectional and
// invisible characters are dropped, blanks are joined, and what is longer than MaxForeign graphemes is cut and ends in "…".
// It does not escape; the templates do.
func Foreign(s string) string { return cut(clean(s), MaxForeign) }

// clean drops what cannot be seen and joins blanks.
func clean(s string) string {
	var b strings.Builder
	blank := false
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(r):
			blank = true
			continue
		case invisible(r):
			continue
		}
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
	}
	return strings.Trim(b.String(), "\u200c\u200d ")
}

// invisible tells characters that have no place in a name. The two joiners stay: scripts and emoji need them.
func invisible(r rune) bool {
	switch r {
	case '\u200c', '\u200d':
		return false
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800', '\u034f', '\u17b4', '\u17b5':
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp) || !assigned(r)
}

// assigned reports whether Unicode gives the character a meaning.
func assigned(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z)
}

// visible prepares protocol text for showing as it is: lines and tabs stay, other characters that cannot be seen become
// their number, so that nothing hides in a message.
func visible(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD") {
		hidden := invisible(r) || r == '\u200c' || r == '\u200d'
		if hidden && r != '\n' && r != '\t' {
			fmt.Fprintf(&b, "[U+%04X]", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
