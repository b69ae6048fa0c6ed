package torture

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// shutdownGrace is how long a server may take to end. It is a promise of the program, not a measure of the machine.
const shutdownGrace = 20 * time.Second

// flight is a request that the server has begun to work on: it has told the client to go on, and waits for the body.
type flight struct {
	conn net.Conn
	in   *bufio.Reader
	body string
	// want is the status that it will have.
	want int
	// refresh is the token that it spends, if it does.
	refresh string
}

// takeOff sends the head of a POST and waits until the server asks for the body.
func (s *server) takeOff(path string, form url.Values, want int, header ...string) *flight {
	s.t.Helper()
	f := &flight{body: form.Encode(), want: want, refresh: form.Get("refresh_token")}
	var err error
	if f.conn, err = net.Dial("tcp", s.addr); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { f.conn.Close() })
	f.in = bufio.NewReader(f.conn)
	_ = f.conn.SetDeadline(time.Now().Add(patience))
	head := append([]string{"POST " + path + " HTTP/1.1", "Host: " + s.addr, "Content-Type: application/x-www-form-urlencoded", "Expect: 100-continue",
		fmt.Sprintf("Content-Length: %d", len(f.body))}, header...)
	if _, err := io.WriteString(f.conn, strings.Join(head, "\r\n")+"\r\n\r\n"); err != nil {
		s.t.Fatal(err)
	}
	if resp, err := http.ReadResponse(f.in, nil); err != nil || resp.StatusCode != http.StatusContinue {
		s.t.Fatalf("%s: %v, %v, want 100 Continue", path, resp, err)
	}
	return f
}

// land sends the body and reads the whole answer.
func (f *flight) land() (*http.Response, string, error) {
	if _, err := io.WriteString(f.conn, f.body); err != nil {
		return nil, "", err
	}
	resp, err := http.ReadResponse(f.in, nil)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func basicAuth() string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(clientID+":"+clientSecret))
}

// squadron is 200 requests of every kind that are under way: sign-ins with a password, grants, and what only reads.
func (s *server) squadron() (flights []*flight, tokens []issued) {
	s.t.Helper()
	jar := s.signIn()
	for _, code := range s.codes(jar, 20) {
		tokens = append(tokens, s.redeem(code))
	}
	for i, code := range s.codes(jar, 60) {
		flights = append(flights,
			s.takeOff("/token", codeForm(code), 200, basicAuth()),
			s.takeOff("/introspect", url.Values{"token": {tokens[i%20].Access}}, 200, basicAuth()))
	}
	for _, t := range tokens {
		flights = append(flights,
			s.takeOff("/token", refreshForm(t.Refresh), 200, basicAuth()),
			s.takeOff("/userinfo", url.Values{"access_token": {t.Access}}, 200),
			s.takeOff("/authorize", url.Values{"client_id": {"nobody"}}, 303))
	}
	login := s.browse(nil, "/login")
	for range 20 {
		flights = append(flights, s.takeOff("/login", url.Values{"identifier": {"ada"}, "password": {password}, "form_token": {login.Field("login", "form_token")}}, 303,
			"Cookie: "+cookieLine(s, login.Jar)))
	}
	if len(flights) != 200 {
		s.t.Fatalf("%d requests", len(flights))
	}
	return flights, tokens
}

// TestAttack_AP12_TwoHundredInFlight stops a server in the middle of 200 requests. All of them are answered as if nothing had
// happened, nobody new comes in, the server ends with success, and what it acknowledged is there after the next start.
func TestAttack_AP12_TwoHundredInFlight(t *testing.T) {
	t.Parallel()
	s := newServer(t, "", "")
	s.start()
	flights, spent := s.squadron()
	begin := time.Now()
	s.signal(syscall.SIGTERM)
	eventually(t, "nobody new comes in", func() bool {
		c, err := net.Dial("tcp", s.addr)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	var (
		mu       sync.Mutex
		wg       sync.WaitGroup
		sessions []*http.Cookie
	)
	for i, f := range flights {
		wg.Go(func() {
			resp, body, err := f.land()
			if err != nil || resp.StatusCode != f.want {
				t.Errorf("request %d: %v %.300s, want status %d", i, err, body, f.want)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, c := range resp.Cookies() {
				if !strings.HasSuffix(c.Name, "-device") {
					sessions = append(sessions, c)
				}
			}
		})
	}
	wg.Wait()
	if code := s.exit(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, s.log)
	}
	if took := time.Since(begin); took > shutdownGrace {
		t.Errorf("the server ended after %s", took)
	}
	s.start()
	s.checkLanded(t, spent, sessions)
}

// checkLanded looks whether spent tokens are spent and new sessions are there.
func (s *server) checkLanded(t *testing.T, spent []issued, sessions []*http.Cookie) {
	t.Helper()
	for _, tokens := range spent {
		if answer, _, err := s.post("/introspect", url.Values{"token": {tokens.Refresh}}); err != nil || answer.Active {
			t.Errorf("a spent refresh token: %v, %v", answer, err)
		}
	}
	if len(sessions) != 20 {
		t.Fatalf("%d sessions from 20 sign-ins", len(sessions))
	}
	at, err := url.Parse(s.issuer)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range sessions {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		jar.SetCookies(at, []*http.Cookie{c})
		if to := s.browse(jar, "/authorize?"+encode(authorization(clientID, [2]string{"prompt", "none"}))).URL(); to.Query().Get("code") == "" {
			t.Errorf("a session that was acknowledged is gone: %s", to)
		}
	}
}

// TestAttack_AP12_StopUnderLoad stops a server under mixed load, several times: what it acknowledged before is there.
func TestAttack_AP12_StopUnderLoad(t *testing.T) {
	t.Parallel()
	s := newServer(t, "", "")
	s.start()
	jar, l := s.signIn(), &ledger{}
	for range 3 {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 16 {
			w := &worker{server: s, ledger: l, jar: jar}
			wg.Go(func() {
				for w.step() == nil {
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		time.Sleep(300 * time.Millisecond)
		s.signal(syscall.SIGTERM)
		cmd := s.cmd
		_ = cmd.Wait()
		close(stop)
		wg.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("exit code %d:\n%s", code, s.log)
		}
		s.start()
		l.check(t, s)
	}
	if l.acked < 50 {
		t.Errorf("only %d writes: the load is no load", l.acked)
	}
}

// TestReload_UnderLoad reads changed configurations under mixed load. No request fails, and what has changed is in force;
// a bad one changes nothing.
func TestReload_UnderLoad(t *testing.T) {
	t.Parallel()
	s := newServer(t, "", "")
	s.start()
	jar, l := s.signIn(), &ledger{}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		w := &worker{server: s, ledger: l, jar: jar}
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := w.step(); err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
			}
		})
	}
	for i := range 5 {
		s.rename(t, fmt.Sprintf("Number %d", i), 600+i)
	}
	s.badReload(t, jar)
	close(stop)
	wg.Wait()
	if l.acked < 50 {
		t.Errorf("only %d writes: the load is no load", l.acked)
	}
	l.check(t, s)
}

// rename changes what can be seen from outside: the name on the pages, the life of access tokens, and a client.
func (s *server) rename(t *testing.T, name string, life int) {
	t.Helper()
	s.configure("", fmt.Sprintf("name = %q", name))
	s.configure("[tokens]", fmt.Sprintf("access = \"%ds\"", life))
	id := fmt.Sprintf("app%d", life)
	s.declare(fmt.Sprintf("[[client]]\nid = %q\npublic = true\nredirect_uris = [%q]\n", id, callback))
	s.signal(syscall.SIGHUP)
	eventually(t, "the new name", func() bool { return strings.Contains(s.browse(nil, "/login").Body(), name) })
	if b := s.browse(nil, "/authorize?"+encode(authorization(id))); b.Status() != http.StatusOK || !b.Has("login") {
		t.Errorf("the new client: status %d: %s", b.Status(), b.Text())
	}
	if got := s.redeem(s.codes(s.signIn(), 1)[0]).ExpiresIn; got != life {
		t.Errorf("tokens live %d s, want %d", got, life)
	}
}

// badReload has the server read what is no configuration.
func (s *server) badReload(t *testing.T, jar http.CookieJar) {
	t.Helper()
	sound, err := os.ReadFile(s.config())
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"name = ", "nonsense = 1\n" + string(sound), strings.Replace(string(sound), callback, "http://evil.example/", 1), ""} {
		s.log.Reset()
		if err := os.WriteFile(s.config(), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if bad == "" {
			if err := os.Remove(s.config()); err != nil {
				t.Fatal(err)
			}
		}
		s.signal(syscall.SIGHUP)
		eventually(t, "a refusal", func() bool { return strings.Contains(s.log.String(), "configuration not reloaded") })
		if strings.Contains(s.log.String(), clientSecret) || strings.Contains(s.log.String(), password) {
			t.Errorf("a secret is in the log:\n%s", s.log)
		}
		if got := s.browse(nil, "/login").Text(); !strings.Contains(got, "Number 4") {
			t.Errorf("the page has changed: %s", got)
		}
		if s.codes(jar, 1)[0] == "" {
			t.Error("no code")
		}
	}
	if err := os.WriteFile(s.config(), sound, 0o600); err != nil {
		t.Fatal(err)
	}
}
