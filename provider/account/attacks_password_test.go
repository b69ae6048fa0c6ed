package account

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/keys"
	"signet/provider/account/weak"
	"signet/storage"
)

// Whoever is asked for, one hash is computed and the error is the same to whoever looks at it as a person may.
func TestAttack_AH02_EnumerationByTime(t *testing.T) {
	w := newWorld(t)
	w.add(t, "ada", goodPassword)
	w.add(t, "keyless", "")
	w.add(t, "gone", goodPassword)
	noErr(t, w.SetDisabled(t.Context(), "gone", true))

	for _, c := range []struct {
		name, identifier, password string
		cause                      error
	}{
		{"right", "ada", goodPassword, nil},
		{"right by e-mail", "ada@example.org", goodPassword, nil},
		{"wrong", "ada", "wrong horse", ErrWrongPassword},
		{"unknown", "bob", goodPassword, ErrUnknownPerson},
		{"unknown e-mail", "bob@example.org", goodPassword, ErrUnknownPerson},
		{"not a name", "\x00", goodPassword, ErrUnknownPerson},
		{"no identifier", "", goodPassword, ErrUnknownPerson},
		{"no password set", "keyless", goodPassword, ErrNoPassword},
		{"empty password", "ada", "", ErrWrongPassword},
		{"long password", "ada", strings.Repeat("a", maxPassword+1), ErrWrongPassword},
		{"disabled, wrong", "gone", "wrong horse", ErrWrongPassword},
		{"disabled, right", "gone", goodPassword, ErrDisabled},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := w.HashCount()
			p, err := w.Authenticate(t.Context(), c.identifier, c.password)
			if n := w.HashCount() - before; n != 1 {
				t.Errorf("computed %d hashes, want 1", n)
			}
			if c.cause == nil {
				noErr(t, err)
				return
			}
			wantErr(t, err, ErrRefused, c.cause)
			if p != nil {
				t.Error("a refusal gives a person away")
			}
		})
	}
}

func TestAttack_AH06_HashFlood(t *testing.T) { floodHasher(t) }

func TestAttack_AO06_HashFlood(t *testing.T) { floodHasher(t) }

// floodHasher fills slots and queue: so many are computed at once, so many wait, and the next is refused at once without
// being computed.
func floodHasher(t *testing.T) {
	const parallel, queue = 2, 3
	h, err := newHasher(PasswordConfig{Parallel: parallel, Queue: queue, Wait: time.Hour}.withDefaults(), zeros{})
	noErr(t, err)
	started, proceed := make(chan bool, 100), make(chan bool)
	h.derive = func(_, _ []byte, _, _ uint32, _ uint8, size uint32) []byte {
		started <- true
		<-proceed
		return make([]byte, size)
	}
	var all sync.WaitGroup
	for range parallel + queue {
		all.Go(func() {
			if _, err := h.hash(t.Context(), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	for range parallel {
		<-started
	}
	for h.waiting.Load() < queue {
		time.Sleep(time.Millisecond)
	}
	_, err = h.hash(t.Context(), "one too many")
	wantErr(t, err, ErrBusy)
	if n := h.runs.Load(); n != parallel {
		t.Errorf("%d hashes at once, want %d", n, parallel)
	}
	close(proceed)
	all.Wait()
	if n := h.runs.Load(); n != parallel+queue {
		t.Errorf("%d hashes computed, want %d", n, parallel+queue)
	}
	_, err = h.hash(t.Context(), "after the flood")
	noErr(t, err)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Who waits is not kept for ever, nor longer than they themselves want.
func TestAttack_AO06_WaitIsBounded(t *testing.T) {
	h, err := newHasher(PasswordConfig{Parallel: 1, Queue: 1, Wait: time.Millisecond}.withDefaults(), zeros{})
	noErr(t, err)
	h.slots <- struct{}{}
	_, err = h.hash(t.Context(), "x")
	wantErr(t, err, ErrBusy)

	h.wait = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = h.hash(ctx, "x")
	wantErr(t, err, context.Canceled)
	if h.waiting.Load() != 0 {
		t.Error("someone is still counted as waiting")
	}
}

// All bytes count, whatever they are, up to 1024; beyond it is refused, not cut.
func TestAttack_AH07_LongPasswords(t *testing.T) {
	w := newWorld(t)
	w.add(t, "ada", goodPassword)
	base := strings.Repeat("Wort", 18)
	for name, password := range map[string]string{
		"72 bytes":    base,
		"73 bytes":    base + "x",
		"1024 bytes":  strings.Repeat("Aa1!", 256),
		"NUL inside":  "before\x00after the nul",
		"NUL first":   "\x00after the nul",
		"spaces":      "  outer spaces stay  ",
		"not UTF-8":   "caf\xe9 caf\xe9 caf\xe9",
		"decomposed":  "cafe\u0301 cafe\u0301",
		"composed":    "caf\u00e9 caf\u00e9",
		"upper case ": "LETTERS ARE LETTERS",
	} {
		t.Run(name, func(t *testing.T) {
			noErr(t, w.SetPassword(t.Context(), "ada", password))
			_, err := w.Authenticate(t.Context(), "ada", password)
			noErr(t, err)
			for _, other := range []string{password[:len(password)-1], password + "\x00", password + "x", strings.TrimSpace(password) + " ", strings.ToLower(password) + ""} {
				if other == password {
					continue
				}
				_, err := w.Authenticate(t.Context(), "ada", other)
				wantErr(t, err, ErrRefused)
			}
		})
	}
	noErr(t, w.SetPassword(t.Context(), "ada", "cafe\u0301 cafe\u0301"))
	_, err := w.Authenticate(t.Context(), "ada", "caf\u00e9 caf\u00e9")
	wantErr(t, err, ErrRefused)

	for _, n := range []int{maxPassword + 1, 1 << 20} {
		before := w.HashCount()
		var weak *PasswordError
		err := w.SetPassword(t.Context(), "ada", strings.Repeat("Aa1!", n/4+1)[:n])
		if !errors.As(err, &weak) || weak.Reason != ReasonLong || weak.Got != n || weak.Allowed != maxPassword {
			t.Errorf("%d bytes: %v", n, err)
		}
		if w.HashCount() != before {
			t.Error("hashed what is refused")
		}
	}
}

// A hash made with other parameters still verifies, and is made anew in the sign-in's own batch. Nothing that was issued
// ends by it.
func TestAttack_AH09_Rehash(t *testing.T) {
	w := newWorld(t)
	before := w.add(t, "ada", goodPassword)
	stronger := open(t, Config{DB: w.db, Rand: zeros{}, Passwords: PasswordConfig{Memory: 16, Time: 2}})

	p, err := stronger.Authenticate(t.Context(), "ada", goodPassword)
	noErr(t, err)
	var b storage.Batch
	noErr(t, stronger.Rehash(t.Context(), &b, p, goodPassword))
	if b.Empty() {
		t.Fatal("a hash with weaker parameters is kept")
	}
	w.apply(t, &b)

	p, err = stronger.Authenticate(t.Context(), "ada", goodPassword)
	noErr(t, err)
	if !strings.HasPrefix(p.Password.Reveal(), "$argon2id$v=19$m=16,t=2,p=1$") || p.Epoch != before.Epoch {
		t.Errorf("epoch %d, hash %.30s", p.Epoch, p.Password.Reveal())
	}
	var again storage.Batch
	noErr(t, stronger.Rehash(t.Context(), &again, p, goodPassword))
	if !again.Empty() {
		t.Error("hashed again although nothing changed")
	}
	// A person changed meanwhile keeps the change.
	noErr(t, w.SetPassword(t.Context(), "ada", "another password"))
	old, err := w.Authenticate(t.Context(), "ada", "another password")
	noErr(t, err)
	var late storage.Batch
	noErr(t, stronger.Rehash(t.Context(), &late, old, "another password"))
	noErr(t, w.SetPassword(t.Context(), "ada", "a third password"))
	wantErr(t, w.db.Apply(t.Context(), late), storage.ErrConflict)
}

// Only a proper hash verifies anything: no blank password, no marker, no hash of the empty string by another name.
func TestAttack_AH17_BlankPasswords(t *testing.T) {
	w := newWorld(t)
	empty, err := w.hasher.hash(t.Context(), "")
	noErr(t, err)
	for name, stored := range map[string]keys.Secret{
		"none": "", "marker": "!", "star": "*", "not PHC": "password", "cut": empty[:len(empty)-5],
		"no key": "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$", "empty one": empty,
		"no salt":  "$argon2id$v=19$m=8,t=1,p=1$$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"argon2i":  "$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"v16":      "$argon2id$v=16$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"huge":     "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"trailing": empty + "$",
	} {
		for _, password := range []string{"", "\x00", " ", "!", stored.Reveal()} {
			p := &Person{Password: stored}
			if err := w.judge(t.Context(), AccountKey{}, p, password); !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %q: %v", name, password, err)
			}
		}
	}
	// The right key in another spelling is not the hash that was stored.
	good, err := w.hasher.hash(t.Context(), goodPassword)
	noErr(t, err)
	noErr(t, w.judge(t.Context(), AccountKey{}, &Person{Password: good}, goodPassword))
	for _, change := range [][2]string{{"m=8", "m=08"}, {"m=8", "m=+8"}, {"p=1", "p=1,x=2"}, {"v=19", "v=18"}, {"v=19", ""}} {
		stored := keys.Secret(strings.Replace(good.Reveal(), change[0], change[1], 1))
		wantErr(t, w.judge(t.Context(), AccountKey{}, &Person{Password: stored}, goodPassword), ErrRefused, ErrNoPassword)
	}
	// What is computed for who has no password is not listened to, even if it should come out right.
	w.hasher.derive = func(_, _ []byte, _, _ uint32, _ uint8, size uint32) []byte { return make([]byte, size) }
	wantErr(t, w.judge(t.Context(), AccountKey{}, &Person{}, goodPassword), ErrRefused, ErrNoPassword)
}

func TestPasswordsThatCannotBeSet(t *testing.T) {
	w := newWorld(t)
	_, err := w.HashPassword(t.Context(), "")
	wantErr(t, err, ErrWeakPassword)
	_, err = w.AddPerson(t.Context(), Person{Username: "eve", Password: "$1$plain"}, "")
	wantErr(t, err, ErrInvalidProfile)
}

func TestConfirm(t *testing.T) {
	w := newWorld(t)
	p := w.add(t, "ada", goodPassword)
	noErr(t, w.Confirm(t.Context(), p.Subject, goodPassword))
	wantErr(t, w.Confirm(t.Context(), p.Subject, "wrong horse"), ErrRefused, ErrWrongPassword)
	wantErr(t, w.Confirm(t.Context(), nobody, goodPassword), ErrRefused, ErrUnknownPerson)
}

func TestAttack_AH08_Policy(t *testing.T) {
	text := fmt.Sprintf("%X:3\n", sha1.Sum([]byte("was in a breach")))
	list, err := weak.NewList(strings.NewReader(text), int64(len(text)))
	noErr(t, err)
	w := newWorld(t, func(c *Config) {
		c.Passwords.Words, c.Passwords.Breached = []string{"Example ID", "id.example.org"}, list
	})
	owner := &Person{Username: "lovelace", Email: "ada.king@example.org", Profile: Profile{Name: "Ada Lovelace"}}
	for password, reason := range map[string]string{
		"seven77": ReasonShort, "éééé": ReasonShort, "password": ReasonCommon, "PassWord1": ReasonCommon,
		"zzzzzzzzzzzz": ReasonCommon, "lovelace": ReasonPersonal, "Lovelace123": ReasonPersonal,
		"ada.king@example.org": ReasonPersonal, "Ada Lovelace": ReasonPersonal, "2024-Lovelace!": ReasonPersonal, "adaking1815": ReasonPersonal,
		"ex-ample-id-77": ReasonProduct, "ExampleID2026": ReasonProduct, "lovelace@exampleid": ReasonProduct, "example id of my own": "",
		"Sunshine1": ReasonCommon, "basketball": ReasonCommon, "was in a breach": ReasonBreached, "was in no breach": "",
		"éééééééa": "", "lovelace and more": "", goodPassword: "",
	} {
		err := w.CheckPassword(owner, password)
		var weak *PasswordError
		if errors.As(err, &weak) != (reason != "") || weak != nil && weak.Reason != reason {
			t.Errorf("%q: %v, want %q", password, err, reason)
		}
	}
}

func TestPasswordConfig(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]PasswordConfig{
		"too little memory": {Memory: 8, Threads: 2}, "too much": {Memory: maxMemory + 1}, "slow": {Time: maxTime + 1},
		"no slots": {Parallel: -1}, "no length": {MinLength: -1},
	} {
		if _, err := New(Config{DB: w.db, Rand: zeros{}, Passwords: c}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	d := PasswordConfig{}.withDefaults()
	if d.Memory != 19456 || d.Time != 2 || d.Threads != 1 || d.Queue != 32 || d.Wait != 2*time.Second || d.MinLength != 8 || d.Parallel < 1 {
		t.Errorf("defaults %+v", d)
	}
}

// A password's hash is in no form of the person that is printed or encoded.
func TestPasswordIsHidden(t *testing.T) {
	w := newWorld(t)
	p := w.add(t, "ada", goodPassword)
	for _, s := range printed(t, p) {
		if strings.Contains(s, "argon2id") {
			t.Errorf("shows the hash: %s", s)
		}
	}
}
