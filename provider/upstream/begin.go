package upstream

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"signet/storage"
)

// Start is what a trip begins with.
type Start struct {
	// Source is the id of the source.
	Source string
	// Binding is what binds the trip to the browser, or to whatever else comes back: it must be brought again. It is not empty.
	Binding string
	// Params are what the browser asked for. Nothing but login_hint is passed on; a state among them counts for nothing.
	Params url.Values
	// Redirect is where the provider sends the browser, if that is not Callback: an address of a front end that the caller has checked.
	Redirect string
	// Fresh asks a source of OpenID Connect to have the person prove anew who they are. Whether it did, Identity.ProvedAt says.
	Fresh bool
	// Carried is found again at the end.
	Carried Carried
}

// Begun is a trip that has begun.
type Begun struct {
	// URL is where the browser goes.
	URL string
	// State is what comes back, and Challenge the PKCE challenge, if there is one; both are in URL.
	State, Challenge string
	// RequestToken is that of OAuth 1.0a; it stands for the state.
	RequestToken string
	// Ends is until when the browser may come back, in Unix seconds.
	Ends int64
}

var errCarried = errors.New("upstream: more is carried than 64 KiB")

// Begin appends to a batch the record of a trip, and returns where the browser goes. Who calls it has limited how often a stranger may.
// Its errors are ErrSource, ErrDown, ErrAnswer, or of the storage.
func (u *Upstreams) Begin(ctx context.Context, b *storage.Batch, start Start) (*Begun, error) {
	s, err := u.Source(start.Source)
	if err != nil {
		return nil, err
	}
	if s.Protocol == LDAP {
		return nil, s.wrong(ErrNoRule, errors.New("there is nowhere to go: it takes a name and a password"))
	}
	if start.Binding == "" {
		return nil, s.wrong(ErrTrip, errors.New("nothing binds the browser"))
	}
	if len(start.Carried.Request) > maxCarried {
		return nil, errCarried
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	now := u.db.Now().Unix()
	t := &trip{
		Source: s.ID, Issuer: s.Issuer, Client: s.ClientID, Binding: u.bind(start.Binding), Redirect: start.Redirect, Carried: &start.Carried, Ends: now + tripSlot,
	}
	if t.Redirect == "" {
		t.Redirect = u.Callback(s.ID)
	}
	begun := &Begun{Ends: t.Ends}
	if begun.State, err = u.random(); err != nil {
		return nil, err
	}
	if s.Protocol == OAuth1 {
		err = u.beginOAuth1(ctx, s, t, begun)
	} else {
		err = u.beginOAuth2(ctx, s, t, begun, start)
	}
	if err != nil {
		return nil, err
	}
	return begun, u.trips.Create(b, u.tripKey(begun.State, now), t)
}

// beginOAuth2 makes the address of OAuth 2.0 or OpenID Connect.
func (u *Upstreams) beginOAuth2(ctx context.Context, s *Source, t *trip, begun *Begun, start Start) (err error) {
	c, err := u.client(ctx, s, t.Redirect)
	if err != nil {
		return err
	}
	options, err := u.authorizeOptions(s, t, start.Params)
	if err != nil {
		return err
	}
	if start.Fresh && s.Protocol == OIDC {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	begun.URL = c.AuthCodeURL(begun.State, options...)
	if t.Verifier != "" {
		begun.Challenge = oauth2.S256ChallengeFromVerifier(t.Verifier)
	}
	return nil
}

// authorizeOptions are the parameters beside those of every request.
func (u *Upstreams) authorizeOptions(s *Source, t *trip, params url.Values) (options []oauth2.AuthCodeOption, err error) {
	for name, value := range s.AuthorizeParams {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	if hint := params.Get("login_hint"); hint != "" && len(hint) <= maxEmail && s.AuthorizeParams["login_hint"] == "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", hint))
	}
	if s.ResponseMode != "" {
		options = append(options, oauth2.SetAuthURLParam("response_mode", s.ResponseMode))
	}
	if s.PKCE == "S256" {
		if t.Verifier, err = u.random(); err != nil {
			return nil, err
		}
		options = append(options, oauth2.S256ChallengeOption(t.Verifier))
	}
	if s.Protocol == OIDC {
		if t.Nonce, err = u.random(); err != nil {
			return nil, err
		}
		options = append(options, oauth2.SetAuthURLParam("nonce", t.Nonce))
	}
	return options, nil
}

// client is ours at a source, as the library has it.
func (u *Upstreams) client(ctx context.Context, s *Source, redirect string) (*oauth2.Config, error) {
	ends, err := u.endpoints(ctx, s)
	if err != nil {
		return nil, err
	}
	secret, err := u.secret(s)
	if err != nil {
		return nil, err
	}
	scopes := s.Scopes
	if s.Protocol == OIDC && !slices.Contains(scopes, "openid") {
		scopes = append([]string{"openid"}, scopes...)
	}
	style := oauth2.AuthStyleInParams
	if s.ClientAuth == "client_secret_basic" {
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: s.ClientID, ClientSecret: secret, RedirectURL: redirect, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: ends.authorization, TokenURL: ends.token, AuthStyle: style},
	}, nil
}

// param is the one value of a parameter; of several it is none.
func param(params url.Values, name string) string {
	if values := params[name]; len(values) == 1 {
		return values[0]
	}
	return ""
}

// originOf is scheme and host of an address.
func originOf(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	return scheme + "://" + host
}
