package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"signet/keys"
	"signet/storage"
)

// Logout is what a provider says in the back channel: somebody's session there has ended (OpenID Connect Back-Channel Logout §2.4).
type Logout struct {
	// Source and Issuer are as in an Identity.
	Source, Issuer string
	// Subject is whose, SessionID which session; one of the two may be empty.
	Subject, SessionID string
}

const (
	// logoutAge is for how many seconds a logout token is taken after it was issued.
	logoutAge = 600
	// logoutEvent is the event that it is about.
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
)

// LogoutURI is where a source tells us that a session has ended: the one to register there.
func (u *Upstreams) LogoutURI(id string) string { return u.base + "/upstream/" + id + "/logout" }

// VerifyLogoutToken takes a logout token that a provider has posted, and appends to a batch that it was taken: it counts once. The
// errors are ErrSource, ErrNoRule, ErrPosted, ErrDown.
func (u *Upstreams) VerifyLogoutToken(ctx context.Context, b *storage.Batch, source string, token keys.Secret) (*Logout, error) {
	s, err := u.Source(source)
	if err != nil {
		return nil, err
	}
	if s.Protocol != OIDC {
		return nil, s.wrong(ErrNoRule, errors.New("it has no logout tokens"))
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	e, err := u.endpoints(ctx, s)
	if err != nil {
		return nil, err
	}
	verifier, err := keysOf{u: u, s: s, uri: e.jwks, types: []string{"logout+jwt", "JWT", ""}, algs: e.algorithms}.verifier(ctx)
	if err != nil {
		return nil, err
	}
	verified, err := verifier.VerifyLogout(ctx, token.Reveal())
	if err != nil {
		return nil, posted(s, s.fetched(fmt.Errorf("logout token: %w", err)))
	}
	var payload json.RawMessage
	if err := verified.Claims(&payload); err != nil {
		return nil, s.wrong(ErrPosted, err)
	}
	claims, err := readDocument(payload)
	if err != nil {
		return nil, s.wrong(ErrPosted, err)
	}
	return u.takeLogout(b, s, claims)
}

// takeLogout judges what the library does not.
func (u *Upstreams) takeLogout(b *storage.Batch, s *Source, claims map[string]any) (*Logout, error) {
	l := &Logout{Source: s.ID}
	var err error
	if l.Issuer, err = s.tokenIssuer(claims); err != nil {
		return nil, s.wrong(ErrPosted, err)
	}
	now, issued := u.db.Now().Unix(), wholeOf(claims["iat"])
	events, _ := claims["events"].(map[string]any)
	_, isObject := events[logoutEvent].(map[string]any)
	jti, _ := claims["jti"].(string)
	l.Subject, _ = claims["sub"].(string)
	l.SessionID, _ = claims["sid"].(string)
	switch {
	case checkAudience(claims, expected{audiences: []string{s.ClientID}}) != nil:
		return nil, s.wrong(ErrPosted, errNotOurs)
	case issued == 0 || issued > now+iatLeeway || issued < now-logoutAge:
		return nil, s.wrong(ErrPosted, errors.New("logout token: iat is not of now"))
	case !isObject:
		return nil, s.wrong(ErrPosted, errors.New("logout token: it is about another event"))
	case jti == "" || l.Subject == "" && l.SessionID == "":
		return nil, s.wrong(ErrPosted, errors.New("logout token: jti, or sub and sid, are missing"))
	}
	m := mark{"logout", jti, max(wholeOf(claims["exp"]), issued+logoutAge+iatLeeway)}
	u.seen.Spend(b, m.id(u, s), m.ends)
	return l, nil
}
