package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// ErrNotInstalled says that the machine has no PostgreSQL server.
var ErrNotInstalled = errors.New("pgtest: no PostgreSQL server is installed, neither in PATH nor in /usr/lib/postgresql/*/bin: " +
	"install it with \"apt-get install postgresql\", \"dnf install postgresql-server\" or \"brew install postgresql\"")

// needed are the programs that a server is made and run with.
var needed = []string{"initdb", "postgres"}

// binaries returns the directory of the server's programs, of the newest version where there are several.
func binaries() (string, error) {
	places, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(places, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		places = append([]string{filepath.Dir(path)}, places...)
	}
	for _, dir := range places {
		if complete(dir) {
			return dir, nil
		}
	}
	return "", ErrNotInstalled
}

func complete(dir string) bool {
	for _, name := range needed {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

// version is the 15 of /usr/lib/postgresql/15/bin, or 0.
func version(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}
