package handlers

import (
	"io"
	"net/http"

	"signet/provider"
)

// token is the token endpoint (RFC 6749 §3.2).
func (h *Handlers) token(w http.ResponseWriter, r *http.Request) error {
	answer, err := h.provider.Token(r.Context(), r)
	if err != nil {
		return err
	}
	// The provider knows the grant type, or it would have refused: so the label takes few values.
	count(h.metrics.tokens, r.PostForm.Get("grant_type"))
	h.writeJSON(w, r, http.StatusOK, answer)
	return nil
}

// introspect is the introspection endpoint (RFC 7662 §2).
func (h *Handlers) introspect(w http.ResponseWriter, r *http.Request) error {
	reply, err := h.provider.Introspect(r.Context(), r)
	if err != nil {
		return err
	}
	h.writeReply(w, r, reply)
	return nil
}

// revoke is the revocation endpoint (RFC 7009 §2): its answer is empty.
func (h *Handlers) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := h.provider.Revoke(r.Context(), r); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// userInfo is the userinfo endpoint (OIDC Core §5.3).
func (h *Handlers) userInfo(w http.ResponseWriter, r *http.Request) error {
	reply, err := h.provider.UserInfo(r.Context(), r)
	if err != nil {
		return err
	}
	h.shareWith(w, r, reply.ClientID)
	h.writeReply(w, r, reply)
	return nil
}

// writeReply sends JSON, or the JWT that stands in its place.
func (h *Handlers) writeReply(w http.ResponseWriter, r *http.Request, reply provider.Reply) {
	if reply.JWT == "" {
		h.writeJSON(w, r, http.StatusOK, reply.Members)
		return
	}
	w.Header().Set("Content-Type", reply.Type)
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, reply.JWT) // the client may have gone
}
