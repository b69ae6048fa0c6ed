package provider

import (
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/token/jwt"
)

// session is what fosite wants to see of a mandate. It lives for one request: fosite never writes it down, and the times
// that fosite sets in it, taken from the system's clock, are used by fosite alone.
type session struct {
	mandate *Mandate
	claims  *jwt.IDTokenClaims
	headers *jwt.Headers
	expires [4]time.Time
}

var _ openid.Session = (*session)(nil)

func newSession(m *Mandate) *session {
	s := &session{mandate: m, claims: &jwt.IDTokenClaims{}, headers: &jwt.Headers{}}
	if m != nil {
		s.claims.Subject = m.Subject
	}
	return s
}

var expirySlots = map[fosite.TokenType]int{fosite.AccessToken: 0, fosite.RefreshToken: 1, fosite.AuthorizeCode: 2, fosite.IDToken: 3}

// SetExpiresAt implements fosite.Session.
func (s *session) SetExpiresAt(key fosite.TokenType, exp time.Time) {
	if i, ok := expirySlots[key]; ok {
		s.expires[i] = exp
	}
}

// GetExpiresAt implements fosite.Session.
func (s *session) GetExpiresAt(key fosite.TokenType) time.Time {
	if i, ok := expirySlots[key]; ok {
		return s.expires[i]
	}
	return time.Time{}
}

// GetUsername implements fosite.Session.
func (s *session) GetUsername() string { return "" }

// GetSubject implements fosite.Session.
func (s *session) GetSubject() string {
	if s.mandate == nil {
		return ""
	}
	return s.mandate.Subject
}

// Clone implements fosite.Session. The mandate is never changed once made, so it is shared.
func (s *session) Clone() fosite.Session {
	c := newSession(s.mandate)
	c.expires = s.expires
	return c
}

// IDTokenClaims implements openid.Session: the same pointer every time, fosite puts at_hash and c_hash there.
func (s *session) IDTokenClaims() *jwt.IDTokenClaims { return s.claims }

// IDTokenHeaders implements openid.Session. Only the algorithm's size matters there: fosite picks the hash of at_hash by it.
func (s *session) IDTokenHeaders() *jwt.Headers { return s.headers }

func mandateOf(r fosite.Requester) *Mandate {
	if s, ok := r.GetSession().(*session); ok && s.mandate != nil {
		return s.mandate
	}
	return nil
}
