package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gorilla/mux"

	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/storage"
)

// Error is the body of a refused operation.
type Error struct {
	Status  int    `json:"-"`
	Code    string `json:"error"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

func fault(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// faults maps what the lower rooms return to an answer, first match first.
var faults = []struct {
	is     error
	status int
	code   string
}{
	{provider.ErrClientInvalid, http.StatusBadRequest, "invalid"},
	{provider.ErrClientTaken, http.StatusConflict, "taken"},
	{provider.ErrClientDeclared, http.StatusConflict, "declared"},
	{provider.ErrInitialToken, http.StatusBadRequest, "invalid"},
	{account.ErrTaken, http.StatusConflict, "taken"},
	{account.ErrDeclared, http.StatusConflict, "declared"},
	{account.ErrLeaving, http.StatusConflict, "leaving"},
	{account.ErrNotLeaving, http.StatusConflict, "not_leaving"},
	{account.ErrGone, http.StatusConflict, "gone"},
	{account.ErrMerge, http.StatusConflict, "invalid"},
	{account.ErrUnknownPerson, http.StatusNotFound, "not_found"},
	{account.ErrNoSession, http.StatusNotFound, "not_found"},
	{account.ErrUnknownGroup, http.StatusNotFound, "not_found"},
	{account.ErrInvalidName, http.StatusBadRequest, "invalid"},
	{account.ErrInvalidEmail, http.StatusBadRequest, "invalid"},
	{account.ErrInvalidProfile, http.StatusBadRequest, "invalid"},
	{account.ErrWeakPassword, http.StatusBadRequest, "invalid"},
	{account.ErrBusy, http.StatusServiceUnavailable, "unavailable"},
	{keys.ErrAlgorithm, http.StatusBadRequest, "invalid"},
	{storage.ErrNotFound, http.StatusNotFound, "not_found"},
	{storage.ErrConflict, http.StatusConflict, "conflict"},
	{storage.ErrInvalid, http.StatusBadRequest, "invalid"},
	{storage.ErrFull, http.StatusServiceUnavailable, "unavailable"},
	{storage.ErrStopped, http.StatusServiceUnavailable, "unavailable"},
	{storage.ErrUnavailable, http.StatusServiceUnavailable, "unavailable"},
	{storage.ErrUnknown, http.StatusServiceUnavailable, "unavailable"},
}

func asError(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	for _, f := range faults {
		if errors.Is(err, f.is) {
			return fault(f.status, f.code, "%v", err)
		}
	}
	return fault(http.StatusInternalServerError, "internal", "a fault; see the log")
}

func (a *API) write(w http.ResponseWriter, r *http.Request, answer any, err error) {
	status := http.StatusOK
	if produce, ok := answer.(lines); ok && err == nil {
		a.send(w, r, produce)
		return
	}
	if err != nil {
		e := asError(err)
		if e.Status >= 500 {
			a.Log.ErrorContext(r.Context(), "administration failed", "method", r.Method, "path", r.URL.Path, "err", err)
		}
		status, answer = e.Status, e
	}
	if answer == nil {
		answer = struct{}{}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		a.Log.DebugContext(r.Context(), "answer not sent", "err", err)
	}
}

// read decodes the body into v. Unknown and repeated members are refused.
func read(r *http.Request, v any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fault(http.StatusRequestEntityTooLarge, "invalid", "body: %v", err)
	}
	if err := keys.CheckJSON(body); err != nil {
		return fault(http.StatusBadRequest, "invalid", "body: %v", err)
	}
	if err := strictly(body, v); err != nil {
		return fault(http.StatusBadRequest, "invalid", "body: %v", err)
	}
	return nil
}

// id is a variable of the path.
func id(r *http.Request, name string) string {
	s, err := url.PathUnescape(mux.Vars(r)[name])
	if err != nil {
		return ""
	}
	return s
}

// list is a page of anything.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// window reads prefix, after and limit from the query, which the table has judged: see checkQuery. limit is defaultPage if it is left out.
func window(r *http.Request) (prefix, after string, limit int) {
	q := r.URL.Query()
	limit = defaultPage
	if n, err := strconv.Atoi(q.Get("limit")); err == nil {
		limit = n
	}
	return q.Get("prefix"), q.Get("after"), limit
}

// defaultPage is how many items a page has at most where nobody says.
const defaultPage = 50
