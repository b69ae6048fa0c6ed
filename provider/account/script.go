package account

import (
	"unicode"
	"unicode/utf8"
)

// prolonged is the Japanese long-vowel mark: of two scripts, so Unicode calls it common.
const prolonged = 'ー'

// mixes are the scripts that one word may use together (UTS #39 §5.2, highly restrictive). Any one script by itself is
// fine too.
var mixes = [][]string{
	{"Latin", "Han", "Hiragana", "Katakana"},
	{"Latin", "Han", "Bopomofo"},
	{"Latin", "Han", "Hangul"},
}

// oneScript tells whether all letters and digits of s belong to one script, or to a mix in everyday use. ASCII digits and
// punctuation go with every script.
func oneScript(s string) bool {
	seen := map[string]bool{}
	for _, r := range s {
		script := scriptOf(r)
		if script == "Common" && r >= utf8.RuneSelf && r != prolonged {
			return false
		}
		if script != "Common" && script != "Inherited" {
			seen[script] = true
		}
	}
	return len(seen) <= 1 || mixed(seen)
}

func mixed(seen map[string]bool) bool {
	for _, mix := range mixes {
		known := 0
		for _, script := range mix {
			if seen[script] {
				known++
			}
		}
		if known == len(seen) {
			return true
		}
	}
	return false
}

func scriptOf(r rune) string {
	if r < utf8.RuneSelf {
		if unicode.IsLetter(r) {
			return "Latin"
		}
		return "Common"
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	// Whatever is too new for the tables is a script of its own, never mixed.
	return "Unknown"
}
