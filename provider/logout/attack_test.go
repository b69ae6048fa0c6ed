package logout

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Clients that do not answer keep no others from being told, and are not asked more than a few times at once.
func TestAttack_AL04_SlowClientsKeepNobodyWaiting(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	var slow []string
	for i := range 200 {
		id := fmt.Sprintf("slow%03d", i)
		w.client(id, http.StatusOK)
		w.addresses[id], w.hold[id] = "https://slow.example/logout", release
		slow = append(slow, id)
	}
	w.client("orders", http.StatusOK)
	s := w.session(append(slow, "orders")...)
	w.end(s)
	passed := make(chan error)
	go func() { passed <- w.Pass(t.Context()) }()
	for w.state("orders").LastSuccess == nil {
		time.Sleep(time.Millisecond)
	}
	w.wantHeard("orders " + s.SID)
	for w.holding() == 0 {
		time.Sleep(time.Millisecond)
	}
	if n := w.holding(); n > 4 {
		t.Errorf("%d attempts at once to one host, want at most 4", n)
	}
	close(release)
	w.check(<-passed)
	if got := len(w.heard()); got != len(slow) {
		t.Errorf("%d of the slow ones were told, want %d", got, len(slow))
	}
}

// A host that does not answer is not stormed: what else waits for it is put off.
func TestAttack_AL04_NoStormOfRetries(t *testing.T) {
	w := newWorld(t)
	var clients []string
	for i := range 100 {
		id := fmt.Sprintf("c%03d", i)
		w.client(id, 0)
		w.addresses[id] = "https://away.example/logout"
		clients = append(clients, id)
	}
	w.end(w.session(clients...))
	total := 0
	for range 60 {
		w.pass()
		total += len(w.heard())
		w.after(time.Second)
	}
	if total == 0 || total > 60 {
		t.Errorf("%d attempts in a minute", total)
	}
	for _, id := range clients {
		w.client(id, http.StatusOK)
		w.addresses[id] = "https://away.example/logout"
	}
	for range 4 {
		w.after(5 * time.Minute)
		w.pass()
	}
	if got := len(w.heard()); got != len(clients) {
		t.Errorf("%d were told when the host was back, want %d", got, len(clients))
	}
}
