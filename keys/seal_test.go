package keys

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
)

func newMaster(t testing.TB) *Master {
	t.Helper()
	m, err := GenerateMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newSealer(t testing.TB) *Sealer { return NewSealer(newMaster(t), rand.Reader) }

func TestSeal_OpensWhatItSealed(t *testing.T) {
	s := newSealer(t)
	for _, n := range []int{0, 1, 200, 1 << 20} {
		plain := bytes.Repeat([]byte{7}, n)
		sealed := s.Seal("p", plain, []byte("ad"))
		if len(sealed) != n+Overhead {
			t.Errorf("%d bytes sealed to %d", n, len(sealed))
		}
		got, err := s.Open("p", sealed, []byte("ad"))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: opened %d, %v", n, len(got), err)
		}
	}
}

func TestSeal_NoTwoAlike(t *testing.T) {
	s := newSealer(t)
	seen := map[string]bool{}
	for range 1000 {
		v := s.SealString("p", []byte("same"), nil)
		if seen[v] {
			t.Fatal("one value twice")
		}
		seen[v] = true
	}
}

func TestSeal_AppendKeepsWhatStandsBefore(t *testing.T) {
	s := newSealer(t)
	out := s.AppendSeal([]byte("head"), "p", []byte("plain"), nil)
	if !bytes.HasPrefix(out, []byte("head")) {
		t.Fatalf("got %q", out)
	}
	if got, err := s.Open("p", out[4:], nil); err != nil || string(got) != "plain" {
		t.Fatalf("opened %q, %v", got, err)
	}
}

func TestAttack_AP02_SealIsBoundToItsPlace(t *testing.T) {
	s, other := newSealer(t), newSealer(t)
	sealed := s.Seal("record.user", []byte("hash of A"), []byte("A v1"))
	for name, open := range map[string]func() ([]byte, error){
		"another record":  func() ([]byte, error) { return s.Open("record.user", sealed, []byte("B v1")) },
		"another version": func() ([]byte, error) { return s.Open("record.user", sealed, []byte("A v2")) },
		"nothing":         func() ([]byte, error) { return s.Open("record.user", sealed, nil) },
		"another purpose": func() ([]byte, error) { return s.Open("record.client", sealed, []byte("A v1")) },
		"another master":  func() ([]byte, error) { return other.Open("record.user", sealed, []byte("A v1")) },
	} {
		if got, err := open(); !errors.Is(err, ErrSeal) || got != nil {
			t.Errorf("%s: got %q, %v; want ErrSeal", name, got, err)
		}
	}
}

// A master key id in front of a value must not be exchangeable, not even between ids that stand for the same key bytes.
func TestSeal_KeyIDIsAuthenticated(t *testing.T) {
	one := newMaster(t)
	two := &Master{hash: one.hash, keys: []sealingKey{{id: 2, key: one.keys[0].key}}}
	sealed := NewSealer(one, rand.Reader).Seal("p", []byte("x"), nil)
	sealed[0] = 2
	if _, err := NewSealer(two, rand.Reader).Open("p", sealed, nil); !errors.Is(err, ErrSeal) {
		t.Fatalf("got %v, want ErrSeal", err)
	}
}

func TestSeal_EveryChangedByteBreaksIt(t *testing.T) {
	s := newSealer(t)
	sealed := s.Seal("p", []byte("some text"), []byte("ad"))
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 0x40
		if _, err := s.Open("p", bad, []byte("ad")); !errors.Is(err, ErrSeal) {
			t.Errorf("byte %d: got %v, want ErrSeal", i, err)
		}
	}
	for n := range sealed {
		if _, err := s.Open("p", sealed[:n], []byte("ad")); !errors.Is(err, ErrSeal) {
			t.Errorf("cut to %d: got %v, want ErrSeal", n, err)
		}
	}
}

func TestAttack_AD11_SealedStringHasOneSpelling(t *testing.T) {
	s := newSealer(t)
	// 42 bytes of overhead and text, and one more: the last character then has slack bits.
	good := s.SealString("p", []byte("ab"), nil)
	if got, err := s.OpenString("p", good, nil); err != nil || string(got) != "ab" {
		t.Fatalf("opened %q, %v", got, err)
	}
	for _, bad := range append(spellings(good), "", "A", strings.Repeat("A", 41)) {
		if _, err := s.OpenString("p", bad, nil); !errors.Is(err, ErrSeal) {
			t.Errorf("%q: got %v, want ErrSeal", bad, err)
		}
	}
}

// spellings are other ways in which a lax decoder reads the same base64url text.
func spellings(s string) []string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, s[len(s)-1])
	out := []string{s + "=", s + "==", s + "\n", "\r\n" + s, s[:9] + "\n" + s[9:], " " + s, s + " ", s + "\x00", s + "A", s[:len(s)-1]}
	if len(s)%4 != 0 {
		out = append(out, s[:len(s)-1]+alphabet[last^1:last^1+1])
	}
	if std := strings.NewReplacer("-", "+", "_", "/").Replace(s); std != s {
		out = append(out, std)
	}
	return out
}

func TestSeal_RotationOfMasterKeys(t *testing.T) {
	m := newMaster(t)
	before := NewSealer(m, rand.Reader)
	sealed, hash := before.Seal("p", []byte("old"), nil), before.Hash("h", []byte("v"))
	if _, err := m.Add(rand.Reader); err != nil {
		t.Fatal(err)
	}
	during := NewSealer(m, rand.Reader)
	if got, err := during.Open("p", sealed, nil); err != nil || string(got) != "old" {
		t.Errorf("old value after Add: %q, %v", got, err)
	}
	fresh := during.Seal("p", []byte("new"), nil)
	if !during.Stale(sealed) || during.Stale(fresh) {
		t.Error("Stale: want the old value only")
	}
	if err := m.Remove(1); err != nil {
		t.Fatal(err)
	}
	after := NewSealer(m, rand.Reader)
	if _, err := after.Open("p", fresh, nil); err != nil {
		t.Errorf("new value after Remove: %v", err)
	}
	if _, err := after.Open("p", sealed, nil); !errors.Is(err, ErrSeal) || !strings.Contains(err.Error(), "master key 1") {
		t.Errorf("old value after Remove: %v, want an ErrSeal that names master key 1", err)
	}
	if !bytes.Equal(after.Hash("h", []byte("v")), hash) {
		t.Error("the hash changed with the master key")
	}
}

func TestHash_KeyedAndSeparate(t *testing.T) {
	s, other := newSealer(t), newSealer(t)
	h := s.Hash("a", []byte("v"))
	if len(h) != 32 || !bytes.Equal(h, s.Hash("a", []byte("v"))) {
		t.Fatal("want 32 bytes, always the same")
	}
	for name, got := range map[string][]byte{
		"purpose": s.Hash("b", []byte("v")), "value": s.Hash("a", []byte("w")), "master": other.Hash("a", []byte("v")),
		"split": s.Hash("av", nil),
	} {
		if bytes.Equal(h, got) {
			t.Errorf("same hash for another %s", name)
		}
	}
}

func TestSealer_ManyGoroutines(t *testing.T) {
	s := newSealer(t)
	want := s.Hash("h0", []byte("v"))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				purpose := "p" + string(rune('a'+(g+i)%20))
				if got, err := s.OpenString(purpose, s.SealString(purpose, []byte{byte(i)}, nil), nil); err != nil || got[0] != byte(i) {
					t.Errorf("got %v, %v", got, err)
				}
				if !bytes.Equal(s.Hash("h0", []byte("v")), want) {
					t.Error("another hash")
				}
			}
		})
	}
	wg.Wait()
}

// FuzzOpenSealed: whatever is done to a sealed value, it does not open, and only the value itself does.
func FuzzOpenSealed(f *testing.F) {
	s := newSealer(f)
	sealed := s.Seal("p", []byte("the plaintext"), []byte("ad"))
	f.Add(0, byte(1), []byte{})
	f.Add(30, byte(0x80), []byte("tail"))
	f.Add(5, byte(0), []byte{})
	f.Fuzz(func(t *testing.T, at int, flip byte, tail []byte) {
		mutated := append(bytes.Clone(sealed), tail...)
		mutated[uint(at)%uint(len(mutated))] ^= flip
		plain, err := s.Open("p", mutated, []byte("ad"))
		if same := bytes.Equal(mutated, sealed); same != (err == nil) {
			t.Fatalf("same %v, but opened %q, %v", same, plain, err)
		}
		if _, err := s.Open("p", tail, []byte("ad")); err == nil {
			t.Fatalf("%x opened", tail)
		}
	})
}

func BenchmarkSeal200(b *testing.B) {
	s, plain := newSealer(b), make([]byte, 200)
	dst := make([]byte, 0, 300)
	b.ReportAllocs()
	for b.Loop() {
		dst = s.AppendSeal(dst[:0], "p", plain, plain[:32])
	}
}

func BenchmarkOpen200(b *testing.B) {
	s, plain := newSealer(b), make([]byte, 200)
	sealed := s.Seal("p", plain, plain[:32])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Open("p", sealed, plain[:32]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealString200(b *testing.B) {
	s, plain := newSealer(b), make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		s.SealString("p", plain, nil)
	}
}

func BenchmarkHash32(b *testing.B) {
	s, v := newSealer(b), make([]byte, 32)
	b.ReportAllocs()
	for b.Loop() {
		s.Hash("p", v)
	}
}
