package provider

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ory/fosite"

	"signet/storage"
)

// authMethod is a row of the table of client authentication methods (OIDC Core §9).
type authMethod struct {
	Name string
	// Presented tells whether the request carries this method's credentials.
	Presented func(r *http.Request, form url.Values) bool
	// ClientID is the client that the credentials claim.
	ClientID func(r *http.Request, form url.Values) (string, bool)
	// Verify judges the credentials.
	Verify func(p *Provider, ctx context.Context, c *cachedClient, r *http.Request, form url.Values) error
}

// authMethods is the table. The last one is what is left when nothing is presented. It is filled at start because the
// verifying functions look at the table's names themselves.
var authMethods []authMethod

func init() {
	authMethods = []authMethod{
		{"client_secret_basic", hasBasic, basicClientID, verifyBasic},
		{"client_secret_post", hasPostSecret, formClientID, verifyPost},
		{"private_key_jwt", hasKeyAssertion, assertionClientID, verifyKeyAssertion},
		{"client_secret_jwt", hasSecretAssertion, assertionClientID, verifySecretAssertion},
		{"none", func(*http.Request, url.Values) bool { return false }, formClientID, verifyNone},
	}
}

// authMethodNames are announced in discovery.
func authMethodNames() []string {
	names := make([]string, len(authMethods))
	for i, m := range authMethods {
		names[i] = m.Name
	}
	return names
}

// authenticate finds out which client sent the request. It takes exactly one mechanism a request, and only the one that the
// client's record names. All failures are the same to the caller; the cause is for the log.
func (p *Provider) authenticate(ctx context.Context, r *http.Request, form url.Values) (*Client, error) {
	method, err := presentedMethod(r, form)
	if err != nil {
		return nil, err
	}
	id, ok := method.ClientID(r, form)
	if !ok {
		return nil, authFailed("", errors.New("no usable client_id"))
	}
	cached, err := p.cachedClient(ctx, id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, err
	}
	if err != nil || cached.client.Disabled {
		p.burnHash(form.Get("client_secret"))
		return nil, authFailed(id, errors.New("no such client, or disabled"))
	}
	if p.relax != nil && p.relax.Credentials(cached.client) {
		return cached.client, nil
	}
	if cached.client.AuthMethod != method.Name {
		return nil, authFailed(id, errors.New("another authentication method")).got("%s", method.Name).allowed("%s", cached.client.AuthMethod)
	}
	if err := method.Verify(p, ctx, cached, r, form); err != nil {
		return nil, err
	}
	return cached.client, nil
}

// ClaimedClient is the client that a request's credentials claim, before anything is verified; empty if none is claimed in a
// form that could be true. r.PostForm has been parsed.
func ClaimedClient(r *http.Request) string {
	method, err := presentedMethod(r, r.PostForm)
	if err != nil {
		return ""
	}
	id, _ := method.ClientID(r, r.PostForm)
	if CheckClientID(id) != nil {
		return ""
	}
	return id
}

func presentedMethod(r *http.Request, form url.Values) (authMethod, error) {
	found := authMethods[len(authMethods)-1]
	n := 0
	for _, m := range authMethods {
		if m.Presented(r, form) {
			found = m
			n++
		}
	}
	if n > 1 || len(r.Header.Values("Authorization")) > 1 {
		return found, refuse("E-CLIENT-04")
	}
	return found, nil
}

func authFailed(id string, cause error) *Error {
	e := refuse("E-CLIENT-02").because(cause)
	e.ClientID = id
	return e
}

func hasBasic(r *http.Request, _ url.Values) bool { return r.Header.Get("Authorization") != "" }

func hasPostSecret(_ *http.Request, form url.Values) bool { return form.Has("client_secret") }

func hasAssertion(_ *http.Request, form url.Values) bool {
	return form.Has("client_assertion") || form.Has("client_assertion_type")
}

func formClientID(_ *http.Request, form url.Values) (string, bool) {
	id := form.Get("client_id")
	return id, id != ""
}

// basicClientID also holds a client_id in the form to the one in the header.
func basicClientID(r *http.Request, form url.Values) (string, bool) {
	id, _, ok := basicCredentials(r)
	if !ok || form.Has("client_id") && form.Get("client_id") != id {
		return "", false
	}
	return id, true
}

// basicCredentials reads the header strictly: canonical base64, then both halves form-decoded (RFC 6749 §2.3.1).
func basicCredentials(r *http.Request) (id, secret string, ok bool) {
	scheme, text, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Basic") || len(text) > 4096 {
		return "", "", false
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != text {
		return "", "", false
	}
	id, secret, found = strings.Cut(string(raw), ":")
	if !found {
		return "", "", false
	}
	if id, err = url.QueryUnescape(id); err != nil {
		return "", "", false
	}
	if secret, err = url.QueryUnescape(secret); err != nil {
		return "", "", false
	}
	return id, secret, id != ""
}

func verifyBasic(p *Provider, _ context.Context, c *cachedClient, r *http.Request, _ url.Values) error {
	_, secret, _ := basicCredentials(r)
	return p.verifySecret(c.client, secret)
}

func verifyPost(p *Provider, _ context.Context, c *cachedClient, _ *http.Request, form url.Values) error {
	return p.verifySecret(c.client, form.Get("client_secret"))
}

func verifyNone(_ *Provider, _ context.Context, c *cachedClient, _ *http.Request, form url.Values) error {
	if c.client.Public() && form.Get("client_id") == c.client.ID {
		return nil
	}
	return authFailed(c.client.ID, errors.New("no credentials"))
}

// verifySecret compares with every live secret. The secrets are random, so a keyed hash is enough; all are compared, so
// that the time tells nothing.
func (p *Provider) verifySecret(c *Client, secret string) error {
	sum := p.burnHash(secret)
	now := p.db.Now().Unix()
	ok := false
	for _, s := range c.Secrets {
		if hmac.Equal(sum, s.Hash) && (s.Expires == 0 || s.Expires > now) {
			ok = true
		}
	}
	if !ok || secret == "" {
		return authFailed(c.ID, errors.New("wrong secret"))
	}
	return nil
}

// burnHash is the work of one comparison, also done where there is nothing to compare with.
func (p *Provider) burnHash(secret string) []byte {
	return p.sealer.Hash("client.secret", []byte(secret))
}

// authenticateForFosite is the ClientAuthenticationStrategy: it authenticates, and sees that the client may use the grant
// type, which fosite leaves to each handler.
func (p *Provider) authenticateForFosite(ctx context.Context, r *http.Request, form url.Values) (fosite.Client, error) {
	client, err := p.authenticate(ctx, r, form)
	if err != nil {
		if own := (*Error)(nil); errors.As(err, &own) {
			return nil, own.asFosite()
		}
		return nil, err
	}
	c := callOf(ctx)
	c.client = client
	if c.grantType != "" && !slices.Contains(client.GrantTypes, c.grantType) {
		e := refuse("E-CLIENT-03").got("%s", c.grantType).allowed("%s", strings.Join(client.GrantTypes, " "))
		e.ClientID = client.ID
		return nil, e.asFosite()
	}
	return fositeClient{Client: client}, nil
}
