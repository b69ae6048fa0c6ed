package robot

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Text is what a person would read on the page, with blanks joined.
func (b *Browser) Text() string { return text(b.doc) }

// TextOf is the text of the element with an id, or empty.
func (b *Browser) TextOf(id string) string { return text(b.find(id)) }

// Has tells whether the page has an element with an id.
func (b *Browser) Has(id string) bool { return b.find(id) != nil }

// HasAttribute tells whether the element with an id has an attribute, such as readonly.
func (b *Browser) HasAttribute(id, name string) bool {
	n := b.find(id)
	return n != nil && has(n, name)
}

// Attribute is the value of an attribute of the element with an id, or empty.
func (b *Browser) Attribute(id, name string) string { return attr(b.find(id), name) }

// All are the values of an attribute of all elements of a kind, such as the href of every a.
func (b *Browser) All(element, attribute string) []string {
	var values []string
	walk(b.doc, func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == element && has(n, attribute) {
			values = append(values, attr(n, attribute))
		}
	})
	return values
}

// Field is the value of a form's field, or empty.
func (b *Browser) Field(form, name string) string { return fields(b.form(form)).Get(name) }

// Submit submits form#id with its own fields, some of them changed, as its submit button without a name would.
func (b *Browser) Submit(id string, change url.Values) *Browser {
	b.tb.Helper()
	return b.submit(b.form(id), change)
}

// Press submits a form by the button with an id, or the n-th button of a name and value "name=value".
func (b *Browser) Press(button string, change url.Values) *Browser {
	b.tb.Helper()
	n := b.button(button)
	form := n
	for form != nil && form.Data != "form" {
		form = form.Parent
	}
	if form == nil {
		b.tb.Fatalf("robot: %s: button %q is in no form", b.url, button)
	}
	all := url.Values{}
	for name, values := range change {
		all[name] = values
	}
	if name := attr(n, "name"); name != "" {
		all.Set(name, attr(n, "value"))
	}
	return b.submit(form, all)
}

func (b *Browser) button(want string) *html.Node {
	b.tb.Helper()
	name, value, byValue := strings.Cut(want, "=")
	n := first(b.doc, func(n *html.Node) bool {
		if n.Data != "button" {
			return false
		}
		if byValue {
			return attr(n, "name") == name && attr(n, "value") == value
		}
		return attr(n, "id") == want
	})
	if n == nil {
		b.tb.Fatalf("robot: %s: no button %q\n%s", b.url, want, b.Text())
	}
	return n
}

func (b *Browser) submit(form *html.Node, change url.Values) *Browser {
	b.tb.Helper()
	values := fields(form)
	for name, v := range change {
		values[name] = v
	}
	action, err := b.url.Parse(attr(form, "action"))
	if err != nil {
		b.tb.Fatalf("robot: action: %v", err)
	}
	allowed := b.formAction()
	if strings.EqualFold(attr(form, "method"), http.MethodPost) {
		return b.follow(b.request(http.MethodPost, action, values, "same-origin"), allowed, true)
	}
	action.RawQuery = values.Encode()
	return b.follow(b.request(http.MethodGet, action, nil, "same-origin"), allowed, true)
}

// formAction is the sources of the page's form-action directive.
func (b *Browser) formAction() []string { return b.directive("form-action") }

// Allows tells whether the page's policy lets something of another site be loaded by a directive, such as img-src, which
// default-src stands in for.
func (b *Browser) Allows(directive, address string) bool {
	sources := b.directive(directive)
	if sources == nil {
		sources = b.directive("default-src")
	}
	u, err := url.Parse(address)
	return err == nil && (sources == nil || slices.Contains(sources, u.Scheme+"://"+u.Host) || slices.Contains(sources, u.Scheme+":"))
}

// directive is the sources of a directive of the page's Content-Security-Policy, nil if it has none.
func (b *Browser) directive(name string) []string {
	for directive := range strings.SplitSeq(b.Last().Header.Get("Content-Security-Policy"), ";") {
		if words := strings.Fields(directive); len(words) > 0 && words[0] == name {
			return words[1:]
		}
	}
	return nil
}

// checkAction fails the test where a browser would stop a form: at its action and at every redirect after it (CSP Level 3
// §6.4.2). Without a directive everything is allowed.
func (b *Browser) checkAction(allowed []string, to *url.URL) {
	b.tb.Helper()
	if allowed == nil {
		return
	}
	sources := []string{to.Scheme + ":", to.Scheme + "://" + to.Host}
	if to.Host == b.base.Host && to.Scheme == b.base.Scheme {
		sources = append(sources, "'self'")
	}
	if !slices.ContainsFunc(sources, func(s string) bool { return slices.Contains(allowed, s) }) {
		b.tb.Fatalf("robot: form-action %q does not allow %s", strings.Join(allowed, " "), to)
	}
}

func (b *Browser) find(id string) *html.Node {
	return first(b.doc, func(n *html.Node) bool { return attr(n, "id") == id })
}

func (b *Browser) form(id string) *html.Node {
	b.tb.Helper()
	n := b.find(id)
	if n == nil || n.Data != "form" {
		b.tb.Fatalf("robot: %s (status %d): no form %q\n%s", b.url, b.Status(), id, b.Text())
	}
	return n
}

// fields are what a form would send: hidden and text fields, ticked boxes.
func fields(form *html.Node) url.Values {
	v := url.Values{}
	walk(form, func(n *html.Node) {
		name := attr(n, "name")
		switch {
		case name == "":
		case n.Data == "textarea":
			v.Add(name, text(n))
		case n.Data == "select":
			v.Add(name, selected(n))
		case n.Data == "input" && (attr(n, "type") != "checkbox" && attr(n, "type") != "radio" || has(n, "checked")):
			v.Add(name, attr(n, "value"))
		}
	})
	return v
}

func selected(n *html.Node) string {
	option := first(n, func(n *html.Node) bool { return n.Data == "option" && has(n, "selected") })
	if option == nil {
		option = first(n, func(n *html.Node) bool { return n.Data == "option" })
	}
	return attr(option, "value")
}

func walk(n *html.Node, visit func(*html.Node)) {
	if n == nil {
		return
	}
	visit(n)
	for c := range n.ChildNodes() {
		walk(c, visit)
	}
}

func first(n *html.Node, match func(*html.Node) bool) *html.Node {
	var found *html.Node
	walk(n, func(n *html.Node) {
		if found == nil && n.Type == html.ElementNode && match(n) {
			found = n
		}
	})
	return found
}

func attr(n *html.Node, name string) string {
	if n != nil {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func text(n *html.Node) string {
	var words []string
	walk(n, func(n *html.Node) {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style" {
			words = append(words, strings.Fields(n.Data)...)
		}
	})
	return strings.Join(words, " ")
}
