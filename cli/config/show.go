package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"
)

// Show renders the configuration in force with secrets hidden. format is "text", which is TOML that Load reads back as far
// as no secret stood in it, or "json", one object from dotted key to value. withSources adds where each value came from:
// default, derived, file:line, environment NAME or command line.
func (c *Config) Show(format string, withSources bool) (string, error) {
	switch format {
	case "text":
		return c.showText(withSources), nil
	case "json":
		return c.showJSON(withSources), nil
	}
	return "", fmt.Errorf("config: show: format %q: allowed are text and json", format)
}

func (c *Config) showText(withSources bool) string {
	var b strings.Builder
	c.writeTable(&b, schema, reflect.ValueOf(c).Elem(), "", withSources)
	return strings.TrimPrefix(b.String(), "\n")
}

// writeTable writes the settings of a table, then the tables within it, as TOML demands.
func (c *Config) writeTable(b *strings.Builder, n *node, v reflect.Value, prefix string, withSources bool) {
	for _, s := range n.children {
		if s.isSetting() {
			c.writeSetting(b, s, v.Field(s.field), prefix+s.name, withSources)
		}
	}
	for _, t := range n.children {
		field, key := v.Field(t.field), prefix+t.name
		switch {
		case t.isSetting():
		case t.list:
			for i := range field.Len() {
				fmt.Fprintf(b, "\n[[%s]]\n", t.key)
				c.writeTable(b, t, field.Index(i), element(key, i+1)+".", withSources)
			}
		default:
			fmt.Fprintf(b, "\n[%s]\n", t.key)
			c.writeTable(b, t, field, key+".", withSources)
		}
	}
}

func (c *Config) writeSetting(b *strings.Builder, n *node, v reflect.Value, key string, withSources bool) {
	plain := n.kind().plain(v.Interface())
	inObject := strings.Contains(key, "[")
	switch {
	case plain == nil && inObject:
		return
	case plain == nil:
		fmt.Fprintf(b, "# %s is not set\n", n.name)
		return
	}
	fmt.Fprintf(b, "%s = %s", n.name, tomlValue(plain))
	if withSources {
		fmt.Fprintf(b, "  # %s", oneLine(c.origins[key]))
	}
	b.WriteByte('\n')
}

// oneLine keeps a strange file name from ending the comment it stands in.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

func (c *Config) showJSON(withSources bool) string {
	var b bytes.Buffer
	b.WriteByte('{')
	walk(schema, reflect.ValueOf(c).Elem(), "", func(n *node, v reflect.Value, key string) {
		plain := n.kind().plain(v.Interface())
		if withSources {
			plain = map[string]any{"value": plain, "source": c.origins[key]}
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString("\n  " + quote(key) + ": " + jsonValue(plain))
	})
	b.WriteString("\n}\n")
	return b.String()
}

// tomlValue writes what a kind's plain returns.
func tomlValue(plain any) string {
	switch p := plain.(type) {
	case []string:
		items := make([]string, len(p))
		for i, s := range p {
			items[i] = quote(s)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(p))
		for name, value := range p {
			parts = append(parts, tomlKey(name)+" = "+tomlValue(value))
		}
		sort.Strings(parts)
		return "{ " + strings.Join(parts, ", ") + " }"
	case string:
		return quote(p)
	}
	return fmt.Sprint(plain)
}

// tomlKey writes the name of a member of a table: bare, if TOML takes it so.
func tomlKey(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == "" && name != "" {
		return name
	}
	return quote(name)
}

// quote writes a text as both TOML and JSON read it.
func quote(s string) string { return strings.ReplaceAll(jsonValue(s), "\x7f", `\u007f`) }

func jsonValue(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // plain values have no cycle and no channel
	}
	return strings.TrimSuffix(b.String(), "\n")
}
