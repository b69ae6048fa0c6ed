package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"signet/handlers"
	"signet/provider/account"
)

// call is an operation of /dev/api.
type call struct {
	method, path string
	// do takes the body, nil for GET, and returns the answer.
	do func(ctx context.Context, body []byte) (any, error)
}

func (m *Mode) calls() []call {
	return []call{
		{http.MethodGet, statusPath, func(ctx context.Context, _ []byte) (any, error) { return m.Status(ctx) }},
		{http.MethodGet, eventsPath, func(context.Context, []byte) (any, error) { return list[Event]{m.journal.Last(keptEvents)}, nil }},
		{http.MethodGet, apiClockPath, func(context.Context, []byte) (any, error) { return m.reading(), nil }},
		{http.MethodPost, apiClockPath, m.postClock},
		{http.MethodGet, peoplePath, m.getPeople},
		{http.MethodPost, peoplePath, m.postPerson},
		{http.MethodGet, failuresPath, func(context.Context, []byte) (any, error) { return list[Failure]{m.failures.pending()}, nil }},
		{http.MethodPost, failuresPath, m.postFailure},
		{http.MethodDelete, failuresPath, func(context.Context, []byte) (any, error) { m.failures.clear(); return struct{}{}, nil }},
	}
}

// list is the answer of what may be empty.
type list[T any] struct {
	Items []T `json:"items"`
}

// callError is the body of a refused call.
type callError struct {
	status  int
	Code    string `json:"error"`
	Message string `json:"message"`
}

func (e *callError) Error() string { return "dev: " + e.Message }

func wrong(format string, args ...any) error {
	return &callError{http.StatusBadRequest, "invalid", fmt.Sprintf(format, args...)}
}

// answer makes a route's handler of a call.
func (m *Mode) answer(c call) handlers.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := m.near(r); err != nil {
			return err
		}
		body, err := bodyOf(r)
		if err != nil {
			return writeError(w, err)
		}
		answer, err := c.do(r.Context(), body)
		if err != nil {
			return writeError(w, err)
		}
		return writeJSON(w, http.StatusOK, answer)
	}
}

// bodyOf reads a body, which must be JSON: no form of another site can send that (Fetch §2.2.2).
func bodyOf(r *http.Request) ([]byte, error) {
	if r.Method != http.MethodPost {
		return nil, nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &callError{http.StatusUnsupportedMediaType, "invalid", "Content-Type must be application/json"}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, &callError{http.StatusRequestEntityTooLarge, "invalid", err.Error()}
	}
	return body, nil
}

// writeError answers what the caller can mend, and returns everything else.
func writeError(w http.ResponseWriter, err error) error {
	var own *callError
	var taken *account.TakenError
	var invalid *account.InvalidError
	switch {
	case errors.As(err, &own):
	case errors.As(err, &taken):
		own = &callError{http.StatusConflict, "taken", err.Error()}
	case errors.As(err, &invalid), errors.Is(err, account.ErrWeakPassword), errors.Is(err, ErrClock):
		own = &callError{http.StatusBadRequest, "invalid", err.Error()}
	default:
		return err
	}
	return writeJSON(w, own.status, own)
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	if err := writeLine(&body, v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the caller may have gone
	return nil
}

// strictly decodes JSON and refuses members that v does not have.
func strictly(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return wrong("%v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return wrong("more than one JSON value")
	}
	return nil
}

// clockReading is the answer about the clock. Ahead is a duration of Go.
type clockReading struct {
	Now   time.Time `json:"time"`
	Ahead string    `json:"ahead"`
}

func (m *Mode) reading() clockReading {
	return clockReading{m.clock.Now(), m.clock.Offset().Round(time.Second).String()}
}

func (m *Mode) postClock(_ context.Context, body []byte) (any, error) {
	var in struct {
		Advance string `json:"advance"`
	}
	if err := strictly(body, &in); err != nil {
		return nil, err
	}
	by, err := time.ParseDuration(in.Advance)
	if err != nil {
		return nil, wrong("advance %q: want a duration such as 90s, 15m or 24h", in.Advance)
	}
	if err := m.move(by); err != nil {
		return nil, err
	}
	return m.reading(), nil
}

// move moves the clock and tells of it.
func (m *Mode) move(by time.Duration) error {
	if err := m.clock.Advance(by); err != nil {
		return err
	}
	m.journal.Tell("clock", fmt.Sprintf("forward %s, now %s", by, m.clock.Now().UTC().Format(time.RFC3339)))
	return nil
}

func (m *Mode) getPeople(ctx context.Context, _ []byte) (any, error) {
	const pageSize = 500
	all := list[*account.Person]{Items: []*account.Person{}}
	for after := ""; ; {
		page, next, err := m.accounts.ListPeople(ctx, "", after, pageSize)
		if err != nil {
			return nil, err
		}
		all.Items = append(all.Items, page...)
		if next == "" {
			return all, nil
		}
		after = next
	}
}

func (m *Mode) postPerson(ctx context.Context, body []byte) (any, error) {
	var in Person
	if err := strictly(body, &in); err != nil {
		return nil, err
	}
	added, err := newPerson(ctx, m.accounts, in)
	if err != nil {
		return nil, err
	}
	m.journal.Tell("person", "added "+nameOf(added))
	return added, nil
}

func (m *Mode) postFailure(_ context.Context, body []byte) (any, error) {
	var in Failure
	if err := strictly(body, &in); err != nil {
		return nil, err
	}
	if err := m.failures.order(in); err != nil {
		return nil, err
	}
	return list[Failure]{m.failures.pending()}, nil
}
