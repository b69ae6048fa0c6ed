package dev

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"signet/provider"
)

// visit is what development mode notes of a request before the provider sees it.
type visit struct {
	// path is that of the address, below the issuer's.
	path string
	// byClient tells whether it is a form of an endpoint where clients authenticate.
	byClient bool
	// credentials tells whether that form or its header brought any.
	credentials bool
	// scopes and audiences are what is asked for (RFC 6749 §3.3, RFC 8707 §2).
	scopes, audiences []string
}

type visitKey struct{}

// visitOf is nil outside of a request.
func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// clientEndpoints are where clients authenticate.
var clientEndpoints = []string{"/token", "/introspect", "/revoke", "/par", provider.PathDevice}

// note looks at what a request asks for, and returns the request as if nothing had been read.
func note(r *http.Request, base string) *http.Request {
	v := &visit{path: strings.TrimPrefix(r.URL.Path, base)}
	v.byClient = r.Method == http.MethodPost && slices.Contains(clientEndpoints, v.path)
	if v.byClient || v.path == "/authorize" {
		form := r.URL.Query()
		if r.Method == http.MethodPost {
			form = peek(r)
		}
		v.scopes, v.audiences = strings.Fields(form.Get("scope")), append(form["resource"], form["audience"]...)
		v.credentials = r.Header.Get("Authorization") != "" || form.Has("client_secret") || form.Has("client_assertion")
	}
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// maxForm is more than the provider takes, in bytes.
const maxForm = 128 << 10

// peek reads a form and leaves it to be read again. What is wrong with it is found by who reads it then.
func peek(r *http.Request) url.Values {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxForm))
	r.Body = &readAhead{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	form, _ := url.ParseQuery(string(body))
	return form
}

// readAhead is a body of which a part was read already.
type readAhead struct {
	io.Reader
	io.Closer
}
