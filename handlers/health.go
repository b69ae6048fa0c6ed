package handlers

import (
	"bytes"
	"io"
	"net/http"

	"signet/storage"
)

// alive says that the process answers.
func (h *Handlers) alive(w http.ResponseWriter, _ *http.Request) error {
	_, _ = io.WriteString(w, "ok\n") // the prober may have gone
	return nil
}

// probeKind is never written: reading it asks whether storage answers.
var probeKind = &storage.Kind{Name: "probe"}

// ready says that requests can be answered: storage answers, and there are keys.
func (h *Handlers) ready(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.db.Get(r.Context(), storage.Key{Kind: probeKind, ID: "ready"}); err != nil {
		e := refuse("E-SERVER-02")
		e.Cause = err
		return e
	}
	if !bytes.Contains(h.provider.JWKS().Body, []byte(`"kty"`)) {
		return refuseFor("E-SERVER-02", "no keys")
	}
	return h.alive(w, r)
}
