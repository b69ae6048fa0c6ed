package config

import (
	"fmt"
	"strings"
)

// Markdown is the reference of every setting, for the manual.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| key | default | allowed | change | what it does |\n|---|---|---|---|---|\n")
	writeRows(&b, schema.children)
	for _, n := range schema.children {
		if n.isSetting() {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", heading(n), n.doc())
		b.WriteString("| key | default | allowed | change | what it does |\n|---|---|---|---|---|\n")
		writeRows(&b, n.children)
	}
	return b.String()
}

func heading(n *node) string {
	if n.list {
		return "`[[" + n.name + "]]`"
	}
	return "`[" + n.name + "]`"
}

func writeRows(b *strings.Builder, nodes []*node) {
	for _, n := range nodes {
		if !n.isSetting() {
			continue
		}
		e := n.entry()
		initial, change := "", "reload"
		if e.Default != "" {
			initial = "`" + e.Default + "`"
		}
		if !e.Reload {
			change = "restart"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", n.name, initial, e.Allowed, change, strings.ReplaceAll(e.Effect, "|", `\|`))
	}
}

// Example is a file with every setting at its default, each behind a comment sign with its documentation above it. Loaded
// as it is, it changes nothing.
func Example() string {
	var b strings.Builder
	writeExample(&b, schema.children)
	for _, n := range schema.children {
		switch {
		case n.isSetting():
		case n.list:
			fmt.Fprintf(&b, "\n# %s\n# [[%s]]\n", n.doc(), n.name)
			writeExample(&b, n.children)
		default:
			fmt.Fprintf(&b, "\n# %s\n[%s]\n", n.doc(), n.name)
			writeExample(&b, n.children)
		}
	}
	return b.String()
}

func writeExample(b *strings.Builder, nodes []*node) {
	for _, n := range nodes {
		if n.isSetting() {
			fmt.Fprintf(b, "# %s\n# %s = %s\n", n.doc(), n.name, n.example())
		}
	}
}
