package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"signet/handlers/api"
)

// maxLine is the longest line of an answer in bytes.
const maxLine = 1 << 20

// lines runs an operation that answers with lines, and calls do with each as it comes. A refusal, or a fault on the way, is an
// *api.Error.
func (o *operator) lines(ctx context.Context, path string, do func(line []byte) error) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.base+path, nil)
	if err != nil {
		return err
	}
	resp, err := o.client.Do(r)
	if err != nil {
		return fmt.Errorf("cli: server: %w", err)
	}
	defer resp.Body.Close()
	scanner := bufio.NewScanner(resp.Body)
	scanner.Buffer(nil, maxLine)
	for scanner.Scan() {
		refusal := &api.Error{Status: resp.StatusCode}
		if json.Unmarshal(scanner.Bytes(), refusal) == nil && refusal.Code != "" && refusal.Message != "" {
			return refusal
		}
		if err := do(scanner.Bytes()); err != nil {
			return err
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("cli: server: %w", err)
	}
	return nil
}

// inProcess is a transport that ends in a handler, which runs while its answer is read.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	reader, writer := io.Pipe()
	w := &answer{header: http.Header{}, status: http.StatusOK, begun: make(chan struct{}), body: writer}
	go func() {
		t.handler.ServeHTTP(w, r)
		w.once.Do(func() { close(w.begun) })
		_ = writer.Close()
	}()
	<-w.begun
	return &http.Response{StatusCode: w.status, Header: w.header, Body: reader, Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

// answer is a response writer whose other end reads.
type answer struct {
	header http.Header
	status int
	once   sync.Once
	begun  chan struct{}
	body   *io.PipeWriter
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	a.once.Do(func() {
		a.status = status
		close(a.begun)
	})
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(a.status)
	return a.body.Write(b)
}
