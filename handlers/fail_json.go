package handlers

import (
	"encoding/json"
	"net/http"
	"strconv"

	"signet/provider"
)

// errorBody is an error response (RFC 6749 §5.2).
type errorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	URI         string `json:"error_uri"`
}

func (h *Handlers) errorBody(r *http.Request, e *provider.Error) errorBody {
	b := errorBody{Error: e.OAuth, Description: e.Description, URI: h.issuer + docsPath + e.Code}
	if e.Status >= http.StatusInternalServerError {
		b.Description += ", reference " + Reference(r)
	}
	return b
}

// failClient answers a client. One that tried an Authorization header is told the scheme that it could have used.
func (h *Handlers) failClient(w http.ResponseWriter, r *http.Request, e *provider.Error) {
	if e.Status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", "Basic realm="+strconv.Quote(h.issuer)+`, charset="UTF-8"`)
	}
	h.writeJSON(w, r, e.Status, h.errorBody(r, e))
}

// failBearer answers somebody with an access token (RFC 6750 §3). Who brought none is told nothing but the scheme.
func (h *Handlers) failBearer(w http.ResponseWriter, r *http.Request, e *provider.Error) {
	challenge := "Bearer realm=" + strconv.Quote(h.issuer)
	if metadata := exchangeOf(r).endpoint.Metadata; metadata != "" {
		challenge += ", resource_metadata=" + strconv.Quote(metadata)
	}
	if e.Status == http.StatusUnauthorized && !triedToken(r) {
		w.Header().Set("WWW-Authenticate", challenge)
		w.WriteHeader(e.Status)
		return
	}
	if bearerErrors[e.OAuth] == e.Status {
		challenge += ", error=" + strconv.Quote(e.OAuth) + ", error_description=" + strconv.Quote(e.Description)
		w.Header().Set("WWW-Authenticate", challenge)
	}
	h.writeJSON(w, r, e.Status, h.errorBody(r, e))
}

// bearerErrors are those of RFC 6750 §3.1, with their status.
var bearerErrors = map[string]int{
	"invalid_request": http.StatusBadRequest, "invalid_token": http.StatusUnauthorized, "insufficient_scope": http.StatusForbidden,
}

func triedToken(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || r.PostForm.Has("access_token") || r.URL.Query().Has("access_token")
}

// writeJSON answers with a value. One that cannot be written as JSON is a fault of the program: nothing has been sent yet,
// so the answer can still say so.
func (h *Handlers) writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		refusal := refuse("E-SERVER-01")
		refusal.Cause = err
		h.note(r, refusal)
		status, body = refusal.Status, []byte(`{"error":"server_error"}`)
	}
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

var jsonType = []string{"application/json"}
