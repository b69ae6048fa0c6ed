package provider_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/audit"
	"signet/storage"
)

// recorded lists what the trail has since a moment, by kind and actor.
func (w *world) recorded(since time.Time) []string {
	w.t.Helper()
	list := []string{}
	err := w.trail.Each(w.t.Context(), audit.Query{Since: since}, func(r audit.Record) error {
		list = append(list, strings.TrimSuffix(r.Kind+" "+r.Actor, " "))
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) wantRecorded(since time.Time, want ...string) {
	w.t.Helper()
	if got := w.recorded(since); !slices.Equal(got, want) {
		w.t.Errorf("recorded %q, want %q", got, want)
	}
}

// auditWrites counts the records of the trail among what is written.
func auditWrites(n *int) func(storage.Batch) {
	return func(b storage.Batch) {
		for _, write := range slices.Concat(b.Then, b.Else) {
			if write.Kind.Name == "audit" {
				*n++
			}
		}
	}
}

// What happens at every login costs no record and no batch beside its own.
func TestTrail_LoginsAndRefreshesCostNothing(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	for _, id := range rotating {
		answer := c.signedIn(w, id)
		n := 0
		w.tap.reset(nil)
		w.tap.before = auditWrites(&n)
		answer = c.mustRefresh(w, id, answer["refresh_token"])
		if _, writes := w.tap.counted(); writes != 1 || n != 0 {
			t.Errorf("%s: refresh: %d batches with %d records", id, writes, n)
		}
		if _, e := w.userInfo(answer["access_token"]); e != nil {
			t.Fatal(e)
		}
		if _, writes := w.tap.counted(); writes != 1 {
			t.Errorf("%s: userinfo writes", id)
		}
	}
	auth := "shop:" + w.client(provider.Client{ID: "shop", FirstParty: true})
	browser := w.signIn(w.ada)
	n := 0
	w.tap.reset(nil)
	w.tap.before = auditWrites(&n)
	if _, e := w.token(auth, codeForm(w.code(browser, params("shop")))); e != nil {
		t.Fatal(e)
	}
	if _, writes := w.tap.counted(); writes != 1 || n != 0 {
		t.Errorf("a login with a session: %d batches with %d records, want 1 with none", writes, n)
	}
}

// A second use of a code, or of a refresh token, is recorded in the batch that ends the grant; whoever goes on trying fills no
// storage (A-B01, A-C01).
func TestAttack_AB01_AC01_ReplaysAreRecorded(t *testing.T) {
	w := newStillWorld(t, func(c *provider.Config) { c.Lifetimes.RefreshGrace = -1 })
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, RefreshAlways: true, RotateRefresh: true, GrantTypes: []string{"authorization_code", "refresh_token"}})
	form := codeForm(w.code(w.signIn(w.ada), params("app")))
	if _, e := w.token(auth, form); e != nil {
		t.Fatal(e)
	}
	w.pass(time.Second)
	start := w.now()
	for range 5 {
		w.pass(time.Second)
		w.tap.reset(nil)
		if _, e := w.token(auth, form); e == nil {
			t.Fatal("the code was taken again")
		}
		if _, writes := w.tap.counted(); writes != 1 {
			t.Errorf("%d batches for a replay", writes)
		}
	}
	w.wantRecorded(start, "code.replayed client")

	answer := w.redeem(auth, params("app"))
	w.pass(time.Second)
	start = w.now()
	for range 3 {
		w.pass(time.Second)
		w.token(auth, refreshForm(answer["refresh_token"]))
	}
	w.wantRecorded(start, "refresh.reused client")
	if last, err := w.trail.Last(t.Context(), audit.Query{Subject: w.ada.Subject}, 1); err != nil || len(last) != 1 || last[0].ClientID != "app" {
		t.Errorf("ada's trail: %v, %v", last, err)
	}
}

func TestTrail_ClientsFromFirstToLast(t *testing.T) {
	w := newStillWorld(t, nil)
	start := w.now()
	ctx := audit.WithOrigin(t.Context(), audit.Origin{Actor: audit.Operator})
	secret, err := w.AddClient(ctx, &provider.Client{ID: "shop", Name: "Shop", RedirectURIs: []string{callback}})
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := w.RotateSecret(ctx, "shop", 60)
	if err != nil {
		t.Fatal(err)
	}
	rename := func(c *provider.Client) error { c.Name = "Shop of secrets"; return nil }
	for range 2 { // the second changes nothing
		if err := w.EditClient(ctx, "shop", rename); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.RemoveClient(ctx, "shop"); err != nil {
		t.Fatal(err)
	}
	w.wantRecorded(start, "client.added operator", "client.secret operator", "client.changed operator", "client.removed operator")
	err = w.trail.Each(ctx, audit.Query{ClientID: "shop"}, func(r audit.Record) error {
		if text := string(r.Raw()); strings.Contains(text, secret.Reveal()) || strings.Contains(text, rotated.Reveal()) || strings.Contains(text, "of secrets") {
			t.Errorf("%s says too much: %s", r.Kind, text)
		}
		if r.Kind == "client.changed" && r.Facts["changed"] != "client_name" {
			t.Errorf("changed: %v", r.Facts)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTrail_SignOutIsInItsBatch(t *testing.T) {
	w := newStillWorld(t, nil)
	browser := w.signIn(w.ada)
	w.pass(time.Second)
	start, n := w.now(), 0
	w.tap.reset(nil)
	w.tap.before = auditWrites(&n)
	if _, err := w.End(t.Context(), browser); err != nil {
		t.Fatal(err)
	}
	if _, writes := w.tap.counted(); writes != 1 || n != 1 {
		t.Errorf("%d batches with %d records", writes, n)
	}
	w.wantRecorded(start, "sign-out")
}
