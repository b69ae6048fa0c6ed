package handlers

import (
	"errors"
	"net/http"
	"strings"

	"golang.org/x/text/unicode/norm"

	"signet/keys"
	"signet/provider"
	"signet/provider/limit"
	"signet/provider/upstream"
	"signet/storage"
)

// signInByDirectory has a directory judge the name and the password that were typed. From then on it is as if somebody had come back
// from another provider.
func (h *Handlers) signInByDirectory(w http.ResponseWriter, r *http.Request, v *visitor, source *upstream.Source, carried upstream.Carried) error {
	name := r.PostForm.Get("identifier")
	// Every try counts, the good ones too: a directory locks accounts by itself, and strangers must not make it.
	tries := []limit.Use{{Limit: h.limits.directoryAccount, Key: limit.KeyOf(source.ID + "\x00" + foldedName(name))}, {Limit: h.limits.directoryNetwork, Key: networkOf(r)}}
	if err := h.limits.take(r.Context(), tries...); err != nil {
		return err
	}
	id, err := h.provider.Upstreams().Authenticate(r.Context(), source.ID, name, keys.Secret(r.PostForm.Get("password")))
	if errors.Is(err, upstream.ErrLogin) {
		e := refuse(codeWrongLogin)
		e.Cause = err
		return e
	}
	if err != nil {
		return provider.UpstreamError(err)
	}
	return h.arrived(w, r, v, storage.Batch{}, &upstream.Arrival{Identity: id, Carried: carried})
}

// foldedName is one for all spellings that a directory may take for one name (RFC 4518 §2): otherwise each would be tried anew.
func foldedName(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(name))), " ")
}
