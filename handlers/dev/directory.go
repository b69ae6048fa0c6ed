package dev

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// marker is the file by which a development directory is known.
const marker = "development"

const markerText = "This directory belongs to signet dev, which may remove it with all that is in it: signet dev reset.\n"

// Directory is where a development server keeps its data.
type Directory struct {
	// Path is as it was given.
	Path string
	// Temporary directories are removed in the end.
	Temporary bool
}

// IsDevelopment tells whether a directory is marked as one of development mode.
func IsDevelopment(path string) bool {
	info, err := os.Lstat(filepath.Join(path, marker))
	return err == nil && info.Mode().IsRegular()
}

// OpenDirectory returns a development directory, and makes it if there is none. One that holds anything and is not
// marked is refused: its data might be somebody's.
func OpenDirectory(path string) (*Directory, error) {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("dev: data directory: %w", err)
	case len(entries) > 0 && !IsDevelopment(path):
		return nil, notOurs(path)
	}
	return mark(&Directory{Path: path})
}

// TemporaryDirectory makes a directory that Close removes.
func TemporaryDirectory() (*Directory, error) {
	path, err := os.MkdirTemp("", "signet-dev-")
	if err != nil {
		return nil, fmt.Errorf("dev: data directory: %w", err)
	}
	return mark(&Directory{Path: path, Temporary: true})
}

// mark makes a directory one of development mode, which version control leaves alone: it holds keys.
func mark(d *Directory) (*Directory, error) {
	if err := os.MkdirAll(d.Path, 0o700); err != nil {
		return nil, fmt.Errorf("dev: data directory: %w", err)
	}
	if IsDevelopment(d.Path) {
		return d, nil
	}
	for _, f := range [][2]string{{marker, markerText}, {".gitignore", "*\n"}} {
		if err := os.WriteFile(d.file(f[0]), []byte(f[1]), 0o600); err != nil {
			return nil, fmt.Errorf("dev: data directory: %w", err)
		}
	}
	return d, nil
}

func notOurs(path string) error {
	return fmt.Errorf("%w: %s is not a development directory (it lacks the file %q) and was left as it is", ErrRefused, path, marker)
}

// RemoveDirectory removes a development directory with all that is in it, and tells whether there was one. It refuses a
// directory that is not marked.
func RemoveDirectory(path string) (bool, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if !IsDevelopment(path) {
		return false, notOurs(path)
	}
	if err := os.RemoveAll(path); err != nil {
		return false, fmt.Errorf("dev: data directory: %w", err)
	}
	return true, nil
}

// Close removes a temporary directory.
func (d *Directory) Close() error {
	if !d.Temporary {
		return nil
	}
	return os.RemoveAll(d.Path)
}

func (d *Directory) file(name string) string { return filepath.Join(d.Path, name) }
