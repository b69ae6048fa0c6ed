package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// Sources are the places from which settings come. Later ones win: File, Environ, Flags.
type Sources struct {
	// File is the path of the TOML file, or "" for none.
	File string
	// Environ holds NAME=value pairs, as os.Environ returns them.
	Environ []string
	// OtherEnv names variables with the prefix SIGNET_ that are not settings.
	OtherEnv []string
	// Flags maps dotted keys to values written as in the environment. A secret is given as its key with _file and a path.
	Flags map[string]string
	// ReadFile reads the file and the secrets it points to; nil is os.ReadFile.
	ReadFile func(path string) ([]byte, error)
}

// Load merges the sources over the defaults, derives what is left out, and checks the result. Its error is an *Error with
// every mistake that could be found.
func Load(src Sources) (*Config, error) {
	if src.ReadFile == nil {
		src.ReadFile = os.ReadFile
	}
	c := &Config{origins: map[string]string{}}
	l := &loader{src: src, config: c, lines: map[string]int{}, failed: map[string]bool{}, environ: pairs(src.Environ)}
	l.defaults(schema, reflect.ValueOf(c).Elem(), "")
	l.file()
	l.environment()
	l.flags()
	l.resolveAll()
	l.readDocuments()
	c.derive()
	l.check()
	if err := asError(l.problems); err != nil {
		return nil, err
	}
	return c, nil
}

// loader is one run of Load.
type loader struct {
	src      Sources
	environ  map[string]string
	config   *Config
	lines    map[string]int
	problems []Problem
	failed   map[string]bool // keys that have a problem already, and so the value of a default
}

func pairs(environ []string) map[string]string {
	m := make(map[string]string, len(environ))
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			m[name] = value
		}
	}
	return m
}

// refuse notes a problem at key and keeps later checks from judging the same setting again.
func (l *loader) refuse(key, where string, p Problem) {
	l.failed[key] = true
	p.Key, p.Where = key, where
	if rest, found := strings.CutPrefix(where, l.src.File+":"); found {
		p.line, _ = strconv.Atoi(rest)
	}
	l.problems = append(l.problems, p)
}

// at returns file:line of a key of the file, or of the nearest key around it.
func (l *loader) at(key string) string {
	for key != "" {
		if n := l.lines[key]; n > 0 {
			return l.src.File + ":" + strconv.Itoa(n)
		}
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
	return l.src.File
}

// defaults sets every setting below n in v to its default.
func (l *loader) defaults(n *node, v reflect.Value, prefix string) {
	for _, c := range n.children {
		switch {
		case c.isSetting():
			l.set(c, v.Field(c.field), c.initial(), prefix+c.name, byDefault)
		case !c.list:
			l.defaults(c, v.Field(c.field), prefix+c.name+".")
		}
	}
}

// set stores a value and where it came from.
func (l *loader) set(n *node, field reflect.Value, v any, key, origin string) {
	field.Set(reflect.ValueOf(v))
	l.config.origins[key] = origin
}

// leaf reads one setting from what the decoder gave.
func (l *loader) leaf(n *node, field reflect.Value, raw any, key, where, base string) {
	v, ok := n.kind().parse(raw)
	if !ok {
		l.refuse(key, where, n.wrongType(raw))
		return
	}
	l.set(n, field, relativeTo(base, n, v), key, where)
}

// wrongType is the problem of a value that is not what the setting holds.
func (n *node) wrongType(raw any) Problem {
	got := "got " + describe(raw)
	if n.isSecret() {
		got = "got " + describeSecret(raw)
	}
	return Problem{Got: got, Allowed: n.allowed(), Fix: "write " + n.name + " = " + n.example()}
}

// example is a value that may stand there: the default, the first of a list, or the kind's own.
func (n *node) example() string {
	switch e := n.enum(); {
	case n.tag.Get("default") != "":
		return tomlValue(n.kind().plain(n.initial()))
	case e != nil && n.typ.Kind() == reflect.Slice:
		return "[" + quote(e[0]) + "]"
	case e != nil:
		return quote(e[0])
	}
	return n.kind().example
}

// relativeTo makes paths of a file relative to its directory.
func relativeTo(base string, n *node, v any) any {
	if n.tag.Get("path") == "yes" {
		v = join(base, v.(string))
	}
	if s, ok := v.(Secret); ok {
		s.file = join(base, s.file)
		v = s
	}
	return v
}

func join(base, path string) string {
	if path == "" || base == "" || base == "." || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}
