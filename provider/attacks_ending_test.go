package provider_test

import (
	"slices"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/storage"
)

// ending is a row of the table "What ends when" of docs/logout.md: what is still there afterwards.
type ending struct {
	name string
	// here is the browser in which it happens, there another one of the same person; ada is signed in in both.
	do func(w *world, here, there provider.Browser) error
	// session and other are those of the two browsers, bound the tokens of the first, offline those with offline_access.
	session, other, bound, offline bool
	// told is of which of the two sessions' ends clients are told.
	told []string
}

var endings = []ending{
	{"sign-out", func(w *world, here, _ provider.Browser) error { _, err := w.End(w.t.Context(), here); return err },
		false, true, false, true, []string{"here"}},
	{"the next person signs in", func(w *world, here, _ provider.Browser) error {
		var b storage.Batch
		if _, _, err := w.accounts.Sessions.Begin(&b, w.person("eve"), account.SignIn{Replaces: here.Session}); err != nil {
			return err
		}
		return w.db.Apply(w.t.Context(), b)
	}, false, true, false, true, []string{"here"}},
	{"the same person signs in again", func(w *world, here, _ provider.Browser) error {
		var b storage.Batch
		if _, _, err := w.accounts.Sessions.Begin(&b, here.Person, account.SignIn{Replaces: here.Session}); err != nil {
			return err
		}
		return w.db.Apply(w.t.Context(), b)
	}, true, true, true, true, nil},
	{"sessions ended by the operator", func(w *world, here, _ provider.Browser) error {
		return w.accounts.Sessions.EndAll(w.t.Context(), here.Person.Subject, "")
	}, false, false, false, true, []string{"here", "there"}},
	{"everything ended", func(w *world, here, _ provider.Browser) error {
		return w.accounts.EndEverything(w.t.Context(), here.Person.Subject)
	}, false, false, false, false, []string{"here", "there"}},
	{"new password", func(w *world, _, _ provider.Browser) error {
		return w.accounts.SetPassword(w.t.Context(), "ada", "correct horse battery staple")
	}, false, false, false, false, []string{"here", "there"}},
	{"person disabled", func(w *world, _, _ provider.Browser) error { return w.accounts.SetDisabled(w.t.Context(), "ada", true) },
		false, false, false, false, []string{"here", "there"}},
	{"person removed", func(w *world, _, _ provider.Browser) error { return w.accounts.RemovePerson(w.t.Context(), "ada") },
		false, false, false, false, []string{"here", "there"}},
	{"client disabled", func(w *world, _, _ provider.Browser) error {
		return w.EditClient(w.t.Context(), "app", func(c *provider.Client) error { c.Disabled = true; return nil })
	}, true, true, false, false, nil},
	{"client removed", func(w *world, _, _ provider.Browser) error { return w.RemoveClient(w.t.Context(), "app") },
		true, true, false, false, nil},
	{"session unused for long", func(w *world, _, _ provider.Browser) error { w.pass(13 * time.Hour); return nil },
		false, false, true, true, nil},
	{"session too old", func(w *world, _, _ provider.Browser) error { w.pass(31 * 24 * time.Hour); return nil },
		false, false, false, true, nil},
}

// What ends with what is documented, and is so.
func TestAttack_AC14_WhatEndsWhen(t *testing.T) {
	for _, row := range endings {
		t.Run(row.name, func(t *testing.T) { wantEnding(t, row) })
	}
}

func wantEnding(t *testing.T, row ending) {
	w := newStillWorld(t, func(c *provider.Config) {
		reachesLoopback(c)
		c.Lifetimes = provider.Lifetimes{RefreshIdle: 60 * 24 * time.Hour}
	})
	rp := listen(t)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, RefreshAlways: true, BackchannelLogoutURI: rp.URL})
	here, there := w.signIn(w.ada), w.signIn(w.ada)
	refresh := map[string]any{}
	for scope, b := range map[string]provider.Browser{"openid": here, "openid offline_access": here, "openid email": there} {
		answer, e := w.token(auth, codeForm(w.code(b, params("app", "scope", scope))))
		if e != nil {
			t.Fatal(e)
		}
		refresh[scope] = answer["refresh_token"]
	}
	if err := row.do(w, here, there); err != nil {
		t.Fatal(err)
	}
	if err := w.TellClientsNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantSessions(w, row, here, there)
	for scope, want := range map[string]bool{"openid": row.bound, "openid offline_access": row.offline} {
		if _, e := w.token(auth, refreshForm(refresh[scope])); (e == nil) != want {
			t.Errorf("refreshing %q: %v", scope, e)
		}
	}
	var told []string
	for _, form := range rp.heard() {
		sid := w.claimsOf(form.Get("logout_token"))["sid"]
		told = append(told, map[any]string{here.Session.SID: "here", there.Session.SID: "there"}[sid])
	}
	if slices.Sort(told); !slices.Equal(told, row.told) {
		t.Errorf("told of %v, want %v", told, row.told)
	}
}

func wantSessions(w *world, row ending, here, there provider.Browser) {
	w.t.Helper()
	list, err := w.accounts.Sessions.List(w.t.Context(), w.ada.Subject)
	if err != nil && row.name != "person removed" {
		w.t.Fatal(err)
	}
	for name, c := range map[string]struct {
		b    provider.Browser
		want bool
	}{"here": {here, row.session}, "there": {there, row.other}} {
		if lives := slices.ContainsFunc(list, func(s *account.Session) bool { return s.SID == c.b.Session.SID }); lives != c.want {
			w.t.Errorf("the session %s lives: %v", name, lives)
		}
	}
}
