package templates

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// Language is a language in which pages can be shown: its messages, and the pages parsed with them.
type Language struct {
	tag      language.Tag
	catalog  catalog
	fallback catalog
	mails    mails

	set   *Set
	pages sync.Map // those that were needed, *template.Template by name
}

// page is a page that speaks the language.
func (l *Language) page(name string) (*template.Template, error) {
	if t, ok := l.pages.Load(name); ok {
		return t.(*template.Template), nil
	}
	parsed, ok := l.set.parsed[name]
	if !ok {
		return nil, fmt.Errorf("templates: no page %q", name)
	}
	t, err := parsed.Clone()
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	first, _ := l.pages.LoadOrStore(name, t.Funcs(l.set.funcs(l)))
	return first.(*template.Template), nil
}

// Tag is the language's name (BCP 47), for the lang attribute.
func (l *Language) Tag() string { return l.tag.String() }

// rightToLeft lists the scripts that are written from the right.
var rightToLeft = []string{"Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg", "Mand", "Samr"}

// Dir is "rtl" for languages written from the right, otherwise "ltr".
func (l *Language) Dir() string {
	script, _ := l.tag.Script()
	if slices.Contains(rightToLeft, script.String()) {
		return "rtl"
	}
	return "ltr"
}

// Has reports whether a message exists, in this language or in the fallback.
func (l *Language) Has(key string) bool { return l.message(key) != nil }

// String returns a text without marks, for places that are not HTML. A key that does not exist is an error.
func (l *Language) String(t Text) (string, error) {
	parts, err := l.parts(t)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String(), nil
}

func (l *Language) message(key string) message {
	if m, ok := l.catalog[key]; ok {
		return m
	}
	return l.fallback[key]
}

// parts returns a text as runs.
func (l *Language) parts(t Text) ([]part, error) {
	if t.key == "" {
		if len(t.words) > 0 {
			t.literal = l.choose(t.words)
		}
		if t.literal == "" {
			return nil, nil
		}
		return []part{{Text: visible(t.literal), Foreign: true}}, nil
	}
	tag, m := l.tag, l.catalog[t.key]
	if m == nil {
		tag, m = fallbackTag, l.fallback[t.key]
	}
	if m == nil {
		return nil, fmt.Errorf("templates: message %q does not exist", t.key)
	}
	parts, err := m.fill(tag, t.args)
	if err != nil {
		return nil, fmt.Errorf("templates: message %q: %w", t.key, err)
	}
	return parts, nil
}

// choose takes an operator's words in this language, or in what is next to it: the language without its region, all others,
// English, or whichever comes first.
func (l *Language) choose(words map[string]string) string {
	base, _ := l.tag.Base()
	for _, name := range []string{l.Tag(), base.String(), "", fallbackTag.String()} {
		if text, ok := words[name]; ok {
			return text
		}
	}
	return words[slices.Min(slices.Collect(maps.Keys(words)))]
}
