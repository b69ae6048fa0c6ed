package upstream

import (
	"context"
	"errors"
	"net/url"

	"signet/storage"
)

// Return is what comes back from a trip.
type Return struct {
	// Source is the id of the source to whose callback address it came.
	Source string
	// Binding is what bound the trip when it began.
	Binding string
	// Params are what the provider sent, in the query or, with form_post, in the body.
	Params url.Values
}

// Arrival is the end of a trip.
type Arrival struct {
	// Identity is who came; nil if there was an error.
	Identity *Identity
	// Carried is what the trip began with.
	Carried Carried
}

// Finish takes what a browser brings back, finds out who it is, and appends to a batch that the trip is spent: of several that bring
// the same, the batch of one goes through. The caller applies the batch whether there was an error or not.
//
// Once the trip is known the arrival is not nil, with an error too. The errors are ErrSource, ErrTrip, ErrDenied, ErrDown, ErrAnswer,
// ErrDomain, or of the storage.
func (u *Upstreams) Finish(ctx context.Context, b *storage.Batch, back Return) (*Arrival, error) {
	s, err := u.Source(back.Source)
	if err != nil {
		return nil, err
	}
	state := param(back.Params, "state")
	t, err := u.takeTrip(ctx, b, s, state, back.Binding)
	if t == nil {
		return nil, err
	}
	arrival := &Arrival{Carried: *t.Carried}
	if err != nil {
		return arrival, err
	}
	if err := s.checkReturn(back.Params); err != nil {
		return arrival, err
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	arrival.Identity, err = u.arrive(ctx, s, t, back.Params)
	return arrival, err
}

// arrive asks the provider who came.
func (u *Upstreams) arrive(ctx context.Context, s *Source, t *trip, params url.Values) (*Identity, error) {
	if s.Protocol == OAuth1 {
		return u.arriveOAuth1(ctx, s, t, params)
	}
	if err := u.checkIssuer(ctx, s, params); err != nil {
		return nil, err
	}
	return u.redeem(ctx, s, grant{code: param(params, "code"), redirect: t.Redirect, verifier: t.Verifier, nonce: t.Nonce, params: params})
}

// checkReturn finds out whether the provider said no.
func (s *Source) checkReturn(params url.Values) error {
	for _, name := range []string{"code", "error", "iss", "oauth_token", "oauth_verifier"} {
		if len(params[name]) > 1 {
			return s.wrong(ErrAnswer, errors.New("the parameter "+name+" is there twice"))
		}
	}
	if code := params.Get("error"); code != "" || params.Has("denied") {
		return &Error{Source: s.ID, Kind: ErrDenied, Code: plainCode(code)}
	}
	if s.Protocol != OAuth1 && params.Get("code") == "" {
		return s.wrong(ErrAnswer, errors.New("no code"))
	}
	return nil
}

// checkIssuer compares the issuer in the answer, so that no other provider can have sent it (RFC 9207 §2.4). It must be there if the
// metadata say so.
func (u *Upstreams) checkIssuer(ctx context.Context, s *Source, params url.Values) error {
	iss := params.Get("iss")
	if s.Protocol != OIDC {
		if iss != "" && s.Issuer != "" && iss != s.Issuer {
			return s.wrong(ErrAnswer, errors.New("another issuer answered"))
		}
		return nil
	}
	m, err := u.discover(ctx, s)
	if err != nil {
		return err
	}
	switch {
	case iss == "" && m.IssuerInAnswer:
		return s.wrong(ErrAnswer, errors.New("the answer does not name its issuer"))
	case iss != "" && iss != s.Issuer && !s.allTenants():
		return s.wrong(ErrAnswer, errors.New("another issuer answered"))
	}
	return nil
}
