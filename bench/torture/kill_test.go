package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// admin calls an operation over the socket.
func (s *server) admin(method, path string, in any) (int, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequest(method, "http://signet/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	socket := filepath.Join(s.dir, "data", "signet.sock")
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	resp, err := client.Do(r)
	if err != nil {
		return 0, errGone
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}

// load runs workers until the server is gone, and kills it after a while.
func load(s []*server, l *ledger, jar http.CookieJar, victim *server, after time.Duration) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 16 {
		w := &worker{server: s[i%len(s)], ledger: l, jar: jar}
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if w.step() != nil && w.server == victim {
					return
				}
			}
		})
	}
	time.Sleep(after)
	victim.kill()
	close(stop)
	wg.Wait()
}

// check holds the server to its ledger. It uses up a few tokens, since trying a spent one ends its grant.
func (l *ledger) check(t *testing.T, s *server) {
	t.Helper()
	active := func(token string) bool {
		answer, status, err := s.post("/introspect", url.Values{"token": {token}, "token_type_hint": {"refresh_token"}})
		if err != nil || status != http.StatusOK {
			t.Fatalf("introspect: status %d, %v", status, err)
		}
		return answer.Active
	}
	for _, token := range l.live {
		if !active(token) {
			t.Errorf("an acknowledged refresh token does not work")
		}
	}
	for _, token := range append(l.spent, l.dead...) {
		if active(token) {
			t.Errorf("a spent or revoked refresh token works")
		}
	}
	l.checkUsers(t, s)
	l.tryAgain(t, s)
	l.spent, l.dead, l.codes, l.users = nil, nil, nil, nil
}

func (l *ledger) checkUsers(t *testing.T, s *server) {
	t.Helper()
	for _, name := range l.users {
		if status, err := s.admin(http.MethodGet, "/users/"+name, nil); err != nil || status != http.StatusOK {
			t.Errorf("user %s: status %d, %v", name, status, err)
		}
	}
}

// tryAgain redeems codes and spends refresh tokens a second time. That must fail, and it ends their grants; so whatever else
// is alive of those grants leaves the ledger.
func (l *ledger) tryAgain(t *testing.T, s *server) {
	t.Helper()
	tries := 0
	for _, code := range l.codes {
		if _, status, err := s.token(codeForm(code)); err != nil || status != http.StatusBadRequest {
			t.Errorf("a code was redeemed again: status %d, %v", status, err)
		}
		if tries++; tries == 3 {
			break
		}
	}
	for i, token := range append(l.spent, l.dead...) {
		if _, status, err := s.token(refreshForm(token)); err != nil || status != http.StatusBadRequest {
			t.Errorf("a refresh token was spent again: status %d, %v", status, err)
		}
		if i == 2 {
			break
		}
	}
	if tries > 0 {
		l.live = nil
	}
}

// TestKill is the promise "acknowledged is durable, spent is spent" under kill -9 in the middle of mixed load.
func TestKill(t *testing.T) {
	s := newServer(t, "", "")
	s.start()
	jar := s.signIn()
	l := &ledger{}
	slowest, total := time.Duration(0), kills(t, 150)
	for range total {
		load([]*server{s}, l, jar, s, time.Duration(20+rand.IntN(100))*time.Millisecond)
		slowest = max(slowest, s.start())
		l.check(t, s)
		if t.Failed() {
			t.Fatalf("server's log:\n%s", s.log)
		}
	}
	t.Logf("%d kills, %d acknowledged writes, none lost; slowest start %s", total, l.acked, slowest)
	if l.acked < total {
		t.Errorf("only %d writes in %d rounds: the load is no load", l.acked, total)
	}
}
