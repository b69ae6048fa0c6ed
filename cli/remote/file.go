package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Logins are the logins that a user has, by issuer.
type Logins struct {
	// Current is the issuer that commands mean if none is named: the last one signed in to.
	Current string            `json:"current,omitempty"`
	Servers map[string]*Login `json:"servers"`
}

// DefaultFile is where a user's logins are kept.
func DefaultFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("remote: %w", err)
	}
	return filepath.Join(dir, "signet", "login.json"), nil
}

// Read reads the logins; a file that is not there has none. One that others may read is refused: the tokens in it are as good as
// a password.
func Read(path string) (*Logins, error) {
	l := &Logins{Servers: map[string]*Login{}}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("remote: logins: %w", err)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return nil, fmt.Errorf("remote: %s can be read by others (mode %04o): run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, l)
	}
	if err != nil {
		return nil, fmt.Errorf("remote: logins: %s: %w", path, err)
	}
	for issuer, login := range l.Servers {
		if login == nil {
			delete(l.Servers, issuer)
		}
	}
	return l, nil
}

// Write replaces the file, whole or not at all; nobody but its owner can read it.
func (l *Logins) Write(path string) error {
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return fmt.Errorf("remote: logins: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("remote: logins: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".login-*") // mode 0600
	if err != nil {
		return fmt.Errorf("remote: logins: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("remote: logins: %w", err)
	}
	return nil
}

// Keep adds a login, or replaces the one to the same issuer, and makes it the current one.
func (l *Logins) Keep(issuer string, login *Login) {
	l.Servers[issuer], l.Current = login, issuer
}

// Forget removes a login.
func (l *Logins) Forget(issuer string) {
	delete(l.Servers, issuer)
	if l.Current == issuer {
		l.Current = ""
	}
}

// Find returns the login to an issuer, or to the current one if none is named; if there is only one, it is that.
func (l *Logins) Find(issuer string) (string, *Login) {
	if issuer == "" {
		issuer = l.Current
	}
	if issuer == "" && len(l.Servers) == 1 {
		for only := range l.Servers {
			issuer = only
		}
	}
	return issuer, l.Servers[issuer]
}
