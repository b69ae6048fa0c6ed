package templates

import (
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

// loadCatalogs reads every messages/<language>.toml and messages/<area>/<language>.toml. Later file systems win.
func loadCatalogs(sources []fs.FS) (map[language.Tag]catalog, error) {
	out := map[language.Tag]catalog{}
	for _, src := range sources {
		for _, pattern := range []string{"messages/*.toml", "messages/*/*.toml"} {
			names, err := fs.Glob(src, pattern)
			if err != nil {
				return nil, fmt.Errorf("templates: messages: %w", err)
			}
			for _, name := range names {
				if err := loadCatalog(out, src, name); err != nil {
					return nil, fmt.Errorf("templates: %s: %w", name, err)
				}
			}
		}
	}
	return out, nil
}

// loadCatalog reads one file into the catalog of the language that its name tells.
func loadCatalog(all map[language.Tag]catalog, src fs.FS, name string) error {
	tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".toml"))
	if err != nil {
		return err
	}
	raw, err := fs.ReadFile(src, name)
	if err != nil {
		return err
	}
	var tree map[string]any
	if err := toml.Unmarshal(raw, &tree); err != nil {
		return err
	}
	if all[tag] == nil {
		all[tag] = catalog{}
	}
	prefix := strings.TrimPrefix(path.Dir(name), "messages")
	return all[tag].add(strings.TrimPrefix(prefix, "/"), tree)
}

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
			err = fmt.Errorf("%s: neither text nor table", key)
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
			return fmt.Errorf("%s.%s: not text", key, name)
		}
		segments, err := compile(s)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		m[pluralForms[name]] = segments
	}
	if _, ok := m[plural.Other]; !ok {
		return fmt.Errorf("%s: no form \"other\"", key)
	}
	c[key] = m
	return nil
}

// keys returns all keys, sorted.
func (c catalog) keys() []string { return slices.Sorted(maps.Keys(c)) }
