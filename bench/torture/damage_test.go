package torture

import (
	"bytes"
	"context"
	stdbinary "encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	cryptorand "crypto/rand"

	"signet/keys"
	"signet/storage"
	"signet/storage/bolt"
)

// Exit codes of a server that refuses its data.
const (
	exitDamaged = 65
	exitConfig  = 78
)

// damage does something to a data directory.
type damage struct {
	name string
	do   func(t *testing.T, dir string)
	// code is the exit code that must come; 0 for damage that may lie where nothing is.
	code int
}

// rewrite changes a file.
func rewrite(name string, change func(b []byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, change(b), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// inBolt changes the embedded engine's file as the library below it would.
func inBolt(change func(tx *bbolt.Tx) error) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		db, err := bbolt.Open(filepath.Join(dir, "signet.db"), 0o600, nil)
		if err == nil {
			err = db.Update(change)
		}
		if err == nil {
			err = db.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// migrated brings the data to a schema that this program does not know.
func migrated(t *testing.T, dir string) {
	master, err := keys.LoadMaster(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	engine, err := bolt.Open(filepath.Join(dir, "signet.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	next := storage.Migration{Name: "from the future", Step: func(context.Context, *storage.DB, string) (string, error) { return "", nil }}
	db := storage.New(engine, keys.NewSealer(master, cryptorand.Reader), time.Now)
	if err := storage.Migrate(t.Context(), db, slices.Repeat([]storage.Migration{next}, 50)); err != nil {
		t.Fatal(err)
	}
}

func otherMaster(t *testing.T, dir string) {
	master, err := keys.GenerateMaster(cryptorand.Reader)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "master.key"), master.Encode(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// otherLetter changes the first letter after a word, to one that may stand there too.
func otherLetter(word string) func([]byte) []byte {
	return func(b []byte) []byte {
		at := bytes.Index(b, []byte(word)) + len(word)
		if b[at]++; !isLetter(b[at]) {
			b[at] = 'A'
		}
		return b
	}
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// certain is damage that no server may start with.
var certain = []damage{
	{"empty", rewrite("signet.db", func([]byte) []byte { return nil }), exitDamaged},
	{"one byte", rewrite("signet.db", func(b []byte) []byte { return b[:1] }), exitDamaged},
	{"one page", rewrite("signet.db", func(b []byte) []byte { return b[:4096] }), exitDamaged},
	{"four pages", rewrite("signet.db", func(b []byte) []byte { return b[:4*4096] }), exitDamaged},
	{"both first pages zeroed", rewrite("signet.db", func(b []byte) []byte { clear(b[:8192]); return b }), exitDamaged},
	{"all but the first pages zeroed", rewrite("signet.db", func(b []byte) []byte { clear(b[8192:]); return b }), exitDamaged},
	{"all but the first pages set", rewrite("signet.db", func(b []byte) []byte { copy(b[8192:], bytes.Repeat([]byte{0xff}, len(b))); return b }), exitDamaged},
	{"a text", rewrite("signet.db", func([]byte) []byte { return []byte("not a database\n") }), exitDamaged},
	{"a database of SQLite", rewrite("signet.db", func(b []byte) []byte { return append([]byte("SQLite format 3\x00"), b...) }), exitDamaged},
	{"a database of another program", func(t *testing.T, dir string) {
		_ = os.Remove(filepath.Join(dir, "signet.db"))
		inBolt(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucket([]byte("photographs"))
			if err != nil {
				return err
			}
			return b.Put([]byte("one"), bytes.Repeat([]byte("x"), 10_000))
		})(t, dir)
	}, exitDamaged},
	{"a layout from the future", inBolt(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("signet-format"), stdbinary.BigEndian.AppendUint64(nil, 2))
	}), exitConfig},
	{"a schema from the future", migrated, exitConfig},
	{"no layout", inBolt(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("signet-format")) }), exitDamaged},
	{"every sealed value changed", inBolt(spoilValues), exitDamaged},
	{"another master key", otherMaster, exitDamaged},
	{"no master key", func(_ *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, "master.key")) }, exitDamaged},
	{"an empty master key", rewrite("master.key", func([]byte) []byte { return nil }), exitConfig},
	{"half a master key", rewrite("master.key", func(b []byte) []byte { return b[:len(b)/2] }), exitConfig},
	{"another letter in the key that seals", rewrite("master.key", otherLetter("\n1 ")), exitDamaged},
	{"another letter in the key that hashes", rewrite("master.key", otherLetter("\nhash ")), exitDamaged},
	{"a binary master key", rewrite("master.key", func(b []byte) []byte { return bytes.Repeat([]byte{0}, 100_000) }), exitConfig},
	{"a master key that all can read", func(_ *testing.T, dir string) { _ = os.Chmod(filepath.Join(dir, "master.key"), 0o644) }, exitConfig},
}

// spoilValues flips a bit at the end of every value below the first level.
func spoilValues(tx *bbolt.Tx) error {
	return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		if string(name) == "meta" {
			return nil
		}
		return spoilBucket(b)
	})
}

func spoilBucket(b *bbolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		if v == nil {
			return spoilBucket(b.Bucket(k))
		}
		v = bytes.Clone(v)
		if len(v) > 0 {
			v[len(v)-1] ^= 1
		}
		return b.Put(bytes.Clone(k), v)
	})
}

// uncertain is damage of the kinds that disks do, n of each, within what the file uses.
func uncertain(rnd *rand.Rand, used, n int) (all []damage) {
	add := func(name string, change func(b []byte) []byte) {
		all = append(all, damage{name, rewrite("signet.db", change), 0})
	}
	for range n {
		at, other, bit := rnd.IntN(used), rnd.IntN(used/4096), byte(1)<<rnd.IntN(8)
		page := at / 4096 * 4096
		add(fmt.Sprintf("bit %d of byte %d", bit, at), func(b []byte) []byte { b[at] ^= bit; return b })
		add(fmt.Sprintf("bit %d in the head of page %d", bit, page/4096), func(b []byte) []byte { b[page+at%32] ^= bit; return b })
		add(fmt.Sprintf("zeroed sector of byte %d", at), func(b []byte) []byte { clear(b[at/512*512:][:512]); return b })
		add(fmt.Sprintf("page %d over page %d", other, page/4096), func(b []byte) []byte { copy(b[page:][:4096], b[other*4096:][:4096]); return b })
		add(fmt.Sprintf("cut at byte %d", at), func(b []byte) []byte { return b[:at] })
		add(fmt.Sprintf("nothing after byte %d", at), func(b []byte) []byte { clear(b[at:used]); return b })
	}
	return all
}

// aged is a data directory that was in use, and how many bytes of the database are.
func aged(t *testing.T) (s *server, used int) {
	t.Helper()
	s = newServer(t, "", "")
	s.start()
	l := &ledger{}
	w := &worker{server: s, ledger: l, jar: s.signIn()}
	for range 60 {
		if err := w.step(); err != nil {
			t.Fatal(err)
		}
	}
	s.signal(syscall.SIGTERM)
	if code := s.exit(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	return s, len(bytes.TrimRight(s.database(), "\x00"))
}

// TestDamage starts the server on data that are damaged, foreign or of the future. It ends with the exit code that says so,
// one line that says what to do, and all files as they were.
func TestDamage(t *testing.T) {
	t.Parallel()
	source, used := aged(t)
	rnd := rand.New(rand.NewPCG(seed(t), 0))
	n := 5
	if testing.Short() {
		n = 1
	}
	served := 0
	for _, d := range append(slices.Clone(certain), uncertain(rnd, used, n)...) {
		t.Run(strings.ReplaceAll(d.name, " ", "_"), func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range contents(t, filepath.Join(source.dir, "data")) {
				if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			d.do(t, dir)
			before := contents(t, dir)
			code, errs := serveBriefly(t, dir)
			if code == 0 && d.code == 0 {
				served++
				return
			}
			if code != d.code && (d.code != 0 || code != exitDamaged) {
				t.Errorf("exit code %d, want %d", code, d.code)
			}
			if strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "signet: ") || len(errs) > 500 || !strings.Contains(errs, "; fix: ") && !strings.Contains(errs, "; run: ") {
				t.Errorf("said, instead of one line with what to do:\n%.2000s", errs)
			}
			for name, text := range contents(t, dir) {
				if !bytes.Equal(before[name], text) {
					t.Errorf("%s was changed", name)
				}
				delete(before, name)
			}
			if len(before) > 0 {
				t.Errorf("%d files are gone", len(before))
			}
		})
	}
	t.Logf("%d damages that leave everything in use whole", served)
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		all[path], err = os.ReadFile(filepath.Join(dir, path))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// serveBriefly starts a server on data and stops it as soon as it is ready. It returns the exit code and what it said.
func serveBriefly(t *testing.T, dir string) (code int, errs string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	said := &journal{}
	cmd := exec.Command(path, "serve", "--data", dir, "--set", "server.listen="+freeAddress(t), "--set", "log.level=debug")
	cmd.Stderr, cmd.Env = said, environ()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	for begin := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		select {
		case <-ended:
			return cmd.ProcessState.ExitCode(), said.String()
		default:
		}
		if strings.Contains(said.String(), "msg=ready") {
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
		if time.Since(begin) > patience {
			_ = cmd.Process.Kill()
			<-ended
			t.Fatalf("it neither serves nor ends:\n%s", said)
		}
	}
}
