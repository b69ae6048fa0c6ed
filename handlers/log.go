package handlers

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
	"unicode"
)

// end catches a panic, counts the request and writes it to the access log. It is deferred.
func (h *Handlers) end(x *exchange, r *http.Request) {
	fault := recover()
	aborted := fault != nil && (fault == http.ErrAbortHandler || !h.survive(x, r, fault))
	took := h.db.Now().Sub(x.start)
	status := x.status
	if status == 0 {
		status = http.StatusOK
	}
	if x.endpoint != nil {
		x.endpoint.meter.observe(status, took)
	}
	if h.access != nil {
		h.writeAccess(x, r, status, took)
	}
	if aborted {
		panic(http.ErrAbortHandler)
	}
}

// survive answers a request whose handler panicked; the stack goes to the log and nowhere else. It returns false if the
// answer had begun: half an answer must not look like a whole one.
func (h *Handlers) survive(x *exchange, r *http.Request, fault any) bool {
	h.metrics.panics.Inc()
	h.log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("ref", x.reference),
		slog.String("err", fmt.Sprint(fault)), slog.String("stack", string(debug.Stack())))
	if x.endpoint == nil || x.status != 0 {
		return false
	}
	x.endpoint.fail(x, r, fmt.Errorf("handlers: panic: %v", fault))
	return true
}

// writeAccess writes one line. Of the address it has the route's pattern alone: paths and queries may hold secrets. What
// matched no route is shown, cut short.
func (h *Handlers) writeAccess(x *exchange, r *http.Request, status int, took time.Duration) {
	if !h.access.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	route := unmatched
	if x.endpoint != nil {
		route = x.endpoint.Path
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs, slog.String("ref", x.reference), slog.String("method", logged(r.Method, 20)),
		slog.String("route", route), slog.Int("status", status), slog.Int64("bytes", x.bytes),
		slog.Duration("took", took), slog.String("addr", x.addr.String()), slog.Bool("tls", x.secure))
	if route == unmatched {
		attrs = append(attrs, slog.String("path", logged(r.URL.Path, 200)))
	}
	if x.code != "" {
		attrs = append(attrs, slog.String("code", x.code))
	}
	h.access.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
}

// logged is what strangers said as the log has it: cut short, and without what turns the line around for whoever reads it, or hides
// in it. Log handlers escape control characters and leave these.
func logged(s string, n int) string {
	s = strings.ToValidUTF8(cutText(s, n), "\ufffd")
	if !strings.ContainsFunc(s, unseen) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unseen(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unseen tells whether a character is one that nobody sees and log handlers do not escape.
func unseen(r rune) bool { return r > 0x7f && !unicode.IsPrint(r) }

func cutText(s string, n int) string { return s[:min(len(s), n)] }
