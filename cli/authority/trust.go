package authority

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Machine is where an authority is installed: the stores that its programs look into.
type Machine struct {
	// OS is that of runtime.GOOS.
	OS string
	// Root stands before the paths of system stores; empty on a real machine.
	Root string
	// Home is the user's home directory.
	Home string
	// LookPath finds a program, as exec.LookPath does; Run runs one and returns what it said.
	LookPath func(name string) (string, error)
	Run      func(command ...string) ([]byte, error)
}

// Outcome is what was done to one store.
type Outcome struct {
	// Store says in words which.
	Store string `json:"store"`
	// Done is what was done, as commands that do the same. None, and no Why: there was nothing to do.
	Done [][]string `json:"done,omitempty"`
	// Why says why it could not be done, Todo the commands with which the user can do it.
	Why  string     `json:"why,omitempty"`
	Todo [][]string `json:"todo,omitempty"`
}

// step is a command to run, or a file to copy or remove before.
type step struct {
	copyTo  string
	remove  string
	command []string
}

// Install makes the machine's programs trust the authority. What needs more rights than the process has is not done, but
// told. Doing it twice changes nothing.
func (m Machine) Install(a *Authority) []Outcome { return m.all(a, true) }

// Uninstall takes the authority out of all stores again.
func (m Machine) Uninstall(a *Authority) []Outcome { return m.all(a, false) }

func (m Machine) all(a *Authority, install bool) []Outcome {
	switch m.OS {
	case "darwin":
		return []Outcome{m.do(a, "the login keychain", m.keychain(a, install))}
	case "windows":
		return []Outcome{m.do(a, "the user's certificate store", windowsStore(a, install))}
	}
	outcomes := []Outcome{m.system(a, install)}
	for _, dir := range m.databases() {
		outcomes = append(outcomes, m.database(a, dir, install))
	}
	return outcomes
}

// do takes steps until one fails. Then all of them are told: each can be taken twice.
func (m Machine) do(a *Authority, store string, steps []step) Outcome {
	out := Outcome{Store: store}
	for _, s := range steps {
		if err := m.take(a, s); err != nil {
			out.Why = err.Error()
			for _, s := range steps {
				out.Todo = append(out.Todo, append(asRoot(store), s.words(a)...))
			}
			return out
		}
		out.Done = append(out.Done, s.words(a))
	}
	return out
}

// asRoot is what stands before commands about a store that belongs to the whole machine.
func asRoot(store string) []string {
	if store == systemStore {
		return []string{"sudo"}
	}
	return nil
}

func (m Machine) take(a *Authority, s step) error {
	switch {
	case s.copyTo != "":
		return os.WriteFile(s.copyTo, a.PEM(), 0o644)
	case s.remove != "":
		if err := os.Remove(s.remove); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	said, err := m.Run(s.command...)
	if err != nil {
		return fmt.Errorf("%s: %w: %s", s.command[0], err, bytes.TrimSpace(said))
	}
	return nil
}

// words is the step as a command.
func (s step) words(a *Authority) []string {
	switch {
	case s.copyTo != "":
		return []string{"install", "-m", "644", a.Path(), s.copyTo}
	case s.remove != "":
		return []string{"rm", "-f", s.remove}
	}
	return s.command
}

const systemStore = "the system's certificates"

// anchors are the directories in which systems look for certificates of their administrators, and what then must be run.
var anchors = []struct {
	dir, suffix        string
	install, uninstall []string
}{
	{"/usr/local/share/ca-certificates", ".crt", []string{"update-ca-certificates"}, []string{"update-ca-certificates", "-f"}},      // Debian, Ubuntu, Alpine
	{"/etc/pki/ca-trust/source/anchors", ".pem", []string{"update-ca-trust", "extract"}, []string{"update-ca-trust", "extract"}},    // Fedora and its kin
	{"/etc/ca-certificates/trust-source/anchors", ".crt", []string{"trust", "extract-compat"}, []string{"trust", "extract-compat"}}, // Arch
	{"/usr/share/pki/trust/anchors", ".pem", []string{"update-ca-certificates"}, []string{"update-ca-certificates", "-f"}},          // openSUSE
}

func (m Machine) system(a *Authority, install bool) Outcome {
	for _, place := range anchors {
		dir := filepath.Join(m.Root, place.dir)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		if _, err := m.LookPath(place.install[0]); err != nil {
			continue
		}
		file := filepath.Join(dir, "signet-development-"+a.fingerprint()[:8]+place.suffix)
		if install {
			return m.do(a, systemStore, []step{{copyTo: file}, {command: place.install}})
		}
		return m.do(a, systemStore, []step{{remove: file}, {command: place.uninstall}})
	}
	return Outcome{Store: systemStore, Why: "none of the directories is there that signet knows"}
}

// databasePlaces are where browsers keep certificate databases (NSS) below a home directory.
var databasePlaces = []string{
	".pki/nssdb", ".local/share/pki/nssdb", "snap/chromium/current/.pki/nssdb", ".mozilla/firefox/*", "snap/firefox/common/.mozilla/firefox/*",
	".var/app/org.mozilla.firefox/.mozilla/firefox/*",
}

func (m Machine) databases() []string {
	var dirs []string
	for _, place := range databasePlaces {
		files, _ := filepath.Glob(filepath.Join(m.Home, place, "cert9.db"))
		for _, file := range files {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	return dirs
}

func (m Machine) database(a *Authority, dir string, install bool) Outcome {
	store := "the browser's certificates in " + dir
	if install {
		add := step{command: []string{"certutil", "-A", "-d", "sql:" + dir, "-t", "C,,", "-n", a.Name(), "-i", a.Path()}}
		return m.needing("certutil", m.do(a, store, []step{add}))
	}
	if _, err := m.Run("certutil", "-L", "-d", "sql:"+dir, "-n", a.Name()); err != nil && m.has("certutil") {
		return Outcome{Store: store} // it is not in there
	}
	return m.needing("certutil", m.do(a, store, []step{{command: []string{"certutil", "-D", "-d", "sql:" + dir, "-n", a.Name()}}}))
}

func (m Machine) has(program string) bool {
	_, err := m.LookPath(program)
	return err == nil
}

// needing says where a program that is missing comes from.
func (m Machine) needing(program string, out Outcome) Outcome {
	if out.Why != "" && !m.has(program) {
		out.Why = program + " is not there; it is in the package libnss3-tools (Debian), nss-tools (Fedora) or nss (Arch)"
	}
	return out
}

func (m Machine) keychain(a *Authority, install bool) []step {
	login := filepath.Join(m.Home, "Library/Keychains/login.keychain-db")
	if install {
		return []step{{command: []string{"security", "add-trusted-cert", "-r", "trustRoot", "-k", login, a.Path()}}}
	}
	return []step{
		{command: []string{"security", "remove-trusted-cert", a.Path()}},
		{command: []string{"security", "delete-certificate", "-Z", strings.ToUpper(a.fingerprint()), login}},
	}
}

func windowsStore(a *Authority, install bool) []step {
	if install {
		return []step{{command: []string{"certutil", "-user", "-addstore", "Root", a.Path()}}}
	}
	return []step{{command: []string{"certutil", "-user", "-delstore", "Root", a.fingerprint()}}}
}

// fingerprint is how stores name a certificate: SHA-1, which is no proof of anything here.
func (a *Authority) fingerprint() string { return fmt.Sprintf("%x", sha1.Sum(a.cert.Raw)) }
