package account

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// lookalikes maps letters of other scripts to the Latin ones that they are taken for (after UTS #39 §4). ASCII stays as it
// is: `user0` and `usero` are different names to whoever types them.
var lookalikes = map[rune]string{
	// Latin
	'ı': "i", 'ɩ': "i", 'ɑ': "a", 'ɡ': "g", 'ʋ': "v", 'ƽ': "s", 'ɴ': "n", 'ᴀ': "a", 'ᴄ': "c", 'ᴅ': "d", 'ᴇ': "e",
	'ᴋ': "k", 'ᴍ': "m", 'ᴏ': "o", 'ᴘ': "p", 'ᴛ': "t", 'ᴜ': "u", 'ᴠ': "v", 'ᴡ': "w", 'ᴢ': "z",
	// Cyrillic
	'а': "a", 'е': "e", 'о': "o", 'р': "p", 'с': "c", 'у': "y", 'х': "x", 'і': "i", 'ј': "j", 'ѕ': "s", 'һ': "h",
	'ԁ': "d", 'ԛ': "q", 'ԝ': "w", 'ӏ': "l", 'ѵ': "v", 'г': "r", 'к': "k", 'м': "m", 'т': "t", 'п': "n", 'ү': "y",
	'ь': "b", 'ԍ': "g", 'ҽ': "e",
	// Greek
	'α': "a", 'γ': "y", 'η': "n", 'ι': "i", 'κ': "k", 'ν': "v", 'ο': "o", 'ρ': "p", 'σ': "o", 'τ': "t", 'υ': "u",
	'χ': "x", 'ω': "w", 'ϲ': "c", 'ϳ': "j",
	// Armenian
	'օ': "o", 'ս': "u", 'ո': "n", 'հ': "h", 'ց': "g", 'զ': "q", 'յ': "j", 'ք': "p", 'ա': "w", 'լ': "l",
	// Georgian, Hebrew, Arabic
	'ი': "o", 'ჿ': "y", 'ס': "o", 'ו': "l", 'ן': "l", 'ا': "l", 'ه': "o",
}

// Skeleton is what two usernames have in common if one is easily taken for the other. Usernames are unique by it. It is
// not shown and not a name itself.
func Skeleton(canonical string) string {
	folded := norm.NFD.String(cases.Fold().String(canonical))
	var out strings.Builder
	dotted := false
	for _, r := range folded {
		// A dot above i or j cannot be seen.
		if r == '\u0307' && dotted {
			continue
		}
		s, ok := lookalikes[r]
		if !ok {
			s = string(r)
		}
		dotted = s == "i" || s == "j"
		out.WriteString(s)
	}
	return norm.NFC.String(out.String())
}
