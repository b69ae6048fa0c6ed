package api

import (
	"encoding/json"
	"net/http"
	"time"
)

// lines is an answer of many lines of JSON, each written as soon as it is known: for what is long or takes long. An error on the way is
// the last line, in the form of an Error.
type lines func(r *http.Request, write func(line any) error) error

// flushEvery is how many lines are written before they are sent on.
const flushEvery = 100

// send writes the lines. They may take longer than other answers.
func (a *API) send(w http.ResponseWriter, r *http.Request, produce lines) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{})
	encoder := json.NewEncoder(w)
	written := 0
	err := produce(r, func(line any) error {
		if err := encoder.Encode(line); err != nil {
			return err
		}
		if written++; written%flushEvery == 0 {
			_ = control.Flush()
		}
		return r.Context().Err()
	})
	if err == nil || r.Context().Err() != nil {
		return
	}
	e := asError(err)
	if e.Status >= http.StatusInternalServerError {
		a.Log.ErrorContext(r.Context(), "administration failed", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	_ = encoder.Encode(e)
}
