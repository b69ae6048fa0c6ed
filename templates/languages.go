package templates

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Languages returns the languages that are offered, the one for everybody else first.
func (s *Set) Languages() []*Language { return slices.Clone(s.languages) }

// Tags are the names of the languages that are offered (BCP 47), the one for everybody else first.
func (s *Set) Tags() []string {
	tags := make([]string, 0, len(s.languages))
	for _, l := range s.languages {
		tags = append(tags, l.Tag())
	}
	return tags
}

// LanguageError is the name of a language that cannot be offered.
type LanguageError struct {
	Name string
	// Known are those that can.
	Known []string
}

// Error implements error.
func (e *LanguageError) Error() string {
	return fmt.Sprintf("templates: language %.40q: named twice, or there are no messages for it", e.Name)
}

// offer keeps those of all languages that the operator names, in the operator's order; without names it keeps all. The error is a
// *LanguageError.
func (s *Set) offer(all []*Language, names []string) error {
	s.fallback, s.languages = all[0], all
	if len(names) > 0 {
		s.languages = nil
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(l *Language) bool { return l.Tag() == name })
		if i < 0 || slices.Contains(s.languages, all[i]) {
			s.languages = all
			return &LanguageError{Name: name, Known: s.Tags()}
		}
		s.languages = append(s.languages, all[i])
	}
	tags := make([]language.Tag, 0, len(s.languages))
	for _, l := range s.languages {
		tags = append(tags, l.tag)
	}
	s.matcher = language.NewMatcher(tags)
	return nil
}

// maxPreference bounds what is read of a browser's or client's wishes.
const maxPreference = 500

// Match chooses the language: first by names that are separated by blanks, in order of preference (ui_locales is such a list,
// OIDC Core §3.1.2.1), then by an Accept-Language header (RFC 9110 §12.5.4). Who wishes for fr-CA gets fr. What is unknown or
// malformed is ignored; in the end it is the language for everybody else.
func (s *Set) Match(names, acceptLanguage string) *Language {
	var wanted []language.Tag
	for name := range strings.FieldsSeq(names[:min(len(names), maxPreference)]) {
		if tag, err := language.Parse(name); err == nil {
			wanted = append(wanted, tag)
		}
	}
	if l := s.first(wanted); l != nil {
		return l
	}
	if tags, _, err := language.ParseAcceptLanguage(acceptLanguage[:min(len(acceptLanguage), maxPreference)]); err == nil {
		if l := s.first(tags); l != nil {
			return l
		}
	}
	return s.languages[0]
}

// first finds a language for the first wish that there is one for. The matcher itself weighs all of them: of "fr-CA de" it takes de,
// because there is no fr-CA.
func (s *Set) first(wanted []language.Tag) *Language {
	for _, tag := range wanted {
		if _, i, c := s.matcher.Match(tag); c != language.No {
			return s.languages[i]
		}
	}
	return nil
}

// Choice is a language in the menu at the foot of the pages.
type Choice struct {
	// Tag is its name for programs (BCP 47), Dir its direction, Name its name in itself.
	Tag, Dir, Name string
	// Current is the language of the page.
	Current bool
}

// choices is the menu of a page in a language. It is empty if there is nothing to choose.
func (s *Set) choices(l *Language) []Choice {
	if len(s.languages) < 2 {
		return nil
	}
	menu := make([]Choice, 0, len(s.languages))
	for _, one := range s.languages {
		menu = append(menu, Choice{Tag: one.Tag(), Dir: one.Dir(), Name: one.Name(), Current: one == l})
	}
	return menu
}

// Name is the language's name in itself. A language that an operator has added and not named goes by its tag.
func (l *Language) Name() string {
	own := &Language{tag: l.tag, catalog: l.catalog}
	name, err := own.String(Msg("language.name"))
	if err != nil {
		return l.Tag()
	}
	return name
}
