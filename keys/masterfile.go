package keys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxMasterFile is more than a file with 255 keys and some comments needs.
const maxMasterFile = 64 << 10

// LoadMaster reads a master key file. It returns an error that wraps fs.ErrNotExist if there is none, or an ErrMaster that
// tells what to do if others may read it or its content is not sound.
func LoadMaster(path string) (*Master, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMaster, err)
	}
	defer f.Close()
	if err := checkMode(f); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxMasterFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrMaster, err)
	case len(text) > maxMasterFile:
		return nil, fmt.Errorf("%w: %s: larger than %d bytes", ErrMaster, path, maxMasterFile)
	}
	m, err := ParseMaster(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// checkMode looks at the opened file, not at its name, so that nothing can be exchanged between look and use.
func checkMode(f *os.File) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrMaster, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s: not a regular file", ErrMaster, f.Name())
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%w: %s: mode %04o lets others at it; run: chmod 600 %s", ErrMaster, f.Name(), info.Mode().Perm(), f.Name())
	}
	return nil
}

// LoadOrCreateMaster reads the master key file, or makes one, readable by its owner alone, if there is none; created tells
// which. Of several processes that find none at the same time one creates it and all return the same.
//
// A caller that has data already should use LoadMaster: a new master key would not open them.
func LoadOrCreateMaster(path string, rand io.Reader) (m *Master, created bool, err error) {
	m, err = LoadMaster(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return m, false, err
	}
	m, err = GenerateMaster(rand)
	if err != nil {
		return nil, false, err
	}
	err = m.write(path, os.Link)
	switch {
	case errors.Is(err, fs.ErrExist):
		m, err = LoadMaster(path)
		return m, false, err
	case err != nil:
		return nil, false, err
	}
	return m, true, nil
}

// Save replaces the file by this Master in one step, after Add or Remove: a crash leaves the old file or the new one.
func (m *Master) Save(path string) error { return m.write(path, os.Rename) }

// write puts a complete file under its name with place: os.Link never overwrites, os.Rename always does.
func (m *Master) write(path string, place func(from, to string) error) error {
	dir := filepath.Dir(path)
	temp, err := writeTemp(dir, m.Encode())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMaster, err)
	}
	defer os.Remove(temp)
	if err := place(temp, path); err != nil {
		return fmt.Errorf("%w: %w", ErrMaster, err)
	}
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("%w: %w", ErrMaster, err)
	}
	return nil
}

// writeTemp writes a file that is on disk when it returns. os.CreateTemp makes it with mode 0600 whatever the umask.
func writeTemp(dir string, content []byte) (name string, err error) {
	f, err := os.CreateTemp(dir, ".master-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// syncDir makes a new name in a directory last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
