package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// fallbackTag is the language in which every message exists.
var fallbackTag = language.English

// catalog is the messages of one language by key.
type catalog map[string]message

// messageFiles are where messages are.
var messageFiles = []string{"messages/*.toml", "messages/*/*.toml"}

// loadCatalogs reads every messages/<language>.toml and messages/<area>/<language>.toml. Later file systems win.
func loadCatalogs(sources []fs.FS) (map[language.Tag]catalog, error) {
	out := map[language.Tag]catalog{}
	for _, src := range sources {
		for _, pattern := range messageFiles {
			names, err := fs.Glob(src, pattern)
			if err != nil {
				return nil, fmt.Errorf("templates: messages: %w", err)
			}
			for _, name := range names {
				tag, own, err := readCatalog(src, name)
				if err != nil {
					return nil, err
				}
				if out[tag] == nil {
					out[tag] = catalog{}
				}
				maps.Copy(out[tag], own)
			}
		}
	}
	return out, nil
}

// readCatalog reads one file; its name tells the language. Its errors are a *placeError.
func readCatalog(src fs.FS, name string) (language.Tag, catalog, error) {
	tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".toml"))
	if err != nil {
		return tag, nil, &placeError{file: name, err: err}
	}
	raw, err := fs.ReadFile(src, name)
	if err != nil {
		return tag, nil, &placeError{file: name, err: err}
	}
	var tree map[string]any
	if err := toml.Unmarshal(raw, &tree); err != nil {
		at := &placeError{file: name, err: err}
		if bad := (toml.ParseError{}); errors.As(err, &bad) {
			at.line = bad.Position.Line
		}
		return tag, nil, at
	}
	own, prefix := catalog{}, strings.TrimPrefix(path.Dir(name), "messages")
	if err := own.add(strings.TrimPrefix(prefix, "/"), tree); err != nil {
		at := &placeError{file: name, err: err}
		if bad := (*messageError)(nil); errors.As(err, &bad) {
			at.line = lineOf(raw, bad.key, name)
		}
		return tag, nil, at
	}
	return tag, own, nil
}

// messageError is a message that cannot be read.
type messageError struct {
	key string
	err error
}

func (e *messageError) Error() string { return e.key + ": " + e.err.Error() }
func (e *messageError) Unwrap() error { return e.err }

// add takes over a table: strings are messages, tables of plural forms are one message, other tables go on.
func (c catalog) add(prefix string, tree map[string]any) error {
	for name, v := range tree {
		key := strings.TrimPrefix(prefix+"."+name, ".")
		var err error
		switch v := v.(type) {
		case string:
			err = c.set(key, map[string]any{"other": v})
		case map[string]any:
			if isPlural(v) {
				err = c.set(key, v)
			} else {
				err = c.add(key, v)
			}
		default:
			err = &messageError{key, errors.New("neither text nor table")}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isPlural tells a table of plural forms: all its names are forms, and "other" is among them.
func isPlural(table map[string]any) bool {
	for name := range table {
		if _, ok := pluralForms[name]; !ok {
			return false
		}
	}
	_, ok := table["other"].(string)
	return ok
}

func (c catalog) set(key string, forms map[string]any) error {
	m := message{}
	for name, v := range forms {
		s, ok := v.(string)
		if !ok {
			return &messageError{key, fmt.Errorf("form %q: not text", name)}
		}
		segments, err := compile(s)
		if err != nil {
			return &messageError{key, err}
		}
		m[pluralForms[name]] = segments
	}
	if _, ok := m[plural.Other]; !ok {
		return &messageError{key, errors.New("no form \"other\"")}
	}
	c[key] = m
	return nil
}

// keys returns all keys, sorted.
func (c catalog) keys() []string { return slices.Sorted(maps.Keys(c)) }
