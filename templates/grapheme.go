package templates

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks bounds the marks on one character; more are a tower that covers the lines above.
const maxMarks = 4

// cut returns the first max graphemes of a text, with "…" in place of the rest.
func cut(s string, max int) string {
	var b strings.Builder
	for count := 0; s != ""; count++ {
		if count == max {
			return strings.TrimRight(b.String(), " ") + "…"
		}
		n := grapheme(s)
		b.WriteString(limitMarks(s[:n]))
		s = s[n:]
	}
	return b.String()
}

// first returns the first grapheme of a text.
func first(s string) string { return limitMarks(s[:grapheme(s)]) }

// grapheme returns the length in bytes of the first grapheme: a character with its marks, an emoji sequence, a flag or a
// Hangul syllable. These are the cases of Unicode Annex 29 that names are made of.
func grapheme(s string) int {
	var prev rune
	flags := 0
	for i, r := range s {
		if i > 0 && !joins(prev, r, flags) {
			return i
		}
		if flag(r) {
			flags++
		}
		prev = r
	}
	return len(s)
}

// limitMarks drops the marks of a grapheme that are too many.
func limitMarks(g string) string {
	if utf8.RuneCountInString(g) <= maxMarks {
		return g
	}
	marks := 0
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) {
			if marks++; marks > maxMarks {
				return -1
			}
		}
		return r
	}, g)
}

// joins reports whether r continues the grapheme that ends in prev and has had so many flag letters.
func joins(prev, r rune, flags int) bool {
	switch {
	case unicode.Is(unicode.M, r), r == '\u200d', r == '\u200c', r >= 0x1f3fb && r <= 0x1f3ff:
		return true
	case prev == '\u200d':
		return unicode.Is(unicode.So, r)
	case flag(prev) && flag(r):
		return flags == 1
	}
	return hangul(prev, r)
}

func flag(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// hangul joins the letters of one syllable: leading, vowel, trailing.
func hangul(prev, r rune) bool {
	leading := func(r rune) bool { return r >= 0x1100 && r <= 0x115f }
	vowel := func(r rune) bool { return r >= 0x1160 && r <= 0x11a7 }
	trailing := func(r rune) bool { return r >= 0x11a8 && r <= 0x11ff }
	syllable := func(r rune) bool { return r >= 0xac00 && r <= 0xd7a3 }
	return leading(prev) && (leading(r) || vowel(r) || syllable(r)) ||
		(vowel(prev) || syllable(prev)) && (vowel(r) || trailing(r)) || trailing(prev) && trailing(r)
}
