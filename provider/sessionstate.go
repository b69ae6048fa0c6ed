package provider

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
)

// Paths of signing out and of the page that tells whether a session goes on, below the issuer.
const (
	PathEndSession   = "/logout"
	PathCheckSession = "/check-session"
)

// logoutMetadata are the members of OIDC RP-Initiated Logout §2.1, Front-Channel Logout §3, Back-Channel Logout §2.1 and Session
// Management §3.3.
func (p *Provider) logoutMetadata() map[string]any {
	members := map[string]any{
		"end_session_endpoint":                  p.issuer + PathEndSession,
		"frontchannel_logout_supported":         true,
		"frontchannel_logout_session_supported": true,
		"backchannel_logout_supported":          true,
		"backchannel_logout_session_supported":  true,
	}
	if p.managesSessions {
		members["check_session_iframe"] = p.issuer + PathCheckSession
	}
	return members
}

// ManagesSessions tells whether clients can watch in the browser whether a session goes on (OIDC Session Management 1.0).
func (p *Provider) ManagesSessions() bool { return p.managesSessions }

// BrowserState is what a script of ours in the browser may know of who is signed in there: it changes with each sign-in and
// sign-out, and says nothing else. It is empty if nobody is signed in, or if sessions are not managed.
func (p *Provider) BrowserState(b Browser) string {
	if !p.managesSessions || b.Session == nil {
		return ""
	}
	sum := p.db.Hash("provider.browserstate", []byte(b.Session.ID+"\x00"+strconv.FormatInt(b.Session.AuthTime, 10)))
	return base64.RawURLEncoding.EncodeToString(sum)
}

// addSessionState adds session_state to an answer (OIDC Session Management §2): a hash that the page at PathCheckSession can compute
// as well, for the client's own origin alone. A signed answer has none, and an application on a device no origin.
func (p *Provider) addSessionState(params url.Values, q *question) error {
	state := p.BrowserState(Browser{Session: q.session})
	u, err := url.Parse(q.redirectURI)
	if state == "" || q.jarm || !slices.Contains(q.scopes, "openid") || err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	id, err := p.randomID()
	if err != nil {
		return err
	}
	salt := base64.RawURLEncoding.EncodeToString([]byte(id))
	sum := sha256.Sum256([]byte(q.client.ID + " " + originOf(u) + " " + state + " " + salt))
	params.Set("session_state", base64.RawURLEncoding.EncodeToString(sum[:])+"."+salt)
	return nil
}
