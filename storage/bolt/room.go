package bolt

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"
)

// reserve is how much of the file is kept allocated on the disk beyond what bbolt uses. When the disk is full it is what
// deletes and replacements are written into, so that revoking goes on when issuing cannot.
const reserve = 4 << 20

// room keeps the reserve. The file is extended by real blocks before bbolt needs them, so a full disk shows here, while
// nothing is at stake, and not in the middle of a commit.
type room struct {
	file *os.File
	log  *slog.Logger
	// allocated is up to where the file is known to have blocks.
	allocated int64
	// unsupported is set where the file system cannot promise blocks; then bbolt finds out itself.
	unsupported bool
	// full is set while the reserve cannot be kept.
	full atomic.Bool
}

// tight tells whether new records must be refused, after trying to keep the reserve: size is how much of the file bbolt
// uses, and free how much of that it can use again. The error is that of a failed sync.
func (r *room) tight(size, free int64) (bool, error) {
	if r.unsupported || r.allocated-size >= reserve {
		return false, nil
	}
	err := r.extend(size)
	left := max(r.allocated-size, 0)
	if r.unsupported || left >= reserve {
		return false, err
	}
	if !r.full.Swap(true) {
		r.log.Error("disk full: new records are refused, reads and deletes go on", "file", r.file.Name())
	}
	// A file with many free pages has room of its own.
	return left+free < reserve+maxGroupBytes, err
}

// extend tries to have the reserve beyond size, and then some; or else to know how much there is.
func (r *room) extend(size int64) error {
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	for _, to := range []int64{size + reserve + min(max(size/8, reserve), 16*reserve), size + reserve, info.Size()} {
		if to <= size {
			continue
		}
		err := allocate(r.file, size, to-size)
		if err == nil {
			return r.extended(size, to)
		}
		if errors.Is(err, errors.ErrUnsupported) {
			r.unsupported = true
			r.log.Warn("file system cannot reserve space: on a full disk, deleting may fail too")
			return nil
		}
	}
	return nil
}

func (r *room) extended(size, to int64) error {
	r.allocated = to
	if to-size >= reserve && r.full.Swap(false) {
		r.log.Info("disk has room again", "file", r.file.Name())
	}
	// The new length must be on disk before a page beyond the old one is referred to.
	if err := r.file.Sync(); err != nil && !diskFull(err) {
		return fmt.Errorf("extend file: %w", err)
	}
	return nil
}

// retry repeats a system call that a signal interrupted.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
