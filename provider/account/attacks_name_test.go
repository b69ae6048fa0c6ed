package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
)

func printed(t *testing.T, p *Person) []string {
	t.Helper()
	encoded, err := json.Marshal(p)
	noErr(t, err)
	return []string{string(encoded), fmt.Sprint(*p), fmt.Sprintf("%+v", *p), fmt.Sprintf("%#v", *p), fmt.Sprintf("%x %v", p.Password, p)}
}

// Names that look like one in use are refused; so are names that can be read in two ways. What is stored is canonical.
func TestAttack_AH19_UnicodeUsernames(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"admin", "paypal", "istanbul", "strasse", "jose\u0301", "ada"} {
		_, err := w.AddPerson(t.Context(), Person{Username: name}, "")
		noErr(t, err)
	}
	for name, username := range map[string]string{
		"case":                 "ADMIN",
		"outer spaces":         " admin\t",
		"full width":           "\uff41dmin",
		"full width upper":     "\uff21\uff24\uff2d\uff29\uff2e",
		"Turkish capital":      "\u0130stanbul",
		"Turkish capital only": "\u0130STANBUL",
		"dotless":              "\u0131stanbul",
		"sharp s":              "stra\u00dfe",
		"composed":             "jos\u00e9",
		"Cyrillic whole":       "\u0440\u0430\u0443\u0440\u0430\u04cf",
		"Cyrillic upper":       "\u0420\u0410\u0423\u0420\u0410\u04c0",
		"script a":             "\u0251dmin",
		"dotted i":             "admi\u0307n",
	} {
		_, err := w.AddPerson(t.Context(), Person{Username: username}, "")
		if !errors.Is(err, ErrTaken) {
			t.Errorf("%s: %+q: %v, want taken", name, username, err)
		}
	}
	for name, username := range map[string]string{
		"mixed Cyrillic":    "\u0430dmin",
		"mixed Greek":       "p\u03b1ypal",
		"zero width space":  "ad\u200bmin",
		"zero width joiner": "ad\u200dmin",
		"soft hyphen":       "ad\u00admin",
		"right to left":     "\u202enimda",
		"isolate":           "\u2066ada\u2069",
		"byte order mark":   "\ufeffada",
		"NUL":               "ada\x00",
		"line break":        "ada\nbob",
		"inner space":       "ada bob",
		"no-break space":    "ada\u00a0bob",
		"at sign":           "ada@example.org",
		"full width at":     "ada\uff20example.org",
		"trailing dot":      "ada.",
		"leading dot":       ".ada",
		"ligature":          "\ufb01sh",
		"circled":           "\u24d0da",
		"mathematical":      "\U0001d41adm",
		"superscript":       "ada\u00b2",
		"emoji":             "ada\U0001f600",
		"mark first":        "\u0301ada",
		"many marks":        "a\u0323\u0324\u0325\u0326\u0329",
		"markup":            "<b>ada</b>",
		"path":              "../ada",
		"subject":           nobody,
		"not UTF-8":         "ad\xff",
		"only spaces":       "   ",
		"too long":          string(make([]byte, 400)),
		"65 characters":     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"Arabic digits":     "ada\u0661",
		"mixed directions":  "ada\u05d0",
		"private use":       "ada\ue000",
		"unassigned":        "ada\U000e0fff",
	} {
		_, err := w.AddPerson(t.Context(), Person{Username: username}, "")
		var bad *InvalidError
		if !errors.Is(err, ErrInvalidName) || !errors.As(err, &bad) || bad.Field != "username" || bad.Allowed == "" {
			t.Errorf("%s: %+q: %v, want invalid", name, username, err)
		}
	}
	for given, want := range map[string]string{
		"Zo\u00eb": "zo\u00eb", "\u0411\u043e\u0440\u0438\u0441": "\u0431\u043e\u0440\u0438\u0441",
		"\u5f20\u4f1f": "\u5f20\u4f1f", "\u6771\u4eac\u30bf\u30ef\u30fc": "\u6771\u4eac\u30bf\u30ef\u30fc", "O.Neil-2_x+y": "o.neil-2_x+y",
		"\u05d3\u05d5\u05d3": "\u05d3\u05d5\u05d3", "\uae40\ucca0\uc218": "\uae40\ucca0\uc218", "\u039d\u03af\u03ba\u03bf\u03c2": "\u03bd\u03af\u03ba\u03bf\u03c2",
		"user0": "user0", "usero": "usero", "user1": "user1", "userl": "userl",
	} {
		p, err := w.AddPerson(t.Context(), Person{Username: given}, "")
		if err != nil || p.Username != want {
			t.Errorf("%+q: %v, %v; want %+q", given, p, err, want)
		}
	}
}

// A look-alike is refused as a new name, but does not find the person either.
func TestAttack_AH19_LookalikeFindsNobody(t *testing.T) {
	w := newWorld(t)
	_, err := w.AddPerson(t.Context(), Person{Username: "paypal"}, goodPassword)
	noErr(t, err)
	for _, name := range []string{"PayPal", " paypal ", "\uff50aypal"} {
		_, err := w.Authenticate(t.Context(), name, goodPassword)
		noErr(t, err)
	}
	_, err = w.Authenticate(t.Context(), "\u0440\u0430\u0443\u0440\u0430\u04cf", goodPassword)
	wantErr(t, err, ErrRefused, ErrUnknownPerson)
}

func TestAttack_AH20_EmailCollisions(t *testing.T) {
	w := newWorld(t)
	for _, email := range []string{"Ada@Example.org", "user@b\u00fccher.example", "stra\u00dfe@example.org"} {
		_, err := w.AddPerson(t.Context(), Person{Email: email}, "")
		noErr(t, err)
	}
	for _, email := range []string{
		"ada@example.org", "ADA@EXAMPLE.ORG", " ada@example.org ", "ada@example.org.", "ada@\uff45xample.org", "ada@example\u3002org",
		"user@xn--bcher-kva.example", "user@B\u00dcCHER.example", "USER@bu\u0308cher.example", "strasse@example.org",
	} {
		_, err := w.AddPerson(t.Context(), Person{Email: email}, "")
		if !errors.Is(err, ErrTaken) {
			t.Errorf("%+q: %v, want taken", email, err)
		}
	}
	for _, email := range []string{
		"ada", "@example.org", "ada@", "ada@@example.org", "ada@b@example.org", "ada\uff20example.org", "ada\ufe6bexample.org",
		"\uff41da@example.org", "ada@example..org", "ada@.org", "ada@-example.org", "ada@exa mple.org", "ada @example.org", "a da@example.org",
		"ada@127.0.0.1", "ada@[127.0.0.1]", "ada@example.org\r\nBcc: eve@example.org", "ada\x00@example.org", "\"ada\"@example.org",
		"ada..b@example.org", ".ada@example.org", "ada.@example.org", "ada\u200b@example.org", "ada\u202e@example.org",
		"<ada@example.org>", "ada@example.org,eve@example.org", "ada@xn--a.example", "ada(c)@example.org", "a\xff@example.org",
	} {
		_, err := w.AddPerson(t.Context(), Person{Email: email}, "")
		if !errors.Is(err, ErrInvalidEmail) {
			t.Errorf("%+q: %v, want invalid", email, err)
		}
	}
	// What stands behind a plus is another address; the case that its owner writes is kept.
	p, err := w.AddPerson(t.Context(), Person{Email: "Ada+News@Example.org"}, "")
	noErr(t, err)
	if p.Email != "Ada+News@example.org" {
		t.Errorf("stored %q", p.Email)
	}
	found, err := w.FindPerson(t.Context(), "user@B\u00dcCHER.example")
	noErr(t, err)
	if found.Email != "user@xn--bcher-kva.example" {
		t.Errorf("stored %q", found.Email)
	}
}

func FuzzCanonicalUsername(f *testing.F) {
	for _, s := range []string{"Ada", "\u0130stanbul", "\u1e9e", "\u03a3\u03c3\u03c2", "\uff21", "a\u0307\u0323", "\u0345", "\u0149", "\u13a0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := CanonicalUsername(s)
		if err != nil {
			return
		}
		again, err := CanonicalUsername(name)
		if err != nil || again != name {
			t.Errorf("%+q becomes %+q, that becomes %+q (%v)", s, name, again, err)
		}
		if Skeleton(name) == "" {
			t.Errorf("%+q has no skeleton", name)
		}
		if IsSubject(name) {
			t.Errorf("%q looks like a subject", name)
		}
	})
}

func FuzzCanonicalEmail(f *testing.F) {
	for _, s := range []string{"Ada@Example.org", "x@b\u00fccher.example", "stra\u00dfe@x.y", "\u0130@x.y", "a@\u3002b", "a@xn--a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		address, unique, err := CanonicalEmail(s)
		if err != nil {
			return
		}
		for _, form := range []string{address, unique} {
			_, again, err := CanonicalEmail(form)
			if err != nil || again != unique {
				t.Errorf("%+q is unique by %+q, as %+q by %+q (%v)", s, unique, form, again, err)
			}
		}
		if same, _, _ := CanonicalEmail(address); same != address {
			t.Errorf("%+q becomes %+q, that becomes %+q", s, address, same)
		}
	})
}
