package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// robot signs a person in as a browser without scripts does: it follows redirects, copies hidden fields, and fills in
// identifier and password wherever a form asks for them.
type robot struct {
	client               *http.Client
	jar                  *jar
	identifier, password string
}

// maxSteps is how many pages and redirects a sign-in may take.
const maxSteps = 20

// signIn opens a page and goes on until it is sent to a URL that begins with goal, which it returns.
func (r *robot) signIn(page, goal string) (string, error) {
	request, err := http.NewRequest(http.MethodGet, page, nil)
	title := ""
	for range maxSteps {
		if err != nil {
			return "", err
		}
		var next *http.Request
		var to string
		next, to, title, err = r.step(request, goal)
		if to != "" {
			return to, err
		}
		request = next
	}
	return "", fmt.Errorf("still not signed in after %d steps; the last page is %q", maxSteps, title)
}

// step sends one request and makes the next of its answer. It returns the goal once it is reached.
func (r *robot) step(request *http.Request, goal string) (next *http.Request, reached, title string, err error) {
	if cookies := r.jar.value(); cookies != "" {
		request.Header.Set("Cookie", cookies)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return nil, "", "", err
	}
	defer response.Body.Close()
	r.jar.take(response.Header["Set-Cookie"])
	if location, err := response.Location(); err == nil {
		if strings.HasPrefix(location.String(), goal) {
			return nil, location.String(), "", nil
		}
		next, err = http.NewRequest(http.MethodGet, location.String(), nil)
		return next, "", "", err
	}
	page, err := html.Parse(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, "", "", err
	}
	title = textOf(find(page, "title"))
	if response.StatusCode != http.StatusOK {
		return nil, "", title, fmt.Errorf("%s answered %d, %q", request.URL.Path, response.StatusCode, title)
	}
	next, err = r.fill(page, request.URL)
	return next, "", title, err
}

// fill submits the form that asks for the identifier or the password.
func (r *robot) fill(page *html.Node, base *url.URL) (*http.Request, error) {
	for _, f := range findAll(page, "form") {
		fields := fieldsOf(f)
		if !fields.Has("identifier") && !fields.Has("password") {
			continue
		}
		for name, value := range map[string]string{"identifier": r.identifier, "password": r.password} {
			if fields.Has(name) {
				fields.Set(name, value)
			}
		}
		return submission(f, fields, base)
	}
	return nil, fmt.Errorf("the page %q has no form with identifier or password", textOf(find(page, "title")))
}

func submission(f *html.Node, fields url.Values, base *url.URL) (*http.Request, error) {
	action, err := base.Parse(attr(f, "action"))
	if err != nil {
		return nil, err
	}
	if attr(f, "action") == "" {
		action = base
	}
	if !strings.EqualFold(attr(f, "method"), "post") {
		return nil, errors.New("the sign-in form is not sent with POST")
	}
	request, err := http.NewRequest(http.MethodPost, action.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", base.Scheme+"://"+base.Host)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return request, nil
}

// fieldsOf are the fields that a browser would send with the first button pressed.
func fieldsOf(f *html.Node) url.Values {
	fields, pressed := url.Values{}, false
	for _, n := range findAll(f, "input", "button", "select", "textarea") {
		name, kind := attr(n, "name"), strings.ToLower(attr(n, "type"))
		submits := n.Data == "button" && kind != "button" && kind != "reset" || kind == "submit" || kind == "image"
		first := submits && !pressed
		pressed = pressed || submits
		switch {
		case name == "" || has(n, "disabled") || submits && !first || kind == "button" || kind == "reset":
		case (kind == "checkbox" || kind == "radio") && !has(n, "checked"):
		default:
			fields.Add(name, attr(n, "value"))
		}
	}
	return fields
}

func findAll(n *html.Node, tags ...string) []*html.Node {
	var all []*html.Node
	for d := range n.Descendants() {
		for _, tag := range tags {
			if d.Type == html.ElementNode && d.Data == tag {
				all = append(all, d)
			}
		}
	}
	return all
}

func find(n *html.Node, tag string) *html.Node {
	if all := findAll(n, tag); len(all) > 0 {
		return all[0]
	}
	return nil
}

func textOf(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
