package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"signet/provider"
)

// fail turns an error into the answer for the route's audience, and writes it down once, under the request's reference.
func (e *endpoint) fail(w http.ResponseWriter, r *http.Request, err error) {
	refusal := explain(err)
	x := exchangeOf(r)
	x.code = refusal.Code
	e.h.note(r, refusal)
	if x.status != 0 {
		return
	}
	setHeaders(w.Header(), cacheHeaders(Never)) // also where a good answer may be kept
	setRetryAfter(w, err, refusal)
	e.share(w, r, true)
	switch e.Audience {
	case ForPeople, ForFlow:
		e.h.failPage(w, r, refusal)
	case ForBearers:
		e.h.failBearer(w, r, refusal)
	default:
		e.h.failClient(w, r, refusal)
	}
}

// setRetryAfter tells when to come again, in whole seconds (RFC 9110 §10.2.3).
func setRetryAfter(w http.ResponseWriter, err error, e *provider.Error) {
	if wait := retryAfter(err, e); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
}

// maxNoted bounds what of a request's own words is logged.
const maxNoted = 500

// note counts a refusal and writes it to the log: faults of the server as errors, what time mends as warnings, everything
// else for information; of each so much in a second and no more, or whoever sends bad requests, or many and hangs up,
// could fill a disk. Faults have a measure of their own, so that nobody can drown them.
func (h *Handlers) note(r *http.Request, e *provider.Error) {
	count(h.metrics.refusals, e.Code)
	x := exchangeOf(r)
	level, measure := levelOf(e), &h.noted
	if level > slog.LevelInfo {
		measure = &h.faults
	}
	if !h.log.Enabled(r.Context(), level) {
		return
	}
	ok, skipped := measure.allow(x.start.Unix())
	if !ok {
		return
	}
	attrs := []slog.Attr{
		slog.String("ref", x.reference), slog.String("code", e.Code), slog.String("error", e.OAuth),
		slog.Int("status", e.Status), slog.String("route", x.endpoint.Path), slog.String("addr", x.addr.String()),
	}
	attrs = appendNoted(attrs, "client_id", e.ClientID)
	attrs = appendNoted(attrs, "got", e.Got)
	attrs = appendNoted(attrs, "allowed", e.Allowed)
	if e.Cause != nil {
		attrs = appendNoted(attrs, "err", e.Cause.Error())
	}
	if skipped > 0 {
		attrs = append(attrs, slog.Int("skipped", skipped))
	}
	h.log.LogAttrs(r.Context(), level, "refused", attrs...)
}

// levelOf weighs a refusal. Whoever hung up is not answered, and that is nobody's fault.
func levelOf(e *provider.Error) slog.Level {
	switch {
	case e.OAuth == "authorization_pending": // a device that waits, every five seconds
		return slog.LevelDebug
	case e.Status < http.StatusInternalServerError, errors.Is(e.Cause, context.Canceled):
		return slog.LevelInfo
	case e.Status == http.StatusServiceUnavailable:
		return slog.LevelWarn
	}
	return slog.LevelError
}

func appendNoted(attrs []slog.Attr, key, value string) []slog.Attr {
	if value == "" {
		return attrs
	}
	return append(attrs, slog.String(key, logged(value, maxNoted)))
}
