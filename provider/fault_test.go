package provider_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"signet/provider"
	"signet/storage"
)

// request sends one HTTP request to a node, and tells what it handed out: a token, a code, a fact, or "".
type request func(n *world) (handed string, err error)

// flow is one kind of request that reads or writes.
type flow struct {
	name string
	// prepare makes what the request needs.
	prepare func(w *world) request
	// spent is the OAuth error that a second request gets if what the request uses is spent by it.
	spent string
}

func tokenRequest(auth string, form url.Values) request {
	return func(n *world) (string, error) {
		answer, err := n.Token(context.Background(), post(auth, form))
		s, _ := answer["access_token"].(string)
		return s, err
	}
}

// keyring gives a client of every kind, and what flows need of them.
type clients struct {
	key  assertionKey
	auth map[string]string
}

func addClients(w *world) clients {
	c := clients{newAssertionKey(w.t), map[string]string{}}
	scopes, grants := []string{"openid", "email", "offline_access", "read"}, []string{"authorization_code", "refresh_token", "client_credentials", provider.GrantDevice}
	for id, client := range map[string]provider.Client{
		"app":    {FirstParty: true, GrantTypes: grants},
		"jwt":    {FirstParty: true, GrantTypes: grants, AccessToken: "jwt"},
		"rotate": {FirstParty: true, GrantTypes: grants, RotateRefresh: true},
		"public": {FirstParty: true, AuthMethod: "none", GrantTypes: []string{"authorization_code", "refresh_token", provider.GrantDevice}},
		"signed": {FirstParty: true, GrantTypes: grants, AuthMethod: "private_key_jwt", JWKS: c.key.jwks, RotateRefresh: true},
		"asking": {},
	} {
		client.ID, client.Scopes, client.PostLogoutRedirectURIs = id, scopes, []string{bye}
		c.auth[id] = ""
		if secret := w.client(client); secret != "" {
			c.auth[id] = id + ":" + secret
		}
	}
	return c
}

// as completes a form with what a client authenticates by. An assertion is a new one each time.
func (c clients) as(w *world, id string, form url.Values) url.Values {
	switch id {
	case "public":
		form.Set("client_id", id)
	case "signed":
		assertionForm(c.key.assertion(w.t, id, w.now(), nil), form)
	}
	return form
}

// signedIn returns what a client gets for a login with a refresh token.
func (c clients) signedIn(w *world, id string) map[string]any {
	w.t.Helper()
	form := codeForm(w.code(w.signIn(w.ada), params(id, "scope", "openid email offline_access")))
	answer, err := w.token(c.auth[id], c.as(w, id, form))
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// flows are all requests that the provider answers, by all kinds of clients.
func (c clients) flows() []flow {
	list := []flow{
		{"authorize, answered", func(w *world) request { return authorizeRequest(w.signIn(w.ada), params("app")) }, ""},
		{"authorize, to a page", func(w *world) request {
			return authorizeRequest(w.signIn(w.ada), params("asking", "prompt", "consent"))
		}, ""},
		{"consent", c.consent, ""}, {"authorize, pushed", c.pushed, "invalid_request_uri"},
	}
	for _, id := range []string{"app", "jwt", "rotate", "public", "signed"} {
		list = append(list, flow{"code, " + id, c.code(id), "invalid_grant"}, flow{"refresh, " + id, c.refresh(id), ""}, flow{"push, " + id, c.push(id), ""})
		for _, kind := range []string{"access_token", "refresh_token"} {
			list = append(list, flow{"revoke " + kind + ", " + id, c.about(id, kind, revokeRequest), ""})
			if id != "public" {
				list = append(list, flow{"introspect " + kind + ", " + id, c.about(id, kind, introspectRequest), ""})
			}
		}
		list = append(list, flow{"userinfo, " + id, c.userInfo(id), ""}, flow{"device, " + id, c.device(id), "invalid_grant"}, flow{"device begun, " + id, c.begun(id), ""})
		if id != "public" {
			list = append(list, flow{"client credentials, " + id, c.own(id), ""})
		}
	}
	return list
}

func authorizeRequest(b provider.Browser, p url.Values) request {
	return func(n *world) (string, error) {
		out, err := n.Authorize(context.Background(), p, b)
		if out.Answer != nil {
			return out.Answer.Params.Get("code"), err
		}
		return "", err
	}
}

func (c clients) consent(w *world) request {
	b := w.signIn(w.person(strings.ToLower(rand.Text())))
	step := w.consentStep(b, params("asking"))
	return func(n *world) (string, error) {
		sealed, err := n.Consent(context.Background(), step.Request, b, true, true)
		return sealed, err
	}
}

// pushed is an answer to a request that was pushed.
func (c clients) pushed(w *world) request {
	return authorizeRequest(w.signIn(w.ada), w.visit("app", c.auth["app"], params("app")))
}

func (c clients) push(id string) func(w *world) request {
	return func(*world) request {
		return func(n *world) (string, error) { return n.push(c.auth[id], c.as(n, id, params(id))) }
	}
}

func (c clients) code(id string) func(w *world) request {
	return func(w *world) request {
		code := w.code(w.signIn(w.ada), params(id, "scope", "openid email offline_access"))
		return func(n *world) (string, error) { return tokenRequest(c.auth[id], c.as(n, id, codeForm(code)))(n) }
	}
}

func (c clients) refresh(id string) func(w *world) request {
	return func(w *world) request {
		token := c.signedIn(w, id)["refresh_token"]
		return func(n *world) (string, error) {
			return tokenRequest(c.auth[id], c.as(n, id, refreshForm(token)))(n)
		}
	}
}

func (c clients) own(id string) func(w *world) request {
	return func(*world) request {
		return func(n *world) (string, error) {
			return tokenRequest(c.auth[id], c.as(n, id, url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}))(n)
		}
	}
}

func (c clients) about(id, kind string, send func(*world, *http.Request) (string, error)) func(w *world) request {
	return func(w *world) request {
		token := c.signedIn(w, id)[kind].(string)
		return func(n *world) (string, error) {
			return send(n, post(c.auth[id], c.as(n, id, url.Values{"token": {token}})))
		}
	}
}

func introspectRequest(n *world, r *http.Request) (string, error) {
	facts, err := n.introspect(r)
	if err == nil && facts["active"] != true {
		return "", fmt.Errorf("a living token is said to be inactive")
	}
	s, _ := facts["sub"].(string)
	return s, err
}

func revokeRequest(n *world, r *http.Request) (string, error) {
	return "", n.Revoke(context.Background(), r)
}

func (c clients) userInfo(id string) func(w *world) request {
	return func(w *world) request {
		token := c.signedIn(w, id)["access_token"]
		return func(n *world) (string, error) {
			claims, err := n.userInfo(token)
			s, _ := claims["sub"].(string)
			if err != nil {
				return s, err
			}
			return s, nil
		}
	}
}

// The storage fails at each call that a request makes, once or for good: nothing is handed out, the answer is "try again",
// and who tries again gets what they came for, once.
func TestAttack_AC07_StorageFailsAtEveryCall(t *testing.T) {
	w := newStillWorld(t, nil)
	for _, f := range addClients(w).flows() {
		for _, lasting := range []bool{false, true} {
			k := 1
			for w.failAt(f, k, lasting) {
				k++
			}
			if k == 1 {
				t.Errorf("%s: no call", f.name)
			}
		}
	}
}

// failAt lets the k-th call of a flow fail, and perhaps all after it. It tells whether there was one.
func (w *world) failAt(f flow, k int, lasting bool) (failed bool) {
	send := f.prepare(w)
	n := w.afresh(nil)
	w.tap.reset(func(call int, _ bool) error {
		if call == k || lasting && call > k {
			failed = true
			return storage.ErrUnavailable
		}
		return nil
	})
	handed, err := send(n)
	_, writes := w.tap.counted()
	w.tap.reset(nil)
	what := fmt.Sprintf("%s, call %d fails (for good: %v)", f.name, k, lasting)
	if writes > 1 {
		w.t.Errorf("%s: %d batches", what, writes)
	}
	if !failed {
		if err != nil {
			w.t.Errorf("%s: %v", f.name, err)
		}
		return false
	}
	if e := provider.AsError(err); e == nil || e.Code != "E-SERVER-02" || e.Status != 503 || handed != "" {
		w.t.Errorf("%s: %q, %v", what, handed, err)
	}
	if _, err := send(n); err != nil {
		w.t.Errorf("%s, tried again: %v", what, err)
	}
	if _, err := send(n); f.spent != "" && provider.AsError(err).OAuth != f.spent {
		w.t.Errorf("%s, used twice: %v", what, err)
	}
	return true
}

// The batch is written, but the answer of the storage is lost. Nothing is handed out then either. A code is spent; a refresh
// token is good once more, because of the grace; a revocation stands.
func TestStorageAnswerIsLost(t *testing.T) {
	w := newStillWorld(t, nil)
	for _, f := range addClients(w).flows() {
		send := f.prepare(w)
		lost := false
		w.tap.reset(func(_ int, write bool) error {
			if write {
				lost = true
				return errAfter
			}
			return nil
		})
		handed, err := send(w)
		w.tap.reset(nil)
		if e := provider.AsError(err); lost && (e == nil || e.Status != 503 || handed != "") || !lost && err != nil {
			t.Errorf("%s: %q, %v", f.name, handed, err)
		}
		_, err = send(w)
		if e := provider.AsError(err); lost && f.spent != "" && (e == nil || e.OAuth != f.spent) || !(lost && f.spent != "") && e != nil {
			t.Errorf("%s, tried again: %v", f.name, err)
		}
	}
}

// A fault of ours while the answer is built, here of the storage when a signing key has to be made, spends neither the code
// nor the assertion that came with it. (What a refusal spends was spent here, too: the client could not try again.)
func TestFaultOfOursSpendsNothing(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	w.client(provider.Client{ID: "svc", FirstParty: true, AuthMethod: "private_key_jwt", JWKS: k.jwks, IDTokenAlg: "EdDSA"})
	form := assertionForm(k.assertion(t, "svc", w.now(), nil), codeForm(w.code(w.signIn(w.ada), params("svc"))))
	failed := 0
	w.tap.reset(func(_ int, write bool) error {
		if write && failed == 0 {
			failed++
			return storage.ErrUnavailable
		}
		return nil
	})
	_, e := w.token("", form)
	_, writes := w.tap.counted()
	if wantOAuth(t, e, 503, "temporarily_unavailable"); failed != 1 || writes != 1 {
		t.Errorf("%d batches, %d of them failed", writes, failed)
	}
	if _, e := w.token("", form); e != nil {
		t.Error("tried again:", e)
	}
}
