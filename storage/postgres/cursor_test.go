package postgres

import (
	"bytes"
	"errors"
	"testing"

	"signet/storage"
)

func FuzzCursor(f *testing.F) {
	for _, s := range []string{"", "AAAA", "x", "BGFiY2QJaWQ", "_____________w", cursor{value: []byte("v"), expires: 1 << 62, id: []byte("i")}.String()} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseCursor(s)
		if err != nil {
			if !errors.Is(err, storage.ErrInvalid) {
				t.Fatalf("got error %v, want ErrInvalid", err)
			}
			return
		}
		again, err := parseCursor(c.String())
		if err != nil || !bytes.Equal(again.value, c.value) || again.expires != c.expires || !bytes.Equal(again.id, c.id) {
			t.Fatalf("%q is %v, which comes back as %v, %v", s, c, again, err)
		}
	})
}

func TestSuccessor(t *testing.T) {
	for prefix, want := range map[string]string{
		"a": "b", "a\xff": "b", "a\xff\xff": "b", "\x00": "\x01", "a\x00": "a\x01", "\xff": string(beyond), "\xff\xff": string(beyond),
	} {
		if got := string(successor([]byte(prefix))); got != want {
			t.Errorf("after %q comes %q, want %q", prefix, got, want)
		}
	}
}
