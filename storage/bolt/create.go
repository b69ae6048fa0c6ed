package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	bbolt "go.etcd.io/bbolt"
)

// format is the number of the layout that doc.go describes. A file with a greater one was made by a newer program.
const format = 1

// create makes an empty store at path if nothing is there. It is made beside, complete and synced, and then linked to its
// name: so at every moment there is either nothing at path or a whole store, and of two processes that create at once one
// finds the other's.
func create(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	temp, err := beside(path)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err = initialize(temp); err == nil {
		err = os.Link(temp, path)
	}
	if err != nil {
		if _, missing := os.Lstat(path); missing != nil {
			return err
		}
	}
	return syncPath(filepath.Dir(path))
}

// beside makes an empty private file in the directory of path.
func beside(path string) (string, error) {
	temp, err := os.CreateTemp(filepath.Dir(path), leftovers(path))
	if err != nil {
		return "", err
	}
	return temp.Name(), errors.Join(temp.Chmod(0o600), temp.Close())
}

// leftovers is the pattern of names of files that are not yet what they shall be.
func leftovers(path string) string { return "." + filepath.Base(path) + ".new-*" }

// removeLeftovers removes what an interrupted create or Compact has left; path must be locked. It may take a file from
// under a create that is at work in another process, which then finds the store that is there.
func removeLeftovers(path string) {
	dir := filepath.Dir(path)
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		if strings.HasPrefix(f.Name(), strings.TrimSuffix(leftovers(path), "*")) {
			_ = os.Remove(filepath.Join(dir, f.Name()))
		}
	}
}

// initialize writes what every store has.
func initialize(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		return b.Put(formatKey, binary.BigEndian.AppendUint64(nil, format))
	})
	return errors.Join(err, db.Close(), syncPath(path))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}
