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

// Compact writes the store at path anew, without free pages and without what deleted records have left in them, and puts
// the new file in its place. It returns what the store was and is. The store must be there and not be open: ErrLocked. A
// damaged one is refused; whatever goes wrong, the old file stays.
func Compact(ctx context.Context, path string, opts Options) (before, after Stats, err error) {
	if _, err := os.Lstat(path); err != nil {
		return before, after, fmt.Errorf("bolt: compact: %w", err)
	}
	old, err := Open(path, opts)
	if err != nil {
		return before, after, err
	}
	defer old.Close()
	if before, err = old.Stats(ctx); err == nil {
		after, err = old.compact(ctx)
	}
	if err != nil {
		return before, after, fmt.Errorf("bolt: compact %s: %w", path, err)
	}
	return before, after, nil
}

func (e *Engine) compact(ctx context.Context) (after Stats, err error) {
	if err := e.Check(ctx); err != nil {
		return after, err
	}
	temp, err := beside(e.path)
	if err != nil {
		return after, err
	}
	defer os.Remove(temp)
	if err := e.copyTo(ctx, temp); err != nil {
		return after, err
	}
	if after, err = checkFile(ctx, temp, e.hear); err != nil {
		return after, err
	}
	// The last moment at which there is a way back.
	if err := ctx.Err(); err != nil {
		return after, err
	}
	// The lock on the old file is held until the new one is in its place: who waits for it will look again.
	return after, errors.Join(os.Rename(temp, e.path), syncPath(filepath.Dir(e.path)))
}

func (e *Engine) copyTo(ctx context.Context, path string) error {
	to, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	return errors.Join(e.copyAll(ctx, to), to.Close(), syncPath(path))
}

// checkFile checks a store that nobody uses, and says how large it is.
func checkFile(ctx context.Context, path string, hear Progress) (Stats, error) {
	e, err := Open(path, Options{Timeout: time.Nanosecond, Progress: hear})
	if err != nil {
		return Stats{}, err
	}
	s, err := e.Stats(ctx)
	return s, errors.Join(err, e.Check(ctx), e.Close())
}
