package handlers

import (
	"net/http"
	"strings"

	"signet/keys"
)

// document serves bytes that were prepared in advance: discovery and the key set. It is asked for anew with each request,
// because keys rotate.
func document(current func() *keys.Document) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		d := current()
		head := w.Header()
		head["Content-Type"] = jsonType
		head["Etag"] = []string{d.ETag}
		head["Vary"] = varyEncoding
		if matchesTag(r.Header.Get("If-None-Match"), d.ETag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		body := d.Body
		if len(d.Gzip) > 0 && acceptsGzip(r.Header.Get("Accept-Encoding")) {
			head["Content-Encoding"] = gzipEncoding
			body = d.Gzip
		}
		_, _ = w.Write(body) // the client may have gone
		return nil
	}
}

var (
	varyEncoding = []string{"Accept-Encoding"}
	gzipEncoding = []string{"gzip"}
)

// matchesTag compares weakly (RFC 9110 §13.1.2): the tag names the content, whatever its coding.
func matchesTag(header, tag string) bool {
	if header == "" {
		return false
	}
	tag = strings.TrimPrefix(tag, "W/")
	for t := range strings.SplitSeq(header, ",") {
		t = strings.TrimPrefix(strings.TrimSpace(t), "W/")
		if t == "*" || t == tag {
			return true
		}
	}
	return false
}

// acceptsGzip reads an Accept-Encoding header; "gzip;q=0" refuses it (RFC 9110 §12.5.3).
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			_, q, _ := strings.Cut(weight, "=")
			return strings.Trim(q, "0. ") != "" || strings.TrimSpace(q) == ""
		}
	}
	return false
}
