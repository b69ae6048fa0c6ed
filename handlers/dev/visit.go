package dev

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// visit is what development mode notes of a request before the provider sees it.
type visit struct {
	// path is that of the address, below the issuer's.
	path string
	// byClient tells whether it is a form of an endpoint where clients authenticate.
	byClient bool
	// credentials tells whether that form or its header brought any.
	credentials bool
	// scopes are what the form asks for.
	scopes []string
}

type visitKey struct{}

// visitOf is nil outside of a request.
func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// maxForm is more than the provider takes, in bytes.
const maxForm = 128 << 10

// clientEndpoints are where clients authenticate.
var clientEndpoints = []string{"/token", "/introspect", "/revoke"}

// note reads a client's form ahead, if it is one, and returns the request as if nothing had been read.
func note(r *http.Request, base string) *http.Request {
	v := &visit{path: strings.TrimPrefix(r.URL.Path, base)}
	if r.Method == http.MethodPost && slices.Contains(clientEndpoints, v.path) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, maxForm)) // who reads on meets the same error
		r.Body = &readAhead{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
		form, _ := url.ParseQuery(string(body))
		v.byClient, v.scopes = true, strings.Fields(form.Get("scope"))
		v.credentials = r.Header.Get("Authorization") != "" || form.Has("client_secret") || form.Has("client_assertion")
	}
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// readAhead is a body of which a part was read already.
type readAhead struct {
	io.Reader
	io.Closer
}
