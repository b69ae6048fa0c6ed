package handlers_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
)

// recorded are the kinds that are recorded of ada, with counts and causes, once the minute is over.
func (w *world) recordedOf(name string) []string {
	w.t.Helper()
	w.pass(time.Minute)
	w.check(audit.NewSealer(w.trail, nil, "", nil).WriteCounts(w.t.Context()))
	var list []string
	w.check(w.trail.Each(w.t.Context(), audit.Query{Subject: must(w.accounts.FindPerson(w.t.Context(), name)).Subject}, func(r audit.Record) error {
		list = append(list, fmt.Sprint(r.Kind, " ", r.Count, " ", r.Facts[audit.FactWhy]))
		return nil
	}))
	return list
}

// Wrong codes are counted by the minute and the cause; whoever has the first factor and guesses too often is told of to its owner, once.
func TestAttack_AI02_OwnerIsTold(t *testing.T) {
	w := newMailWorld(t)
	w.codePolicy(func(*provider.SignInPolicy) {})
	w.setUp(w.signedIn("ada"))
	before := len(w.mails.all())
	w.pass(time.Hour)
	for range 8 {
		enterCode(w.halfway("/login"), "000000")
	}
	letters := w.mails.all()[before:]
	if len(letters) != 1 || letters[0].Kind != account.LetterFactorTries || letters[0].To != "ada@example.test" || letters[0].Facts["address"] == "" {
		t.Errorf("letters %+v", letters)
	}
	if got := w.recordedOf("ada"); !slices.Contains(got, "factor.failed 5 wrong code") || !slices.Contains(got, "factor.failed 3 too many tries") {
		t.Errorf("recorded %q", got)
	}
}

func TestAttack_AI12_CloneIsRecorded(t *testing.T) {
	w := passkeyWorld(t)
	p := w.phone()
	p.enrol(w.signedIn("ada"), "")
	for range 3 {
		p.signIn(w.browser().Get("/login"))
	}
	copied := *p
	copied.key.Counter = 1
	copied.signIn(w.browser().Get("/login"))
	half := signIn(w.browser().Get("/login"), "ada")
	copied.key.Counter = 1
	half.Submit("passkey-form", copied.answer(half, half.Attribute("passkey-form", "data-passkey")))
	n := 0
	for _, kind := range w.recordedOf("ada") {
		if kind == "factor.cloned 0 " {
			n++
		}
	}
	if n != 2 {
		t.Errorf("recorded %q", w.recordedOf("ada"))
	}
}
