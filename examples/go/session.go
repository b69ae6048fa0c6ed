package main

import (
	"crypto/rand"
	"net/http"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// cookieName differs from that of other programs on localhost: browsers tell hosts apart, but not ports.
const cookieName = "example-go"

// attempt is a sign-in that has begun.
type attempt struct{ nonce, verifier string }

// user is who signed in.
type user struct {
	token    *oauth2.Token
	idToken  *oidc.IDToken
	Claims   map[string]any
	UserInfo map[string]any
}

// session is one browser's.
type session struct {
	mu       sync.Mutex
	attempts map[string]attempt // by state: each tab may have its own
	present  *user
}

// user returns who signed in, or nil. It takes a nil session too.
func (s *session) user() *user {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.present
}

func (s *session) set(u *user) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.present = u
}

// sessions are in memory, by the value of a cookie.
type sessions struct {
	mu  sync.Mutex
	all map[string]*session
}

// find returns the browser's session, or nil.
func (ss *sessions) find(r *http.Request) *session {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return ss.all[cookie.Value]
}

// start gives the browser a session under a new name, in place of the one it has.
func (ss *sessions) start(w http.ResponseWriter, r *http.Request, s *session) {
	ss.leave(w, r)
	id := rand.Text()
	ss.mu.Lock()
	ss.all[id] = s
	ss.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// leave ends the browser's session.
func (ss *sessions) leave(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return
	}
	ss.mu.Lock()
	delete(ss.all, cookie.Value)
	ss.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1})
}

// begin notes that a browser goes to the provider.
func (ss *sessions) begin(w http.ResponseWriter, r *http.Request, state string, try attempt) {
	s := ss.find(r)
	if s == nil {
		s = &session{attempts: map[string]attempt{}}
		ss.start(w, r, s)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts[state] = try
}

// end returns what begin noted, once.
func (ss *sessions) end(r *http.Request, state string) (attempt, bool) {
	s := ss.find(r)
	if s == nil {
		return attempt{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	try, ok := s.attempts[state]
	delete(s.attempts, state)
	return try, ok
}

// enter notes who has signed in, and gives the session another name, which nobody else can know.
func (ss *sessions) enter(w http.ResponseWriter, r *http.Request, u *user) {
	s := ss.find(r)
	s.set(u)
	ss.start(w, r, s)
}
