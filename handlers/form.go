package handlers

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// Limits of what a request may bring.
const (
	// MaxBody is the size of a body in bytes, unless the configuration says otherwise.
	MaxBody = 64 << 10
	// maxFields is how many parameters a query or a form may have.
	maxFields = 100
)

const formType = "application/x-www-form-urlencoded"

// repeatable parameters may come more than once (RFC 8707 §2, RFC 8693 §2.1).
var repeatable = map[string]bool{"resource": true, "audience": true}

// readForm reads a body that must be a form of at most so many bytes into r.PostForm and r.Form. A query beside it is refused:
// what a form says must not be said twice.
func readForm(w http.ResponseWriter, r *http.Request, most int64) error {
	if r.URL.RawQuery != "" {
		return refuseFor("E-REQ-01", "a query beside a form")
	}
	if !isForm(r) {
		return refuseFor("E-PAGE-03", "%s", r.Header.Get("Content-Type"))
	}
	body, err := readBody(w, r, most)
	if err != nil {
		return err
	}
	form, err := parseFields(body)
	if err != nil {
		return err
	}
	r.PostForm, r.Form = form, form
	return nil
}

// isForm looks at the content type. A request without body and type is an empty form.
func isForm(r *http.Request) bool {
	switch t := r.Header.Get("Content-Type"); t {
	case formType:
		return len(r.Header["Content-Type"]) == 1
	case "":
		return r.ContentLength == 0
	default:
		kind, _, err := mime.ParseMediaType(t)
		return err == nil && kind == formType && len(r.Header["Content-Type"]) == 1
	}
}

func readBody(w http.ResponseWriter, r *http.Request, most int64) (string, error) {
	var b bytes.Buffer
	b.Grow(int(min(max(r.ContentLength, 0), most)) + bytes.MinRead)
	if _, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, most)); err != nil {
		return "", bodyError(err)
	}
	return b.String(), nil
}

// bodyError tells a body that is too large from one that broke off.
func bodyError(err error) error {
	code := "E-REQ-01"
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		code = "E-PAGE-04"
	}
	e := refuse(code)
	e.Cause = err
	return e
}

// parseFields is strict where url.ParseQuery and Request.ParseForm go on: broken escapes and semicolons refuse the whole.
func parseFields(s string) (url.Values, error) {
	if strings.Count(s, "&") >= maxFields {
		return nil, refuseFor("E-PAGE-04", "more than %d parameters", maxFields)
	}
	v, err := url.ParseQuery(s)
	if err != nil {
		e := refuse("E-REQ-01")
		e.Cause = err
		return nil, e
	}
	return v, nil
}

// once refuses parameters that come more than once (RFC 6749 §3.2).
func once(v url.Values) error {
	for name, values := range v {
		if len(values) > 1 && !repeatable[name] {
			return refuseFor("E-REQ-02", "%.64s", name)
		}
	}
	return nil
}

// query reads the query as strictly as a form.
func query(r *http.Request) (url.Values, error) { return parseFields(r.URL.RawQuery) }
