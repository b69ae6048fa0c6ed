package handlers

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/sessions"

	"signet/provider/account"
)

// sessionStore is a sessions.Store over the sessions that provider/account keeps. The cookie carries a random token and
// nothing else; a session's Values are what the token stands for, read from storage with each request.
type sessionStore struct {
	accounts *account.Accounts
	cookies  cookies
}

var _ sessions.Store = (*sessionStore)(nil)

// Keys of a session's Values.
type sessionKey int

const (
	sessionValue sessionKey = iota // *account.Session
	personValue                    // *account.Person
)

// Get implements sessions.Store: within one request the session is loaded once.
func (s *sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New implements sessions.Store. A cookie that is malformed, forged, or of an ended session is as good as none; an error
// says that storage could not be asked.
func (s *sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	out := sessions.NewSession(s, name)
	out.IsNew = true
	token := s.cookies.read(r, name)
	if token == "" {
		return out, nil
	}
	session, person, err := s.accounts.Sessions.Get(r.Context(), token)
	if errors.Is(err, account.ErrNoSession) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("handlers: session: %w", err)
	}
	out.ID, out.IsNew = token, false
	out.Values[sessionValue], out.Values[personValue] = session, person
	return out, nil
}

// Save implements sessions.Store: it sets the cookie to the session's ID, which is its token, or removes it if that is
// empty. The session itself is written by account.Sessions in the request's batch.
func (s *sessionStore) Save(_ *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	s.cookies.set(w, session.Name(), session.ID)
	return nil
}

// load returns who a request comes from.
func (s *sessionStore) load(r *http.Request) (*account.Session, *account.Person, error) {
	found, err := s.Get(r, s.cookies.session)
	if err != nil || found.IsNew {
		return nil, nil, err
	}
	session, _ := found.Values[sessionValue].(*account.Session)
	person, _ := found.Values[personValue].(*account.Person)
	return session, person, nil
}

// begin puts the token of a session that has just begun into the cookie, or an empty one for a session that has ended.
func (s *sessionStore) save(w http.ResponseWriter, r *http.Request, token string) error {
	found, err := s.Get(r, s.cookies.session)
	if err != nil {
		return err
	}
	found.ID = token
	return found.Save(r, w)
}
