package handlers

import (
	"net/http"

	"signet/templates"
)

// Base is what every page has in common. target is the path below the issuer's path to which the page's forms post, as the
// route there names it; without forms it is empty. A browser that gets a form gets its cookie, too.
func (h *Handlers) Base(w http.ResponseWriter, r *http.Request, target string) (templates.Base, error) {
	b := templates.Base{
		Product: h.pages.Product, Help: h.pages.Help, Terms: h.pages.Terms, Privacy: h.pages.Privacy, Path: h.base, Return: h.again(r), Reference: Reference(r), Dev: h.dev != nil,
	}
	if target == "" {
		return b, nil
	}
	v, err := h.bound(w, r)
	if err != nil {
		return b, err
	}
	b.CSRF = templates.Field{Name: formField, Value: h.formToken(v, target, h.entries[target])}
	return b, nil
}

// Render answers with a page in the person's language; uiLocales are the application's wishes, beside those of the sealed request.
func (h *Handlers) Render(w http.ResponseWriter, r *http.Request, status int, page templates.Page, uiLocales ...string) error {
	language := h.language(r, uiLocales...)
	head := w.Header()
	before := head["Content-Security-Policy"]
	head["Content-Security-Policy"] = []string{h.pages.Set.Policy(page)}
	head["Content-Type"] = htmlType
	err := h.pages.Set.Render(&statusWriter{w, status}, language, page)
	if err != nil && exchangeOf(r).status == 0 {
		head["Content-Security-Policy"] = before
		return err
	}
	return nil // the page was made; who it was for may have gone
}

var htmlType = []string{"text/html; charset=utf-8"}

// statusWriter sends a status before the first byte, and not before: what cannot be rendered can still become an error.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// Write implements io.Writer.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status != 0 {
		w.WriteHeader(w.status)
		w.status = 0
	}
	return w.ResponseWriter.Write(b)
}
