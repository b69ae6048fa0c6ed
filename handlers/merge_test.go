package handlers_test

import (
	"errors"
	"testing"

	"signet/provider/account"
)

// mergeWorld has ada with a passkey and everything that is issued, and grace into whom she is merged.
func mergeWorld(t testing.TB) (everywhere, tokens) {
	t.Helper()
	w := newEverywhere(t)
	b := w.signedIn("ada")
	w.phone.enrol(b, "phone")
	return w, w.tokensOf(b, "openid offline_access")
}

// merged demands that nothing of ada works any more, and that her passkey is grace's.
func (w everywhere) merged(t *testing.T, got tokens) {
	t.Helper()
	if access, refresh := w.live(got); access || refresh {
		t.Errorf("tokens of the account that went: access %v, refresh %v", access, refresh)
	}
	if _, err := w.accounts.FindPerson(t.Context(), "ada"); !errors.Is(err, account.ErrUnknownPerson) {
		t.Errorf("it is still there: %v", err)
	}
	if who := w.signedInAs(w.phone.signIn(w.browser().Get("/login"))); who != "grace" {
		t.Errorf("the passkey signs %q in", who)
	}
	half := signIn(w.browser().Get("/login"), "grace")
	if who := w.signedInAs(half.Submit("passkey-form", w.phone.answer(half, "/login/passkey?pending="+half.URL().Query().Get("pending")))); who != "grace" {
		t.Errorf("as a second factor it signs %q in: %s", who, half.Text())
	}
}

// Two accounts become one: what was issued for the one ends, its passkey is the other's, and the applications' subjects are told.
func TestMerge_EndToEnd(t *testing.T) {
	w, got := mergeWorld(t)
	ada, err := w.accounts.FindPerson(t.Context(), "ada")
	w.check(err)
	plan, err := w.provider.MergePeople(t.Context(), "ada", "grace", true)
	w.check(err)
	if access, refresh := w.live(got); plan.Done || !access || !refresh {
		t.Fatalf("a dry run ends something: %+v", plan)
	}
	done, err := w.provider.MergePeople(t.Context(), "ada", "grace", false)
	w.check(err)
	if len(done.Applications) != 1 || done.Applications[0].Before != ada.Subject || done.Applications[0].After != done.Into || done.Into == ada.Subject || !done.Done {
		t.Errorf("%+v", done)
	}
	w.merged(t, got)
}

// A merge that is cut short at any write goes on with the next sweep, or with the same command.
func TestMerge_CutShort(t *testing.T) {
	for stop := 1; ; stop++ {
		w, got := mergeWorld(t)
		w.engine.failAfter.Store(int64(stop))
		_, err := w.provider.MergePeople(t.Context(), "ada", "grace", false)
		w.engine.failAfter.Store(0)
		if err == nil {
			if stop < 5 {
				t.Errorf("%d writes: nothing was cut short", stop)
			}
			w.merged(t, got)
			return
		}
		if p, err := w.accounts.FindPerson(t.Context(), "ada"); err == nil && p.Leaving == nil {
			if stop > 1 {
				t.Errorf("stopped at write %d: not begun", stop)
			}
			_, err = w.provider.MergePeople(t.Context(), "ada", "grace", false)
			w.check(err)
		}
		w.sweep()
		w.merged(t, got)
	}
}

// What the configuration declares is merged with nothing.
func TestMerge_RefusesDeclared(t *testing.T) {
	w := newWorld(t)
	_, err := w.accounts.DeclarePerson(t.Context(), account.Person{Username: "root"})
	w.check(err)
	for _, pair := range [][2]string{{"root", "ada"}, {"ada", "root"}} {
		for _, dry := range []bool{true, false} {
			if _, err := w.provider.MergePeople(t.Context(), pair[0], pair[1], dry); !errors.Is(err, account.ErrDeclared) {
				t.Errorf("%v: %v", pair, err)
			}
		}
	}
}
