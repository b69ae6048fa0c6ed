package templates

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestForeign(t *testing.T) {
	family := "👨\u200d👩\u200d👧\u200d👦"
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Orders", "Orders"},
		{"bidi", "\u202eelgooG\u202c \u2066x\u2069\u200f", "elgooG x"},
		{"lines", " A\r\n\tB\u2028C\u00a0 D ", "A B C D"},
		{"control", "a\x00b\x1b[31mc\u0085d\x7f", "ab[31mc d"},
		{"zero width", "Goo\u200bgle\ufeff\u00ad\u2060", "Google"},
		{"blank letters", "\u3164\u115f\u2800\uffa0", ""},
		{"not UTF-8", "a\xff\xfeb", "a\ufffdb"},
		{"private and unassigned", "a\ue000\U000e0041\u0378b", "ab"},
		{"joiners stay", "می\u200cخواهم " + family, "می\u200cخواهم " + family},
		{"joiners alone", "\u200d\u200c", ""},
		{"tower", "Z" + strings.Repeat("\u0300", 50) + "x", "Z" + strings.Repeat("\u0300", maxMarks) + "x"},
		{"long", strings.Repeat("x", 65), strings.Repeat("x", 64) + "…"},
		{"exactly", strings.Repeat("é", 64), strings.Repeat("é", 64)},
		{"families", strings.Repeat(family, 65), strings.Repeat(family, 64) + "…"},
		{"flags", strings.Repeat("🇩🇪", 65), strings.Repeat("🇩🇪", 64) + "…"},
		{"skin", strings.Repeat("👍🏽", 65), strings.Repeat("👍🏽", 64) + "…"},
		{"hangul", strings.Repeat("\u1112\u1161\u11ab", 65), strings.Repeat("\u1112\u1161\u11ab", 64) + "…"},
	} {
		if got := Foreign(c.in); got != c.want {
			t.Errorf("%s: Foreign(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func FuzzForeign(f *testing.F) {
	f.Add("Orders")
	f.Add("\u202e👨\u200d👩\u0301\u1100\u1161\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Foreign(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, invisible) {
			t.Errorf("Foreign(%q) = %q holds what cannot be seen", s, got)
		}
		if again := Foreign(got); again != got && !strings.HasSuffix(got, "…") {
			t.Errorf("Foreign(%q) = %q, and of that %q", s, got, again)
		}
		if n := len(got); n > (MaxForeign+1)*4*64 && len(s) < n {
			t.Errorf("Foreign(%q) grew to %d bytes", s, n)
		}
	})
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\tc": "a\nb\tc", "x\u202ey": "x[U+202E]y", "\x00": "[U+0000]", "a\u200db": "a[U+200D]b", "\xff": "\ufffd",
		"a\rb": "a[U+000D]b",
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestClient_Imitates(t *testing.T) {
	for name, want := range map[string]bool{
		"Orders": false, "Оrders": true, "Яндекс Mail": false, "Яндекс-Mail": false, "Gооgle": true, "東京Tower": false,
		"Ωmega": true, "Größe": false, "": false, "G\u200bооgle": true, "123": false,
	} {
		if got := (&Client{Name: name}).Imitates(); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

func TestAccount_Initial(t *testing.T) {
	for name, want := range map[string]string{"Ada": "A", "éa": "é", "e\u0301a": "e\u0301", "👨\u200d👩x": "👨\u200d👩", "": ""} {
		if got := (&Account{Name: name}).Initial(); got != want {
			t.Errorf("Initial(%q) = %q, want %q", name, got, want)
		}
	}
}
