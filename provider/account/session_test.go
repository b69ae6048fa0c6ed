package account

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"signet/storage"
)

func ctx() context.Context { return context.Background() }

func TestSession_KeepsWhatSignInSays(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	before := w.clock.time().Add(-time.Minute)
	token, begun := w.begin(t, ada, SignIn{
		AMR: []string{"pwd", "otp"}, ACR: "urn:x", AuthTime: before,
		Browser: strings.Repeat("é", maxBrowser), Address: "192.0.2.7",
	})
	got, p, err := w.Sessions.Get(t.Context(), token)
	noErr(t, err)
	want := &Session{
		ID: begun.ID, SID: begun.SID, Subject: ada.Subject, AuthTime: before.Unix(), AMR: []string{"pwd", "otp"}, ACR: "urn:x",
		Created: w.clock.time().Unix(), LastSeen: w.clock.time().Unix(), Expires: w.clock.time().Add(30 * 24 * time.Hour).Unix(),
		PersonEpoch: ada.Epoch, Browser: strings.Repeat("é", maxBrowser/2), Address: "192.0.2.7",
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Session{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(begun, got, cmp.AllowUnexported(Session{})); diff != "" {
		t.Error("what Begin returned is not what is stored:", diff)
	}
	if p.Subject != ada.Subject {
		t.Errorf("session of %s", p.Subject)
	}
	records, err := w.db.Get(t.Context(), SessionKey(begun.ID, begun.Expires))
	noErr(t, err)
	if !records[0].Present() {
		t.Error("SessionKey does not find the session")
	}
}

// A new password and the session that goes on with it come in one batch.
func TestSession_GoesOnWithNewPassword(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	_, here := w.begin(t, ada, SignIn{})
	elsewhere, _ := w.begin(t, ada, SignIn{})
	var b storage.Batch
	changed, err := w.ChangePassword(t.Context(), &b, ada.Subject, "another password")
	noErr(t, err)
	token, _, err := w.Sessions.Begin(&b, changed, SignIn{Replaces: here})
	noErr(t, err)
	w.apply(t, &b)
	w.lives(t, token)
	w.dead(t, elsewhere, ErrEnded)
	_, err = w.Authenticate(t.Context(), "ada", "another password")
	noErr(t, err)
}

func TestSessions_ListAndEndAll(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.add(t, "ada", goodPassword), w.add(t, "bob", goodPassword)
	var b storage.Batch
	for range sessionPage + 20 {
		_, _, err := w.Sessions.Begin(&b, ada, SignIn{})
		noErr(t, err)
	}
	w.apply(t, &b)
	w.clock.advance(time.Minute)
	token, last := w.begin(t, ada, SignIn{})
	theirs, _ := w.begin(t, bob, SignIn{})

	list, err := w.Sessions.List(t.Context(), ada.Subject)
	noErr(t, err)
	if len(list) != sessionPage+21 || list[0].SID != last.SID {
		t.Fatalf("%d sessions, the latest %q", len(list), list[0].SID)
	}
	noErr(t, w.Sessions.EndAll(t.Context(), ada.Subject, last.SID))
	list, err = w.Sessions.List(t.Context(), ada.Subject)
	noErr(t, err)
	if len(list) != 1 || list[0].SID != last.SID {
		t.Errorf("%d sessions are left", len(list))
	}
	w.lives(t, token)
	noErr(t, w.Sessions.EndAll(t.Context(), ada.Subject, ""))
	w.dead(t, token, ErrEnded)
	w.lives(t, theirs)
	_, err = w.Sessions.List(t.Context(), nobody)
	wantErr(t, err, ErrUnknownPerson)
}

func TestSessions_Find(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	_, session := w.begin(t, ada, SignIn{})
	found, err := w.Sessions.Find(t.Context(), ada.Subject, session.SID)
	noErr(t, err)
	var b storage.Batch
	noErr(t, w.Sessions.End(&b, found))
	w.apply(t, &b)
	_, err = w.Sessions.Find(t.Context(), ada.Subject, session.SID)
	wantErr(t, err, ErrNoSession)
}

func TestSessionConfig(t *testing.T) {
	w := newWorld(t)
	for _, c := range []SessionConfig{{Idle: time.Millisecond}, {Max: -time.Hour}} {
		if _, err := New(Config{DB: w.db, Rand: zeros{}, Passwords: cheap, Sessions: c}); err == nil {
			t.Errorf("%+v: accepted", c)
		}
	}
}

func TestSessionCodec(t *testing.T) {
	for _, s := range []Session{
		{},
		{Subject: "u", AuthTime: -1, Created: math.MaxInt64, LastSeen: math.MinInt64, PersonEpoch: math.MaxUint32, secret: "\x00\xff",
			AMR: []string{"", "pwd"}, ACR: "x", Browser: "b", Address: "a"},
	} {
		data, err := marshalSession(&s)
		noErr(t, err)
		var back Session
		noErr(t, unmarshalSession(data, &back))
		if diff := cmp.Diff(s, back, cmp.AllowUnexported(Session{})); diff != "" {
			t.Error(diff)
		}
		for n := range data {
			if unmarshalSession(data[:n], &Session{}) == nil {
				t.Errorf("accepted after %d of %d bytes", n, len(data))
			}
		}
		if unmarshalSession(append(data, 0), &Session{}) == nil {
			t.Error("accepted with a byte too many")
		}
	}
}

func FuzzSessionCodec(f *testing.F) {
	data, _ := marshalSession(&Session{Subject: "u", AMR: []string{"pwd"}, secret: "s"})
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		var s Session
		if unmarshalSession(data, &s) != nil {
			return
		}
		again, err := marshalSession(&s)
		noErr(t, err)
		var back Session
		noErr(t, unmarshalSession(again, &back))
		if diff := cmp.Diff(s, back, cmp.AllowUnexported(Session{})); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzToken(f *testing.F) {
	f.Add(encodeToken(1, strings.Repeat("i", tokenID), make([]byte, tokenSecret)))
	f.Add("\nAAAAAAAAAAE" + strings.Repeat("A", 63))
	f.Add("\r\n\r\nAAAAAAAAAAE" + strings.Repeat("A", 60))
	f.Fuzz(func(t *testing.T, token string) {
		if expires, id, secret, ok := decodeToken(token); ok && encodeToken(expires, id, secret) != token {
			t.Errorf("%q is another spelling", token)
		}
	})
}
