package templates

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// within hands an item of a page to a partial together with the page.
type within struct {
	Page any
	Item any
}

// funcs are what the templates may call, bound to a language.
func (s *Set) funcs(l *Language) template.FuncMap {
	return template.FuncMap{
		// t is a message as plain text, m as runs for the partial "rich". Both take a key with arguments, or a Text.
		"t":        func(what any, args ...any) (string, error) { return l.plain(what, args) },
		"m":        func(what any, args ...any) ([]part, error) { return l.rich(what, args) },
		"lang":     l.Tag,
		"dir":      l.Dir,
		"choices":  func() []Choice { return s.choices(l) },
		"asset":    s.asset,
		"brand":    func() worn { return s.worn },
		"light":    s.light.named,
		"dark":     s.dark.named,
		"foreign":  Foreign,
		"visible":  visible,
		"external": External,
		"pieces":   pieces,
		"within":   func(page, item any) within { return within{page, item} },
		"iso":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"when":     l.When,
		"utc":      func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	}
}

// pieces cuts a name of the protocol where a line may end: "token_", "endpoint".
func pieces(s string) []string { return strings.SplitAfter(visible(s), "_") }

func (l *Language) plain(what any, args []any) (string, error) {
	t, err := asText(what, args)
	if err != nil {
		return "", err
	}
	return l.String(t)
}

func (l *Language) rich(what any, args []any) ([]part, error) {
	t, err := asText(what, args)
	if err != nil {
		return nil, err
	}
	return l.parts(t)
}

// asText takes what templates give: the key of a message, or a Text that the page brought.
func asText(what any, args []any) (Text, error) {
	switch v := what.(type) {
	case string:
		return Msg(v, args...), nil
	case Text:
		return v, nil
	}
	return Text{}, fmt.Errorf("templates: %T is no text", what)
}
