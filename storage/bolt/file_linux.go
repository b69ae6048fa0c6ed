package bolt

import (
	"os"

	"golang.org/x/sys/unix"
)

// allocate gives the file blocks from off on, and length if it was shorter. errors.ErrUnsupported says that the file system
// cannot.
func allocate(f *os.File, off, size int64) error {
	return retry(func() error { return unix.Fallocate(int(f.Fd()), 0, off, size) })
}
