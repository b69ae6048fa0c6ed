package templates

import (
	"strings"
	"unicode"
)

// lookalikes are the alphabets whose letters are mistaken for each other.
var lookalikes = []*unicode.RangeTable{
	unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee, unicode.Coptic, unicode.Lisu,
}

// mixesScripts reports whether a word of the text has letters of more than one of the alphabets that look alike (Unicode
// Technical Standard 39 §5.1, for those alphabets). Words of different alphabets beside each other are usual.
func mixesScripts(s string) bool {
	for _, word := range strings.FieldsFunc(clean(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		var first *unicode.RangeTable
		for _, r := range word {
			for _, script := range lookalikes {
				if !unicode.Is(script, r) {
					continue
				}
				if first != nil && first != script {
					return true
				}
				first = script
			}
		}
	}
	return false
}
