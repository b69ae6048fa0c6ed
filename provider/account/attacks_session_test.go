package account

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"signet/storage"
)

func (w *world) dead(t testing.TB, token string, cause error) {
	t.Helper()
	s, p, err := w.Sessions.Get(t.Context(), token)
	wantErr(t, err, ErrNoSession, cause)
	if s != nil || p != nil {
		t.Fatal("a refusal gives session or person away")
	}
}

func (w *world) lives(t testing.TB, token string) *Session {
	t.Helper()
	s, _, err := w.Sessions.Get(t.Context(), token)
	noErr(t, err)
	return s
}

// Whatever token a browser had before a sign-in is worth nothing after it, also if it is the same person who signs in again.
func TestAttack_AJ01_SessionFixation(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.add(t, "ada", goodPassword), w.add(t, "bob", goodPassword)

	planted, first := w.begin(t, bob, SignIn{AMR: []string{"pwd"}})
	token, mine := w.begin(t, ada, SignIn{AMR: []string{"pwd"}, Replaces: first})
	w.dead(t, planted, ErrEnded)
	if mine.SID == first.SID || mine.ID == first.ID {
		t.Error("one person's session id is given to another")
	}

	w.clock.advance(time.Hour)
	stronger, same := w.begin(t, ada, SignIn{AMR: []string{"pwd", "otp"}, ACR: "2", Replaces: mine})
	w.dead(t, token, ErrEnded)
	got := w.lives(t, stronger)
	if got.SID != mine.SID || same.SID != mine.SID {
		t.Error("clients that know the session by its sid will not hear of its end")
	}
	if got.AuthTime != mine.AuthTime+3600 || got.ACR != "2" || len(got.AMR) != 2 || got.Expires != mine.Expires {
		t.Errorf("session after the second sign-in: %+v", got)
	}
}

// Two sign-ins in one browser at once: one goes on with the session, the other one's token was never valid.
func TestAttack_AJ01_TwoSignInsAtOnce(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	_, session := w.begin(t, ada, SignIn{})
	var one, two storage.Batch
	first, _, err := w.Sessions.Begin(&one, ada, SignIn{Replaces: session})
	noErr(t, err)
	second, _, err := w.Sessions.Begin(&two, ada, SignIn{Replaces: session})
	noErr(t, err)
	w.apply(t, &one)
	wantErr(t, w.db.Apply(t.Context(), two), storage.ErrConflict)
	w.lives(t, first)
	w.dead(t, second, ErrEnded)
}

// After signing out, the same browser's next person has nothing of the one before, and what notes the use of the ended
// session does not bring it back.
func TestAttack_AJ02_ReuseAfterLogout(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.add(t, "ada", goodPassword), w.add(t, "bob", goodPassword)
	old, session := w.begin(t, ada, SignIn{})
	w.clock.advance(2 * time.Hour)
	var touch, end storage.Batch
	due, err := w.Sessions.Touch(&touch, session)
	if !due || err != nil {
		t.Fatal("no touch is due", err)
	}
	noErr(t, w.Sessions.End(&end, session))
	w.apply(t, &end)
	token, other := w.begin(t, bob, SignIn{})
	w.apply(t, &touch)
	w.dead(t, old, ErrEnded)
	if got := w.lives(t, token); got.Subject != bob.Subject || got.ID == session.ID || other.SID == session.SID {
		t.Errorf("session crosses over: %+v", got)
	}
	_, err = w.Sessions.Find(t.Context(), ada.Subject, session.SID)
	wantErr(t, err, ErrNoSession)
	_, err = w.Sessions.Find(t.Context(), bob.Subject, session.SID)
	wantErr(t, err, ErrNoSession)
}

// A token is 256 random bits behind the record's key; nothing but its one spelling is accepted, and what is stored does not
// give it.
func TestAttack_AJ06_TokenForms(t *testing.T) {
	w := newWorld(t)
	token, session := w.begin(t, w.add(t, "ada", goodPassword), SignIn{})
	raw, err := base64.RawURLEncoding.DecodeString(token)
	noErr(t, err)
	secret := string(raw[len(raw)-32:])
	if session.secret == secret || strings.Contains(token, session.secret) {
		t.Error("the secret is stored")
	}
	if len(raw) != tokenSize || string(raw[8:24]) != session.ID {
		t.Errorf("token of %d bytes", len(raw))
	}
	for i := range raw {
		changed := append([]byte(nil), raw...)
		changed[i] ^= 1
		s, _, err := w.Sessions.Get(t.Context(), base64.RawURLEncoding.EncodeToString(changed))
		if s != nil || !errors.Is(err, ErrNoSession) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	last := token[len(token)-1]
	for _, other := range []string{
		"", token[:len(token)-1], token + "A", token + "=", " " + token, token + "\n", token[:10] + "\n" + token[10:], token[:10] + "\r" + token[11:],
		token[:len(token)-1] + string(last^1), base64.StdEncoding.EncodeToString(raw), strings.Repeat("A", len(token)),
		strings.Repeat("_", len(token)-1) + "w", strings.Repeat("x", 1<<16), "\x00",
	} {
		s, _, err := w.Sessions.Get(t.Context(), other)
		if s != nil || !errors.Is(err, ErrNoSession) {
			t.Errorf("%.80q: %v", other, err)
		}
	}
	w.lives(t, token)
}

func TestAttack_AJ07_Timeouts(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Sessions = SessionConfig{Idle: 10 * time.Hour, Max: 48 * time.Hour} })
	ada := w.add(t, "ada", goodPassword)
	use := func(token string) bool {
		var b storage.Batch
		due, err := w.Sessions.Touch(&b, w.lives(t, token))
		noErr(t, err)
		w.apply(t, &b)
		return due
	}

	idle, _ := w.begin(t, ada, SignIn{})
	used, _ := w.begin(t, ada, SignIn{})
	w.clock.advance(59 * time.Minute)
	if use(used) {
		t.Error("noted before a tenth of the idle period")
	}
	w.clock.advance(time.Minute)
	if !use(used) || use(used) {
		t.Error("not noted once after a tenth of the idle period")
	}
	w.clock.advance(9*time.Hour - time.Second)
	w.lives(t, idle)
	w.clock.advance(time.Second)
	w.dead(t, idle, ErrIdle)
	list, err := w.Sessions.List(t.Context(), ada.Subject)
	noErr(t, err)
	if len(list) != 1 || list[0].LastSeen != w.clock.time().Add(-9*time.Hour).Unix() {
		t.Errorf("list shows %+v", list)
	}
	for range 5 {
		use(used)
		w.clock.advance(7 * time.Hour)
	}
	w.lives(t, used) // 45 h old
	w.clock.advance(3*time.Hour - time.Second)
	w.lives(t, used)
	w.clock.advance(time.Second)
	w.dead(t, used, ErrEnded)
}

// A limit that the operator shortens holds for the sessions that are there.
func TestAttack_AJ07_ShorterMaximum(t *testing.T) {
	w := newWorld(t)
	token, _ := w.begin(t, w.add(t, "ada", goodPassword), SignIn{})
	strict := open(t, Config{DB: w.db, Rand: zeros{}, Passwords: cheap, Sessions: SessionConfig{Max: time.Hour}})
	w.clock.advance(time.Hour)
	w.lives(t, token)
	_, _, err := strict.Sessions.Get(t.Context(), token)
	wantErr(t, err, ErrNoSession, ErrEnded)
}

// Disabled, removed, given a new password or told to end everything: the next read says so, though people are cached.
func TestAttack_AJ08_DisabledKeepsSession(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(*world, string) error
		cause error
	}{
		"disabled":     {func(w *world, who string) error { return w.SetDisabled(ctx(), who, true) }, ErrDisabled},
		"new password": {func(w *world, who string) error { return w.SetPassword(ctx(), who, "another password") }, ErrEnded},
		"everything":   {func(w *world, who string) error { return w.EndEverything(ctx(), who) }, ErrEnded},
		"removed":      {func(w *world, who string) error { return w.RemovePerson(ctx(), who) }, ErrEnded},
		"signed out": {func(w *world, who string) error {
			p, _ := w.FindPerson(ctx(), who)
			return w.Sessions.EndAll(ctx(), p.Subject, "")
		}, ErrEnded},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			token, _ := w.begin(t, w.add(t, "ada", goodPassword), SignIn{})
			other, _ := w.begin(t, w.add(t, "bob", goodPassword), SignIn{})
			w.lives(t, token)
			noErr(t, c.do(w, "ada"))
			w.dead(t, token, c.cause)
			w.lives(t, other)
		})
	}
}

// Enabling someone again does not bring their sessions back.
func TestAttack_AJ08_EnabledAgain(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	token, _ := w.begin(t, ada, SignIn{})
	noErr(t, w.SetDisabled(t.Context(), "ada", true))
	noErr(t, w.SetDisabled(t.Context(), "ada", false))
	w.dead(t, token, ErrEnded)
	// Nor does a sign-in that began before.
	late, _ := w.begin(t, ada, SignIn{})
	w.dead(t, late, ErrEnded)
}

// A consent is for what was asked, by the client as it was then.
func TestAttack_AK04_OldConsent(t *testing.T) {
	w := newWorld(t)
	remember := func(epoch uint32, scopes ...string) {
		t.Helper()
		var b storage.Batch
		noErr(t, w.Consents.Remember(t.Context(), &b, Consent{Subject: "u", ClientID: "app", ClientEpoch: epoch, Scopes: scopes}))
		w.apply(t, &b)
	}
	get := func(subject, client string, epoch uint32) Consent {
		t.Helper()
		c, err := w.Consents.Get(t.Context(), subject, client, epoch)
		noErr(t, err)
		return c
	}
	remember(1, "openid", "email")
	remember(1, "openid", "phone")
	c := get("u", "app", 1)
	if !c.Given() || !c.Covers("openid", "email", "phone") || c.Covers("openid", "address") {
		t.Errorf("covers %v", c.Scopes)
	}
	for name, c := range map[string]Consent{
		"later epoch": get("u", "app", 2), "earlier epoch": get("u", "app", 0), "other person": get("v", "app", 1),
		"other client": get("u", "app2", 1), "shifted": get("u\x00app", "", 1),
	} {
		if c.Given() || c.Covers("openid") {
			t.Errorf("%s: %+v", name, c)
		}
	}
	// The client changed: what is allowed now is all that is allowed.
	remember(2, "openid")
	if c := get("u", "app", 2); c.Covers("email") || !c.Covers("openid") {
		t.Errorf("old scopes come back: %v", c.Scopes)
	}
	if c := get("u", "app", 1); c.Given() {
		t.Errorf("the client as it was: %v", c)
	}
}
