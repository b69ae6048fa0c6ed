package main

import (
	"fmt"
	"net/url"
)

// Names of scenarios that goals speak of.
const (
	discovery     = "discovery"
	jwks          = "jwks"
	ccOpaque      = "client_credentials"
	ccES256       = "client_credentials-es256"
	ccRS256       = "client_credentials-rs256"
	ccWrong       = "client_credentials-wrong-secret"
	introspection = "introspection"
	loginES256    = "login"
	refresh       = "refresh"
	fill          = "fill"

	plainDocument = "baseline-document"
	plainToken    = "baseline-token"
	signedES256   = "baseline-token-es256"
	signedRS256   = "baseline-token-rs256"
)

// scenarios are what a Signet server is measured by.
func (s *signet) scenarios() []scenario {
	return []scenario{
		{discovery, plainDocument, s.read(s.discovery, `"issuer"`)},
		{jwks, plainDocument, s.read(s.jwks, `"keys"`)},
		{ccOpaque, plainToken, s.credentials(confidential, secret, 200, `"access_token"`)},
		{ccES256, signedES256, s.credentials(jwtES256, secret, 200, `"access_token":"ey`)},
		{ccRS256, signedRS256, s.credentials(jwtRS256, secret, 200, `"access_token":"ey`)},
		{ccWrong, plainToken, s.credentials(confidential, wrongSecret, 401, "invalid_client")},
		{introspection, plainToken, s.introspect},
		{loginES256, signedES256, s.login},
		{refresh, signedES256, s.refresh},
	}
}

// read fetches a prepared document.
func (s *signet) read(target *url.URL, contains string) func(*conn, int) (op, error) {
	return func(c *conn, _ int) (op, error) { return repeat(c, get(target, "", ""), 200, contains), nil }
}

// repeat sends the same request again and again.
func repeat(c *conn, request []byte, status int, contains string) op {
	return func() error {
		a, err := c.do(request)
		if err != nil {
			return err
		}
		return expect(a, status, contains)
	}
}

// credentials asks for a token of the client's own.
func (s *signet) credentials(id, secret string, status int, contains string) func(*conn, int) (op, error) {
	return func(c *conn, _ int) (op, error) {
		return repeat(c, post(s.token, form("grant_type", "client_credentials"), basic(id, secret)), status, contains), nil
	}
}

// introspect asks about one token, a different one on each connection.
func (s *signet) introspect(c *conn, _ int) (op, error) {
	a, err := c.do(post(s.token, form("grant_type", "client_credentials"), basic(confidential, secret)))
	if err != nil {
		return nil, err
	}
	if err := expect(a, 200, `"access_token"`); err != nil {
		return nil, err
	}
	request := post(s.introspection, form("token", member(a.body, "access_token")), basic(confidential, secret))
	return repeat(c, request, 200, `"active":true`), nil
}

// login is the whole visit of somebody who is signed in: authorize with PKCE, then redeem the code for an ID token.
func (s *signet) login(c *conn, i int) (op, error) {
	l := s.newLogin(c, i, confidential, "openid")
	return func() error {
		_, err := l.tokens()
		return err
	}, nil
}

// refresh spends a refresh token for the next one, each connection its own chain.
func (s *signet) refresh(c *conn, i int) (op, error) {
	a, err := s.newLogin(c, i, public, "openid offline_access").tokens()
	if err != nil {
		return nil, err
	}
	token := member(a.body, "refresh_token")
	if token == "" {
		return nil, fmt.Errorf("no refresh token: %.200q", a.body)
	}
	return func() error {
		a, err := c.do(post(s.token, form("grant_type", "refresh_token", "client_id", public, "refresh_token", token), ""))
		if err != nil {
			return err
		}
		if err := expect(a, 200, `"access_token"`); err != nil {
			return err
		}
		next := member(a.body, "refresh_token")
		if next == "" || next == token {
			return errNotRotated
		}
		token = next
		return nil
	}, nil
}

// filling leaves one grant with a refresh token behind each operation.
func (s *signet) filling() scenario {
	return scenario{name: fill, prepare: func(c *conn, i int) (op, error) {
		l := s.newLogin(c, i, public, "openid offline_access")
		return func() error {
			a, err := l.tokens()
			if err != nil {
				return err
			}
			return expect(a, 200, `"refresh_token"`)
		}, nil
	}}
}

// baselineScenarios are what the frozen baseline does.
func baselineScenarios(base *url.URL) map[string]scenario {
	token := func(path string) func(*conn, int) (op, error) {
		return func(c *conn, _ int) (op, error) {
			return repeat(c, post(base.JoinPath(path), form("grant_type", "client_credentials"), basic(confidential, secret)), 200, `"access_token"`), nil
		}
	}
	document := func(c *conn, _ int) (op, error) {
		return repeat(c, get(base.JoinPath("/document"), "", ""), 200, `"document"`), nil
	}
	return map[string]scenario{
		plainDocument: {name: plainDocument, prepare: document},
		plainToken:    {name: plainToken, prepare: token("/token")},
		signedES256:   {name: signedES256, prepare: token("/token-es256")},
		signedRS256:   {name: signedRS256, prepare: token("/token-rs256")},
	}
}
