package postgres_test

import (
	"errors"
	"fmt"
	"testing"

	"signet/storage"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

// raise has the server refuse the next writes of lasting records, so many of them.
func (a admin) raise(state string, often int) {
	a.Helper()
	a.exec("DROP TRIGGER IF EXISTS raise ON lasting")
	a.exec("DROP SEQUENCE IF EXISTS raised")
	a.exec("CREATE SEQUENCE raised")
	a.exec(fmt.Sprintf(`CREATE OR REPLACE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF nextval('raised') <= %d THEN RAISE SQLSTATE '%s' USING MESSAGE = 'as the test wishes'; END IF;
		RETURN NEW; END $$`, often, state))
	a.exec("CREATE TRIGGER raise BEFORE INSERT ON lasting FOR EACH ROW EXECUTE FUNCTION raise()")
}

func TestServerErrors(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	e := open(t, postgres.Options{URL: url, Migrate: true})
	a := connect(t, url)
	for name, c := range map[string]struct {
		state string
		often int
		want  error
	}{
		"disk full":             {"53100", 1, storage.ErrFull},
		"out of memory":         {"53200", 1, storage.ErrUnavailable},
		"read only":             {"25006", 1, storage.ErrUnavailable},
		"cancelled":             {"57014", 1, storage.ErrUnavailable},
		"some deadlocks":        {"40P01", 3, nil},
		"some lost races":       {"40001", 3, nil},
		"deadlocks without end": {"40P01", 100, storage.ErrUnavailable},
	} {
		a.raise(c.state, c.often)
		batch := then(put(key(spent, name), 1, ""), put(key(grant, name), 1, ""))
		if err := e.Apply(t.Context(), now, batch); !errors.Is(err, c.want) {
			t.Errorf("%s: got error %v, want %v", name, err, c.want)
		}
		recs, err := e.Get(t.Context(), now, key(spent, name), key(grant, name))
		if err != nil {
			t.Fatal(err)
		}
		if written := c.want == nil; recs[0].Present() != written || recs[1].Present() != written {
			t.Errorf("%s: records are there: %t and %t, want %t", name, recs[0].Present(), recs[1].Present(), written)
		}
	}
}

// TestUnexpectedServerError checks that what is nobody's passing trouble is not said to be one.
func TestUnexpectedServerError(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	e := open(t, postgres.Options{URL: url, Migrate: true})
	connect(t, url).raise("22012", 1)
	err := e.Apply(t.Context(), now, then(put(key(grant, "a"), 1, "")))
	if err == nil || errors.Is(err, storage.ErrUnavailable) || errors.Is(err, storage.ErrUnknown) {
		t.Fatalf("got error %v", err)
	}
}

// TestConnectionsEnded has the server end all connections. Reads notice nothing; a batch may be lost, but not in doubt for
// longer than that.
func TestConnectionsEnded(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	e := open(t, postgres.Options{URL: url, Migrate: true})
	a := connect(t, url)
	for range 5 {
		if err := e.Apply(t.Context(), now, then(put(key(grant, "a"), 1, "value"))); err != nil {
			t.Fatal(err)
		}
		a.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		if recs, err := e.Get(t.Context(), now, key(grant, "a")); err != nil || !recs[0].Present() {
			t.Fatalf("Get: %v, %v", recs, err)
		}
	}
}

// TestPoolExhausted has more callers than connections, and none comes free.
func TestPoolExhausted(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	e := open(t, postgres.Options{URL: url, Migrate: true, MaxConns: 1})
	a := connect(t, url)
	a.exec("BEGIN")
	a.exec("LOCK TABLE lasting IN EXCLUSIVE MODE")
	done := make(chan error)
	go func() { done <- e.Apply(t.Context(), now, then(put(key(grant, "a"), 1, ""))) }()
	a.until(waiters, 1)
	if _, err := e.Get(t.Context(), now, key(grant, "a")); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("Get: got error %v, want ErrUnavailable", err)
	}
	a.exec("COMMIT")
	if err := <-done; err != nil {
		t.Errorf("Apply: %v", err)
	}
}

// TestStatementTimeout has a batch wait longer than it may. The server ends it, so its outcome is known.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	e := open(t, postgres.Options{URL: url, Migrate: true})
	a := connect(t, url)
	a.exec("BEGIN")
	a.exec("LOCK TABLE lasting IN EXCLUSIVE MODE")
	err := e.Apply(t.Context(), now, then(put(key(grant, "a"), 1, "")))
	if !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("got error %v, want ErrUnavailable", err)
	}
	a.exec("COMMIT")
}
