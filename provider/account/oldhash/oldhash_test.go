package oldhash

import (
	"errors"
	"strings"
	"testing"
)

// password is that of all known answers.
const password = "Trübe Aussicht 7"

// answers were made by the programs that the formats come from: the first six by Django 5.2 with less work than it does by
// itself, the others by Python's hashlib and by argon2-cffi.
var answers = []struct{ format, hash string }{
	{"PBKDF2 (Django)", "pbkdf2_sha256$2000$Cow83AghPrA803kF58Gvzt$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg="},
	{"PBKDF2 (Django)", "pbkdf2_sha1$2000$TomyM0NJeW8R70CUJKw6RT$gKBTxKFmex75XET3mfgVXbXT3WY="},
	{"argon2", "argon2$argon2id$v=19$m=256,t=2,p=8$TjQweDhSS0RNeXJKVFdGWkd5OTFQMA$aYb/n2bNkfeNb/lYdHZQZoiTQiURCxO6RbWAQL0aDLQ"},
	{"bcrypt over SHA-256", "bcrypt_sha256$$2b$04$A0tOtjegiEBcQNACHkGY1.vJqACfZ4qocVxOwO0s7YnJtFs5d69be"},
	{"bcrypt", "bcrypt$$2b$04$oW/mr1LOeU4Vu5xeCQIRkuC9WmpixwZ9L2CaFx0otiRr//zrZ9uje"},
	{"scrypt (Django)", "scrypt$64$Pd6XTwZGmun0sLPtZUFD3F$8$5$ghlJqi1mnoI6/7WYD1/RaBAVYYvrkFRHAHHZxF4UP3uAxZlDpWnIiSKxXIuDq2TnDNIaREnzQ6MU0HpBV9Zo3g=="},
	{"bcrypt", "$2b$04$oW/mr1LOeU4Vu5xeCQIRkuC9WmpixwZ9L2CaFx0otiRr//zrZ9uje"},
	{"bcrypt", "$2y$04$oW/mr1LOeU4Vu5xeCQIRkuC9WmpixwZ9L2CaFx0otiRr//zrZ9uje"},
	{"argon2", "$argon2id$v=19$m=256,t=2,p=8$TjQweDhSS0RNeXJKVFdGWkd5OTFQMA$aYb/n2bNkfeNb/lYdHZQZoiTQiURCxO6RbWAQL0aDLQ"},
	{"argon2", "$argon2i$v=19$m=256,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$xIfn2u08uctppcWNVHPHrVKRPdkPrUq9gHYovuiLn9o"},
	{"salted SHA", "{SSHA}SS1027atJa5CqOS5XYFuvgUfPu1wZXBwZXIhIQ=="},
	{"salted SHA", "{SSHA256}dEP39xWT3LZG2S4se1WQubeQ+v9C5Unk36UVOInG1YpwZXBwZXIhIQ=="},
	{"salted SHA", "{SSHA512}jlX2whX3YUKAy7uRiv3GurlBdbrIufmC772zrdBWDtJNlKv6IRSuI8QtFDOKPOpgtp0WCsO6uFXAnGelFV2WbXBlcHBlciEh"},
	{"PBKDF2", "$pbkdf2-sha256$2000$//5zYWx0c2FsdA$kWPZ3vx9A/H8PwVMXwv9YoCAYRVYEuHBGNjgjZiv1mY"},
	{"PBKDF2", "$pbkdf2-sha256$i=2000,l=32$//5zYWx0c2FsdA$kWPZ3vx9A/H8PwVMXwv9YoCAYRVYEuHBGNjgjZiv1mY"},
	{"PBKDF2", "$pbkdf2-sha512$2000$//5zYWx0c2FsdA$cCRDwXsLN89XcQBVPcrBflGcbpQEcgLbArbvHp/oI9/FP8ONkiRRJ10CsGbVUi6E/61ad/KlAogp/oSe9oYklg"},
	{"scrypt", "$scrypt$ln=6,r=8,p=1$c2FsdHNhbHQ$pOF4qP8S+mS0X+e4ZXk/4Oh/Ij8MhH+mqPQcOSlnPQ8"},
}

func TestKnownAnswers(t *testing.T) {
	for _, a := range answers {
		h, err := Parse(a.hash)
		if err != nil || h.Format != a.format {
			t.Errorf("%s: %q, %v", a.hash, h.Format, err)
			continue
		}
		if !h.Matches(password) {
			t.Errorf("%s: the right password does not match", a.hash)
		}
		for _, wrong := range []string{"", "trübe aussicht 7", password + " ", a.hash} {
			if h.Matches(wrong) {
				t.Errorf("%s: %q matches", a.hash, wrong)
			}
		}
	}
}

// Every row of the table has a known answer, and only the last of them is quick.
func TestEveryFormatHasAnAnswer(t *testing.T) {
	known := map[string]bool{}
	for _, a := range answers {
		known[a.format] = true
	}
	for _, f := range formats {
		if !known[f.name] || f.quick != strings.Contains(f.name, "salted") {
			t.Errorf("%s: known answer %v, quick %v", f.name, known[f.name], f.quick)
		}
	}
}

// A stored hash says how much work it is: nobody may say too much.
func TestAttack_AH09_ImportedWorkIsBounded(t *testing.T) {
	const (
		salt = "c2FsdHNhbHRzYWx0c2FsdA"
		key  = "xIfn2u08uctppcWNVHPHrVKRPdkPrUq9gHYovuiLn9o"
	)
	for _, hash := range []string{
		"pbkdf2_sha256$2000001$salt$" + key + "=",
		"pbkdf2_sha1$4000000000$salt$gKBTxKFmex75XET3mfgVXbXT3WY=",
		"$pbkdf2-sha512$i=999999999$" + salt + "$" + key,
		"$argon2id$v=19$m=131073,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=4194304,t=1,p=1$" + salt + "$" + key,
		"$argon2i$v=19$m=8,t=999999999,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=65536,t=17,p=1$" + salt + "$" + key,
		"$2b$15$A0tOtjegiEBcQNACHkGY1.vJqACfZ4qocVxOwO0s7YnJtFs5d69be",
		"bcrypt_sha256$$2b$31$A0tOtjegiEBcQNACHkGY1.vJqACfZ4qocVxOwO0s7YnJtFs5d69be",
		"scrypt$131072$salt$8$1$" + key + "=",
		"scrypt$2$salt$999999999$1$" + key + "=",
		"scrypt$16384$salt$8$999999999$" + key + "=",
		"$scrypt$ln=17,r=8,p=1$" + salt + "$" + key,
		"$scrypt$ln=63,r=8,p=1$" + salt + "$" + key,
	} {
		if _, err := Parse(hash); !errors.Is(err, ErrCost) {
			t.Errorf("%s: %v", hash, err)
		}
	}
}

func TestWhatIsNoHash(t *testing.T) {
	for _, text := range []string{
		"", "!", "!sKsxVIvlXFKHvFtw00aYipYBysaCU07Izx4qsTEa", "hunter2", "5f4dcc3b5aa765d61d8327deb882cf99", "sha1$salt$abc", "md5$salt$abc",
		"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "$1$salt$hash", "$2x$04$oW/mr1LOeU4Vu5xeCQIRkuC9WmpixwZ9L2CaFx0otiRr//zrZ9uje",
	} {
		if _, err := Parse(text); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A hash that is spelt otherwise, cut short or has something behind it is none.
func TestMalformed(t *testing.T) {
	for _, a := range answers {
		last := strings.LastIndexAny(a.hash, "$}")
		for _, text := range []string{a.hash + "$", a.hash + "\n", a.hash + "!", a.hash[:last+1], a.hash[:last+5]} {
			if h, err := Parse(text); err == nil {
				t.Errorf("%q was read as %s", text, h.Format)
			}
		}
	}
	for _, text := range []string{
		"pbkdf2_sha256$02000$salt$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=", "pbkdf2_sha256$0$salt$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=",
		"pbkdf2_sha256$-1$salt$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=", "pbkdf2_sha1$2000$salt$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=",
		"scrypt$65$salt$8$5$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=", "scrypt$1$salt$8$5$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=",
		"scrypt$64$salt$0$5$eAfExyR+lE6XbHRoWGaFfLEEDLRp5FY8D3VUXIS6AAg=", "$argon2id$v=16$m=256,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$xIfn2u08uctppcWNVHPHrVKRPdkPrUq9gHYovuiLn9o",
		"$argon2id$v=19$m=256,t=2,p=0$c2FsdHNhbHRzYWx0c2FsdA$xIfn2u08uctppcWNVHPHrVKRPdkPrUq9gHYovuiLn9o",
		"$argon2id$v=19$m=256,p=1,t=2$c2FsdHNhbHRzYWx0c2FsdA$xIfn2u08uctppcWNVHPHrVKRPdkPrUq9gHYovuiLn9o", "{SSHA}SS1027atJa5CqOS5XYFuvgUfPu0=",
	} {
		if h, err := Parse(text); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %s, %v", text, h.Format, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, a := range answers {
		f.Add(a.hash)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Parse(text); err != nil && len(text) > 20 && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the hash: %v", err)
		}
	})
}
