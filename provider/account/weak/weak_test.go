package weak

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAttack_AH08_Common(t *testing.T) {
	if n := size(commonTable); n < 100_000 {
		t.Errorf("%d passwords", n)
	}
	for _, p := range []string{"password", "PassWord", "12345678", "iloveyou1", "qwertyuiop", "basketball", "sunshine1", "correcthorsebatterystaple"} {
		if !Common(p) {
			t.Errorf("%s is not known", p)
		}
	}
	taken := 0
	for i := range 20_000 {
		if Common(fmt.Sprintf("a password of nobody's %d", i)) {
			taken++
		}
	}
	if taken > 10 {
		t.Errorf("%d of 20,000 others are taken for common ones", taken)
	}
}

// What is put into a table is found in it, and hardly anything else.
func TestTable(t *testing.T) {
	var words []string
	for i := range 5000 {
		words = append(words, fmt.Sprintf("word %d", i), fmt.Sprintf("WORD %d", i))
	}
	table, err := Table(words)
	if err != nil || size(string(table)) != 5000 {
		t.Fatalf("%d words, %v", size(string(table)), err)
	}
	for _, w := range words {
		if !tableHas(string(table), w) {
			t.Fatalf("%s is lost", w)
		}
	}
	empty, err := Table(nil)
	if err != nil || tableHas(string(empty), "") {
		t.Errorf("an empty table has something: %v", err)
	}
}

var errBroken = errors.New("broken")

// broken is a file that cannot be read.
type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errBroken }

// list is a list of passwords, with an end of line.
func list(end string, passwords ...string) string {
	var lines []string
	for i, p := range passwords {
		lines = append(lines, fmt.Sprintf("%X:%d", sha1.Sum([]byte(p)), 10*i*i*i))
	}
	slices.Sort(lines)
	return strings.Join(lines, end) + end
}

func TestAttack_AH08_Breached(t *testing.T) {
	for _, end := range []string{"\n", "\r\n"} {
		for _, n := range []int{1, 2, 3, 10, 1000} {
			var in []string
			for i := range n {
				in = append(in, fmt.Sprintf("Password %d", i))
			}
			text := list(end, in...)
			l, err := NewList(strings.NewReader(text), int64(len(text)))
			if err != nil {
				t.Fatal(err)
			}
			for i := range n + 50 {
				for password, want := range map[string]bool{fmt.Sprintf("Password %d", i): i < n, fmt.Sprintf("password %d", i): false} {
					if has, err := l.Has(password); err != nil || has != want {
						t.Fatalf("%d lines: %q: %v, %v", n, password, has, err)
					}
				}
			}
			l.file = broken{}
			if _, err := l.Has("Password 0"); !errors.Is(err, errBroken) {
				t.Error("a file that cannot be read has nothing, it says")
			}
		}
	}
}

func TestNewList_Refuses(t *testing.T) {
	hash := func(p string) string { return fmt.Sprintf("%X", sha1.Sum([]byte(p))) }
	one, two := hash("one"), hash("two")
	if one < two {
		one, two = two, one
	}
	long := strings.Repeat(one+":1\n", 50)
	for name, text := range map[string]string{
		"empty": "", "words": "password\n123456\n", "short": one[:39] + ":1\n", "longer": one + "A:1\n", "no digits": strings.Repeat("X", 40) + ":1\n",
		"one line without end, of another kind": strings.Repeat("A", 500), "not sorted": one + ":1\n" + long + two + ":1\n" + strings.Repeat(two+":1\n", 50),
	} {
		if l, err := NewList(strings.NewReader(text), int64(len(text))); !errors.Is(err, ErrList) {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
	if _, err := NewList(broken{}, 1000); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

func FuzzList(f *testing.F) {
	f.Add("A\n", "x")
	f.Fuzz(func(t *testing.T, text, password string) {
		l, err := NewList(strings.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		_, _ = l.Has(password)
	})
}
