package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"signet/e2e"
)

// A browser that was told to trust the development authority, and nothing else, finds nothing to complain of: neither in the
// playground nor in an application that speaks TLS to the provider.
func TestBrowser_DevelopmentWithTLS(t *testing.T) {
	provider := e2e.Development(t, "--tls")
	trust(t, provider)
	t.Setenv("HOME", provider.Home)
	browser := launch(t)
	t.Run("playground", func(t *testing.T) { playground(person(t, browser), run(t, provider, "playground")) })
	t.Run("pick", func(t *testing.T) { pick(person(t, browser), run(t, provider, "pick")) })
}

// trust installs the provider's authority as its user would. The system's own store is out of reach: its program is not on the
// path.
func trust(t *testing.T, provider *e2e.Provider) {
	t.Helper()
	certutil, err := exec.LookPath("certutil")
	if err != nil {
		e2e.Missing(t, "no certutil (libnss3-tools): make setup")
	}
	database, programs := filepath.Join(provider.Home, ".pki/nssdb"), t.TempDir()
	if err := os.MkdirAll(database, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(certutil, filepath.Join(programs, "certutil")); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{certutil, "-N", "--empty-password", "-d", "sql:" + database}, {e2e.Build(t, "signet"), "dev", "trust"}} {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Env = append(os.Environ(), append(provider.HomeEnv(), "PATH="+programs)...)
		said, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); err != nil && code != 2 { // 2: the system's store was left alone
			t.Fatalf("%v: %v\n%s", command, err, said)
		}
	}
}
