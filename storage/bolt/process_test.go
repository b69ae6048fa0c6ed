package bolt

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/storage"
)

func TestLockedByAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	cmd := child(t, "hold", path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if lines := started(t, cmd); !lines.Scan() {
		t.Fatal("the child did not open the store")
	}
	if _, err := Open(path, Options{Timeout: time.Millisecond}); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "another process") {
		t.Errorf("got error %v, want ErrLocked", err)
	}
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	openAt(t, path)
}

var kills = flag.Int("kills", 10, "how often to kill a process that writes, and one that creates")

// TestKilledWhileWriting kills a process in the midst of commits, again and again on the same file. What it said was
// written must be there, and what is there must be whole.
func TestKilledWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	said := make(map[string]bool)
	for range *kills {
		cmd := child(t, "write", path)
		lines := started(t, cmd)
		timer := time.AfterFunc(20*time.Millisecond+rand.N(100*time.Millisecond), func() { _ = cmd.Process.Kill() })
		for lines.Scan() {
			said[lines.Text()] = true
		}
		timer.Stop()
		_ = cmd.Wait()
		e := openAt(t, path)
		for id := range said {
			if !present(t, e, storage.Key{Kind: lasting, ID: id}) {
				t.Fatalf("%s was acknowledged and is gone", id)
			}
		}
		if err := e.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = e.Close()
	}
	if len(said) == 0 {
		t.Fatal("nothing was ever acknowledged")
	}
	t.Logf("%d acknowledged writes", len(said))
}

// writeForEver writes from several goroutines and says what has been written. A line longer than a pipe's promise could be
// torn by the kill, so they are short.
func writeForEver(path string) error {
	e, err := Open(path, Options{})
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := 0; ; j++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), i, j)
				b := puts(storage.Record{
					Key: storage.Key{Kind: lasting, ID: id}, Version: 1, Value: []byte(strings.Repeat(id, 1+j%30)),
					Index: []storage.Entry{{Index: "x", Value: []byte(id)}},
				}, nth(passing, j))
				if err := e.Apply(context.Background(), start, b); err != nil {
					panic(err)
				}
				fmt.Println(id)
			}
		})
	}
	wg.Wait()
	return nil
}

// TestKilledWhileCreating kills a process that makes one new store after the other. Each that is there must open.
func TestKilledWhileCreating(t *testing.T) {
	for range *kills {
		dir := t.TempDir()
		cmd := child(t, "create", dir)
		lines := started(t, cmd)
		lines.Scan()
		time.Sleep(rand.N(20 * time.Millisecond))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		files, err := filepath.Glob(filepath.Join(dir, "*.db"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			_ = openAt(t, path).Close()
		}
	}
}

func createForEver(dir string) error {
	for i := 0; ; i++ {
		e, err := Open(filepath.Join(dir, fmt.Sprint(i, ".db")), Options{})
		if err != nil {
			return err
		}
		fmt.Println(i)
		if err := e.Close(); err != nil {
			return err
		}
	}
}
