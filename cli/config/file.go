package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// file reads the TOML file, if there is one.
func (l *loader) file() {
	if l.src.File == "" {
		return
	}
	data, err := l.src.ReadFile(l.src.File)
	if err != nil {
		l.refuse("", l.src.File, Problem{Got: "cannot be read: " + reason(err), Fix: "name the file with -c, or give its owner the right to read it"})
		return
	}
	var doc map[string]any
	if _, err := toml.Decode(string(data), &doc); err != nil {
		l.syntax(err)
		return
	}
	l.lines = lineIndex(string(data))
	l.table(schema, reflect.ValueOf(l.config).Elem(), doc, "")
}

// reason is the cause of a file error without the path, which stands before it already.
func reason(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return err.Error()
}

// syntax reports what the decoder says, without what it quotes: that may be part of a secret.
func (l *loader) syntax(err error) {
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		l.refuse("", l.src.File, Problem{Got: "is not TOML"})
		return
	}
	key := ""
	if schema.find(parse.LastKey) != nil {
		key = parse.LastKey
	}
	p := Problem{Got: "is not TOML", Allowed: "TOML 1.0", Fix: "put texts in double quotes and look for a missing bracket or quote on this line and the one before"}
	switch m := parse.Message; {
	case strings.HasPrefix(m, "Key '"):
		p.Got, p.Fix = "stands there twice", "keep one of them"
	case strings.HasPrefix(m, "strings cannot contain newlines"):
		p.Got, p.Fix = "has a text without its closing quote", "close the quote on the same line"
	case strings.HasPrefix(m, "expected value but found"), strings.HasPrefix(m, "unexpected EOF; expected value"):
		p.Got, p.Fix = "has no TOML value", "put the text in double quotes"
	}
	l.refuse(key, l.src.File+":"+strconv.Itoa(max(parse.Position.Line, 1)), p)
}

// table reads the members of a section or an object.
func (l *loader) table(n *node, v reflect.Value, raw map[string]any, prefix string) {
	for _, name := range sortedKeys(raw) {
		key := prefix + name
		c := n.child(name)
		if c == nil {
			l.refuse(key, l.at(key), Problem{Got: "is not a setting", Fix: suggest(n, name)})
			continue
		}
		field := v.Field(c.field)
		switch {
		case c.isSetting():
			l.leaf(c, field, raw[name], key, l.at(key), filepath.Dir(l.src.File))
		case c.list:
			l.objects(c, field, raw[name], key)
		default:
			l.section(c, field, raw[name], key)
		}
	}
}

func (l *loader) section(n *node, v reflect.Value, raw any, key string) {
	members, ok := raw.(map[string]any)
	if !ok {
		l.refuse(key, l.at(key), Problem{Got: "got " + describe(raw), Allowed: "a section", Fix: "write [" + key + "] and its settings below it"})
		return
	}
	l.table(n, v, members, key+".")
}

// objects reads the objects of [[client]] and its like.
func (l *loader) objects(n *node, v reflect.Value, raw any, key string) {
	list, ok := tables(raw)
	if !ok {
		l.refuse(key, l.at(key), Problem{Got: "got " + describe(raw), Allowed: "a list of objects", Fix: "write [[" + key + "]] and the settings of one below it"})
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, members := range list {
		at := element(key, i+1)
		l.defaults(n, v.Index(i), at+".")
		l.table(n, v.Index(i), members, at+".")
	}
}

// tables accepts both spellings of a list of objects: [[client]] and client = [{…}].
func tables(raw any) ([]map[string]any, bool) {
	if list, ok := raw.([]map[string]any); ok {
		return list, true
	}
	items, ok := raw.([]any)
	list := make([]map[string]any, 0, len(items))
	for _, item := range items {
		m, isTable := item.(map[string]any)
		list, ok = append(list, m), ok && isTable
	}
	return list, ok
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
