package torture

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"signet/handlers/robot"
)

const (
	clientID     = "torture"
	clientSecret = "a-secret-for-torture-that-is-long-enough-0123456789"
	callback     = "http://127.0.0.1/callback"
	password     = "the password of ada"
)

// binary builds the program once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "signet-torture-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "signet")
	out, err := exec.Command("go", "build", "-o", path, "signet").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// server is a running binary. It is killed and started again on the same data.
type server struct {
	t         *testing.T
	dir, addr string
	issuer    string
	cmd       *exec.Cmd
	log       *journal
	http      *http.Client
	// trust is whom its client trusts to certify it.
	trust *x509.CertPool
}

// newServer writes the configuration of a server at a free port. issuer is its own address if it is empty.
func newServer(t *testing.T, issuer, storage string) *server {
	t.Helper()
	addr := freeAddress(t)
	if issuer == "" {
		issuer = "http://" + addr
	}
	s := &server{t: t, dir: t.TempDir(), addr: addr, issuer: issuer, log: &journal{}}
	text := fmt.Sprintf(`issuer = %q
[server]
listen = %q
[storage]
data_dir = %q
%s
[tokens]
refresh_grace = "0s"
[passwords]
memory = "8MiB"
time = 1
[limits]
login_account = "off"
login_address = "off"
[[user]]
name = "ada"
email = "ada@example.test"
password = %q
[[client]]
id = %q
secret = %q
trusted = true
rotate_refresh = true
id_token_alg = "ES256"
redirect_uris = [%q]
`, issuer, addr, filepath.Join(s.dir, "data"), storage, password, clientID, clientSecret, callback)
	if err := os.WriteFile(s.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	return s
}

func (s *server) config() string { return filepath.Join(s.dir, "signet.toml") }

// freeAddress is one where nobody listens, below the ports that systems give to outgoing connections: none of these may take
// it while the server is down.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no free port")
	return ""
}

// start runs the binary and waits until it answers; it returns how long that took.
func (s *server) start() time.Duration {
	s.t.Helper()
	path, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	return s.launch(exec.Command(path, "serve", "--config", s.config()))
}

// launch is start with a command of the caller's.
func (s *server) launch(cmd *exec.Cmd) time.Duration {
	s.t.Helper()
	s.log.Reset()
	s.cmd = cmd
	s.cmd.Stderr = s.log
	s.cmd.Env = environ()
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.http = &http.Client{Transport: s.transport(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 10 * time.Second}
	begin := time.Now()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for time.Since(begin) < 30*time.Second {
		if s.ready() {
			return time.Since(begin)
		}
		time.Sleep(2 * time.Millisecond)
	}
	s.t.Fatalf("the server does not start:\n%s", s.log)
	return 0
}

// transport reaches this server under the issuer's name, as a balancer would.
func (s *server) transport() *http.Transport {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.addr)
	}
	return &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 64, TLSClientConfig: &tls.Config{RootCAs: s.trust}}
}

func (s *server) ready() bool {
	resp, err := s.http.Get(s.issuer + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (s *server) kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
	s.http.CloseIdleConnections()
}

// signIn signs ada in through the pages and returns the browser's cookies.
func (s *server) signIn() http.CookieJar {
	s.t.Helper()
	b := robot.New(s.t, s.issuer)
	b.Transport = s.transport()
	b.Get("/login").Submit("login", url.Values{"identifier": {"ada"}, "password": {password}})
	if b.Status() != http.StatusOK {
		s.t.Fatalf("sign-in: status %d: %s", b.Status(), b.Text())
	}
	return b.Jar
}

// errGone says that the server did not answer: it may have done what it was asked, or not.
var errGone = errors.New("no answer")

// send returns an answer's status, headers and body, or errGone.
func (s *server) send(r *http.Request) (*http.Response, []byte, error) {
	resp, err := s.http.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errGone, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errGone, err)
	}
	if resp.StatusCode >= 500 && resp.StatusCode != http.StatusServiceUnavailable {
		s.t.Errorf("%s %s: status %d: %s", r.Method, r.URL.Path, resp.StatusCode, body)
	}
	return resp, body, nil
}

// kills is how often a test kills: 150 times, as SIGNET_KILLS says, or 5 times with -short.
func kills(t *testing.T, usual int) int {
	if n, err := strconv.Atoi(os.Getenv("SIGNET_KILLS")); err == nil {
		return n
	}
	if testing.Short() {
		return 5
	}
	return usual
}
