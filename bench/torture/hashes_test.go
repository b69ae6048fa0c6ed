package torture

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Bounds of what passwords may cost at once.
const (
	hashesAtOnce  = 2
	hashesWaiting = 32
)

// hashing counts the goroutines that compute a password hash, and those that wait to.
func hashing(t *testing.T, address string) (computing, waiting int) {
	t.Helper()
	for stack := range strings.SplitSeq(private(t, address+"/debug/pprof/goroutine?debug=2"), "\n\n") {
		switch {
		case strings.Contains(stack, "(*hasher).acquire("):
			waiting++
		case strings.Contains(stack, "(*hasher).run("):
			computing++
		}
	}
	return computing, waiting
}

// TestFlood_WrongPasswords sends fifty wrong passwords at once, each second. No more hashes are computed than allowed, the
// others wait or are told to come again; an account is guarded however often it is tried; and applications notice nothing.
func TestFlood_WrongPasswords(t *testing.T) {
	t.Parallel()
	const waves, wave = 5, 50
	s, private := exposed(t)
	s.kill()
	s.configure("[passwords]", `memory = "19MiB"`, "time = 2", fmt.Sprintf("concurrency = %d", hashesAtOnce))
	s.configure("[limits]", `login_account = "10/15m"`)
	s.start()
	app := s.redeem(s.codes(s.signIn(), 1)[0])
	login := s.browse(nil, "/login")
	form := url.Values{"form_token": {login.Field("login", "form_token")}}
	cookie := cookieLine(s, login.Jar)
	before := metrics(t, private)["signet_password_hashes_total"]
	memory := s.watchMemory()
	done := make(chan struct{})
	var calm, storm sync.WaitGroup
	calm.Go(func() { s.keepsAnswering(done, app.Access) })
	calm.Go(func() {
		for {
			if computing, waiting := hashing(t, private); computing > hashesAtOnce || waiting > hashesWaiting {
				t.Errorf("%d hashes at once, %d waiting", computing, waiting)
			}
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	statuses, guessed := map[int]int{}, map[int]int{}
	var mu sync.Mutex
	for n := range waves {
		for i := range wave {
			storm.Go(func() {
				name, count := fmt.Sprintf("nobody%d-%d", n, i), statuses
				if i%5 == 0 {
					name, count = "ada", guessed
				}
				status := s.guess(form, cookie, name)
				mu.Lock()
				defer mu.Unlock()
				count[status]++
			})
		}
		time.Sleep(time.Second)
	}
	storm.Wait()
	close(done)
	calm.Wait()
	hashes := int(metrics(t, private)["signet_password_hashes_total"] - before)
	if most := memory(); most > maxMemory {
		t.Errorf("%d MiB of memory", most>>20)
	}
	if statuses[400] == 0 || statuses[503] == 0 || statuses[400]+statuses[503] != total(statuses) {
		t.Errorf("strangers' passwords: answers by status %v, want some 400 and some 503", statuses)
	}
	if guessed[429] == 0 || guessed[400] > 11 {
		t.Errorf("one account's passwords: answers by status %v, want 10 judged, and one more each 90 seconds", guessed)
	}
	if judged := statuses[400] + guessed[400]; hashes < judged || hashes > total(statuses)+total(guessed) {
		t.Errorf("%d hashes for %d judged passwords", hashes, judged)
	}
	t.Logf("strangers %v, one account %v, %d hashes", statuses, guessed, hashes)
}

// guess sends a wrong password, on a connection of its own, and returns the status of the answer.
func (s *server) guess(form url.Values, cookie, name string) int {
	values := url.Values{"identifier": {name}, "password": {"wrong"}, "form_token": form["form_token"]}
	r, err := http.NewRequest(http.MethodPost, s.issuer+"/login", strings.NewReader(values.Encode()))
	if err != nil {
		s.t.Error(err)
		return 0
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookie)
	client := &http.Client{Transport: s.transport(), Timeout: patience}
	defer client.CloseIdleConnections()
	resp, err := client.Do(r)
	if err != nil {
		s.t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if wait := resp.Header.Get("Retry-After"); (wait == "") == (resp.StatusCode == 503 || resp.StatusCode == 429) {
		s.t.Errorf("status %d, Retry-After %q", resp.StatusCode, wait)
	}
	return resp.StatusCode
}

// keepsAnswering asks what applications ask, until it is told to stop.
func (s *server) keepsAnswering(done <-chan struct{}, access string) {
	for n := 1; ; n++ {
		if answer, status, err := s.post("/introspect", url.Values{"token": {access}}); err != nil || status != http.StatusOK || !answer.Active {
			s.t.Errorf("introspect: status %d, %v", status, err)
		}
		if _, status, err := s.post("/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"srt_wrong"}}); err != nil || status != http.StatusBadRequest {
			s.t.Errorf("token: status %d, %v", status, err)
		}
		resp, err := s.http.Get(s.issuer + "/jwks")
		if err != nil || resp.StatusCode != http.StatusOK {
			s.t.Errorf("jwks: %v", err)
			return
		}
		_ = resp.Body.Close()
		select {
		case <-done:
			if n < 5 {
				s.t.Errorf("applications were answered %d times only", n)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}
