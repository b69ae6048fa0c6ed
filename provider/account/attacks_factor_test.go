package account

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/storage"
)

// RFC 6238 appendix B, SHA-1, cut to six digits.
func TestTOTP_Vectors(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totpCode(secret, at/totpStep); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	if got := TOTPAddress("My: IdP", "ada@x", secret); got != "otpauth://totp/My%20%20IdP:ada@x?issuer=My%3A%20IdP&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" {
		t.Error(got)
	}
}

// app gives a person an authenticator app, and returns what it shows at a time step from now.
func (w *world) app(t *testing.T, p *Person) func(steps int64) string {
	t.Helper()
	secret, err := w.NewTOTPSecret()
	noErr(t, err)
	code := func(steps int64) string { return totpCode(secret, w.unix()/totpStep+steps) }
	var b storage.Batch
	noErr(t, w.SetTOTP(t.Context(), &b, p, secret, code(0), true, nil))
	w.apply(t, &b)
	return code
}

func (w *world) use(t *testing.T, p *Person, code string) error {
	var b storage.Batch
	if err := w.UseTOTP(t.Context(), &b, p.Subject, code); err != nil {
		return err
	}
	return w.db.Apply(t.Context(), b)
}

func TestAttack_AI01_TOTPReplay(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	code := w.app(t, ada)
	wantErr(t, w.use(t, ada, code(0)), ErrRefused, ErrSpentCode) // confirming it has spent it
	later := code(1)
	noErr(t, w.use(t, ada, later))
	wantErr(t, w.use(t, ada, later), ErrSpentCode)
	wantErr(t, w.use(t, ada, code(0)), ErrSpentCode) // an older one than was used last
	w.clock.advance(30 * time.Second)
	wantErr(t, w.use(t, ada, later), ErrSpentCode)
	now := code(1)
	noErr(t, w.use(t, ada, now))
	w.clock.advance(-time.Hour) // the clock is set back: what was newest stays it
	wantErr(t, w.use(t, ada, code(0)), ErrSpentCode)
	w.clock.advance(time.Hour)
	wantErr(t, w.use(t, ada, now), ErrSpentCode)
}

// of16 runs something sixteen times at once and counts how often it succeeds; everybody else must be refused.
func of16(t *testing.T, try func() error) int {
	t.Helper()
	var won int
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 16 {
		wg.Go(func() {
			<-start
			err := try()
			for errors.Is(err, storage.ErrConflict) {
				err = try()
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, ErrRefused) {
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
	return won
}

func TestAttack_AI01_TOTPRace(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	code := w.app(t, ada)
	for range 20 {
		w.clock.advance(30 * time.Second)
		if won := of16(t, func() error { return w.use(t, ada, code(0)) }); won != 1 {
			t.Fatalf("%d of 16 got in with one code", won)
		}
	}
}

func TestAttack_AI03_TOTPWindow(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	code := w.app(t, ada)
	w.clock.advance(time.Hour)
	for _, steps := range []int64{-3, -2, 2, 3, 100} {
		wantErr(t, w.use(t, ada, code(steps)), ErrRefused, ErrWrongCode)
	}
	right := code(0)
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, right)
	for _, bad := range []string{"", " ", right + "0", "0" + right, right[:5], wide, "+" + right[1:], right + "\n", "\x00" + right, fmt.Sprintf("%08s", right)} {
		wantErr(t, w.use(t, ada, bad), ErrRefused, ErrWrongCode)
	}
	noErr(t, w.use(t, ada, right[:3]+" "+right[3:]))
	w.clock.advance(time.Hour)
	noErr(t, w.use(t, ada, code(-1)))
	noErr(t, w.use(t, ada, code(1)))
}

func TestAttack_AI04_TOTPIsConfirmed(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	secret, err := w.NewTOTPSecret()
	noErr(t, err)
	var b storage.Batch
	wantErr(t, w.SetTOTP(t.Context(), &b, ada, secret, "000000", true, nil), ErrRefused, ErrWrongCode)
	if !b.Empty() {
		t.Error("a wrong code wrote something")
	}
	code := w.app(t, ada)
	// Whoever has the password alone cannot put their own app in the place of the owner's.
	wantErr(t, w.SetTOTP(t.Context(), &b, ada, secret, totpCode(secret, w.unix()/totpStep), true, nil), ErrFactors)
	// A set-up that lost a race against another change of the person is not applied.
	noErr(t, w.SetTOTP(t.Context(), &b, ada, secret, totpCode(secret, w.unix()/totpStep), false, nil))
	noErr(t, w.SetPassword(t.Context(), "ada", "another good one"))
	wantErr(t, w.db.Apply(t.Context(), b), storage.ErrConflict)
	noErr(t, w.use(t, ada, code(1)))
}

func (w *world) codes(t *testing.T, p *Person) []string {
	t.Helper()
	var b storage.Batch
	codes, err := w.NewRecoveryCodes(t.Context(), &b, p)
	noErr(t, err)
	w.apply(t, &b)
	return codes
}

func (w *world) recover(t *testing.T, p *Person, code string) error {
	var b storage.Batch
	if err := w.UseRecoveryCode(t.Context(), &b, p, code, nil); err != nil {
		return err
	}
	return w.db.Apply(t.Context(), b)
}

func TestAttack_AI05_RecoveryCodes(t *testing.T) {
	w := newWorld(t)
	ada, eve := w.add(t, "ada", goodPassword), w.add(t, "eve", goodPassword)
	var b storage.Batch
	_, err := w.NewRecoveryCodes(t.Context(), &b, ada)
	wantErr(t, err, ErrNoFactor)
	w.app(t, ada)
	w.app(t, eve)
	old, codes := w.codes(t, ada), w.codes(t, ada)
	theirs := w.codes(t, eve)
	if len(codes) != RecoveryCodes || len(codes[0]) != 24+5 {
		t.Fatalf("%q", codes)
	}
	noErr(t, w.recover(t, ada, strings.ToUpper(codes[0])))
	noErr(t, w.recover(t, ada, strings.ReplaceAll(codes[1], "-", " ")))
	for _, bad := range []string{"", codes[0], codes[1], old[2], theirs[0], codes[2][:28], codes[2] + "a"} {
		wantErr(t, w.recover(t, ada, bad), ErrRefused, ErrWrongCode)
	}
	if won := of16(t, func() error { return w.recover(t, ada, codes[2]) }); won != 1 {
		t.Errorf("%d of 16 got in with one recovery code", won)
	}
	f, err := w.Factors(t.Context(), ada.Subject)
	noErr(t, err)
	if len(f.Recovery) != 7 || f.List()[1].Left != 7 {
		t.Errorf("%d left", len(f.Recovery))
	}
	for _, sum := range f.Recovery {
		if strings.Contains(string(sum), codes[3][:4]) || len(sum) < 32 {
			t.Error("what is stored is not a hash")
		}
	}
}

func TestAttack_AI06_LastFactorStays(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	code := w.app(t, ada)
	codes := w.codes(t, ada)
	var b storage.Batch
	wantErr(t, w.RemoveTOTP(t.Context(), &b, ada, true, nil), ErrLastFactor)
	noErr(t, w.RemoveTOTP(t.Context(), &b, ada, false, nil))
	w.apply(t, &b)
	wantErr(t, w.use(t, ada, code(1)), ErrRefused, ErrNoFactor)
	wantErr(t, w.recover(t, ada, codes[0]), ErrRefused)
	wantErr(t, w.RemoveTOTP(t.Context(), &b, ada, false, nil), ErrNoFactor)
}

func TestFactors_ResetAndRemoval(t *testing.T) {
	w := newWorld(t)
	ada := w.add(t, "ada", goodPassword)
	code := w.app(t, ada)
	token, _ := w.begin(t, ada, SignIn{})
	noErr(t, w.ResetFactors(t.Context(), "ada"))
	wantErr(t, w.use(t, ada, code(1)), ErrRefused)
	_, _, err := w.Sessions.Get(t.Context(), token)
	wantErr(t, err, ErrNoSession)
	ada, err = w.FindPerson(t.Context(), "ada")
	noErr(t, err)
	w.app(t, ada)
	noErr(t, w.RemovePerson(t.Context(), "ada"))
	f, err := w.Factors(t.Context(), ada.Subject)
	noErr(t, err)
	if f.Second() {
		t.Error("the factors outlived their owner")
	}
}

// Each change of factors is told by mail, with what and where.
func TestAttack_AI06_AI18_ChangesAreTold(t *testing.T) {
	box := &postbox{}
	w := newWorld(t, func(c *Config) { c.Post, c.Sealer = box, noSealer{} })
	w.add(t, "ada", goodPassword)
	ada, err := w.EditPerson(t.Context(), "ada", func(p *Person) error { p.SetEmail(p.Email, true); return nil })
	noErr(t, err)
	w.app(t, ada)
	codes := w.codes(t, ada)
	noErr(t, w.recover(t, ada, codes[0]))
	var b storage.Batch
	noErr(t, w.RemoveTOTP(t.Context(), &b, ada, false, map[string]string{"address": "192.0.2.7"}))
	var kinds []string
	for _, l := range box.letters {
		kinds = append(kinds, l.Kind)
	}
	last := box.letters[len(box.letters)-1]
	if strings.Join(kinds, " ") != "factor-added recovery-code-used factor-removed" || last.Facts["factor"] != FactorTOTP || last.Facts["address"] != "192.0.2.7" {
		t.Errorf("%v, %v", kinds, last.Facts)
	}
}
