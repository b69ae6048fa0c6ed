package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxRedirects is how many redirects HTTP follows where it is told to.
const maxRedirects = 3

// HTTP returns an HTTP client for what speaks HTTP by itself, such as a library of a protocol. The rules of this package hold for
// each of its requests: the answer is read whole, at most maxBytes (0 stands for 64 KiB) and within the time that is allowed, and a
// host that breaker knows to be down is not asked. Answers of every status are returned; redirects are, as others, not followed.
// Errors hold an *Error.
func (c *Client) HTTP(breaker *Breaker, maxBytes int64) *http.Client {
	if maxBytes == 0 {
		maxBytes = defaultMaxBytes
	}
	return &http.Client{
		Transport:     &transport{client: c, breaker: breaker, want: Want{MaxBytes: maxBytes}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// SameHost makes a client of HTTP follow at most three redirects of GET requests, from https to https at the same host and port: some
// providers answer so for their metadata.
func SameHost(client *http.Client) *http.Client {
	follows := *client
	follows.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("more than %d redirects", maxRedirects)
		case r.Method != http.MethodGet || r.URL.Scheme != "https" || r.URL.Host != via[0].URL.Host || via[0].URL.Scheme != "https":
			return errors.New("a redirect to another host, or without TLS")
		}
		return nil
	}
	return &follows
}

// transport is an http.RoundTripper under the rules of a Client.
type transport struct {
	client  *Client
	breaker *Breaker
	want    Want
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	u, err := parse(r.URL.String())
	if err != nil {
		return nil, &Error{URL: shown(r.URL.String()), Cause: err}
	}
	if err := t.breaker.allow(u.Host); err != nil {
		return nil, &Error{URL: shown(u.String()), Cause: err}
	}
	resp, err := t.exchange(r, u)
	// Somebody who went away says nothing of the host.
	if r.Context().Err() == nil || !errors.Is(r.Context().Err(), context.Canceled) {
		t.breaker.report(u.Host, err == nil && resp.StatusCode < http.StatusInternalServerError)
	}
	if err != nil {
		return nil, &Error{URL: shown(u.String()), Cause: reason(err)}
	}
	return resp, nil
}

// exchange sends a copy of the request and reads the answer whole.
func (t *transport) exchange(r *http.Request, u *url.URL) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), t.client.timeout)
	defer cancel()
	leave, err := t.client.gate.enter(ctx, u.Host)
	if err != nil {
		return nil, err
	}
	defer leave()
	sent := r.Clone(ctx)
	sent.URL, sent.Host = u, ""
	sent.Header.Set("User-Agent", "signet")
	if sent.Header.Get("Accept") == "" {
		sent.Header.Set("Accept", "application/json")
	}
	resp, err := t.client.by(u).Transport.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, errors.New("the answer changes the protocol")
	}
	body, err := t.want.body(resp)
	if err != nil {
		return nil, err
	}
	resp.Body, resp.ContentLength, resp.Request = io.NopCloser(bytes.NewReader(body)), int64(len(body)), r
	return resp, nil
}

// by is the client for an address: the one that needs TLS, or the one for loopback.
func (c *Client) by(u *url.URL) *http.Client {
	if u.Scheme == "http" {
		return c.plain
	}
	return c.secure
}

// body reads an answer's body, which must not be packed: a few bytes may hold gigabytes.
func (w Want) body(resp *http.Response) ([]byte, error) {
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, fmt.Errorf("the answer has the coding %.40q, none was asked for", coding)
	}
	if resp.ContentLength > w.MaxBytes {
		return nil, fmt.Errorf("the answer has %d bytes, allowed %d", resp.ContentLength, w.MaxBytes)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, w.MaxBytes+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("the answer broke off")
	case err != nil:
		return nil, err
	case int64(len(body)) > w.MaxBytes:
		return nil, fmt.Errorf("the answer has more than the allowed %d bytes", w.MaxBytes)
	}
	return body, nil
}
