package config

import (
	"fmt"
	"reflect"
	"strings"

	"signet/provider/spelling"
)

// Entry is what the reference says of one setting.
type Entry struct {
	Key     string `json:"key"`     // "tokens.access", "client.redirect_uris"
	Type    string `json:"type"`    // "duration"
	Default string `json:"default"` // as TOML, or "" if there is none
	Allowed string `json:"allowed"` // in words
	Effect  string `json:"effect"`  // what the setting does
	Env     string `json:"env"`     // environment variable; "" for members of declared objects
	EnvFile string `json:"env_file,omitempty"`
	Reload  bool   `json:"reload"` // a reload is enough; else the server must be started anew
}

// Keys returns the dotted key of every setting in the order of the reference.
func Keys() []string {
	var keys []string
	for _, n := range schema.settings(true) {
		keys = append(keys, n.key)
	}
	return keys
}

// Explain returns the entry of a setting, or of every setting of a section. Its error names the nearest key.
func Explain(key string) ([]Entry, error) {
	n := schema.find(key)
	if n == nil {
		fix := "signet config explain lists all"
		if near := spelling.Nearest(key, Keys()); near != "" {
			fix = "did you mean " + near + "?"
		}
		return nil, &Error{Problems: []Problem{{Key: shorten(key), Got: "is not a setting", Fix: fix}}}
	}
	if n.isSetting() {
		return []Entry{n.entry()}, nil
	}
	var entries []Entry
	for _, s := range n.settings(true) {
		entries = append(entries, s.entry())
	}
	return entries, nil
}

func (n *node) entry() Entry {
	e := Entry{Key: n.key, Type: n.kind().name, Allowed: n.allowed(), Effect: n.doc(), Reload: !n.restart()}
	if plain := n.kind().plain(n.initial()); plain != nil && n.tag.Get("default") != "" {
		e.Default = tomlValue(plain)
	}
	if !schema.child(strings.Split(n.key, ".")[0]).list {
		e.Env = n.env()
	}
	if e.Env != "" && n.isSecret() {
		e.EnvFile = e.Env + fileEnd
	}
	return e
}

// String is the entry as a person reads it in a terminal.
func (e Entry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  %s\n  type     %s\n  allowed  %s\n", e.Key, e.Effect, e.Type, e.Allowed)
	if e.Default != "" {
		fmt.Fprintf(&b, "  default  %s\n", e.Default)
	}
	if e.Env != "" {
		fmt.Fprintf(&b, "  env      %s\n", e.environment())
	}
	fmt.Fprintf(&b, "  change   %s\n", e.change())
	return b.String()
}

func (e Entry) environment() string {
	if e.EnvFile != "" {
		return e.Env + ", or " + e.EnvFile + " with a path"
	}
	return e.Env
}

func (e Entry) change() string {
	if e.Reload {
		return "takes effect at reload"
	}
	return "needs a restart"
}

// Value returns a setting as it is in force, secrets hidden, and where it came from. Members of objects are named
// "client[2].id". ok is false if there is no such setting.
func (c *Config) Value(key string) (value, source string, ok bool) {
	walk(schema, reflect.ValueOf(c).Elem(), "", func(n *node, v reflect.Value, at string) {
		if at != key {
			return
		}
		value, source, ok = "", c.origins[at], true
		if plain := n.kind().plain(v.Interface()); plain != nil {
			value = tomlValue(plain)
		}
	})
	return value, source, ok
}
