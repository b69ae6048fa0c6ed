package templates

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Text is words for a person: a message with its arguments, or text that is data and the same in every language. The zero
// value is no text.
type Text struct {
	key     string
	args    []any
	literal string
	words   map[string]string
}

// Msg is the message of a key. Arguments are pairs of a placeholder's name and a value: a string, which counts as foreign,
// or an int. A message with plural forms is chosen by the argument "n".
func Msg(key string, args ...any) Text { return Text{key: key, args: args} }

// Literal is text that is no message: an address, an identifier, words from an operator's configuration. It is shown
// isolated and with hidden characters made visible.
func Literal(s string) Text { return Text{literal: s} }

// Words are texts of an operator's configuration by language (BCP 47), shown as Literal shows a text. Those under the empty name are
// for all other languages.
func Words(byLanguage map[string]string) Text { return Text{words: byLanguage} }

// IsZero reports whether there is nothing to say.
func (t Text) IsZero() bool { return t.key == "" && t.literal == "" && len(t.words) == 0 }

// part is a run of a message: words of the translator or (Foreign) the value of an argument.
type part struct {
	Text                  string
	Strong, Code, Foreign bool
}

// message is a compiled message: one list of segments, or one for each plural form.
type message map[plural.Form][]segment

// segment is a run of a message. With arg it stands for an argument.
type segment struct {
	text, arg    string
	strong, code bool
}

var pluralForms = map[string]plural.Form{
	"other": plural.Other, "zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many,
}

// compile reads {name} as an argument, **strong** and `code`.
func compile(s string) ([]segment, error) {
	var out []segment
	var strong, code bool
	for s != "" {
		i := strings.IndexAny(s, "{}*`")
		if i < 0 {
			i = len(s)
		}
		if i > 0 {
			out = append(out, segment{text: s[:i], strong: strong, code: code})
			s = s[i:]
			continue
		}
		switch {
		case strings.HasPrefix(s, "**"):
			strong, s = !strong, s[2:]
		case s[0] == '*':
			out, s = append(out, segment{text: "*", strong: strong, code: code}), s[1:]
		case s[0] == '`':
			code, s = !code, s[1:]
		default:
			name, rest, ok := strings.Cut(s[1:], "}")
			if s[0] == '}' || !ok || name == "" {
				return nil, fmt.Errorf("unpaired brace")
			}
			out, s = append(out, segment{arg: name, strong: strong, code: code}), rest
		}
	}
	if strong || code {
		return nil, fmt.Errorf("unclosed ** or `")
	}
	return out, nil
}

// placeholders returns the names of the arguments of all forms, sorted.
func (m message) placeholders() []string {
	var names []string
	for _, form := range m {
		for _, s := range form {
			if s.arg != "" {
				names = append(names, s.arg)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// form chooses the segments for a number.
func (m message) form(tag language.Tag, args []any) []segment {
	if len(m) == 1 {
		return m[plural.Other]
	}
	if n, ok := argument(args, "n").(int); ok {
		if s, ok := m[plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)]; ok {
			return s
		}
	}
	return m[plural.Other]
}

// fill puts the arguments in their places.
func (m message) fill(tag language.Tag, args []any) ([]part, error) {
	segments := m.form(tag, args)
	parts := make([]part, 0, len(segments))
	for _, s := range segments {
		p := part{Text: s.text, Strong: s.strong, Code: s.code}
		if s.arg != "" {
			switch v := argument(args, s.arg).(type) {
			case string:
				p.Text, p.Foreign = Foreign(v), true
			case int:
				p.Text = written(tag, v)
			default:
				return nil, fmt.Errorf("argument %q: missing or neither string nor int", s.arg)
			}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// argument finds a value among pairs of name and value.
func argument(args []any, name string) any {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return nil
}
