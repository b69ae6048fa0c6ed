package templates

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func newSet(t testing.TB) *Set {
	t.Helper()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// document is a rendered page, parsed.
func document(t testing.TB, s *Set, l *Language, p Page) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := s.Render(&b, l, p); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// elements returns all elements with one of the names, or all.
func elements(doc *html.Node, names ...string) []*html.Node {
	var out []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && (len(names) == 0 || slices.Contains(names, n.Data)) {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	v, _ := lookup(n, name)
	return v
}

func lookup(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestSamples_Structure(t *testing.T) {
	s := newSet(t)
	for _, sample := range Samples() {
		t.Run(sample.Name, func(t *testing.T) {
			doc := document(t, s, nil, sample.Page)
			checkFrame(t, doc)
			checkIDs(t, doc)
			checkLabels(t, doc)
			checkInline(t, doc)
			checkForms(t, doc, sample.Page)
		})
	}
}

func checkFrame(t *testing.T, doc *html.Node) {
	for _, name := range []string{"h1", "title", "main", "header", "footer"} {
		found := elements(doc, name)
		if len(found) != 1 || name != "footer" && text(found[0]) == "" {
			t.Errorf("want one <%s> with words, have %d", name, len(found))
		}
	}
	root := elements(doc, "html")[0]
	if attr(root, "lang") != "en" || attr(root, "dir") != "ltr" {
		t.Errorf("lang %q, dir %q", attr(root, "lang"), attr(root, "dir"))
	}
	level := 0
	for _, h := range elements(doc, "h1", "h2", "h3", "h4") {
		next := int(h.Data[1] - '0')
		if next > level+1 {
			t.Errorf("<%s> follows <h%d>", h.Data, level)
		}
		level = next
	}
}

// checkIDs: no id twice, and whatever refers to an id finds it.
func checkIDs(t *testing.T, doc *html.Node) {
	ids := map[string]bool{}
	for _, n := range elements(doc) {
		if id, ok := lookup(n, "id"); ok {
			if ids[id] || id == "" || strings.ContainsAny(id, " \t\n") {
				t.Errorf("id %q twice, empty or with blanks", id)
			}
			ids[id] = true
		}
	}
	for _, n := range elements(doc) {
		for _, name := range []string{"for", "aria-describedby", "aria-labelledby", "data-reveal", "data-copy"} {
			list, ok := lookup(n, name)
			for _, id := range strings.Fields(list) {
				if !ids[id] {
					t.Errorf("<%s %s=%q> finds nothing", n.Data, name, id)
				}
			}
			if ok && list == "" {
				t.Errorf("<%s %s> names nothing", n.Data, name)
			}
		}
	}
}

func checkLabels(t *testing.T, doc *html.Node) {
	labelled := map[string]bool{}
	for _, n := range elements(doc, "label") {
		labelled[attr(n, "for")] = text(n) != ""
	}
	for _, n := range elements(doc, "input", "select", "textarea", "progress") {
		if attr(n, "type") != "hidden" && !labelled[attr(n, "id")] {
			t.Errorf("<%s name=%q> has no label", n.Data, attr(n, "name"))
		}
	}
	for _, n := range elements(doc, "button", "a", "h1", "h2", "h3", "summary") {
		if text(n) == "" {
			t.Errorf("<%s id=%q> has no words", n.Data, attr(n, "id"))
		}
	}
}

// checkInline: the Content-Security-Policy would block what is inline.
func checkInline(t *testing.T, doc *html.Node) {
	for _, n := range elements(doc) {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
			if strings.Contains(a.Val, "ZgotmplZ") {
				t.Errorf("<%s %s=%q>: html/template blanked it", n.Data, a.Key, a.Val)
			}
		}
		if n.Data == "style" || n.Data == "script" && (attr(n, "src") == "" || n.FirstChild != nil) {
			t.Errorf("inline <%s>", n.Data)
		}
	}
}

// checkForms: every form is posted to this site and carries the token, except the one that answers a client, and the choice of a
// language, which does nothing in anybody's name.
func checkForms(t *testing.T, doc *html.Node, p Page) {
	for _, f := range elements(doc, "form") {
		names := map[string]string{}
		for _, n := range elements(f, "input") {
			names[attr(n, "name")] = attr(n, "value")
		}
		if attr(f, "id") == "" || attr(f, "method") != "post" {
			t.Errorf("form %q: no id, or not posted", attr(f, "action"))
		}
		if _, ok := p.(FormPost); ok {
			if _, ok := names["csrf"]; ok {
				t.Error("the token goes to a client")
			}
			continue
		}
		if attr(f, "id") == "language" {
			if attr(f, "action") != LanguagePath || names["return"] != p.common().Return {
				t.Errorf("the menu of languages posts %v to %q", names, attr(f, "action"))
			}
			continue
		}
		if names["csrf"] != p.common().CSRF.Value {
			t.Errorf("form %q has no token", attr(f, "id"))
		}
		if !strings.HasPrefix(attr(f, "action"), "/") {
			t.Errorf("form %q posts to %q", attr(f, "id"), attr(f, "action"))
		}
	}
}

// A page's file, struct and sample belong together.
func TestSamples_Complete(t *testing.T) {
	sampled, declared := map[string]bool{}, map[string]bool{}
	for _, s := range Samples() {
		sampled[s.Page.Template()] = true
	}
	for _, p := range everyPage {
		declared[p.Template()] = true
		if !sampled[p.Template()] {
			t.Errorf("%s has no sample", p.Template())
		}
	}
	files, err := fs.Glob(embedded, "html/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(path.Base(f), ".html")
		if !declared[name] && !slices.Contains(shared, path.Base(f)) {
			t.Errorf("%s has no struct", f)
		}
	}
}

func TestRender_BasePath(t *testing.T) {
	s := newSet(t)
	p := Login{Base: sampleBase(), Action: "/login"}
	p.Path = "/tenant"
	doc := document(t, s, nil, p)
	for _, n := range elements(doc) {
		for _, name := range []string{"href", "src", "action"} {
			if v, ok := lookup(n, name); ok && !strings.HasPrefix(v, "/tenant/") {
				t.Errorf("<%s %s=%q> is not below the base path", n.Data, name, v)
			}
		}
	}
}

func TestRender_RefusesForeignLinks(t *testing.T) {
	s := newSet(t)
	for _, link := range []string{
		"", "login", "//evil.example", `/\evil.example`, "https://evil.example/", "javascript:alert(1)", "/a/../b", "/a\nb", "/a b", "/%2e%2e/x",
	} {
		var b bytes.Buffer
		p := Login{Base: sampleBase(), Action: link}
		if err := s.Render(&b, nil, p); err == nil || b.Len() > 0 {
			t.Errorf("action %q: %v, %d bytes written", link, err, b.Len())
		}
		if link == "" {
			continue
		}
		q := Login{Base: sampleBase(), Action: "/login"}
		q.Path = link
		if err := s.Render(&b, nil, q); err == nil || b.Len() > 0 {
			t.Errorf("base path %q: %v, %d bytes written", link, err, b.Len())
		}
	}
}

// A large sealed request travels unharmed.
func TestRender_Request(t *testing.T) {
	request := strings.Repeat("Az09-_", 1024)
	doc := document(t, newSet(t), nil, Login{Base: sampleBase(), Action: "/login", Request: request, People: samplePeople()})
	n := 0
	for _, in := range elements(doc, "input") {
		if attr(in, "name") == "request" {
			n++
			if attr(in, "value") != request {
				t.Error("the request changed")
			}
		}
	}
	if n != 2 {
		t.Errorf("%d fields hold the request, want one in each form", n)
	}
}

func TestDiagnosis_OnlyInDevelopment(t *testing.T) {
	s := newSet(t)
	p := Error{Base: sampleBase(), Kind: ErrorApp, Diagnosis: &Diagnosis{What: "what", Got: "secret-got"}}
	var b bytes.Buffer
	if err := s.Render(&b, nil, p); err != nil || strings.Contains(b.String(), "secret-got") {
		t.Errorf("%v; production shows the diagnosis", err)
	}
	p.Dev = true
	if err := s.Render(&b, nil, p); err != nil || !strings.Contains(b.String(), "secret-got") {
		t.Errorf("%v; development does not show it", err)
	}
}

// Every sample has a name of its own: the preview, and the pictures, go by it.
func TestSamples_HaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Samples() {
		if seen[s.Name] {
			t.Errorf("%s is there twice", s.Name)
		}
		seen[s.Name] = true
	}
}
