package handlers

import (
	"bytes"
	"net/http"
	"strings"
	"time"
)

// static serves what pages are drawn with. The address holds a hash of the content, so it never changes.
func (h *Handlers) static() Handler {
	assets := h.pages.Set.Assets()
	return func(w http.ResponseWriter, r *http.Request) error {
		a, ok := assets[strings.TrimPrefix(r.URL.Path, h.base)]
		if !ok {
			setHeaders(w.Header(), cacheHeaders(Never))
			return refuse("E-PAGE-01")
		}
		w.Header().Set("Content-Type", a.ContentType)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.Bytes))
		return nil
	}
}
