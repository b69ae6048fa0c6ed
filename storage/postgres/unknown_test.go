package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"signet/storage"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

// times is how often a test repeats what it does: so often unless the environment says otherwise.
func times(tb testing.TB, variable string, otherwise int) int {
	tb.Helper()
	v := os.Getenv(variable)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		tb.Fatalf("%s: %v", variable, err)
	}
	return n
}

// throughProxy opens an engine whose connections go through a proxy, and one beside it that has no such trouble.
func throughProxy(t *testing.T) (p *proxy, cut, direct *postgres.Engine) {
	url := pgtest.Start(t)
	direct = open(t, postgres.Options{URL: url, Migrate: true})
	p, through := newProxy(t, url)
	cut = open(t, postgres.Options{URL: through, MaxConns: 2})
	return p, cut, direct
}

// spend is a batch that spends a marker and says who did it.
func spend(id, who string) storage.Batch {
	var b storage.Batch
	storage.Markers{Kind: spent}.Spend(&b, id, now+60)
	b.Then = append(b.Then, put(key(person, id), 1, who))
	return b
}

// TestCommitUnknown cuts the connection before and after the commit, and has another node try the same: whatever became of
// the first attempt, the marker is spent once, and whoever was told so wrote it.
func TestCommitUnknown(t *testing.T) {
	t.Parallel()
	p, cut, direct := throughProxy(t)
	ctx := t.Context()
	for i := range times(t, "POSTGRES_CUTS", 12) {
		f := []fate{lostRequest, lostAnswer, lostConfirmation}[i%3]
		id := fmt.Sprint("token ", i, ";")
		if err := cut.Apply(ctx, now, then(put(key(grant, "warm"), 1, ""))); err != nil {
			t.Fatalf("cut %d: a new connection: %v", i, err)
		}
		p.arm(f, id)
		if err := cut.Apply(ctx, now, spend(id, "first")); !errors.Is(err, storage.ErrUnknown) {
			t.Fatalf("cut %d, fate %d: got error %v, want ErrUnknown", i, f, err)
		}
		err := direct.Apply(ctx, now, spend(id, "second"))
		want := "first"
		if f == lostRequest {
			want = "second"
		}
		if (err == nil) != (want == "second") || err != nil && !errors.Is(err, storage.ErrConflict) {
			t.Fatalf("cut %d, fate %d: the second attempt: %v", i, f, err)
		}
		recs, err := cut.Get(ctx, now, key(person, id), key(spent, id))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(recs[0].Value); got != want || !recs[1].Present() {
			t.Fatalf("cut %d, fate %d: spent by %q, want %q; marker is there: %t", i, f, got, want, recs[1].Present())
		}
	}
}

// TestUnknownIsAnnounced checks that the watchers of a node hear of a change of its own that may or may not have been made,
// when Apply returns, and again should the change turn up later.
func TestUnknownIsAnnounced(t *testing.T) {
	t.Parallel()
	p, cut, _ := throughProxy(t)
	heard := watch(t, cut)
	for _, f := range []fate{lostRequest, lostAnswer} {
		id := fmt.Sprint("token ", f, ";")
		p.arm(f, id)
		if err := cut.Apply(t.Context(), now, spend(id, "first")); !errors.Is(err, storage.ErrUnknown) {
			t.Fatalf("got error %v, want ErrUnknown", err)
		}
		if !heard.now(storage.Change{Kind: person.Name, ID: id}) {
			t.Fatalf("fate %d: the change was not announced", f)
		}
	}
}

// TestSilence has a server that does not answer. The call ends at its deadline.
func TestSilence(t *testing.T) {
	t.Parallel()
	p, cut, _ := throughProxy(t)
	for name, c := range map[string]struct {
		call func(ctx context.Context, id string) error
		want error
	}{
		"Apply": {func(ctx context.Context, id string) error { return cut.Apply(ctx, now, spend(id, "")) }, storage.ErrUnknown},
		"Get":   {func(ctx context.Context, id string) error { _, err := cut.Get(ctx, now, key(grant, id)); return err }, storage.ErrUnavailable},
	} {
		p.arm(silence, name+";")
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if err := c.call(ctx, name+";"); !errors.Is(err, c.want) {
			t.Errorf("%s: got error %v, want %v", name, err, c.want)
		}
		cancel()
	}
}

// TestCallerGone cancels a caller's context while its batch is under way. The batch goes on, and its outcome is known.
func TestCallerGone(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	e := open(t, postgres.Options{URL: url, Migrate: true})
	ctx, cancel := context.WithCancel(t.Context())
	a := connect(t, url)
	a.exec("BEGIN")
	a.exec("LOCK TABLE lasting IN EXCLUSIVE MODE")
	done := make(chan error)
	go func() { done <- e.Apply(ctx, now, then(put(key(grant, "a"), 1, "value"))) }()
	a.until(waiters, 1)
	cancel()
	a.exec("COMMIT")
	if err := <-done; err != nil {
		t.Fatalf("Apply: %v", err)
	}
	recs, err := e.Get(t.Context(), now, key(grant, "a"))
	if err != nil || !recs[0].Present() {
		t.Fatalf("the record is there: %t, %v", recs[0].Present(), err)
	}
}
