package keys

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestMaster_EncodedIsParsed(t *testing.T) {
	m := newMaster(t)
	for range 3 {
		if _, err := m.Add(rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ParseMaster(m.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Encode(), m.Encode()) || got.Current() != 4 || string(got.IDs()) != "\x01\x02\x03\x04" {
		t.Errorf("another master came back: ids %v", got.IDs())
	}
}

func TestAttack_AP03_UnsoundMasterIsRefused(t *testing.T) {
	key := func(seed byte) string {
		var k [32]byte
		for i := range k {
			k[i] = seed*31 + byte(i*i*7)
		}
		return b64.EncodeToString(k[:])
	}
	good := "hash " + key(1) + "\n1 " + key(2) + "\n"
	if _, err := ParseMaster([]byte("# note\r\n\n" + strings.ReplaceAll(good, "\n", "\r\n"))); err != nil {
		t.Fatalf("a sound one: %v", err)
	}
	for name, text := range map[string]string{
		"empty":         "",
		"no hash":       "1 " + key(2),
		"no key":        "hash " + key(1),
		"two hashes":    good + "hash " + key(3),
		"short":         good + "2 " + b64.EncodeToString([]byte("only sixteen byt")),
		"long":          good + "2 " + key(3) + "AAAA",
		"zeros":         good + "2 " + b64.EncodeToString(make([]byte, 32)),
		"a passphrase":  good + "2 " + b64.EncodeToString([]byte("correct horse battery staple 123")),
		"padded":        good + "2 " + key(3) + "=",
		"slack bits":    good + "2 " + spellings(key(3))[10],
		"id 0":          good + "0 " + key(3),
		"id 256":        good + "256 " + key(3),
		"id 02":         good + "02 " + key(3),
		"id twice":      good + "1 " + key(3),
		"descending":    "hash " + key(1) + "\n2 " + key(2) + "\n1 " + key(3),
		"key twice":     good + "2 " + key(2),
		"hash as key":   good + "2 " + key(1),
		"key as hash":   "1 " + key(2) + "\nhash " + key(2),
		"three columns": good + "2 " + key(3) + " x",
	} {
		m, err := ParseMaster([]byte(text))
		if !errors.Is(err, ErrMaster) || m != nil {
			t.Errorf("%s: got %v, want ErrMaster", name, err)
		} else if strings.Contains(err.Error(), key(3)[:20]) || strings.Contains(err.Error(), "horse") {
			t.Errorf("%s: the error tells the key: %v", name, err)
		}
	}
}

func TestMaster_TwoHundredFiftyFiveAndNoMore(t *testing.T) {
	m := newMaster(t)
	for range 254 {
		if _, err := m.Add(rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Add(rand.Reader); !errors.Is(err, ErrMaster) {
		t.Errorf("a 256th: %v", err)
	}
	if err := m.Remove(255); !errors.Is(err, ErrMaster) {
		t.Errorf("removed the current one: %v", err)
	}
	if err := m.Remove(7); err != nil {
		t.Error(err)
	}
	if err := m.Remove(7); !errors.Is(err, ErrMaster) {
		t.Errorf("removed twice: %v", err)
	}
	if got, err := ParseMaster(m.Encode()); err != nil || len(got.IDs()) != 254 {
		t.Errorf("with a gap: %v", err)
	}
}

func TestMaster_FailingRandomness(t *testing.T) {
	if _, err := GenerateMaster(strings.NewReader("short")); !errors.Is(err, ErrMaster) {
		t.Errorf("got %v", err)
	}
	if _, err := GenerateMaster(bytes.NewReader(make([]byte, 64))); !errors.Is(err, ErrMaster) {
		t.Errorf("zeros: got %v", err)
	}
}

func TestAttack_AP04_MasterFileIsItsOwnersAlone(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "master.key")
	m, created, err := LoadOrCreateMaster(path, rand.Reader)
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	assertMode := func() {
		t.Helper()
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	}
	assertMode()
	if _, err := m.Add(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	assertMode()
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o660, 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, _, err := LoadOrCreateMaster(path, rand.Reader)
		if !errors.Is(err, ErrMaster) || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %o: got %v, want the remedy", mode, err)
		}
	}
	if names, _ := filepath.Glob(filepath.Dir(path) + "/.*"); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestMasterFile_LoadedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := LoadMaster(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no file: %v", err)
	}
	m, _, err := LoadOrCreateMaster(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	again, created, err := LoadOrCreateMaster(path, rand.Reader)
	if err != nil || created || !bytes.Equal(again.Encode(), m.Encode()) {
		t.Errorf("created %v, %v", created, err)
	}
}

func TestMasterFile_DamagedIsNeverReplaced(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "junk": "hash x", "huge": strings.Repeat("#\n", maxMasterFile)} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := LoadOrCreateMaster(path, rand.Reader); !errors.Is(err, ErrMaster) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an ErrMaster that names the file", name, err)
		}
		if got, _ := os.ReadFile(path); string(got) != text {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, _, err := LoadOrCreateMaster(dir, rand.Reader); !errors.Is(err, ErrMaster) {
		t.Errorf("a directory: %v", err)
	}
}

func TestMasterFile_RacingProcessesAgree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	var wg sync.WaitGroup
	got, made := make([]string, 16), make([]bool, 16)
	for i := range got {
		wg.Go(func() {
			m, created, err := LoadOrCreateMaster(path, rand.Reader)
			if err != nil {
				t.Error(err)
				return
			}
			got[i], made[i] = string(m.Encode()), created
		})
	}
	wg.Wait()
	creators := 0
	for i := range got {
		if got[i] != got[0] {
			t.Error("two different masters")
		}
		if made[i] {
			creators++
		}
	}
	if creators != 1 {
		t.Errorf("%d creators", creators)
	}
}

func TestAttack_AD14_HundredMastersAllDifferent(t *testing.T) {
	seen := map[masterKey]bool{}
	for range 100 {
		m := newMaster(t)
		for _, k := range []masterKey{m.hash, m.keys[0].key} {
			if seen[k] {
				t.Fatal("one key twice")
			}
			seen[k] = true
		}
	}
}

func TestMaster_IsNotPrinted(t *testing.T) {
	m := newMaster(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, m); got != hidden {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}
