package torture

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Bounds of what bad requests may cost the server.
const (
	maxMemory = 256 << 20
	maxGrowth = 1 << 20
	maxLogged = 200 // bytes for each request
)

// floodTime is when a flood of the usual size ends though not all of its requests were sent: other tests may have the
// processors.
const floodTime = 25 * time.Second

// requests is how many bad requests a test sends: 20,000, as SIGNET_REQUESTS says, or 2,000 with -short.
func requests(t *testing.T) (n int, limit time.Duration) {
	if n, err := strconv.Atoi(os.Getenv("SIGNET_REQUESTS")); err == nil {
		return n, 24 * time.Hour
	}
	if testing.Short() {
		return 2000, floodTime
	}
	return 20_000, floodTime
}

// seed makes a test's randomness. SIGNET_SEED repeats a run.
func seed(t *testing.T) uint64 {
	n, err := strconv.ParseUint(os.Getenv("SIGNET_SEED"), 10, 64)
	if err != nil {
		n = rand.Uint64()
	}
	t.Logf("SIGNET_SEED=%d", n)
	return n
}

// exposed is a server whose limits let everything through to what lies behind them, with a client that has to ask.
func exposed(t *testing.T) (s *server, private string) {
	s = newServer(t, "", "")
	s.configure("[limits]", `client_failures = "off"`)
	s.declare(fmt.Sprintf("[[client]]\nid = \"public\"\npublic = true\nredirect_uris = [%q]\n", callback))
	private = s.metered()
	s.start()
	return s, private
}

// declare adds to the end of the configuration.
func (s *server) declare(text string) {
	s.t.Helper()
	old, err := os.ReadFile(s.config())
	if err == nil {
		err = os.WriteFile(s.config(), append(old, "\n"+text...), 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// routes are the names of all routes, as the server counts them.
func routes(values map[string]float64) []string {
	var names []string
	for name := range values {
		if _, route, ok := strings.Cut(name, `signet_http_requests_total{class="2xx",route="`); ok {
			names = append(names, strings.TrimSuffix(route, `"}`))
		}
	}
	slices.Sort(names)
	return names
}

// flood sends requests from several connections at once and judges the answers. It returns how many there were by status.
func flood(s *server, seed uint64, n int, limit time.Duration, make func(rnd *rand.Rand) func() *rough) map[int]int {
	var (
		next     atomic.Int64
		mu       sync.Mutex
		wg       sync.WaitGroup
		statuses = map[int]int{}
		end      = time.Now().Add(limit)
	)
	for i := range uint64(16) {
		wg.Go(func() {
			build := make(rand.New(rand.NewPCG(seed, i)))
			w := &wire{addr: s.addr}
			defer w.close()
			for next.Add(1) <= int64(n) && time.Now().Before(end) && !s.t.Failed() {
				r := build()
				a, err := w.send(r)
				if err != nil {
					s.t.Errorf("no answer: %v\n%.2000q", err, r.bytes())
					return
				}
				for _, wrong := range judge(r, a) {
					s.t.Errorf("%s\nto %.2000q\nfrom %d %v\n%.500s", wrong, r.bytes(), a.status, a.header, a.body)
				}
				mu.Lock()
				statuses[a.status]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return statuses
}

func total(statuses map[int]int) (n int) {
	for _, k := range statuses {
		n += k
	}
	return n
}

// TestFlood_BadRequests sends requests of every kind that are almost right. None may make the server stumble, tell of its
// inside, send a browser to a stranger, or grow.
func TestFlood_BadRequests(t *testing.T) {
	t.Parallel()
	s, private := exposed(t)
	c := newCorpus(s)
	c.addRest(routes(metrics(t, private)))
	before, logged := len(s.database()), s.log.Len()
	memory := s.watchMemory()
	n, limit := requests(t)
	statuses := flood(s, seed(t), n, limit, func(rnd *rand.Rand) func() *rough {
		return (&grammar{c, rnd, s.addr}).next
	})
	most, values := memory(), metrics(t, private)
	if got := values["signet_panics_total"]; got != 0 {
		t.Errorf("%v panics", got)
	}
	if got := values[`signet_refusals_total{code="E-SERVER-01"}`]; got != 0 {
		t.Errorf("%v faults", got)
	}
	for _, route := range routes(values) {
		if values[fmt.Sprintf("signet_http_requests_total{class=%q,route=%q}", "4xx", route)] == 0 && route != "/healthz" && route != "/readyz" && !testing.Short() {
			t.Errorf("%s: no bad request came there", route)
		}
	}
	if most > maxMemory {
		t.Errorf("the server took %d MiB of memory", most>>20)
	}
	if growth := len(s.database()) - before; growth > maxGrowth {
		t.Errorf("the database grew by %d KiB", growth>>10)
	}
	sent := total(statuses)
	if got := (s.log.Len() - logged) / max(sent, 1); got > maxLogged {
		t.Errorf("%d bytes of log for each bad request", got)
	}
	for _, status := range []int{200, 303, 400, 401, 403, 404, 405, 413, 415, 421} {
		if statuses[status] == 0 && !testing.Short() {
			t.Errorf("no answer was %d: the flood does not reach everything", status)
		}
	}
	if sent < n/20 {
		t.Errorf("only %d requests of %d", sent, n)
	}
	t.Logf("%d bad requests, answers by status %v, at most %d MiB of memory", sent, statuses, most>>20)
}

// TestFlood_StrangersWriteNothing sends authorization requests, good and bad ones, of browsers that nobody is signed in
// with: not a byte of the database may change.
func TestFlood_StrangersWriteNothing(t *testing.T) {
	t.Parallel()
	s, _ := exposed(t)
	c := newCorpus(s)
	c.cookies = []string{c.cookies[0], c.cookies[2]}
	c.requests = slices.DeleteFunc(c.requests, func(r good) bool { return r.path != "/authorize" || !slices.Contains(c.cookies, r.cookie) })
	before := sha256.Sum256(s.database())
	statuses := flood(s, seed(t), 1000, floodTime, func(rnd *rand.Rand) func() *rough {
		return (&grammar{c, rnd, s.addr}).next
	})
	if sha256.Sum256(s.database()) != before {
		t.Error("the database has changed")
	}
	if statuses[http.StatusSeeOther] < 100 || statuses[http.StatusBadRequest] < 10 {
		t.Errorf("answers by status %v: that was no flood", statuses)
	}
}
