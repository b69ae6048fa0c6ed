package provider

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"signet/storage"
)

// EndSession is a request to sign out (OIDC RP-Initiated Logout §2), as far as it could be verified.
type EndSession struct {
	// Client asks; nil if nobody knows who does.
	Client *Client
	// RedirectURI is where the browser goes afterwards, with State; it is registered for Client. Empty is nowhere.
	RedirectURI, State string
	// Sure tells that nobody has to be asked: the client has proved, by an ID token of this very session, that it takes part in it,
	// or there is no session to end.
	Sure bool
	// Sealed is the request for the form that asks the person.
	Sealed string
	// UILocales are the client's wishes for the language, best first.
	UILocales []string
	// Doubt says what was wrong with the request, if it is one about which the person is asked all the same.
	Doubt *Error
}

// To is where the browser goes afterwards; empty is nowhere. State is the only parameter that is added
// (OIDC RP-Initiated Logout §3).
func (e *EndSession) To() string {
	if e.RedirectURI == "" || e.State == "" {
		return e.RedirectURI
	}
	a := Answer{RedirectURI: e.RedirectURI, Mode: "query", Params: url.Values{"state": {e.State}}}
	return a.URL()
}

// EndSessionRequest judges a request to sign out. Nothing is written. Errors are *Error: mistakes of the client, which it makes each
// time. An ID token that cannot be verified is none, for it may be old; but then the browser stays here.
func (p *Provider) EndSessionRequest(ctx context.Context, params url.Values, b Browser) (*EndSession, error) {
	e, err := p.readEndSession(ctx, params, b)
	if err == nil {
		e.Sealed, err = p.sealEndSession(e, b)
	}
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	if e.Doubt != nil {
		p.observeRefusal(ctx, e.Doubt)
	}
	return e, nil
}

func (p *Provider) readEndSession(ctx context.Context, params url.Values, b Browser) (*EndSession, error) {
	if err := checkRepeats(params); err != nil {
		return nil, err
	}
	e := &EndSession{State: params.Get("state"), UILocales: strings.Fields(params.Get("ui_locales"))}
	if err := checkText("state", e.State, maxState); err != nil {
		return nil, err
	}
	hint, err := p.openLogoutHint(ctx, params.Get("id_token_hint"))
	if err != nil {
		e.Doubt = refuse("E-LOGOUT-01").because(err)
		hint = nil
	}
	if e.Client, err = p.endSessionClient(ctx, params.Get("client_id"), hint); err != nil {
		return nil, err
	}
	if e.RedirectURI, err = p.postLogoutRedirect(e, params.Get("post_logout_redirect_uri")); err != nil {
		return nil, err
	}
	if hint == nil {
		return e, nil
	}
	e.Sure = b.Session == nil || hint.SID == p.sidFor(e.Client, b.Session.SID) && p.isNamed(params.Get("logout_hint"), e.Client, b)
	return e, nil
}

// endSessionClient finds the client that asks: the one that the ID token was issued to, or the one that client_id names. If both
// are there they must be one (OIDC RP-Initiated Logout §2).
func (p *Provider) endSessionClient(ctx context.Context, id string, hint *returnedClaims) (*Client, error) {
	switch {
	case hint != nil && id != "" && id != hint.Aud:
		e := refuse("E-LOGOUT-02").got("client_id %s with an ID token for %s", id, hint.Aud)
		e.ClientID = id
		return nil, e
	case hint != nil:
		id = hint.Aud
	case id == "":
		return nil, nil
	}
	client, err := p.Client(ctx, id)
	if err != nil {
		return nil, orUnknownClient(err, id)
	}
	return client, nil
}

// postLogoutRedirect takes an address that is registered for the client, byte for byte. Without a client, or with an ID token
// that is in doubt, it goes nowhere (OIDC RP-Initiated Logout §3).
func (p *Provider) postLogoutRedirect(e *EndSession, uri string) (string, error) {
	if uri == "" {
		return "", nil
	}
	if e.Client == nil {
		if e.Doubt == nil {
			e.Doubt = refuse("E-LOGOUT-04").got("%s", uri)
		}
		return "", nil
	}
	known := slices.Contains(e.Client.PostLogoutRedirectURIs, uri) || p.relax != nil && p.relax.Redirect(e.Client, uri)
	switch {
	case !known:
		r := refuse("E-LOGOUT-03").got("%s", uri).allowed("%s", strings.Join(e.Client.PostLogoutRedirectURIs, " ")).
			fix("signet client edit %s --add-post-logout-redirect %s", ShellWord(e.Client.ID), ShellWord(uri))
		r.ClientID = e.Client.ID
		return "", r
	case e.Doubt != nil:
		return "", nil
	}
	return uri, nil
}

// isNamed tells whether a logout_hint, if there is one, names who is signed in here, as the client knows them.
func (p *Provider) isNamed(hint string, client *Client, b Browser) bool {
	return slices.Contains([]string{"", p.sidFor(client, b.Session.SID), p.subjectFor(client, b.Session.Subject), b.Person.Username, b.Person.Email}, hint)
}

// openLogoutHint verifies an ID token of ours, expired or not. Without one it returns nil.
func (p *Provider) openLogoutHint(ctx context.Context, token string) (*returnedClaims, error) {
	if token == "" {
		return nil, nil
	}
	return p.openIDToken(ctx, token)
}

const (
	formEndSession    = 1
	purposeEndSession = "endsession"
)

// sealEndSession keeps what was verified for the form that asks the person.
func (p *Provider) sealEndSession(e *EndSession, b Browser) (string, error) {
	w := newWriter(formEndSession)
	id := ""
	if e.Client != nil {
		id = e.Client.ID
	}
	w.string(e.RedirectURI)
	w.string(e.State)
	w.string(id)
	w.int(p.db.Now().Add(p.lifetimes.Request).Unix())
	text := p.sealer.SealString(purposeEndSession, w.b, p.requestBinding(b))
	if len(text) > maxSealedRequest {
		return "", refuse("E-REQ-03").got("%d bytes", len(text)).allowed("%d bytes", maxSealedRequest)
	}
	return text, nil
}

// ResumeEndSession opens a request that EndSessionRequest has sealed for the same browser, once the person has agreed. One that is too
// old or of another browser leads nowhere, but is no error: that the person agreed is clear.
func (p *Provider) ResumeEndSession(ctx context.Context, sealed string, b Browser) (*EndSession, error) {
	e := &EndSession{Sure: true}
	plain, err := p.sealer.OpenString(purposeEndSession, sealed, p.requestBinding(b))
	if err != nil {
		return e, nil
	}
	r := newReader(plain, formEndSession)
	uri, state, id, expires := r.string(), r.string(), r.string(), r.int()
	if r.done() != nil || id == "" || expires <= p.db.Now().Unix() {
		return e, nil
	}
	client, err := p.Client(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return e, nil
	}
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	e.Client, e.State = client, state
	if e.RedirectURI, err = p.postLogoutRedirect(e, uri); err != nil {
		e.RedirectURI = "" // it was taken off the client's record a moment ago
	}
	return e, nil
}
