package config

import (
	"reflect"
	"slices"
	"strings"
)

// node is a place in the tree of settings: a section, a list of declared objects, or a setting.
type node struct {
	name     string // "access"
	key      string // "tokens.access"; of a member of an object "client.redirect_uris"
	field    int    // index in the parent's struct
	typ      reflect.Type
	tag      reflect.StructTag
	list     bool    // [[client]]: a list of objects, whose members are the children
	children []*node // nil for a setting
}

// schema is the tree of Config.
var schema = &node{typ: reflect.TypeFor[Config](), children: childrenOf(reflect.TypeFor[Config](), "")}

func childrenOf(t reflect.Type, prefix string) []*node {
	var nodes []*node
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		name := f.Tag.Get("toml")
		n := &node{name: name, key: prefix + name, field: i, typ: f.Type, tag: f.Tag}
		if _, isSetting := kinds[f.Type]; !isSetting {
			elem := f.Type
			if n.list = elem.Kind() == reflect.Slice; n.list {
				elem = elem.Elem()
			}
			n.children = childrenOf(elem, n.key+".")
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func (n *node) isSetting() bool { return n.children == nil }
func (n *node) isSecret() bool  { return n.typ == reflect.TypeFor[Secret]() }
func (n *node) doc() string     { return n.tag.Get("doc") }
func (n *node) restart() bool   { return n.tag.Get("restart") == "yes" }
func (n *node) kind() kind      { return kinds[n.typ] }

func (n *node) child(name string) *node {
	i := slices.IndexFunc(n.children, func(c *node) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return n.children[i]
}

// enum returns the allowed values, or nil if there is no such list.
func (n *node) enum() []string {
	if e := n.tag.Get("enum"); e != "" {
		return strings.Split(e, ",")
	}
	return nil
}

// initial returns the value of the default tag, or the zero value.
func (n *node) initial() any {
	text, ok := n.tag.Lookup("default")
	if !ok {
		return reflect.Zero(n.typ).Interface()
	}
	v, ok := n.parse(text)
	if !ok {
		panic("config: default of " + n.key)
	}
	return v
}

// parse reads the text of an environment variable, a flag or a tag.
func (n *node) parse(text string) (any, bool) { return n.kind().parse(n.kind().rawOf(text)) }

func (k kind) rawOf(text string) any {
	if k.raw == nil {
		return text
	}
	return k.raw(text)
}

// allowed says in words what may stand there.
func (n *node) allowed() string {
	words := n.kind().allowed
	if e := n.enum(); e != nil {
		words = "one of " + strings.Join(e, ", ")
		if n.typ.Kind() == reflect.Slice {
			words = "a list of " + strings.Join(e, ", ")
		}
	}
	if lo, hi := n.tag.Get("min"), n.tag.Get("max"); lo != "" {
		words += ", " + lo + " to " + hi
	}
	if zero := n.tag.Get("zero"); zero != "" {
		words += ", or 0: " + zero
	}
	return words
}

// env is the environment variable of a setting outside of declared objects.
func (n *node) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(n.key, ".", "_"))
}

// settings returns the settings below n in order, with those of declared objects only if objects is true.
func (n *node) settings(objects bool) []*node {
	var all []*node
	for _, c := range n.children {
		switch {
		case c.isSetting():
			all = append(all, c)
		case objects || !c.list:
			all = append(all, c.settings(objects)...)
		}
	}
	return all
}

// find returns the node of a dotted key, or nil.
func (n *node) find(key string) *node {
	for name := range strings.SplitSeq(key, ".") {
		if n = n.child(name); n == nil {
			return nil
		}
	}
	return n
}

// in returns the field of a setting outside of declared objects.
func (n *node) in(c reflect.Value) reflect.Value {
	at := schema
	for name := range strings.SplitSeq(n.key, ".") {
		at = at.child(name)
		c = c.Field(at.field)
	}
	return c
}
