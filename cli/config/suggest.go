package config

import (
	"strings"

	"signet/provider/spelling"
)

// suggest returns what to do about an unknown key: name the key that was meant, be it in another section.
func suggest(n *node, name string) string {
	names := make([]string, len(n.children))
	for i, c := range n.children {
		if names[i] = c.name; c.member() == name {
			return "did you mean " + c.key + "?"
		}
	}
	if near := spelling.Nearest(name, names); near != "" {
		return "did you mean " + n.child(near).key + "?"
	}
	for _, s := range schema.settings(true) {
		if s.name == name {
			return "did you mean " + s.key + "?"
		}
	}
	if near := spelling.Nearest(name, Keys()); near != "" {
		return "did you mean " + near + "?"
	}
	return "remove it; the keys here are " + strings.Join(names, ", ")
}
