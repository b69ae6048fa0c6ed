package playground

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
)

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 128 << 10

// exchange is a request with its answer.
type exchange struct {
	// sent and received are the messages as they went over the wire; a JSON body is indented.
	sent, received string
	// form is what was sent, if that is a form.
	form url.Values
	// curl is a command that sends the same.
	curl   string
	status int
	header http.Header
	body   []byte
	// problem says why there was no answer.
	problem string
}

// ok tells whether the answer is what was asked for.
func (x *exchange) ok() bool { return x != nil && x.status == http.StatusOK }

// send sends a request and notes what went over the wire.
func (p *Playground) send(r *http.Request) *exchange {
	x := p.preview(r)
	resp, err := p.client.Do(r)
	if err != nil {
		x.problem = err.Error()
		return x
	}
	defer resp.Body.Close()
	x.status, x.header = resp.StatusCode, resp.Header
	if x.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		x.problem = err.Error()
	}
	x.received = dumpAnswer(resp, x.body)
	return x
}

// preview is what a request would look like.
func (p *Playground) preview(r *http.Request) *exchange {
	x := &exchange{curl: p.curl(r)}
	sent, err := httputil.DumpRequestOut(r, true)
	if err != nil {
		x.problem = err.Error()
	}
	x.sent = string(sent)
	if _, body, ok := strings.Cut(x.sent, "\r\n\r\n"); ok && r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		x.form, _ = url.ParseQuery(body) // it was made here
	}
	return x
}

func dumpAnswer(resp *http.Response, body []byte) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\r\n", resp.Proto, resp.Status)
	if err := resp.Header.Write(&b); err != nil {
		return b.String()
	}
	b.WriteString("\r\n")
	if json.Indent(&b, body, "", "  ") != nil {
		b.Write(body)
	}
	return b.String()
}

// get reads a document.
func (p *Playground) get(ctx context.Context, address string) *exchange {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return &exchange{problem: err.Error()}
	}
	r.Header.Set("Accept", "application/json")
	return p.send(r)
}

// newPost makes a request with a form, in the client's name (RFC 6749 §2.3.1, OIDC Core §9).
func (p *Playground) newPost(ctx context.Context, address string, form url.Values, c client) (*http.Request, error) {
	switch c.method {
	case methodKey:
		if err := p.assert(form, c); err != nil {
			return nil, err
		}
	case methodPost:
		form.Set("client_id", c.id)
		form.Set("client_secret", c.secret)
	case methodNone:
		form.Set("client_id", c.id)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("playground: request: %w", err)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.method == methodBasic {
		r.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret))
	}
	return r, nil
}

// newJSON makes a request with a JSON document, if there is one, and a bearer token, if there is one.
func newJSON(ctx context.Context, method, address, document, token string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(document))
	if err != nil {
		return nil, fmt.Errorf("playground: request: %w", err)
	}
	r.Header.Set("Accept", "application/json")
	if document != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r, nil
}

// curlTo is a command for a POSIX shell that asks an address, and knows whom to trust for it.
func (p *Playground) curlTo(address string) string {
	if p.authority == "" {
		return "curl -i " + quote(address)
	}
	return "curl -i --cacert " + quote(p.authority) + " " + quote(address)
}

// curl writes a request as a command for a POSIX shell.
func (p *Playground) curl(r *http.Request) string {
	var b strings.Builder
	b.WriteString(p.curlTo(r.URL.String()))
	if r.Method == http.MethodPut || r.Method == http.MethodDelete {
		b.WriteString(" -X " + r.Method)
	}
	names := []string{}
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b.WriteString(" \\\n  -H " + quote(name+": "+r.Header.Get(name)))
	}
	if r.GetBody == nil {
		return b.String()
	}
	if body, err := r.GetBody(); err == nil {
		if raw, err := io.ReadAll(body); err == nil && len(raw) > 0 {
			b.WriteString(" \\\n  --data-raw " + quote(string(raw)))
		}
	}
	return b.String()
}

// quote writes a word for a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// canned gives an answer again to whoever asks.
type canned struct{ *exchange }

// RoundTrip implements http.RoundTripper.
func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.problem != "" {
		return nil, fmt.Errorf("playground: %s", c.problem)
	}
	return &http.Response{
		StatusCode: c.status, Status: http.StatusText(c.status), Header: c.header.Clone(), Request: r,
		Body: io.NopCloser(bytes.NewReader(c.body)), ContentLength: int64(len(c.body)),
	}, nil
}
