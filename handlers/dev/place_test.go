package dev_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signet/handlers/dev"
)

func TestCheckIssuer(t *testing.T) {
	for issuer, allowed := range map[string]bool{
		"http://localhost:8080":          true,
		"https://localhost":              true,
		"http://signet.localhost:8080":   true,
		"http://127.0.0.1:8080/tenant":   true,
		"http://[::1]:8080":              true,
		"https://id.example.com":         false,
		"http://192.168.1.5:8080":        false,
		"http://localhost.example.com":   false,
		"http://localhost@example.com":   false,
		"http://127.0.0.1.example.com":   false,
		"http://[fe80::1]:8080":          false,
		"http://0.0.0.0:8080":            false,
		"":                               false,
		"http://%zz":                     false,
		"http://example.com/#@localhost": false,
	} {
		if err := dev.CheckIssuer(issuer); (err == nil) != allowed || err != nil && !errors.Is(err, dev.ErrRefused) {
			t.Errorf("issuer %s: %v, want allowed %v", issuer, err, allowed)
		}
	}
}

func TestCheckListen(t *testing.T) {
	for address, open := range map[string]bool{
		"127.0.0.1:8080": false, "[::1]:0": false, "localhost:8080": false, "127.1.2.3:80": false,
		"0.0.0.0:8080": true, ":8080": true, "[::]:8080": true, "192.168.1.5:8080": true, "id.example.com:443": true,
	} {
		exposed, err := dev.CheckListen(address, false)
		if exposed != open || errors.Is(err, dev.ErrRefused) != open {
			t.Errorf("%s: exposed %v, %v; want %v", address, exposed, err, open)
		}
		if exposed, err := dev.CheckListen(address, true); exposed != open || err != nil {
			t.Errorf("%s with --expose: exposed %v, %v; want %v", address, exposed, err, open)
		}
	}
	if _, err := dev.CheckListen("localhost", true); err == nil {
		t.Error("an address without a port is taken")
	}
}

// New refuses where it must not be, whatever its caller has forgotten to check.
func TestNew_Refuses(t *testing.T) {
	dir, err := dev.OpenDirectory(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	production := t.TempDir()
	for name, c := range map[string]dev.Config{
		"public issuer":        {Issuer: "https://id.example.com", Directory: dir, Clock: time.Now},
		"no directory":         {Issuer: issuer, Clock: time.Now},
		"production directory": {Issuer: issuer, Clock: time.Now, Directory: &dev.Directory{Path: production}},
	} {
		if _, err := dev.New(c); !errors.Is(err, dev.ErrRefused) {
			t.Errorf("%s: %v, want refused", name, err)
		}
	}
	if entries, err := os.ReadDir(production); err != nil || len(entries) != 0 {
		t.Errorf("something was written to the production directory: %v %v", entries, err)
	}
}

func TestDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	for range 2 { // new, and found again
		if _, err := dev.OpenDirectory(path); err != nil || !dev.IsDevelopment(path) {
			t.Fatalf("%v", err)
		}
	}
	if removed, err := dev.RemoveDirectory(path); !removed || err != nil {
		t.Errorf("removed %v, %v", removed, err)
	}
	if removed, err := dev.RemoveDirectory(path); removed || err != nil {
		t.Errorf("again: removed %v, %v", removed, err)
	}
}

// A directory with anything that development mode has not put there is neither used nor removed.
func TestDirectory_RefusesOthers(t *testing.T) {
	for _, name := range []string{"signet.db", "master.key", "thesis.tex"} {
		path := t.TempDir()
		file := filepath.Join(path, name)
		if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := dev.OpenDirectory(path); !errors.Is(err, dev.ErrRefused) {
			t.Errorf("%s: opened: %v", name, err)
		}
		if _, err := dev.RemoveDirectory(path); !errors.Is(err, dev.ErrRefused) {
			t.Errorf("%s: removed: %v", name, err)
		}
		if text, err := os.ReadFile(file); string(text) != "precious" || err != nil {
			t.Errorf("%s: %q %v", name, text, err)
		}
		if dev.IsDevelopment(path) {
			t.Errorf("%s: was marked", name)
		}
	}
	if _, err := dev.OpenDirectory(filepath.Join(t.TempDir(), "file", "below")); err != nil {
		t.Errorf("a path that is not there: %v", err)
	}
}

func TestTemporaryDirectory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir, err := dev.TemporaryDirectory()
	if err != nil || !dev.IsDevelopment(dir.Path) {
		t.Fatal(err)
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir.Path); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir.Path, err)
	}
}
