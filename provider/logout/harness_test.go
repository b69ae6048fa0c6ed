package logout

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"signet/keys"
	"signet/provider/account"
	"signet/storage"
	"signet/storage/bolt"
)

// world is an outbox on a real engine, with a clock that the test moves and clients that answer as it says.
type world struct {
	*Outbox
	t        *testing.T
	db       *storage.DB
	accounts *account.Accounts
	ada      *account.Person

	mu     sync.Mutex
	at     time.Time
	told   []string // client and SID
	answer map[string]int
	// addresses are where clients want to be told.
	addresses map[string]string
	// hold is waited for before a client answers; held is how many attempts wait just now.
	hold map[string]chan struct{}
	held int
}

var errAway = errors.New("nobody there")

func newWorld(t *testing.T) *world {
	t.Helper()
	engine, err := bolt.Open(filepath.Join(t.TempDir(), "signet.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	master, err := keys.GenerateMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, at: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), answer: map[string]int{}, addresses: map[string]string{}, hold: map[string]chan struct{}{}}
	w.db = storage.New(engine, keys.NewSealer(master, rand.Reader), w.now)
	w.accounts, err = account.New(account.Config{DB: w.db, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.accounts.Close)
	if w.ada, err = w.accounts.AddPerson(t.Context(), account.Person{Username: "ada"}, ""); err != nil {
		t.Fatal(err)
	}
	w.Outbox = w.node()
	return w
}

// node is another node on the same data.
func (w *world) node() *Outbox {
	return New(Config{DB: w.db, Sessions: w.accounts.Sessions, Messenger: w, Log: slog.New(slog.DiscardHandler)})
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) after(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// Address implements Messenger.
func (w *world) Address(_ context.Context, clientID string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addresses[clientID], nil
}

// Send implements Messenger.
func (w *world) Send(ctx context.Context, _ string, d Delivery) (int, error) {
	w.mu.Lock()
	hold := w.hold[d.ClientID]
	if hold != nil {
		w.held++
	}
	w.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if hold != nil {
		w.held--
	}
	w.told = append(w.told, d.ClientID+" "+d.SID)
	if w.answer[d.ClientID] == 0 {
		return 0, errAway
	}
	return w.answer[d.ClientID], nil
}

// holding is how many attempts wait just now.
func (w *world) holding() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held
}

// client makes a client that answers with a status; 0 is no answer.
func (w *world) client(id string, status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addresses[id], w.answer[id] = "https://"+id+".example/logout", status
}

// session begins a session in which clients take part.
func (w *world) session(clients ...string) *account.Session {
	w.t.Helper()
	var b storage.Batch
	_, s, err := w.accounts.Sessions.Begin(&b, w.ada, account.SignIn{})
	w.check(err)
	for _, c := range clients {
		w.check(w.Join(&b, Participant{SID: s.SID, ClientID: c}, s.Expires))
	}
	w.check(w.db.Apply(w.t.Context(), b))
	return s
}

func (w *world) end(s *account.Session) {
	w.t.Helper()
	var b storage.Batch
	w.check(w.accounts.Sessions.End(&b, s))
	w.check(w.db.Apply(w.t.Context(), b))
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) pass() {
	w.t.Helper()
	w.check(w.Pass(w.t.Context()))
}

// heard is who was told since it was asked last, in order of name.
func (w *world) heard() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	told := w.told
	w.told = nil
	slices.Sort(told)
	return told
}

func (w *world) wantHeard(want ...string) {
	w.t.Helper()
	if got := w.heard(); !slices.Equal(got, want) {
		w.t.Errorf("told %v, want %v", got, want)
	}
}

func (w *world) state(client string) State {
	w.t.Helper()
	s, err := w.State(w.t.Context(), client)
	w.check(err)
	return s
}
