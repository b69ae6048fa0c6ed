package upstream

import (
	"context"
	"errors"
	"net/url"
)

// Code is a code that an application has got from a provider by itself, without a trip of ours.
type Code struct {
	// Source is the id of the source.
	Source string
	// Code is the code, Redirect the address that it came to, Verifier the PKCE verifier and Nonce that of the request.
	Code, Redirect, Verifier, Nonce string
	// Params are what else came with the code.
	Params url.Values
}

// Redeem redeems a code that did not come by a trip. Nothing binds it to a browser, so the caller has authenticated the client that
// brings it, and has found Redirect in the client's list. PKCE and, with OpenID Connect, a nonce must have been used. The errors are
// those of Finish.
func (u *Upstreams) Redeem(ctx context.Context, c Code) (*Identity, error) {
	s, err := u.Source(c.Source)
	if err != nil {
		return nil, err
	}
	switch {
	case s.Protocol == OAuth1, s.Protocol == LDAP:
		return nil, s.wrong(ErrNoRule, errors.New("it has no codes"))
	case c.Code == "" || c.Redirect == "":
		return nil, s.wrong(ErrAnswer, errors.New("no code, or no address that it came to"))
	case s.PKCE == "S256" && c.Verifier == "", s.Protocol == OIDC && c.Nonce == "":
		return nil, s.wrong(ErrAnswer, errors.New("the verifier or the nonce is missing"))
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	return u.redeem(ctx, s, grant{code: c.Code, redirect: c.Redirect, verifier: c.Verifier, nonce: c.Nonce, params: c.Params})
}
