package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"signet/storage"
)

func init() { children["sync"] = failSync }

// TestStopsAfterAFailedWrite takes the file away from under a running engine.
func TestStopsAfterAFailedWrite(t *testing.T) {
	e := openNew(t)
	kept, lost := nth(lasting, 1), nth(lasting, 2)
	apply(t, e, puts(kept))
	readOnly, err := os.Open(e.path)
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	if err := syscall.Dup3(int(readOnly.Fd()), int(e.file.Fd()), syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	err = e.Apply(t.Context(), start, puts(lost))
	if !errors.Is(err, storage.ErrStopped) || errors.Is(err, storage.ErrUnknown) {
		t.Errorf("got error %v, want ErrStopped", err)
	}
	for range 3 {
		if err := e.Apply(t.Context(), start, puts(lost)); !errors.Is(err, storage.ErrStopped) {
			t.Errorf("afterwards: got error %v, want ErrStopped", err)
		}
		if _, err := e.Sweep(t.Context(), start, 10); !errors.Is(err, storage.ErrStopped) {
			t.Errorf("Sweep: got error %v, want ErrStopped", err)
		}
	}
	if !present(t, e, kept.Key) || present(t, e, lost.Key) {
		t.Error("reads are wrong after the engine has stopped")
	}
	if s, err := e.Stats(t.Context()); err != nil || !s.Stopped {
		t.Errorf("Stats: stopped %t, error %v", s.Stopped, err)
	}
}

// injectable is how many of a child's syncs are made to fail, each in a run of its own: those of creating a store, of
// extending its file, and of the data and the meta pages of some commits.
const injectable = 16

// TestFailedSyncs lets each sync of a process fail, and all after it.
func TestFailedSyncs(t *testing.T) {
	strace := []string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"}
	if out, err := exec.Command(strace[0], append(strace[1:], "true")...).CombinedOutput(); err != nil {
		unable(t, "strace cannot make system calls fail", fmt.Errorf("%w: %s", err, out))
	}
	seen := make(map[string]int)
	for k := 1; k <= injectable; k++ {
		path := filepath.Join(t.TempDir(), "test.db")
		inject := fmt.Sprintf("inject=fsync,fdatasync:error=EIO:when=%d+", k)
		out, err := child(t, "sync", path, append(strace, "-e", inject)...).CombinedOutput()
		if err != nil {
			t.Fatalf("sync %d fails: %v\n%s", k, err, out)
		}
		last, wrote := "", 0
		for line := range strings.Lines(string(out)) {
			last = strings.TrimSpace(line)
			if last == "written" {
				wrote++
			}
		}
		seen[last]++
		wantWritten(t, path, wrote, last)
	}
	t.Log(seen)
	for _, end := range []string{"not opened", "stopped", "unknown"} {
		if seen[end] == 0 {
			t.Errorf("no failing sync ended in %q", end)
		}
	}
}

// wantWritten opens what a child left. All that it wrote must be there; of the batch that failed, only one whose outcome was
// called unknown may be.
func wantWritten(t *testing.T, path string, wrote int, last string) {
	t.Helper()
	e := openAt(t, path)
	for i := range wrote {
		if !present(t, e, nth(lasting, i).Key) {
			t.Errorf("batch %d was acknowledged and is gone", i)
		}
	}
	if last == "stopped" && present(t, e, nth(lasting, wrote).Key) {
		t.Errorf("batch %d is there, though it was said not to be written", wrote)
	}
	if err := e.Check(t.Context()); err != nil {
		t.Error(err)
	}
	_ = e.Close()
}

// failSync writes until it cannot. All its syncs are made by one thread, because strace counts them by thread.
func failSync(path string) error {
	runtime.LockOSThread()
	e, err := Open(path, Options{})
	if err != nil {
		fmt.Println("not opened")
		return nil
	}
	ctx := context.Background()
	for i := range injectable {
		err := e.Apply(ctx, start, puts(nth(lasting, i)))
		if err == nil {
			fmt.Println("written")
			continue
		}
		if again := e.Apply(ctx, start, puts(nth(lasting, 99))); !errors.Is(err, storage.ErrStopped) || !errors.Is(again, storage.ErrStopped) {
			return fmt.Errorf("got errors %v and then %w, want ErrStopped", err, again)
		}
		if _, err := e.Get(ctx, start, nth(lasting, 0).Key); err != nil {
			return fmt.Errorf("reading after the end of writing: %w", err)
		}
		if errors.Is(err, storage.ErrUnknown) {
			fmt.Println("unknown")
		} else {
			fmt.Println("stopped")
		}
		return nil
	}
	return errors.New("no sync failed")
}
