package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bbolt "go.etcd.io/bbolt"
)

// compactStep is how many bytes Compact writes in one transaction.
const compactStep = 4 << 20

// Compact writes the store at path anew, without free pages and without what deleted records have left in them, and puts
// the new file in its place. The store must not be open: ErrLocked. A damaged one is refused; whatever goes wrong, the old
// file stays.
func Compact(ctx context.Context, path string, opts Options) error {
	old, err := Open(path, opts)
	if err != nil {
		return err
	}
	defer old.Close()
	if err := old.compact(ctx); err != nil {
		return fmt.Errorf("bolt: compact %s: %w", path, err)
	}
	return nil
}

func (e *Engine) compact(ctx context.Context) error {
	if err := e.Check(ctx); err != nil {
		return err
	}
	temp, err := beside(e.path)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := copyStore(temp, e.db); err != nil {
		return err
	}
	if err := checkFile(ctx, temp); err != nil {
		return err
	}
	// The lock on the old file is held until the new one is in its place: who waits for it will look again.
	return errors.Join(os.Rename(temp, e.path), syncPath(filepath.Dir(e.path)))
}

func copyStore(path string, from *bbolt.DB) error {
	to, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	return errors.Join(bbolt.Compact(to, from, compactStep), to.Close(), syncPath(path))
}

// checkFile checks a store that nobody uses.
func checkFile(ctx context.Context, path string) error {
	e, err := Open(path, Options{Timeout: time.Nanosecond})
	if err != nil {
		return err
	}
	return errors.Join(e.Check(ctx), e.Close())
}
