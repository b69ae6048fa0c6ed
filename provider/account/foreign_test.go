package account

import (
	"errors"
	"strings"
	"testing"

	"signet/keys"
	"signet/storage"
)

const foreignPassword = "Trübe Aussicht 7"

// foreignHashes are of foreignPassword; package oldhash tells who made them.
var foreignHashes = map[string]keys.Secret{
	"pbkdf2_sha256": "pbkdf2_sha256$2000$Cow83AghPrA803kF58Gvzt$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=",
	"pbkdf2_sha1":   "pbkdf2_sha1$2000$TomyM0NJeW8R70CUJKw6RT$gKBTxKFmex75XET3mfgVXbXT3WY=",
	"argon2":        "argon2$argon2id$v=19$m=256,t=2,p=8$TjQweDhSS0RNeXJKVFdGWkd5OTFQMA$aYb/n2bNkfeNb/lYdHZQZoiTQiURCxO6RbWAQL0aDLQ",
	"bcrypt_sha256": "bcrypt_sha256$$2b$04$A0tOtjegiEBcQNACHkGY1.vJqACfZ4qocVxOwO0s7YnJtFs5d69be",
	"bcrypt":        "$2b$04$oW/mr1LOeU4Vu5xeCQIRkuC9WmpixwZ9L2CaFx0otiRr//zrZ9uje",
	"scrypt":        "scrypt$64$Pd6XTwZGmun0sLPtZUFD3F$8$5$ghlJqi1mnoI6/7WYD1/RaBAVYYvrkFRHAHHZxF4UP3uAxZlDpWnIiSKxXIuDq2TnDNIaREnzQ6MU0HpBV9Zo3g==",
	"ssha":          "{SSHA}SS1027atJa5CqOS5XYFuvgUfPu1wZXBwZXIhIQ==",
}

// A hash of another program is verified, and one of ours stands in its place after the first sign-in. Sessions stay.
func TestAttack_AH09_ImportedHashesAreReplaced(t *testing.T) {
	w := newWorld(t)
	for name, hash := range foreignHashes {
		before, err := w.AddPerson(t.Context(), Person{Username: name, Password: hash}, "")
		noErr(t, err)
		counted := w.HashCount()
		_, err = w.Authenticate(t.Context(), name, "Trübe Aussicht 8")
		wantErr(t, err, ErrRefused, ErrWrongPassword)
		if n := w.HashCount() - counted; n != 1 {
			t.Errorf("%s: computed %d hashes for a wrong password, want 1", name, n)
		}

		p, err := w.Authenticate(t.Context(), name, foreignPassword)
		noErr(t, err)
		var b storage.Batch
		noErr(t, w.Rehash(t.Context(), &b, p, foreignPassword))
		w.apply(t, &b)
		p, err = w.Authenticate(t.Context(), name, foreignPassword)
		noErr(t, err)
		if !strings.HasPrefix(p.Password.Reveal(), "$argon2id$v=19$m=8,t=1,p=1$") || p.Epoch != before.Epoch {
			t.Errorf("%s: epoch %d, hash %.12s", name, p.Epoch, p.Password.Reveal())
		}
		if w.hasher.outdated(p.Password) {
			t.Errorf("%s: would be hashed at every sign-in", name)
		}
	}
}

// What would keep the server busy is never stored, in our own format neither.
func TestAttack_AH09_CostlyHashesAreRefused(t *testing.T) {
	w := newWorld(t)
	const tail = "$c2FsdHNhbHRzYWx0c2FsdA$xIfn2u08uctppcWNVHPHrVKRPdkPrUq9gHYovuiLn9o"
	for _, hash := range []keys.Secret{
		"$argon2id$v=19$m=4194304,t=1,p=1" + tail, "$argon2id$v=19$m=131072,t=64,p=1" + tail, "$2b$15$oW/mr1LOeU4Vu5xeCQIRkuC9WmpixwZ9L2CaFx0otiRr//zrZ9uje",
		"pbkdf2_sha256$2000001$salt$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=",
	} {
		_, err := w.AddPerson(t.Context(), Person{Username: "eve", Password: hash}, "")
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Field != "password_hash" || strings.Contains(err.Error(), hash.Reveal()) {
			t.Errorf("%s: %v", hash.Reveal(), err)
		}
	}
	// What an operator chose for the server itself is not costly.
	strong := newWorld(t, func(c *Config) { c.Passwords = PasswordConfig{Memory: 200 << 10} })
	_, err := strong.AddPerson(t.Context(), Person{Username: "ada", Password: "$argon2id$v=19$m=204800,t=1,p=1" + tail}, "")
	noErr(t, err)
}
