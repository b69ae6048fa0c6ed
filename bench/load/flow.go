package main

import (
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
)

// random makes states, nonces and verifiers. They protect nothing here, but must not repeat: a server may count what does.
type random struct{ source *rand.ChaCha8 }

func newRandom() *random {
	var seed [32]byte
	_, _ = crand.Read(seed[:])
	return &random{source: rand.NewChaCha8(seed)}
}

// text is 43 characters of 256 random bits, as RFC 7636 §4.1 advises for a verifier.
func (r *random) text() string {
	var raw [32]byte
	_, _ = r.source.Read(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// authorizationRequest is the query of a code request with PKCE, and its verifier.
func authorizationRequest(client, scope string, r *random) (query, verifier string) {
	verifier = r.text()
	challenge := sha256.Sum256([]byte(verifier))
	return form("response_type", "code", "client_id", client, "redirect_uri", redirect, "scope", scope,
		"state", r.text()[:22], "nonce", r.text()[:22],
		"code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]), "code_challenge_method", "S256"), verifier
}

// login is one visitor whose browser is signed in already: authorize, then redeem the code.
type login struct {
	server        *signet
	conn          *conn
	jar           *jar
	random        *random
	client, scope string
	headers       string // of the token request
}

func (s *signet) newLogin(c *conn, i int, client, scope string) *login {
	l := &login{server: s, conn: c, jar: s.browsers[i%len(s.browsers)].clone(), random: newRandom(), client: client, scope: scope}
	if client != public {
		l.headers = basic(client, secret)
	}
	return l
}

// tokens does one login. The answer is valid until the connection's next request.
func (l *login) tokens() (answer, error) {
	code, verifier, err := l.code()
	if err != nil {
		return answer{}, err
	}
	pairs := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", redirect, "code_verifier", verifier}
	if l.client == public {
		pairs = append(pairs, "client_id", public)
	}
	a, err := l.conn.do(post(l.server.token, form(pairs...), l.headers))
	if err != nil {
		return a, err
	}
	return a, expect(a, 200, `"access_token"`, `"id_token"`)
}

// code asks for a code and reads it off the redirect.
func (l *login) code() (code, verifier string, err error) {
	query, verifier := authorizationRequest(l.client, l.scope, l.random)
	a, err := l.conn.do(get(l.server.authorization, query, browser+"Cookie: "+l.jar.value()+"\r\n"))
	if err != nil {
		return "", "", err
	}
	l.jar.take(a.cookies)
	if a.status != 302 && a.status != 303 || !strings.HasPrefix(a.location, redirect+"?") {
		return "", "", fmt.Errorf("authorize answered %d to %.200q: %.200q", a.status, a.location, a.body)
	}
	values, err := url.ParseQuery(a.location[len(redirect)+1:])
	if err != nil || values.Get("code") == "" {
		return "", "", fmt.Errorf("no code in %.200q", a.location)
	}
	return values.Get("code"), verifier, nil
}

// expect fails unless the answer has the status and everything that it must contain.
func expect(a answer, status int, contains ...string) error {
	if a.status != status {
		return fmt.Errorf("answered %d, want %d: %.200q", a.status, status, a.body)
	}
	for _, part := range contains {
		if !strings.Contains(string(a.body), part) {
			return fmt.Errorf("the answer lacks %s: %.200q", part, a.body)
		}
	}
	return nil
}

var errNotRotated = errors.New("the refresh token was not replaced")
