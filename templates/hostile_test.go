package templates

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// mark is in every payload, so that what became of it can be found.
const mark = "pwn"

// payloads are attacks on every context that a page has: each breakout before each body.
func payloads() []string {
	breakouts := []string{
		"", `"`, `'`, "`", `">`, `'>`, "</title>", "</textarea>", "</script>", "</style>", "-->", "]]>", `" autofocus x="`, "{{", "\x00\">",
		"\u2028\">",
	}
	bodies := []string{
		"<script>pwn</script>", `<img src=pwn onerror=pwn>`, "<svg/onload=pwn>", "<pwn>", "<a href=javascript:pwn>x</a>", "javascript:pwn",
		"data:text/html,pwn", `onfocus=pwn`, "//pwn.example", `\\pwn.example`, "<base href=//pwn.example>", "&lt;pwn&gt;&#60;pwn&#62;",
		"<!--pwn", "%3Cpwn%3E",
	}
	var all []string
	for _, a := range breakouts {
		for _, b := range bodies {
			all = append(all, a+b)
		}
	}
	return all
}

// place is a string somewhere in a page: it sets it in a copy.
type place struct {
	name string
	set  func(root reflect.Value, s string)
}

// places finds every string below v: exported fields, elements, pointers and the literals of texts.
func places(v reflect.Value, name string, get func(reflect.Value) reflect.Value) []place {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return places(v.Elem(), name, func(r reflect.Value) reflect.Value { return get(r).Elem() })
	case reflect.Slice:
		var out []place
		for i := range v.Len() {
			out = append(out, places(v.Index(i), fmt.Sprintf("%s[%d]", name, i), func(r reflect.Value) reflect.Value { return get(r).Index(i) })...)
		}
		return out
	case reflect.Struct:
		return placesOfStruct(v, name, get)
	case reflect.String:
		return []place{{name, func(r reflect.Value, s string) { get(r).SetString(s) }}}
	}
	return nil
}

func placesOfStruct(v reflect.Value, name string, get func(reflect.Value) reflect.Value) []place {
	if v.Type() == reflect.TypeFor[Text]() {
		if v.FieldByName("literal").Len() == 0 {
			return nil
		}
		return []place{{name, func(r reflect.Value, s string) { get(r).Set(reflect.ValueOf(Literal(s))) }}}
	}
	var out []place
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			out = append(out, places(v.Field(i), name+"."+f.Name, func(r reflect.Value) reflect.Value { return get(r).Field(i) })...)
		}
	}
	return out
}

// settable copies a value so that every part of it can be set: blocks of a playground become pointers.
func settable(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			p := reflect.New(v.Elem().Type())
			p.Elem().Set(settable(v.Elem()))
			out.Set(p)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(settable(v.Elem()))
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = reflect.Append(out, settable(v.Index(i)))
		}
		if v.Len() > 0 {
			copied := reflect.New(v.Type()).Elem()
			copied.Set(out)
			return copied
		}
	case reflect.Struct:
		out.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(settable(v.Field(i)))
			}
		}
	default:
		out.Set(v)
	}
	return out
}

// No payload in any string of any page makes an element, an attribute or an address (A-N01, A-N02, A-A15).
func TestAttack_AN01_AN02_HostileStrings(t *testing.T) {
	s := newSet(t)
	all := payloads()
	if len(all) < 200 {
		t.Fatalf("only %d payloads", len(all))
	}
	seen, tried := map[string]bool{}, 0
	for _, sample := range Samples() {
		found := places(settable(reflect.ValueOf(sample.Page)), sample.Page.Template(), func(r reflect.Value) reflect.Value { return r })
		if !anyNew(seen, found) {
			continue
		}
		var open []place // those that the page shows rather than checks
		for _, p := range found {
			if _, err := attack(s, sample.Page, []place{p}, `"><pwn>`); err == nil && !chooses(p) {
				open = append(open, p)
			}
		}
		for _, payload := range all {
			doc, err := attack(s, sample.Page, open, payload)
			if err != nil {
				t.Errorf("%s: %q: %v", sample.Name, payload, err)
				continue
			}
			tried += len(open)
			inspect(t, sample.Name, payload, doc)
		}
		for _, p := range found {
			if slices.ContainsFunc(open, func(o place) bool { return o.name == p.name }) {
				continue
			}
			for _, payload := range all[:40] {
				if doc, err := attack(s, sample.Page, []place{p}, payload); err == nil {
					inspect(t, p.name, payload, doc)
				}
			}
		}
	}
	if tried < 40000 {
		t.Errorf("only %d payloads were shown", tried)
	}
}

// anyNew reports whether there is a place that was not seen before, and marks all as seen.
func anyNew(seen map[string]bool, found []place) bool {
	before := len(seen)
	for _, p := range found {
		seen[p.name] = true
	}
	return len(seen) > before
}

// chooses tells strings that choose among things of ours, where a payload would only make the page shorter.
func chooses(p place) bool {
	for _, end := range []string{".Trust", ".Kind", ".Problem", ".State", ".Value"} {
		if strings.HasSuffix(p.name, end) {
			return end != ".Value"
		}
	}
	return false
}

// attack renders a copy of a page with a payload in some of its strings.
func attack(s *Set, p Page, where []place, payload string) (*html.Node, error) {
	root := settable(reflect.ValueOf(p))
	for _, w := range where {
		w.set(root, payload)
	}
	var b bytes.Buffer
	if err := s.Render(&b, nil, root.Interface().(Page)); err != nil {
		return nil, err
	}
	return html.Parse(&b)
}

// links are the attributes that hold an address.
var links = []string{"href", "src", "action", "formaction"}

// isLogo tells the only pictures that pages have, those of clients, which are at addresses of ours.
func isLogo(n *html.Node) bool {
	return slices.Contains(n.Attr, html.Attribute{Key: "class", Val: "logo"}) &&
		slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "src" && strings.HasPrefix(a.Val, "/logo/") })
}

// inspect finds what a payload has made of a page.
func inspect(t *testing.T, where, payload string, doc *html.Node) {
	t.Helper()
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode || n.Type == html.ElementNode && strings.Contains(n.Data, mark) {
			t.Errorf("%s: %q makes %q", where, payload, n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "base" || n.Data == "img" && !isLogo(n) || n.Data == "script" && n.FirstChild != nil {
			t.Errorf("%s: %q makes <%s>", where, payload, n.Data)
		}
		for _, a := range n.Attr {
			address := slices.Contains(links, a.Key)
			local := strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") && !strings.HasPrefix(a.Val, `/\`)
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.Contains(a.Key, mark) || a.Key == "x" ||
				address && strings.Contains(a.Val, mark) && !local {
				t.Errorf("%s: %q makes <%s %s=%q>", where, payload, n.Data, a.Key, a.Val)
			}
		}
	}
}
