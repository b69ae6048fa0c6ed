package provider_test

import (
	"testing"
	"time"

	"signet/provider"
	"signet/storage"
)

// rotating are the clients of addClients whose refresh tokens rotate.
var rotating = []string{"rotate", "public", "signed"}

func (c clients) refreshed(w *world, id string, token any) (map[string]any, *provider.Error) {
	return w.token(c.auth[id], c.as(w, id, refreshForm(token)))
}

// mustRefresh goes on to the next tokens.
func (c clients) mustRefresh(w *world, id string, token any) map[string]any {
	w.t.Helper()
	answer, e := c.refreshed(w, id, token)
	if e != nil {
		w.t.Fatal(id, e)
	}
	return answer
}

func (c clients) wantDead(w *world, id string, answers ...map[string]any) {
	w.t.Helper()
	for i, a := range answers {
		if _, e := w.userInfo(a["access_token"]); e == nil || e.Status != 401 {
			w.t.Errorf("%s: access token %d is alive: %v", id, i+1, e)
		}
		_, e := c.refreshed(w, id, a["refresh_token"])
		wantOAuth(w.t, e, 400, "invalid_grant")
	}
}

// A refresh token that comes back after its successor was used, or after the grace, ends the whole family, access tokens
// included, and somebody hears of it.
func TestAttack_AC01_ReuseEndsTheFamily(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	for _, id := range rotating {
		first := c.signedIn(w, id)
		second := c.mustRefresh(w, id, first["refresh_token"])
		third := c.mustRefresh(w, id, second["refresh_token"])
		w.tap.reset(nil)
		heard := w.refusals()
		_, e := c.refreshed(w, id, first["refresh_token"])
		wantOAuth(t, e, 400, "invalid_grant")
		if _, writes := w.tap.counted(); writes != 1 || w.refusals() != heard+1 {
			t.Errorf("%s: %d batches, %d refusals heard of", id, writes, w.refusals()-heard)
		}
		c.wantDead(w, id, third, second, first)

		first = c.signedIn(w, id)
		second = c.mustRefresh(w, id, first["refresh_token"])
		w.pass(11 * time.Second)
		_, e = c.refreshed(w, id, first["refresh_token"])
		wantOAuth(t, e, 400, "invalid_grant")
		c.wantDead(w, id, second, first)
	}
}

// With the grace switched off any second use ends the family.
func TestAttack_AC01_ReuseWithoutGrace(t *testing.T) {
	w := newStillWorld(t, func(c *provider.Config) { c.Lifetimes.RefreshGrace = -1 })
	c := addClients(w)
	for _, id := range rotating {
		first := c.signedIn(w, id)
		second := c.mustRefresh(w, id, first["refresh_token"])
		_, e := c.refreshed(w, id, first["refresh_token"])
		wantOAuth(t, e, 400, "invalid_grant")
		c.wantDead(w, id, second, first)
	}
}

// A client that lost the answer may ask again within the grace: it gets the same successor, of which one use is good, and
// never a second family.
func TestAttack_AC03_LostAnswer(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	for _, id := range rotating {
		first := c.signedIn(w, id)
		lost := c.mustRefresh(w, id, first["refresh_token"])
		w.pass(9 * time.Second)
		again := c.mustRefresh(w, id, first["refresh_token"])
		w.pass(time.Second)
		third := c.mustRefresh(w, id, again["refresh_token"])
		w.pass(11 * time.Second)
		_, e := c.refreshed(w, id, lost["refresh_token"])
		wantOAuth(t, e, 400, "invalid_grant")
		c.wantDead(w, id, third, again, lost, first)
	}
}

// What does not rotate may be used again and again, and still ends with its grant.
func TestRefreshWithoutRotation(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	answer := c.signedIn(w, "app")
	w.tap.reset(nil)
	for range 3 {
		if again := c.mustRefresh(w, "app", answer["refresh_token"]); again["refresh_token"] != nil {
			t.Error("a new refresh token without need")
		}
	}
	if _, writes := w.tap.counted(); writes != 0 {
		t.Errorf("refreshing wrote %d batches", writes)
	}
	if err := w.Revoke(t.Context(), post(c.auth["app"], refreshForm(nil))); provider.AsError(err) == nil {
		t.Error("revoked without a token")
	}
}

// To another client a refresh token is unknown, be it alive, spent or revoked: it can neither use it nor end it.
func TestAttack_AC04_AnotherClientsRefreshToken(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	ids := []string{"app", "rotate", "public", "signed", "jwt"}
	for _, owner := range ids {
		first := c.signedIn(w, owner)
		last := first
		if next := c.mustRefresh(w, owner, first["refresh_token"]); next["refresh_token"] != nil {
			last = c.mustRefresh(w, owner, next["refresh_token"])
		}
		w.pass(time.Minute)
		w.tap.reset(nil)
		for _, thief := range ids {
			if thief == owner {
				continue
			}
			for _, token := range []any{first["refresh_token"], last["refresh_token"]} {
				_, e := c.refreshed(w, thief, token)
				wantOAuth(t, e, 400, "invalid_grant")
			}
		}
		if _, e := w.userInfo(last["access_token"]); e != nil {
			t.Errorf("%s: the access token is gone: %v", owner, e)
		}
		c.mustRefresh(w, owner, last["refresh_token"])
	}
}

// A refresh token that lies idle for 30 days is dead; one that is used all the time is dead after 90 days; no access token
// outlives its grant.
func TestAttack_AC06_IdleAndAbsoluteLife(t *testing.T) {
	const day = 24 * time.Hour
	w := newStillWorld(t, nil)
	c := addClients(w)
	for _, id := range []string{"app", "jwt", "rotate", "public"} {
		answer := c.signedIn(w, id)
		w.pass(30*day - time.Second)
		c.mustRefresh(w, id, answer["refresh_token"])
		idle := c.signedIn(w, id)
		w.pass(30 * day)
		_, e := c.refreshed(w, id, idle["refresh_token"])
		wantOAuth(t, e, 400, "invalid_grant")

		start := w.now()
		answer = c.signedIn(w, id)
		token := answer["refresh_token"]
		var last map[string]any
		for w.now().Before(start.Add(90*day - 5*time.Minute)) {
			if last = c.mustRefresh(w, id, token); last["refresh_token"] != nil {
				token = last["refresh_token"]
			}
			w.pass(min(10*day, start.Add(90*day-5*time.Minute).Sub(w.now())))
		}
		last = c.mustRefresh(w, id, token)
		if left := last["expires_in"].(int64); left > 6*60 {
			t.Errorf("%s: an access token of %d s, five minutes before the end", id, left)
		}
		w.pass(7 * time.Minute)
		_, e = c.refreshed(w, id, token)
		wantOAuth(t, e, 400, "invalid_grant")
		if _, e := w.userInfo(last["access_token"]); e == nil {
			t.Errorf("%s: an access token outlives its grant", id)
		}
	}
}

// A client's own lifetimes are kept to as well.
func TestLifetimesOfAClient(t *testing.T) {
	w := newStillWorld(t, nil)
	lives := provider.ClientLifetimes{Access: 60, IDToken: 30, RefreshIdle: 120, RefreshMax: 300}
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, RotateRefresh: true, Lifetimes: lives})
	answer := w.redeem(auth, params("app", "scope", "openid offline_access"))
	claims := w.claimsOf(answer["id_token"])
	if answer["expires_in"] != int64(60) || number(claims["exp"])-number(claims["iat"]) != 30 {
		t.Errorf("%v %v", answer["expires_in"], claims)
	}
	w.pass(time.Minute)
	if w.active(auth, answer["access_token"]) || !w.active(auth, answer["refresh_token"]) {
		t.Error("access tokens live for a minute, refresh tokens for two")
	}
	alive := 0
	for e := (*provider.Error)(nil); e == nil; alive++ {
		var next map[string]any
		if next, e = w.token(auth, refreshForm(answer["refresh_token"])); e == nil {
			answer = next
			w.pass(90 * time.Second)
		}
	}
	if alive != 5 {
		t.Errorf("the grant of 300 s, and the code's minute, was refreshed %d times, 90 s apart, from the first minute on", alive-1)
	}
}

// Two requests with one refresh token, the second written just after the first: with the grace it looks again and gets the
// same successor; without it the family ends.
func TestAttack_AC02_RefreshMeetsAnother(t *testing.T) {
	for _, grace := range []time.Duration{10 * time.Second, -1} {
		w := newStillWorld(t, func(c *provider.Config) { c.Lifetimes.RefreshGrace = grace })
		c := addClients(w)
		for _, id := range rotating {
			first := c.signedIn(w, id)
			var winner map[string]any
			w.tap.before = func(storage.Batch) {
				w.tap.before = nil
				winner = c.mustRefresh(w, id, first["refresh_token"])
			}
			late, e := c.refreshed(w, id, first["refresh_token"])
			if grace < 0 {
				wantOAuth(t, e, 400, "invalid_grant")
				c.wantDead(w, id, winner, first)
				continue
			}
			if e != nil {
				t.Fatal(id, e)
			}
			third := c.mustRefresh(w, id, winner["refresh_token"])
			w.pass(11 * time.Second)
			_, e = c.refreshed(w, id, late["refresh_token"])
			wantOAuth(t, e, 400, "invalid_grant")
			c.wantDead(w, id, third, late, winner, first)
		}
	}
}
