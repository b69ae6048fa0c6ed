package bolt

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// allocate gives the file blocks from off on, and length if it was shorter. errors.ErrUnsupported says that the file system
// cannot.
func allocate(f *os.File, off, size int64) error {
	return retry(func() error { return unix.Fallocate(int(f.Fd()), 0, off, size) })
}

// networks are file systems on which locks and memory maps of two machines do not know of each other.
var networks = map[int64]string{
	unix.NFS_SUPER_MAGIC:  "NFS",
	unix.SMB_SUPER_MAGIC:  "SMB",
	unix.SMB2_SUPER_MAGIC: "SMB",
	unix.CIFS_SUPER_MAGIC: "CIFS",
	unix.AFS_SUPER_MAGIC:  "AFS",
	unix.CODA_SUPER_MAGIC: "Coda",
}

// local refuses a file on another machine.
func local(f *os.File) error {
	var s unix.Statfs_t
	if err := retry(func() error { return unix.Fstatfs(int(f.Fd()), &s) }); err != nil {
		return fmt.Errorf("file system: %w", err)
	}
	if name, ok := networks[int64(s.Type)]; ok {
		return fmt.Errorf("a store cannot be on a network file system (%s): use a local disk, or PostgreSQL", name)
	}
	return nil
}
