package attribute

import "strings"

// Words are an operator's words for people, by language (BCP 47). Those under the empty name are for all others.
type Words map[string]string

// In are the words in a language, or in what is next to it: the language without its region, any language, English, or another.
func (w Words) In(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	for _, name := range []string{tag, base, "", "en"} {
		if words, ok := w[name]; ok {
			return words
		}
	}
	least := ""
	for name := range w {
		if least == "" || name < least {
			least = name
		}
	}
	return w[least]
}
