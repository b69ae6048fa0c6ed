package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

// ErrLocked says that another process has the file open. It is a storage.ErrUnavailable.
var ErrLocked = fmt.Errorf("%w: another process has the file open", storage.ErrUnavailable)

// mapSize is how much address space is mapped from the start. While the file is smaller, bbolt never has to map it anew,
// for which it would have to wait until no reader is left. Address space costs nothing on 64 bits.
const mapSize = 8 << 30

// inspectedPages is how many pages Open looks at: all of a small store; of a large one some, which takes no longer. Check
// looks at all.
var inspectedPages = 2048

// Open opens the store at path, and creates it if nothing is there. It returns ErrLocked if another process has it,
// storage.ErrDamaged if what is there is no store or not all of one, and storage.ErrSchema if a newer program made it; in
// none of these cases is a byte of the file changed.
func Open(path string, opts Options) (*Engine, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Timeout == 0 {
		opts.Timeout = time.Second
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("bolt: create: %w", err)
	}
	e := &Engine{path: path, log: opts.Logger, hear: opts.Progress}
	if err := e.open(opts.Timeout); err != nil {
		return nil, fmt.Errorf("bolt: open %s: %w", path, err)
	}
	e.watchers.log = e.log
	e.room.file, e.room.log = e.file, e.log
	e.queue = newQueue(e.commit)
	return e, nil
}

func (e *Engine) open(timeout time.Duration) (err error) {
	if e.file, err = openFile(e.path, timeout); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// bbolt has closed it already, unless it panicked.
			_ = e.file.Close()
		}
	}()
	removeLeftovers(e.path)
	h, err := inspect(e.file)
	if err != nil {
		return err
	}
	e.pageSize = h.pageSize
	if err := walkSome(e.file, h, inspectedPages).run(context.Background()); err != nil {
		return err
	}
	return e.openBolt()
}

// openFile opens and locks the file, which must be a regular one that nobody else can read.
func openFile(path string, timeout time.Duration) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|noFollow, 0)
		if errors.Is(err, syscall.ELOOP) {
			return nil, errors.New("a symbolic link is not followed")
		}
		if err != nil {
			return nil, err
		}
		if err := errors.Join(private(f), local(f), lock(f, timeout)); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if isAt(f, path) {
			return f, nil
		}
		// Another file was put in its place while this one was waited for. What is written to this one would be lost.
		_ = f.Close()
	}
}

func isAt(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(opened, there)
}

func private(f *os.File) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("not a regular file")
	case info.Mode().Perm()&0o077 != 0:
		return f.Chmod(0o600)
	}
	return nil
}

// lock waits for the file's lock. The lock goes with the open file, and with the process at the latest.
func lock(f *os.File, timeout time.Duration) error {
	const pause = 20 * time.Millisecond
	for waited := time.Duration(0); ; waited += pause {
		ok, err := tryLock(f)
		if err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		if ok {
			return nil
		}
		if waited >= timeout {
			return ErrLocked
		}
		time.Sleep(pause)
	}
}

// openBolt hands the inspected file to bbolt.
func (e *Engine) openBolt() (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", storage.ErrDamaged, p)
		}
	}()
	size := mapSize
	if e.db, err = e.bolt(size); errors.Is(err, syscall.ENOMEM) {
		e.log.Warn("little address space: the file is mapped piece by piece")
		if e.file, err = openFile(e.path, time.Second); err != nil {
			return err
		}
		e.db, err = e.bolt(0)
	}
	if err != nil {
		return err
	}
	if err := e.db.View(e.readMeta); err != nil {
		return errors.Join(err, e.db.Close())
	}
	return nil
}

func (e *Engine) bolt(size int) (*bbolt.DB, error) {
	return bbolt.Open(e.path, 0o600, &bbolt.Options{
		OpenFile:        func(string, int, os.FileMode) (*os.File, error) { return e.file, nil },
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: size,
	})
}

// readMeta judges the format and reads the high-water time.
func (e *Engine) readMeta(tx *bbolt.Tx) error {
	b := tx.Bucket(metaBucket)
	if b == nil || len(b.Get(formatKey)) != 8 {
		return fmt.Errorf("%w: not a store of this program", storage.ErrDamaged)
	}
	if n := binary.BigEndian.Uint64(b.Get(formatKey)); n != format {
		return fmt.Errorf("%w: format %d, this program knows %d", storage.ErrSchema, n, format)
	}
	if v := b.Get(highWaterKey); len(v) == 8 {
		e.high.Store(int64(binary.BigEndian.Uint64(v)))
	} else if v != nil {
		return fmt.Errorf("%w: high-water time", storage.ErrDamaged)
	}
	return nil
}
