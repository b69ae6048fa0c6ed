package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"signet/storage"
)

// unable skips a test that the machine cannot run, but not where that would go unnoticed.
func unable(t *testing.T, why string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("cannot test: %s: %v", why, err)
	}
	t.Skipf("NOT TESTED: %s: %v", why, err)
}

// smallDisk mounts a file system of 24 MB on the child's argument, in a mount namespace of the child's own.
var smallDisk = []string{"unshare", "-Urm", "sh", "-c", `mount -t tmpfs -o size=24m none "$1" && exec "$0" "$1"`}

// TestFullDisk lets a child fill a small disk.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command(smallDisk[0], append(smallDisk[1:], "true", dir)...).CombinedOutput(); err != nil {
		unable(t, "no small file system can be mounted", fmt.Errorf("%w: %s", err, out))
	}
	if out, err := child(t, "fill", dir, smallDisk...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// disk is a store on a small disk, in the child.
type disk struct {
	ctx    context.Context
	dir    string
	engine *Engine
	log    log
	// next and small are the numbers of the last records written.
	next, small int
}

func fillDisk(dir string) error {
	d := &disk{ctx: context.Background(), dir: dir}
	steps := []func() error{
		d.open, d.fill, d.wantUsable,
		d.open, d.wantFull, d.wantUsable,
		d.sweepHalf, d.fill, d.wantUsable,
		d.makeRoom, d.fill, d.wantUsable,
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w\n%s", i, err, d.log.String())
		}
	}
	return d.engine.Close()
}

// open opens the store anew, and at first beside a file that will be removed to make room.
func (d *disk) open() (err error) {
	if d.engine != nil {
		if err := d.engine.Close(); err != nil {
			return err
		}
	} else if err := os.WriteFile(filepath.Join(d.dir, "other"), bytes.Repeat([]byte("x"), 6<<20), 0o600); err != nil {
		return err
	}
	d.engine, err = Open(filepath.Join(d.dir, "test.db"), Options{Logger: d.log.logger()})
	return err
}

func (d *disk) large(i int) storage.Record {
	r := nth(passing, i)
	r.Expires = start + int64(i)
	r.Value = bytes.Repeat([]byte{byte(i)}, 20_000)
	return r
}

// fill writes large records until there is no room for them, and then small ones. It wants to have written something.
func (d *disk) fill() error {
	first := d.next
	for {
		err := d.engine.Apply(d.ctx, 1, puts(d.large(d.next+1)))
		if errors.Is(err, storage.ErrFull) && d.next > first+10 {
			return d.fillUp()
		}
		if err != nil {
			return fmt.Errorf("after %d records: %w", d.next-first, err)
		}
		d.next++
	}
}

func (d *disk) fillUp() error {
	for {
		d.small++
		err := d.engine.Apply(d.ctx, 1, puts(nth(lasting, d.small)))
		if errors.Is(err, storage.ErrFull) {
			return d.wantFull()
		}
		if err != nil {
			return err
		}
	}
}

func (d *disk) wantFull() error {
	if err := d.engine.Apply(d.ctx, 1, puts(nth(lasting, 0))); !errors.Is(err, storage.ErrFull) {
		return fmt.Errorf("a new record: got error %v, want ErrFull", err)
	}
	s, err := d.engine.Stats(d.ctx)
	if err != nil || !s.Full {
		return fmt.Errorf("full: %t, error %w", s.Full, err)
	}
	return nil
}

// wantUsable reads what is there, replaces some and deletes some.
func (d *disk) wantUsable() error {
	for i := d.next - 20; i <= d.next; i++ {
		want := d.large(i)
		recs, err := d.engine.Get(d.ctx, 1, want.Key)
		if err != nil || !bytes.Equal(recs[0].Value, want.Value) {
			return fmt.Errorf("record %d of %d: version %d, error %w", i, d.next, recs[0].Version, err)
		}
		want.Version = recs[0].Version + 1
		err = d.engine.Apply(d.ctx, 1, storage.Batch{
			If:   []storage.Condition{{Key: want.Key, Version: recs[0].Version}},
			Then: []storage.Write{{Record: want}},
		})
		if err != nil {
			return fmt.Errorf("replace record %d: %w", i, err)
		}
	}
	err := d.engine.Apply(d.ctx, 1, storage.Batch{Then: []storage.Write{{Record: d.large(d.next), Delete: true}}})
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	d.next--
	return d.engine.Check(d.ctx)
}

// sweepHalf removes the older half, whose pages can then be used again though the disk is still full.
func (d *disk) sweepHalf() error {
	n, err := d.engine.Sweep(d.ctx, start+int64(d.next/2), 10_000)
	if err == nil && n < d.next/3 {
		err = fmt.Errorf("only %d of %d records swept", n, d.next)
	}
	return err
}

func (d *disk) makeRoom() error { return os.Remove(filepath.Join(d.dir, "other")) }
