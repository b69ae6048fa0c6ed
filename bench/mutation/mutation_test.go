package mutation

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// How many faults are tried: each costs building and testing the program anew. Which ones moves on with the day, so that all
// have their turn; SIGNET_FAULTS=all tries every one.
const (
	daily = 16
	short = 4
)

func TestEveryFaultIsNoticed(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range chosen() {
		t.Run(f.name, func(t *testing.T) { f.try(t, root) })
	}
}

// chosen are the faults of the day.
func chosen() []fault {
	n := daily
	if testing.Short() {
		n = short
	}
	if n >= len(faults) || os.Getenv("SIGNET_FAULTS") == "all" {
		return faults
	}
	first := int(time.Now().Unix()/86400) * n % len(faults)
	return append(faults[first:len(faults):len(faults)], faults[:first]...)[:n]
}

// TestFaultsAreStillFaults keeps the list in step with the program.
func TestFaultsAreStillFaults(t *testing.T) {
	for _, f := range faults {
		text, err := os.ReadFile(filepath.Join("../..", f.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), f.find); n != 1 {
			t.Errorf("%s: %q stands %d times in %s, want once", f.name, f.find, n, f.file)
		}
	}
}

// try builds and tests the program with the fault laid over the file. Tests must run and fail: a fault that does not compile
// proves nothing.
func (f fault) try(t *testing.T, root string) {
	overlay := f.overlay(t, root)
	cmd := exec.Command("go", "test", "-short", "-failfast", "-overlay", overlay, f.tests)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		t.Errorf("nobody noticed: %s: %q for %q", f.file, f.put, f.find)
	case !errors.As(err, &exit):
		t.Fatal(err)
	case !bytes.Contains(out, []byte("--- FAIL")):
		t.Errorf("no test failed, but:\n%s", out)
	}
}

// overlay writes the changed file and what tells the compiler to take it.
func (f fault) overlay(t *testing.T, root string) string {
	t.Helper()
	path := filepath.Join(root, f.file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	changed := filepath.Join(dir, "changed.go")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), f.find, f.put, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}
