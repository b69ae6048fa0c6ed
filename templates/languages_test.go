package templates

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// spoken is the languages that Signet comes with, beside English.
var spoken = []string{"ar", "de", "es", "fr"}

func TestLanguages_AreThese(t *testing.T) {
	var have []string
	for _, l := range newSet(t).Languages()[1:] {
		have = append(have, l.Tag())
	}
	if !slices.Equal(have, spoken) {
		t.Errorf("languages %v, want %v", have, spoken)
	}
}

// Every language says what English says to people, and nothing more. What developers read is English.
func TestLanguages_Complete(t *testing.T) {
	for _, l := range newSet(t).Languages()[1:] {
		for _, key := range l.fallback.keys() {
			if _, ok := l.catalog[key]; !ok && !forDevelopers(key) {
				t.Errorf("%s: message %q is missing", l.Tag(), key)
			}
		}
		for _, key := range l.catalog.keys() {
			if _, ok := l.fallback[key]; !ok || forDevelopers(key) {
				t.Errorf("%s: message %q is one too many", l.Tag(), key)
			}
		}
	}
}

// A translation fills the places of the English message. A plural form may do without the number: "one day".
func TestLanguages_Placeholders(t *testing.T) {
	for _, l := range newSet(t).Languages()[1:] {
		for _, key := range l.catalog.keys() {
			want := l.fallback[key].placeholders()
			for name, form := range forms(l.catalog[key]) {
				have := message{plural.Other: form}.placeholders()
				missing := slices.DeleteFunc(slices.Clone(want), func(arg string) bool {
					return slices.Contains(have, arg) || len(l.catalog[key]) > 1 && counts(arg)
				})
				extra := slices.DeleteFunc(slices.Clone(have), func(arg string) bool { return slices.Contains(want, arg) })
				if len(missing)+len(extra) > 0 {
					t.Errorf("%s: %s (%s): lacks {%s}, has {%s} too many", l.Tag(), key, name, strings.Join(missing, "} {"), strings.Join(extra, "} {"))
				}
			}
		}
	}
}

// counts tells the placeholders of numbers, whose value chooses the form.
func counts(arg string) bool {
	return arg == "n" || arg == "minutes" || arg == "hours" || arg == "days"
}

func forms(m message) map[string][]segment {
	out := map[string][]segment{}
	for name, form := range pluralForms {
		if s, ok := m[form]; ok {
			out[name] = s
		}
	}
	return out
}

// What has plural forms in English has those of the language in every language (CLDR, as golang.org/x/text knows it), and no other.
func TestLanguages_PluralForms(t *testing.T) {
	for _, l := range newSet(t).Languages() {
		want := pluralsOf(l.tag)
		for _, key := range l.catalog.keys() {
			m := l.catalog[key]
			have := slices.Sorted(maps.Keys(forms(m)))
			if len(m) == 1 && len(l.fallback[key]) == 1 {
				continue
			}
			if !slices.Equal(have, want) {
				t.Errorf("%s: %s has the forms %v, want %v", l.Tag(), key, have, want)
			}
		}
	}
}

// pluralsOf returns the forms that whole numbers have, and "other".
func pluralsOf(tag language.Tag) []string {
	found := map[string]bool{"other": true}
	for n := range 1000 {
		form := plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)
		for name, f := range pluralForms {
			if f == form {
				found[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// A translation has no marks that its English message lacks: what is strong there is strong here.
func TestLanguages_Marks(t *testing.T) {
	for _, l := range newSet(t).Languages()[1:] {
		for _, key := range l.catalog.keys() {
			for name, form := range forms(l.catalog[key]) {
				if got, want := marks(form), marks(l.fallback[key][plural.Other]); got != want {
					t.Errorf("%s: %s (%s): marked %q, want %q", l.Tag(), key, name, got, want)
				}
			}
		}
	}
}

// marks tells what of a message is strong and what is code, in any order.
func marks(form []segment) string {
	var out []string
	for _, s := range form {
		if s.strong {
			out = append(out, "strong:"+s.arg)
		}
		if s.code {
			out = append(out, "code:"+s.arg)
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), " ")
}

// faults are what typesetters of a language would mend. An expression finds what is wrong.
var faults = map[string]map[string]*regexp.Regexp{
	"de": {
		"straight quotation marks":         regexp.MustCompile(`["']`),
		"“…” instead of „…“":               regexp.MustCompile(`”|^[^„]*“`),
		"du instead of Sie":                regexp.MustCompile(`(?i)\b(du|dich|dir|dein\w*)\b`),
		"a blank before a mark":            regexp.MustCompile(` [;:!?,]`),
		"an English word left as it was":   regexp.MustCompile(`(?i)\b(the|your|you|sign in|account)\b`),
		"a hyphen where a dash would be":   regexp.MustCompile(` - `),
		"two blanks, or one at an end":     regexp.MustCompile(`  |^ | $`),
		"three dots instead of an ellipse": regexp.MustCompile(`\.\.\.`),
	},
	"fr": {
		"straight quotation marks":                regexp.MustCompile(`["']|[“”]`),
		"no narrow no-break space before ; ! ? »": regexp.MustCompile(`[^\x{202f}][;!?»]`),
		"no narrow no-break space after «":        regexp.MustCompile(`«[^\x{202f}]`),
		"no no-break space before a colon":        regexp.MustCompile(`[^\x{a0}]:($|\s)`),
		"tu instead of vous":                      regexp.MustCompile(`(?i)(^|\s)(tu|toi|ton|tes)\s`),
		"an English word left as it was":          regexp.MustCompile(`(?i)\b(the|your|you|sign in|account)\b`),
		"two blanks, or one at an end":            regexp.MustCompile(`  |^ | $`),
		"three dots instead of an ellipse":        regexp.MustCompile(`\.\.\.`),
	},
	"es": {
		"straight quotation marks":          regexp.MustCompile(`["']|[“”]`),
		"a question that does not open":     regexp.MustCompile(`^[^¿]*\?`),
		"an exclamation that does not open": regexp.MustCompile(`^[^¡]*!`),
		"tú instead of usted":               regexp.MustCompile(`(?i)(^|\s)(tú|te|tus?|contigo)\s`),
		"a blank before a mark":             regexp.MustCompile(` [;:!?,]`),
		"an English word left as it was":    regexp.MustCompile(`(?i)\b(the|your|you|sign in|account)\b`),
		"two blanks, or one at an end":      regexp.MustCompile(`  |^ | $`),
		"three dots instead of an ellipse":  regexp.MustCompile(`\.\.\.`),
	},
	"ar": {
		"a comma, semicolon or question mark of another script":    regexp.MustCompile(`[,;?]`),
		"straight quotation marks":                                 regexp.MustCompile(`["']|[“”]`),
		"a digit with a sign, or an address, that is not isolated": regexp.MustCompile(`(^|[^\x{2066}])(https?://|YYYY|\d{4}-\d\d|\+\d)`),
		"a blank before a mark":                                    regexp.MustCompile(` [؛:!؟،]`),
		"an English word left as it was":                           regexp.MustCompile(`(?i)\b(the|your|you|sign in|account)\b`),
		"two blanks, or one at an end":                             regexp.MustCompile(`  |^ | $`),
	},
}

func TestLanguages_Typography(t *testing.T) {
	for _, l := range newSet(t).Languages()[1:] {
		for _, key := range l.catalog.keys() {
			for name, form := range forms(l.catalog[key]) {
				words := wordsOf(form)
				for what, fault := range faults[l.Tag()] {
					if fault.MatchString(words) {
						t.Errorf("%s: %s (%s): %s: %q", l.Tag(), key, name, what, words)
					}
				}
			}
		}
	}
}

// wordsOf is a message as its translator wrote it, with a letter for what is filled in.
func wordsOf(form []segment) string {
	var b strings.Builder
	for _, s := range form {
		if s.arg != "" {
			b.WriteString("X")
		}
		b.WriteString(s.text)
	}
	return b.String()
}

// Isolates come in pairs, or they would isolate the rest of the page.
func TestLanguages_Isolates(t *testing.T) {
	for _, l := range newSet(t).Languages() {
		for _, key := range l.catalog.keys() {
			for name, form := range forms(l.catalog[key]) {
				words, depth := wordsOf(form), 0
				for _, r := range words {
					switch r {
					case '\u2066', '\u2067', '\u2068':
						depth++
					case '\u2069':
						depth--
					case '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u200e', '\u200f':
						t.Errorf("%s: %s (%s): %U", l.Tag(), key, name, r)
					}
					if depth < 0 || depth > 1 {
						t.Errorf("%s: %s (%s): isolates do not pair", l.Tag(), key, name)
					}
				}
				if depth != 0 {
					t.Errorf("%s: %s (%s): an isolate stays open", l.Tag(), key, name)
				}
			}
		}
	}
}

// Every page can be made in every language, and says so.
func TestLanguages_Samples(t *testing.T) {
	s := newSet(t)
	for _, l := range s.Languages() {
		for _, sample := range Samples() {
			t.Run(l.Tag()+"/"+sample.Name, func(t *testing.T) {
				doc := document(t, s, l, sample.Page)
				root := elements(doc, "html")[0]
				want := l
				if developerPage(sample.Page) {
					want = s.Languages()[0]
				}
				if attr(root, "lang") != want.Tag() || attr(root, "dir") != want.Dir() {
					t.Errorf("lang %q, dir %q", attr(root, "lang"), attr(root, "dir"))
				}
				menu := slices.ContainsFunc(elements(doc, "form"), func(n *html.Node) bool { return attr(n, "id") == "language" })
				if _, ends := sample.Page.(FormPost); menu == (ends || developerPage(sample.Page)) {
					t.Errorf("has a menu of languages: %v", menu)
				}
				checkIDs(t, doc)
				checkLabels(t, doc)
				checkInline(t, doc)
				checkForms(t, doc, sample.Page)
			})
		}
	}
}

// Every letter can be written in every language, for any number of minutes and days.
func TestLanguages_Letters(t *testing.T) {
	s := newSet(t)
	for _, l := range s.Languages() {
		for _, key := range l.fallback.keys() {
			kind, ok := strings.CutSuffix(strings.TrimPrefix(key, "mail."), ".subject")
			if !ok || !strings.HasPrefix(key, "mail.") {
				continue
			}
			for _, n := range []int{1, 2, 7, 15, 100} {
				letter := Letter{
					Product: "Signet", Home: "https://id.example.com", Kind: kind, Name: "Ada", Link: "", Code: "482913", Time: sampleTime, Address: "192.0.2.7",
					Args: []any{"minutes", n, "days", n, "n", n, "email", "ada@example.org", "until", "2027-01-31", "factor", Msg("mail.factor." + "passkey")},
				}
				if l.Has("mail." + kind + ".button") {
					letter.Link = "https://id.example.com/link"
				}
				written, err := s.Write(letter, l.Tag())
				if err != nil || written.Language != l.Tag() || written.Subject == "" || !strings.Contains(written.HTML, `lang="`+l.Tag()+`"`) {
					t.Errorf("%s: %s: %.300v, %v", l.Tag(), kind, written, err)
				}
			}
		}
	}
}
