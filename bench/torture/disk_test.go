package torture

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// recovery is how soon writes succeed after the disk has room again.
const recovery = 5 * time.Second

// diskSize is that of the small disk. The program keeps some megabytes in reserve.
const diskSize = "24m"

// small runs the rest of its arguments in a mount namespace in which $1 is a small disk.
const small = `mount -t tmpfs -o size=` + diskSize + ` none "$1" && shift && exec "$@"`

// startOnSmallDisk runs a server whose data directory is on a small disk, and returns that disk's directory as it is seen
// from here.
func startOnSmallDisk(s *server) (disk string) {
	s.t.Helper()
	mount := s.t.TempDir()
	if out, err := exec.Command("unshare", "-Urm", "sh", "-c", small, "sh", mount, "true").CombinedOutput(); err != nil {
		why := fmt.Sprintf("no small file system can be mounted: %v: %s", err, out)
		if os.Getenv("CI") == "true" {
			s.t.Fatal(why)
		}
		s.t.Skip("NOT TESTED: " + why)
	}
	path, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	s.configure("[storage]", fmt.Sprintf("data_dir = %q", filepath.Join(mount, "data")))
	s.launch(exec.Command("unshare", "-Urm", "sh", "-c", small, "sh", mount, path, "serve", "--config", s.config()))
	disk = fmt.Sprintf("/proc/%d/root%s", s.cmd.Process.Pid, mount)
	if err := os.Symlink(filepath.Join(disk, "data"), filepath.Join(s.dir, "data")); err != nil {
		s.t.Fatal(err)
	}
	return disk
}

// fillDisk writes a file until there is no room left.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		n, err := f.Write(make([]byte, size))
		switch {
		case errors.Is(err, syscall.ENOSPC) && n == 0:
			size /= 2
		case err != nil && !errors.Is(err, syscall.ENOSPC):
			t.Fatal(err)
		}
	}
}

// TestDisk_Full fills the disk under a running server. What is only read goes on, so does revoking; what would write is told
// to come again, and nothing of it is done; soon after there is room again everything works.
func TestDisk_Full(t *testing.T) {
	t.Parallel()
	s := newServer(t, "", "")
	disk := startOnSmallDisk(s)
	filler := filepath.Join(disk, "filler")
	jar := s.signIn()
	var living []issued
	for _, code := range s.codes(jar, 6) {
		living = append(living, s.redeem(code))
	}
	for round := range 3 {
		fillDisk(t, filler)
		written := s.writeUntilRefused(t, round)
		code := s.codes(jar, 1)[0]
		s.refuses(t, jar, code)
		s.readsGoOn(t, living[0])
		doomed := living[len(living)-1]
		living = living[:len(living)-1]
		if _, status, err := s.post("/revoke", url.Values{"token": {doomed.Refresh}}); err != nil || status != http.StatusOK {
			t.Errorf("revoke on a full disk: status %d, %v", status, err)
		}
		if answer, _, err := s.post("/introspect", url.Values{"token": {doomed.Access}}); err != nil || answer.Active {
			t.Errorf("a token is alive though it was revoked: %v", err)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		for status := 0; status != http.StatusOK; time.Sleep(20 * time.Millisecond) {
			var err error
			if _, status, err = s.token(codeForm(code)); err != nil || time.Since(begin) > recovery {
				t.Fatalf("round %d: %s after there is room: status %d, %v\n%s", round, time.Since(begin), status, err, s.log)
			}
		}
		t.Logf("round %d: full after %d large records, back after %s", round, written, time.Since(begin).Round(time.Millisecond))
	}
	s.signal(syscall.SIGTERM)
	if code := s.exit(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, s.log)
	}
}

// writeUntilRefused adds clients with many addresses until one is refused for want of room, and returns how many there were:
// the program writes into what it has before it refuses.
func (s *server) writeUntilRefused(t *testing.T, round int) int {
	t.Helper()
	addresses := make([]string, 2000)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("https://app.example.test/%0100d", i)
	}
	for n := range 1000 {
		status, err := s.admin(http.MethodPost, "/clients", map[string]any{"client_id": fmt.Sprintf("large-%d-%d", round, n), "redirect_uris": addresses})
		switch {
		case err != nil:
			t.Fatal(err)
		case status == http.StatusServiceUnavailable:
			return n
		case status != http.StatusOK:
			t.Fatalf("a large client: status %d", status)
		}
	}
	t.Fatal("the disk does not get full")
	return 0
}

// refuses tries what would write: a code, and a sign-in.
func (s *server) refuses(t *testing.T, jar http.CookieJar, code string) {
	t.Helper()
	login := s.browse(nil, "/login")
	for path, form := range map[string]url.Values{
		"/token": codeForm(code),
		"/login": {"identifier": {"ada"}, "password": {password}, "form_token": {login.Field("login", "form_token")}},
	} {
		r, err := http.NewRequest(http.MethodPost, s.issuer+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if path == "/token" {
			r.SetBasicAuth(clientID, clientSecret)
		} else {
			r.Header.Set("Cookie", cookieLine(s, login.Jar))
		}
		resp, body, err := s.send(r)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || len(resp.Cookies()) > 0 {
			t.Errorf("%s on a full disk: status %d, %v\n%.300s", path, resp.StatusCode, resp.Header, body)
		}
	}
	if s.codes(jar, 1)[0] == "" {
		t.Error("no code for who is signed in already")
	}
}

// readsGoOn asks for what writes nothing.
func (s *server) readsGoOn(t *testing.T, living issued) {
	t.Helper()
	for _, path := range append(documents, "/healthz", "/login") {
		resp, err := s.http.Get(s.issuer + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s on a full disk: status %d", path, resp.StatusCode)
		}
	}
	if answer, status, err := s.post("/introspect", url.Values{"token": {living.Access}}); err != nil || status != http.StatusOK || !answer.Active {
		t.Errorf("introspection on a full disk: status %d, %v, %v", status, answer, err)
	}
}
