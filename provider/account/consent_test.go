package account

import (
	"fmt"
	"testing"
	"time"

	"signet/storage"
)

func (w *world) consent(t *testing.T, subject, client string, scopes ...string) {
	t.Helper()
	var b storage.Batch
	noErr(t, w.Consents.Remember(t.Context(), &b, Consent{Subject: subject, ClientID: client, Scopes: scopes}))
	w.apply(t, &b)
}

func TestConsent_NothingNewWritesNothing(t *testing.T) {
	w := newWorld(t)
	w.consent(t, "u", "app", "email", "openid", "email")
	var b storage.Batch
	noErr(t, w.Consents.Remember(t.Context(), &b, Consent{Subject: "u", ClientID: "app", Scopes: []string{"openid"}}))
	if !b.Empty() {
		t.Error("writes what is there already")
	}
	c, err := w.Consents.Get(t.Context(), "u", "app", 0)
	noErr(t, err)
	if fmt.Sprint(c.Scopes) != "[email openid]" || c.GrantedAt != w.clock.time().Unix() {
		t.Errorf("%+v", c)
	}
}

// Two tabs agree at once: the second must not be written over what the first one knew.
func TestConsent_RaceIsAConflict(t *testing.T) {
	w := newWorld(t)
	w.consent(t, "u", "app", "openid")
	var one, two storage.Batch
	noErr(t, w.Consents.Remember(t.Context(), &one, Consent{Subject: "u", ClientID: "app", Scopes: []string{"email"}}))
	noErr(t, w.Consents.Remember(t.Context(), &two, Consent{Subject: "u", ClientID: "app", Scopes: []string{"phone"}}))
	w.apply(t, &one)
	wantErr(t, w.db.Apply(t.Context(), two), storage.ErrConflict)
}

func TestConsent_Expires(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ConsentMax = time.Hour })
	w.consent(t, "u", "app", "openid")
	w.clock.advance(30 * time.Minute)
	w.consent(t, "u", "app", "email")
	w.clock.advance(59 * time.Minute)
	if c, err := w.Consents.Get(t.Context(), "u", "app", 0); err != nil || !c.Covers("openid", "email") {
		t.Errorf("%+v, %v", c, err)
	}
	w.clock.advance(time.Minute)
	if c, err := w.Consents.Get(t.Context(), "u", "app", 0); err != nil || c.Given() {
		t.Errorf("%+v, %v", c, err)
	}
	w.consent(t, "u", "app", "phone")
	if c, err := w.Consents.Get(t.Context(), "u", "app", 0); err != nil || c.Covers("openid") || !c.Covers("phone") {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestConsent_ListAndWithdraw(t *testing.T) {
	w := newWorld(t)
	for _, client := range []string{"a", "b", "c"} {
		w.consent(t, "u", client, "openid")
		w.consent(t, "v", client, "openid")
	}
	var b storage.Batch
	given, err := w.Consents.Get(t.Context(), "u", "b", 0)
	noErr(t, err)
	w.Consents.Withdraw(&b, given)
	w.apply(t, &b)
	count := func(list []Consent, next string, err error) int {
		t.Helper()
		noErr(t, err)
		return len(list)
	}
	if n := count(w.Consents.List(t.Context(), "u", "", 10)); n != 2 {
		t.Errorf("%d consents of u, want 2", n)
	}
	if n := count(w.Consents.OfClient(t.Context(), "b", "", 10)); n != 1 {
		t.Errorf("%d consents to b, want 1", n)
	}
	if c, err := w.Consents.Get(t.Context(), "u", "b", 0); err != nil || c.Given() {
		t.Errorf("%+v, %v", c, err)
	}
}
