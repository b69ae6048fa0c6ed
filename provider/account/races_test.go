package account

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"signet/keys"
	"signet/provider/audit"
	"signet/storage"
	"signet/storage/bolt"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

// raceRounds is how often sixteen race for one thing on an engine: few by themselves, SIGNET_RACES of them in the long run.
func raceRounds(few int) int {
	if n, err := strconv.Atoi(os.Getenv("SIGNET_RACES")); err == nil {
		return n
	}
	return few
}

// onEngines runs a test on the embedded engine and on PostgreSQL.
func onEngines(t *testing.T, test func(t *testing.T, w *world, box *postbox)) {
	open := func(t *testing.T, engine storage.Engine) {
		c := &clock{now: time.Now()} // partitions of passing records are made for real days
		master, err := keys.GenerateMaster(rand.Reader)
		noErr(t, err)
		sealer, box := keys.NewSealer(master, rand.Reader), &postbox{}
		cfg := Config{DB: storage.New(engine, sealer, c.time), Rand: rand.Reader, Passwords: cheap, Post: box, Sealer: sealer}
		cfg.RelyingParty = RelyingParty{ID: "id.example.test", Origin: "https://id.example.test", Name: "Signet"}
		cfg.Trail = audit.New(cfg.DB, rand.Reader, 0)
		a, err := New(cfg)
		noErr(t, err)
		t.Cleanup(a.Close)
		test(t, &world{Accounts: a, db: cfg.DB, clock: c, trail: cfg.Trail}, box)
	}
	t.Run("bolt", func(t *testing.T) {
		engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
		noErr(t, err)
		t.Cleanup(func() { _ = engine.Close() })
		open(t, engine)
	})
	t.Run("postgres", func(t *testing.T) {
		engine, err := postgres.Open(t.Context(), postgres.Options{URL: pgtest.Start(t), Migrate: true, MaxConns: 16})
		noErr(t, err)
		t.Cleanup(func() { _ = engine.Close() })
		open(t, engine)
	})
}

// provedAda is a person with a proved address.
func (w *world) provedAda(t *testing.T) *Person {
	t.Helper()
	w.add(t, "ada", goodPassword)
	ada, err := w.EditPerson(t.Context(), "ada", func(p *Person) error { p.SetEmail(p.Email, true); return nil })
	noErr(t, err)
	return ada
}

// oneOf16 has sixteen try at once, as often as rounds says; each time one wins, and all others are refused.
func oneOf16(t *testing.T, rounds int, prepare func() (try func() error)) {
	t.Helper()
	for round := range rounds {
		try := prepare()
		if won := of16(t, func() error {
			err := try()
			if errors.Is(err, ErrLink) {
				return refused(err)
			}
			return err
		}); won != 1 {
			t.Fatalf("round %d: %d of 16 won", round, won)
		}
	}
}

// A code of the app, on each engine (A-I01).
func TestAttack_AI01_RaceOnEngines(t *testing.T) {
	onEngines(t, func(t *testing.T, w *world, _ *postbox) {
		ada := w.provedAda(t)
		code := w.app(t, ada)
		oneOf16(t, raceRounds(10), func() func() error {
			w.clock.advance(30 * time.Second)
			now := code(0)
			return func() error { return w.use(t, ada, now) }
		})
	})
}

// A recovery code (A-I05).
func TestAttack_AI05_RaceOnEngines(t *testing.T) {
	onEngines(t, func(t *testing.T, w *world, _ *postbox) {
		ada := w.provedAda(t)
		w.app(t, ada)
		var codes []string
		oneOf16(t, raceRounds(10), func() func() error {
			if len(codes) == 0 {
				codes = w.codes(t, ada)
			}
			next := codes[0]
			codes = codes[1:]
			return func() error { return w.recover(t, ada, next) }
		})
	})
}

// A mailed code, and its link against it (A-H13).
func TestAttack_AH13_RaceOnEngines(t *testing.T) {
	onEngines(t, func(t *testing.T, w *world, box *postbox) {
		w.provedAda(t)
		browser := []byte("a browser")
		oneOf16(t, raceRounds(10), func() func() error {
			c, link := w.mailCode(t, box, browser)
			state, err := c.State()
			noErr(t, err)
			turn := make(chan bool, 64)
			for i := range cap(turn) {
				turn <- i%2 == 0
			}
			return func() error {
				var b storage.Batch
				var err error
				if <-turn {
					_, err = w.UseCode(t.Context(), &b, state, c.state.Code)
				} else {
					_, err = w.UseSignInLink(t.Context(), &b, link, browser)
				}
				turn <- true
				if err != nil {
					return err
				}
				return w.db.Apply(t.Context(), b)
			}
		})
		// A link to a new password.
		oneOf16(t, raceRounds(3), func() func() error {
			link := w.askRecovery(t, box, "ada")
			return func() error { return w.comeBack(t, link, "one of sixteen of mine") }
		})
	})
}

// mailCode asks for a code for ada.
func (w *world) mailCode(t *testing.T, box *postbox, browser []byte) (*MailedCode, string) {
	t.Helper()
	c, err := w.NewCode(t.Context(), "ada", browser, "")
	noErr(t, err)
	var b storage.Batch
	noErr(t, w.MailCode(t.Context(), &b, c, ""))
	w.apply(t, &b)
	return c, box.linkIn(t, LetterCode)
}

// Of any number of wrong codes at once no more are judged than a code bears, and the right one is then too late (A-I02).
func TestAttack_AI02_WrongMailedCodesOnEngines(t *testing.T) {
	onEngines(t, func(t *testing.T, w *world, box *postbox) {
		w.provedAda(t)
		for range raceRounds(3) {
			c, _ := w.mailCode(t, box, nil)
			state, err := c.State()
			noErr(t, err)
			judged := of16(t, func() error {
				var b storage.Batch
				_, err := w.UseCode(t.Context(), &b, state, "0000 0000x")
				if !errors.Is(err, ErrWrongCode) {
					return err
				}
				return w.db.Apply(t.Context(), b)
			})
			if judged != codeWrong {
				t.Fatalf("%d wrong codes were judged", judged)
			}
			_, err = w.UseCode(t.Context(), &storage.Batch{}, state, c.state.Code)
			wantErr(t, err, ErrRefused, ErrSpentCode)
		}
	})
}

// An answer of a passkey, whose counter moves on once (A-I09).
func TestAttack_AI09_RaceOnEngines(t *testing.T) {
	onEngines(t, func(t *testing.T, w *world, _ *postbox) {
		ada := w.provedAda(t)
		party := virtualwebauthn.RelyingParty{Name: "Signet", ID: "id.example.test", Origin: "https://id.example.test"}
		device, key := virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		for len(key.Key.AttestationData()) < 77 { // the library leaves out zeros at the beginning, which no device does
			key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		}
		options, challenge, err := w.OfferPasskey(t.Context(), ada)
		noErr(t, err)
		made, err := virtualwebauthn.ParseAttestationOptions(string(options))
		noErr(t, err)
		var b storage.Batch
		noErr(t, w.AddPasskey(t.Context(), &b, ada, challenge, []byte(virtualwebauthn.CreateAttestationResponse(party, device, key, *made)), "", nil))
		w.apply(t, &b)
		device.Options.UserHandle = w.passkeyHandle(ada.Subject)
		device.AddCredential(key)
		oneOf16(t, raceRounds(10), func() func() error {
			options, challenge, err := w.AskPasskey(t.Context(), nil)
			noErr(t, err)
			asked, err := virtualwebauthn.ParseAssertionOptions(string(options))
			noErr(t, err)
			key.Counter++
			answer := []byte(virtualwebauthn.CreateAssertionResponse(party, device, key, *asked))
			return func() error {
				var b storage.Batch
				if _, err := w.UsePasskey(t.Context(), &b, nil, challenge, answer); err != nil {
					return err
				}
				return w.db.Apply(t.Context(), b)
			}
		})
	})
}
