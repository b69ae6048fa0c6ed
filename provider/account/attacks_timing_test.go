package account

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"signet/keys"
	"signet/storage"
)

// slow and slower are passwords as other programs keep them; here they ask for little.
const (
	slow   = keys.Secret("pbkdf2_sha256$2000$Cow83AghPrA803kF58Gvzt$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=")
	slower = keys.Secret("$2b$04$oW/mr1LOeU4Vu5xeCQIRkuC9WmpixwZ9L2CaFx0otiRr//zrZ9uje")
)

// works is what was computed for a name: the format of the hash.
func (w *world) works(t *testing.T, name string) string {
	t.Helper()
	var computed []string
	w.hasher.computed = func(stored string) { computed = append(computed, stored) }
	_, err := w.Authenticate(t.Context(), name, "wrong horse")
	wantErr(t, err, ErrRefused)
	if len(computed) != 1 {
		t.Fatalf("%s: %d hashes", name, len(computed))
	}
	format, _, _ := strings.Cut(strings.TrimPrefix(computed[0], "$"), "$")
	return format
}

// population is a world in which of so many people each comes with the next of some hashes; an empty one is of ours.
func population(t *testing.T, people int, hashes ...keys.Secret) *world {
	w := newWorld(t)
	ours, err := w.hasher.hash(t.Context(), goodPassword)
	noErr(t, err)
	for i := range people {
		hash := hashes[i%len(hashes)]
		if hash == "" {
			hash = ours
		}
		_, err := w.AddPerson(t.Context(), Person{Username: fmt.Sprintf("person%d", i), Password: hash}, "")
		noErr(t, err)
	}
	return w
}

// Names that are nobody's cost what people cost: each of their hashes as often as they have it.
func TestAttack_AH02_NamesOfNobodyCostWhatPeopleCost(t *testing.T) {
	w := population(t, 200, slow, slow, slower, "")
	got := map[string]int{}
	for i := range 400 {
		got[w.works(t, fmt.Sprintf("nobody%d", i))]++
	}
	for format, want := range map[string]int{"pbkdf2_sha256": 200, "2b": 100, "argon2id": 100} {
		if n := got[format]; n < want/2 || n > want*2 {
			t.Errorf("%s: %d of 400, people have it as %d in 400: %v", format, n, want, got)
		}
	}
	for i := range 200 {
		if got, want := w.works(t, fmt.Sprintf("person%d", i)), []string{"pbkdf2_sha256", "pbkdf2_sha256", "2b", "argon2id"}[i%4]; got != want {
			t.Fatalf("person%d: %s", i, got)
		}
	}
}

// One name looks the same whenever it is tried, in every spelling, on every node, and after a restart.
func TestAttack_AH02_OneNameLooksTheSame(t *testing.T) {
	w := population(t, 60, slow, "", slower)
	other := &world{Accounts: open(t, Config{DB: w.db, Rand: zeros{}, Passwords: cheap}), db: w.db}
	for i := range 30 {
		name := fmt.Sprintf("nobody%d", i)
		want := w.works(t, name)
		for range 3 {
			w.clock.advance(7 * time.Minute)
			for _, spelling := range []string{name, strings.ToUpper(name), " " + name} {
				if got := w.works(t, spelling); got != want {
					t.Fatalf("%q: %s, then %s", spelling, want, got)
				}
			}
			if got := other.works(t, name); got != want {
				t.Fatalf("%s: %s, on another node %s", name, want, got)
			}
		}
	}
}

// Where everybody has come from elsewhere, so has nobody; where nobody has, a name costs one of ours; people without a password
// are as names that are nobody's.
func TestAttack_AH02_Decoys(t *testing.T) {
	for name, c := range map[string]struct {
		people int
		hash   keys.Secret
		want   string
	}{"nobody at all": {0, "", "argon2id"}, "one": {1, slow, "pbkdf2_sha256"}, "few": {5, slower, "2b"}, "our own": {5, "", "argon2id"}} {
		w := population(t, c.people, c.hash)
		_, err := w.AddPerson(t.Context(), Person{Username: "keyless"}, "")
		noErr(t, err)
		for _, who := range []string{"bob", "bob@example.org", "\x00", "", "keyless"} {
			if got := w.works(t, who); got != c.want {
				t.Errorf("%s: %q costs %s, want %s", name, who, got, c.want)
			}
		}
	}
}

// When people sign in and have one of our hashes, names that are nobody's go with them.
func TestAttack_AH02_DecoysMoveOn(t *testing.T) {
	w := population(t, 8, slow)
	if got := w.works(t, "bob"); got != "pbkdf2_sha256" {
		t.Fatal(got)
	}
	for i := range 8 {
		p, err := w.FindPerson(t.Context(), fmt.Sprintf("person%d", i))
		noErr(t, err)
		var b storage.Batch
		noErr(t, w.Rehash(t.Context(), &b, p, goodPassword))
		w.apply(t, &b)
	}
	w.clock.advance(decoyLife)
	if got := w.works(t, "bob"); got != "argon2id" {
		t.Error(got)
	}
}

// A decoy's own password opens nothing.
func TestAttack_AH17_ADecoyIsNoPassword(t *testing.T) {
	w := population(t, 1, slow)
	_, err := w.AddPerson(t.Context(), Person{Username: "keyless"}, "")
	noErr(t, err)
	_, err = w.Authenticate(t.Context(), "keyless", "Trübe Aussicht 7")
	wantErr(t, err, ErrRefused, ErrNoPassword)
	_, err = w.Authenticate(t.Context(), "nobody", "Trübe Aussicht 7")
	wantErr(t, err, ErrRefused, ErrUnknownPerson)
	_, err = w.Authenticate(t.Context(), "person0", "Trübe Aussicht 7")
	noErr(t, err)
}

// People are looked at for a decoy seldom, and as often for people as for names that are nobody's.
func TestDecoys_AreKept(t *testing.T) {
	w := population(t, 3, slow)
	for _, name := range []string{"person0", "nobody"} {
		for range 5 {
			w.works(t, name)
		}
	}
	if len(w.decoys.known) != 2 {
		t.Errorf("%d places", len(w.decoys.known))
	}
}
