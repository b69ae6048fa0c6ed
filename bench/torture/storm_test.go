package torture

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Bounds of what a storm of wrong passwords may do to everybody else.
const (
	stormRate = 300 // a second
	stormWait = 200 * time.Millisecond
)

// TestStorm_WrongPasswords sends 300 wrong passwords a second, each for another name, with nothing but the queue before the hasher to hold
// them back, for as many seconds as SIGNET_STORM says, or two. How long others wait is judged only if that is set: it is for a machine
// that does nothing else. What lies behind it TestFlood_WrongPasswords counts.
func TestStorm_WrongPasswords(t *testing.T) {
	seconds, err := strconv.Atoi(os.Getenv("SIGNET_STORM"))
	quiet := err == nil
	if !quiet {
		seconds = 2
	}
	s, private := exposed(t)
	s.kill()
	s.configure("[passwords]", `memory = "19MiB"`, "time = 2")
	s.start()
	app := s.redeem(s.codes(s.signIn(), 1)[0])
	login := s.browse(nil, "/login")
	form := url.Values{"form_token": {login.Field("login", "form_token")}}
	cookie := cookieLine(s, login.Jar)
	memory := s.watchMemory()
	done := make(chan struct{})
	var calm, storm sync.WaitGroup
	waits := map[string][]time.Duration{}
	calm.Go(func() { waits = s.measure(done, app) })
	statuses := map[int]int{}
	var mu sync.Mutex
	ticker := time.NewTicker(time.Second / stormRate)
	defer ticker.Stop()
	for i := range seconds * stormRate {
		<-ticker.C
		storm.Go(func() {
			status := s.guess(form, cookie, fmt.Sprint("nobody", i))
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	storm.Wait()
	close(done)
	calm.Wait()
	if most := memory(); most > maxMemory {
		t.Errorf("%d MiB of memory", most>>20)
	}
	if statuses[400] == 0 || statuses[400]+statuses[503] != total(statuses) {
		t.Errorf("answers by status %v, want some 400 and otherwise 503", statuses)
	}
	for what, took := range waits {
		slices.Sort(took)
		p99 := took[len(took)*99/100]
		if quiet && p99 > stormWait {
			t.Errorf("%s: 99 of 100 within %s", what, p99)
		}
		t.Logf("%s: %d answers, half within %s, 99 of 100 within %s", what, len(took), took[len(took)/2], p99)
	}
	t.Logf("answers by status %v, hashes %v", statuses, metrics(t, private)["signet_password_hashes_total"])
}

// measure asks for tokens and for keys until it is told to stop, and returns how long each took.
func (s *server) measure(done <-chan struct{}, app issued) map[string][]time.Duration {
	waits := map[string][]time.Duration{}
	for {
		begun := time.Now()
		if answer, status, err := s.post("/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {app.Refresh}}); err != nil || status != http.StatusOK {
			s.t.Errorf("token: status %d, %v", status, err)
		} else if answer.Refresh != "" {
			app.Refresh = answer.Refresh
		}
		waits["token"] = append(waits["token"], time.Since(begun))
		begun = time.Now()
		resp, err := s.http.Get(s.issuer + "/jwks")
		if err != nil || resp.StatusCode != http.StatusOK {
			s.t.Errorf("jwks: %v", err)
			return waits
		}
		_ = resp.Body.Close()
		waits["jwks"] = append(waits["jwks"], time.Since(begun))
		select {
		case <-done:
			return waits
		case <-time.After(20 * time.Millisecond):
		}
	}
}
