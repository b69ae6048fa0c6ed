package authority

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stage is a machine in a directory, whose programs are there by name and write down how they are called.
type stage struct {
	Machine
	t        *testing.T
	programs []string
	ran      []string
	fails    string // the program that fails
}

func newStage(t *testing.T, system string, programs ...string) *stage {
	t.Helper()
	root := t.TempDir()
	s := &stage{t: t, programs: programs}
	s.Machine = Machine{OS: system, Root: root, Home: filepath.Join(root, "home"), LookPath: s.look, Run: s.run}
	return s
}

func (s *stage) look(name string) (string, error) {
	if slices.Contains(s.programs, name) {
		return "/bin/" + name, nil
	}
	return "", exec.ErrNotFound
}

func (s *stage) run(command ...string) ([]byte, error) {
	if _, err := s.look(command[0]); err != nil {
		return nil, err
	}
	s.ran = append(s.ran, strings.Join(command, " "))
	if command[0] == s.fails {
		return []byte("no rights\n"), errors.New("exit status 1")
	}
	return nil, nil
}

func (s *stage) dir(path string) string {
	s.t.Helper()
	full := filepath.Join(s.Root, path)
	if err := os.MkdirAll(full, 0o755); err != nil {
		s.t.Fatal(err)
	}
	return full
}

func (s *stage) said(outcomes []Outcome) string {
	var b strings.Builder
	for _, o := range outcomes {
		fmt.Fprintf(&b, "%s|%s|", o.Store, o.Why)
		for _, list := range [][][]string{o.Done, o.Todo} {
			for _, words := range list {
				fmt.Fprintf(&b, "%s;", strings.Join(words, " "))
			}
			b.WriteByte('|')
		}
		b.WriteByte('\n')
	}
	return strings.ReplaceAll(b.String(), s.Root, "")
}

// Each system's own directory and command are used, and only they.
func TestInstall_SystemStores(t *testing.T) {
	a := open(t, t.TempDir(), newMachineTime())
	short := a.fingerprint()[:8]
	for dir, c := range map[string]struct{ file, install, uninstall string }{
		"/usr/local/share/ca-certificates":          {"signet-development-" + short + ".crt", "update-ca-certificates", "update-ca-certificates -f"},
		"/etc/pki/ca-trust/source/anchors":          {"signet-development-" + short + ".pem", "update-ca-trust extract", "update-ca-trust extract"},
		"/etc/ca-certificates/trust-source/anchors": {"signet-development-" + short + ".crt", "trust extract-compat", "trust extract-compat"},
		"/usr/share/pki/trust/anchors":              {"signet-development-" + short + ".pem", "update-ca-certificates", "update-ca-certificates -f"},
	} {
		s := newStage(t, "linux", "update-ca-certificates", "update-ca-trust", "trust")
		file := filepath.Join(s.dir(dir), c.file)
		for range 2 {
			if said := s.said(s.Install(a)); said != systemStore+"||install -m 644 "+a.Path()+" "+dir+"/"+c.file+";"+c.install+";||\n" {
				t.Errorf("%s: %s", dir, said)
			}
			if text, err := os.ReadFile(file); err != nil || string(text) != string(a.PEM()) {
				t.Errorf("%s: %v %s", file, err, text)
			}
		}
		for range 2 {
			if said := s.said(s.Uninstall(a)); said != systemStore+"||rm -f "+dir+"/"+c.file+";"+c.uninstall+";||\n" {
				t.Errorf("%s: %s", dir, said)
			}
			if _, err := os.Stat(file); !os.IsNotExist(err) {
				t.Errorf("%s is still there", file)
			}
		}
		if want := []string{c.install, c.install, c.uninstall, c.uninstall}; !slices.Equal(s.ran, want) {
			t.Errorf("%s: ran %v", dir, s.ran)
		}
	}
}

// What cannot be done is told with the commands that do it, and with what is missing.
func TestInstall_TellsWhatIsLeft(t *testing.T) {
	a := open(t, t.TempDir(), newMachineTime())
	s := newStage(t, "linux", "update-ca-certificates")
	s.fails = "update-ca-certificates"
	s.dir("/usr/local/share/ca-certificates")
	profile := s.dir("home/.mozilla/firefox/x y.default")
	if err := os.WriteFile(filepath.Join(profile, "cert9.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	outcomes := s.Install(a)
	if len(outcomes) != 2 {
		t.Fatalf("%+v", outcomes)
	}
	if o := outcomes[0]; !strings.Contains(o.Why, "no rights") || len(o.Todo) != 2 || o.Todo[0][0] != "sudo" || o.Todo[0][1] != "install" || strings.Join(o.Todo[1], " ") != "sudo update-ca-certificates" {
		t.Errorf("%+v", o)
	}
	if o := outcomes[1]; !strings.Contains(o.Why, "libnss3-tools") || len(o.Todo) != 1 || o.Todo[0][0] != "certutil" || !slices.Contains(o.Todo[0], "sql:"+profile) {
		t.Errorf("%+v", o)
	}
	nothing := newStage(t, "linux")
	if outcomes := nothing.Install(a); len(outcomes) != 1 || outcomes[0].Why == "" {
		t.Errorf("%+v", outcomes)
	}
}

func TestInstall_MacAndWindows(t *testing.T) {
	a := open(t, t.TempDir(), newMachineTime())
	mac := newStage(t, "darwin", "security")
	mac.Install(a)
	mac.Uninstall(a)
	login := mac.Home + "/Library/Keychains/login.keychain-db"
	want := []string{"security add-trusted-cert -r trustRoot -k " + login + " " + a.Path(), "security remove-trusted-cert " + a.Path(),
		"security delete-certificate -Z " + strings.ToUpper(a.fingerprint()) + " " + login}
	if !slices.Equal(mac.ran, want) {
		t.Errorf("%q", mac.ran)
	}
	windows := newStage(t, "windows", "certutil")
	windows.Install(a)
	windows.Uninstall(a)
	if want := []string{"certutil -user -addstore Root " + a.Path(), "certutil -user -delstore Root " + a.fingerprint()}; !slices.Equal(windows.ran, want) {
		t.Errorf("%q", windows.ran)
	}
}

// A real database of a browser takes the authority as one for servers, once, and gives it back.
func TestInstall_BrowserDatabase(t *testing.T) {
	if _, err := exec.LookPath("certutil"); err != nil {
		missing(t, "no certutil (libnss3-tools): make setup")
	}
	a := open(t, t.TempDir(), newMachineTime())
	s := newStage(t, "linux")
	s.LookPath = exec.LookPath
	s.Run = func(command ...string) ([]byte, error) {
		return exec.Command(command[0], command[1:]...).CombinedOutput()
	}
	dir := s.dir("home/.pki/nssdb")
	if said, err := s.Run("certutil", "-N", "--empty-password", "-d", "sql:"+dir); err != nil {
		t.Fatalf("%v %s", err, said)
	}
	list := func() string {
		said, err := s.Run("certutil", "-L", "-d", "sql:"+dir)
		if err != nil {
			t.Fatalf("%v %s", err, said)
		}
		return string(said)
	}
	for range 2 {
		if o := s.Install(a)[1]; o.Why != "" || len(o.Done) != 1 {
			t.Errorf("%+v", o)
		}
		if text := list(); strings.Count(text, a.Name()) != 1 || !strings.Contains(text, "C,,") {
			t.Errorf("%s", text)
		}
	}
	if o := s.Uninstall(a)[1]; o.Why != "" || len(o.Done) != 1 {
		t.Errorf("%+v", o)
	}
	if o := s.Uninstall(a)[1]; o.Why != "" || len(o.Done) != 0 {
		t.Errorf("%+v", o)
	}
	if text := list(); strings.Contains(text, a.Name()) {
		t.Errorf("%s", text)
	}
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip("NOT TESTED: " + what)
}
