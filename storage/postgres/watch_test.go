package postgres_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"signet/storage"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

// patience is how long tests wait for what must come.
const patience = 20 * time.Second

// ear remembers the changes that a watcher is told of.
type ear struct {
	mu     sync.Mutex
	told   []storage.Change
	signal chan struct{}
}

func watch(t *testing.T, e storage.Engine) *ear {
	heard := &ear{signal: make(chan struct{}, 1)}
	t.Cleanup(e.Watch(func(c storage.Change) {
		heard.mu.Lock()
		defer heard.mu.Unlock()
		heard.told = append(heard.told, c)
		select {
		case heard.signal <- struct{}{}:
		default:
		}
	}))
	return heard
}

// now tells whether a change has been heard of.
func (h *ear) now(c storage.Change) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.told, c)
}

func (h *ear) wait(t *testing.T, c storage.Change) {
	t.Helper()
	limit := time.After(patience)
	for !h.now(c) {
		select {
		case <-h.signal:
		case <-limit:
			t.Fatalf("not told of %v", c)
		}
	}
}

func (h *ear) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.told)
}

func (h *ear) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = nil
}

func TestNoticesAcrossNodes(t *testing.T) {
	t.Parallel()
	n := openNodes(t, postgres.Options{URL: pgtest.Start(t)})
	var ears []*ear
	for _, e := range n.engines {
		ears = append(ears, watch(t, e))
	}
	ids := []string{"plain", "with space", "\x00\xff", string(make([]byte, storage.MaxID))}
	for i, id := range ids {
		if err := n.engines[i%nodeCount].Apply(t.Context(), now, then(put(key(person, id), 1, ""))); err != nil {
			t.Fatal(err)
		}
		if !ears[i%nodeCount].now(storage.Change{Kind: person.Name, ID: id}) {
			t.Errorf("%q: Apply returned before its node was told", id)
		}
	}
	// Notices keep their order: whoever has heard of the last one has heard of all.
	ids = append(ids, "last")
	if err := n.engines[1].Apply(t.Context(), now, then(put(key(person, "last"), 1, ""))); err != nil {
		t.Fatal(err)
	}
	for i, h := range ears {
		for _, id := range ids {
			h.wait(t, storage.Change{Kind: person.Name, ID: id})
		}
		if got := h.count(); got != len(ids) {
			t.Errorf("node %d was told of %d changes, want %d", i, got, len(ids))
		}
	}
}

// TestNoticesOfElse checks that other nodes hear of Else's changes and not of Then's.
func TestNoticesOfElse(t *testing.T) {
	t.Parallel()
	n := openNodes(t, postgres.Options{URL: pgtest.Start(t)})
	heard := watch(t, n.engines[1])
	err := n.engines[0].Apply(t.Context(), now, storage.Batch{
		If:   []storage.Condition{{Key: key(grant, "a"), Version: 1}},
		Then: []storage.Write{put(key(person, "then"), 1, "")},
		Else: []storage.Write{put(key(person, "else"), 1, "")},
	})
	if err == nil {
		t.Fatal("no conflict")
	}
	heard.wait(t, storage.Change{Kind: person.Name, ID: "else"})
	if heard.now(storage.Change{Kind: person.Name, ID: "then"}) {
		t.Error("told of a change that was not made")
	}
}

// waitForNotice applies changes on another node until a notice of one arrives.
func (h *ear) waitForNotice(t *testing.T, other storage.Engine) {
	t.Helper()
	for i, limit := 0, time.Now().Add(patience); ; i++ {
		id := fmt.Sprint("attempt ", i)
		if err := other.Apply(t.Context(), now, then(put(key(person, id), 1, ""))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
		if h.now(storage.Change{Kind: person.Name, ID: id}) {
			return
		}
		if time.Now().After(limit) {
			t.Fatal("no notice arrives")
		}
	}
}

// TestListenerComesBack ends the listening connections. The watchers are told that anything may have changed, and notices
// arrive again.
func TestListenerComesBack(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	n := openNodes(t, postgres.Options{URL: url})
	heard := watch(t, n.engines[1])
	admin := connect(t, url)
	for range 3 {
		heard.forget()
		admin.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity" +
			" WHERE datname = current_database() AND application_name = 'signet notices'")
		heard.wait(t, storage.Change{})
		heard.waitForNotice(t, n.engines[0])
	}
}

// TestListenerNoticesSilence freezes the server: the connection stays open and says nothing, and the watchers are told.
func TestListenerNoticesSilence(t *testing.T) {
	t.Parallel()
	server := pgtest.StartOwn(t, pgtest.Options{})
	url, err := server.CreateDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := openNodes(t, postgres.Options{URL: url})
	heard := watch(t, n.engines[1])
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	heard.wait(t, storage.Change{})
	if err := server.Thaw(); err != nil {
		t.Fatal(err)
	}
	heard.waitForNotice(t, n.engines[0])
}
