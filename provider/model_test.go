package provider_test

import (
	"net/url"
	"testing"
	"time"

	"pgregory.net/rapid"

	"signet/provider"
)

// chain is a grant as it should be: what its refresh tokens may still do.
type chain struct {
	w    *world
	c    clients
	id   string
	dead bool
	// generation is the one that may be spent, moved when it last changed.
	generation int
	moved      time.Time
	tokens     []issued
}

// issued is one answer of the token endpoint.
type issued struct {
	generation      int
	access, refresh string
}

func (m *chain) keep(answer map[string]any, generation int) {
	m.tokens = append(m.tokens, issued{generation, answer["access_token"].(string), answer["refresh_token"].(string)})
}

func (m *chain) pick(t *rapid.T) issued { return rapid.SampledFrom(m.tokens).Draw(t, "token") }

// refresh spends a token of any age.
func (m *chain) refresh(t *rapid.T) {
	token := m.pick(t)
	answer, e := m.c.refreshed(m.w, m.id, token.refresh)
	retry := token.generation+1 == m.generation && !m.w.now().After(m.moved.Add(10*time.Second))
	switch {
	case m.dead || token.generation != m.generation && !retry:
		m.dead = true
		if e == nil || e.OAuth != "invalid_grant" {
			t.Fatalf("generation %d of %d: %v", token.generation, m.generation, e)
		}
		return
	case e != nil:
		t.Fatalf("generation %d of %d is refused: %v", token.generation, m.generation, e)
	case !retry:
		m.generation++
		m.moved = m.w.now()
	}
	m.keep(answer, m.generation)
}

// steal tries a token as another client, which changes nothing.
func (m *chain) steal(t *rapid.T) {
	token := m.pick(t)
	if _, e := m.c.refreshed(m.w, "app", token.refresh); e == nil || e.OAuth != "invalid_grant" {
		t.Fatalf("stolen: %v", e)
	}
	if err := m.w.Revoke(t.Context(), post(m.c.auth["app"], url.Values{"token": {token.refresh}})); err != nil {
		t.Fatal(err)
	}
}

func (m *chain) revoke(t *rapid.T) {
	form := m.c.as(m.w, m.id, url.Values{"token": {m.pick(t).refresh}})
	if err := m.w.Revoke(t.Context(), post(m.c.auth[m.id], form)); err != nil {
		t.Fatal(err)
	}
	m.dead = true
}

func (m *chain) pass(t *rapid.T) {
	m.w.pass(time.Duration(rapid.IntRange(1, 15).Draw(t, "seconds")) * time.Second)
}

// check compares what is said of every token with what should be.
func (m *chain) check(t *rapid.T) {
	for _, token := range m.tokens {
		if _, e := m.w.userInfo(token.access); (e == nil) == m.dead {
			t.Fatalf("the access token of generation %d: %v, dead: %v", token.generation, e, m.dead)
		}
		if want := !m.dead && token.generation == m.generation; m.id != "public" && m.w.says(m.c.auth[m.id], token.refresh) != want {
			t.Fatalf("generation %d of %d is not said to be %v", token.generation, m.generation, want)
		}
	}
}

// TestModel_RefreshChain plays with one grant in any order and compares it with a model of a dozen lines (A-C01 to A-C04).
func TestModel_RefreshChain(t *testing.T) {
	w := newStillWorld(t, func(c *provider.Config) { c.Observe = nil })
	c := addClients(w)
	b := w.signIn(w.ada)
	rapid.Check(t, func(t *rapid.T) {
		m := &chain{w: w, c: c, id: rapid.SampledFrom([]string{"rotate", "public"}).Draw(t, "client"), generation: 1}
		answer, e := w.token(c.auth[m.id], c.as(w, m.id, codeForm(w.code(b, params(m.id, "scope", "openid offline_access")))))
		if e != nil {
			t.Fatal(e)
		}
		m.keep(answer, 1)
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			step := rapid.SampledFrom([]func(*rapid.T){m.refresh, m.refresh, m.refresh, m.refresh, m.pass, m.steal, m.revoke}).Draw(t, "step")
			step(t)
			m.check(t)
		}
	})
}
