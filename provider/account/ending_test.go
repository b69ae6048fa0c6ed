package account

import (
	"errors"
	"slices"
	"testing"
	"time"

	"signet/storage"
)

// untold are the SIDs of the sessions whose end has not been told.
func (w *world) untold(t *testing.T) []string {
	t.Helper()
	noErr(t, w.Sessions.EndPassed(t.Context()))
	rows, err := w.Sessions.Untold(t.Context(), 100)
	noErr(t, err)
	var sids []string
	for _, row := range rows {
		sids = append(sids, row.Value.SID)
	}
	slices.Sort(sids)
	return sids
}

func sidsOf(list ...*Session) []string {
	var sids []string
	for _, s := range list {
		sids = append(sids, s.SID)
	}
	slices.Sort(sids)
	return sids
}

// Whatever ends a session leaves word of it.
func TestEnding_EveryWayLeavesWord(t *testing.T) {
	for name, end := range map[string]func(w *world, p *Person, s *Session) error{
		"sign-out": func(w *world, _ *Person, s *Session) error {
			var b storage.Batch
			return errors.Join(w.Sessions.End(&b, s), w.db.Apply(t.Context(), b))
		},
		"all sessions ended": func(w *world, p *Person, _ *Session) error { return w.Sessions.EndAll(t.Context(), p.Subject, "") },
		"everything ended":   func(w *world, p *Person, _ *Session) error { return w.EndEverything(t.Context(), p.Subject) },
		"disabled":           func(w *world, p *Person, _ *Session) error { return w.SetDisabled(t.Context(), p.Subject, true) },
		"new password": func(w *world, p *Person, _ *Session) error {
			return w.SetPassword(t.Context(), p.Subject, "another password")
		},
		"removed": func(w *world, p *Person, _ *Session) error { return w.RemovePerson(t.Context(), p.Subject) },
		"next person": func(w *world, _ *Person, s *Session) error {
			bob := w.add(t, "bob", goodPassword)
			w.begin(t, bob, SignIn{Replaces: s})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ada := w.add(t, "ada", goodPassword)
			_, session := w.begin(t, ada, SignIn{})
			other := w.add(t, "carol", goodPassword)
			w.begin(t, other, SignIn{})
			if got := w.untold(t); len(got) != 0 {
				t.Fatalf("before: %v", got)
			}
			noErr(t, end(w, ada, session))
			if got := w.untold(t); !slices.Equal(got, sidsOf(session)) {
				t.Errorf("after: %v, want %v", got, sidsOf(session))
			}
			records, err := w.db.Get(t.Context(), SessionKey(session.ID, session.Expires))
			noErr(t, err)
			if records[0].Present() {
				t.Error("the session's record is still there")
			}
		})
	}
}

// A session that goes on, also under a new password, has not ended.
func TestEnding_NotOfWhatGoesOn(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	_, here := w.begin(t, ada, SignIn{})
	_, elsewhere := w.begin(t, ada, SignIn{})
	_, here = w.begin(t, ada, SignIn{Replaces: here})
	var b storage.Batch
	changed, err := w.ChangePassword(t.Context(), &b, ada.Subject, "another password")
	noErr(t, err)
	_, _, err = w.Sessions.Begin(&b, changed, SignIn{Replaces: here})
	noErr(t, err)
	w.apply(t, &b)
	if got := w.untold(t); !slices.Equal(got, sidsOf(elsewhere)) {
		t.Errorf("ended: %v, want %v", got, sidsOf(elsewhere))
	}
}

// A session that begins with the old epoch, on a node that has not heard of the new one, is ended as well.
func TestEnding_LateSessionOfPassedPerson(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	before := *ada
	noErr(t, w.SetDisabled(t.Context(), "ada", true))
	if got := w.untold(t); len(got) != 0 {
		t.Fatalf("ended: %v", got)
	}
	w.clock.advance(2 * time.Second)
	_, late := w.begin(t, &before, SignIn{})
	w.clock.advance(settling)
	if got := w.untold(t); !slices.Equal(got, sidsOf(late)) {
		t.Errorf("ended: %v, want %v", got, sidsOf(late))
	}
	rows, _, err := w.Sessions.passed.List(t.Context(), nil, "", 10)
	noErr(t, err)
	if len(rows) != 0 {
		t.Error("that the person has passed is not forgotten")
	}
}

// Of two who tell of the same end one goes on.
func TestEnding_IsToldOnce(t *testing.T) {
	w := newWorld(t)
	_, session := w.begin(t, w.add(t, "ada", goodPassword), SignIn{})
	var b storage.Batch
	noErr(t, w.Sessions.End(&b, session))
	w.apply(t, &b)
	rows, err := w.Sessions.Untold(t.Context(), 10)
	noErr(t, err)
	var first, second, part storage.Batch
	noErr(t, w.Sessions.Tell(&part, rows[0], true))
	noErr(t, w.Sessions.Tell(&second, rows[0], false))
	w.apply(t, &part)
	wantErr(t, w.db.Apply(t.Context(), second), storage.ErrConflict)
	rows, err = w.Sessions.Untold(t.Context(), 10)
	noErr(t, err)
	noErr(t, w.Sessions.Tell(&first, rows[0], false))
	w.apply(t, &first)
	if got := w.untold(t); len(got) != 0 {
		t.Errorf("still to be told: %v", got)
	}
}

// What is issued in a session can make it a condition that the session has not been ended, longer than a code lives.
func TestEnding_IsRemembered(t *testing.T) {
	w := newWorld(t)
	_, session := w.begin(t, w.add(t, "ada", goodPassword), SignIn{})
	issue := func() error {
		key := storage.Key{Kind: seenKind, ID: "issued", Expires: w.clock.time().Unix() + 60}
		return w.db.Apply(t.Context(), storage.Batch{
			If:   []storage.Condition{NotEnded(session.ID)},
			Then: []storage.Write{{Record: storage.Record{Key: key, Version: 1}}},
		})
	}
	noErr(t, issue())
	var b storage.Batch
	noErr(t, w.Sessions.End(&b, session))
	w.apply(t, &b)
	wantErr(t, issue(), storage.ErrConflict)
	rows, err := w.Sessions.Untold(t.Context(), 10)
	noErr(t, err)
	b = storage.Batch{}
	noErr(t, w.Sessions.Tell(&b, rows[0], false))
	w.apply(t, &b)
	w.clock.advance(toldKeep - time.Minute)
	wantErr(t, issue(), storage.ErrConflict)
}
