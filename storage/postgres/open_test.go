package postgres_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"signet/storage"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

func TestOpenWithoutMigrating(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	if _, err := postgres.Open(t.Context(), postgres.Options{URL: url}); !errors.Is(err, postgres.ErrOutdated) {
		t.Fatalf("empty database: got error %v, want ErrOutdated", err)
	}
	open(t, postgres.Options{URL: url, Migrate: true})
	open(t, postgres.Options{URL: url})
	a := connect(t, url)
	a.exec("UPDATE meta SET format = 0")
	if _, err := postgres.Open(t.Context(), postgres.Options{URL: url}); !errors.Is(err, postgres.ErrOutdated) {
		t.Errorf("older tables: got error %v, want ErrOutdated", err)
	}
}

func TestOpenNewerTables(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	open(t, postgres.Options{URL: url, Migrate: true})
	connect(t, url).exec("UPDATE meta SET format = 1000")
	for _, migrate := range []bool{true, false} {
		o := postgres.Options{URL: url, Migrate: migrate}
		if _, err := postgres.Open(t.Context(), o); !errors.Is(err, storage.ErrSchema) {
			t.Errorf("Migrate %t: got error %v, want ErrSchema", migrate, err)
		}
	}
}

// TestOpenKeepsData checks that migrating is done once.
func TestOpenKeepsData(t *testing.T) {
	t.Parallel()
	o := postgres.Options{URL: pgtest.Start(t), Migrate: true, Schema: `Odd "name"`}
	e := open(t, o)
	if err := e.Apply(t.Context(), now, then(put(key(grant, "a"), 1, "value"))); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	recs, err := open(t, o).Get(t.Context(), now, key(grant, "a"))
	if err != nil || string(recs[0].Value) != "value" {
		t.Fatalf("got %v, %v", recs, err)
	}
}

// TestSchemasAreApart opens two engines in two schemas of one database.
func TestSchemasAreApart(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	one := open(t, postgres.Options{URL: url, Migrate: true, Schema: "one"})
	two := open(t, postgres.Options{URL: url, Migrate: true, Schema: "two"})
	heard := watch(t, two)
	if err := one.Apply(t.Context(), now, spend("a", "one")); err != nil {
		t.Fatal(err)
	}
	if err := two.Apply(t.Context(), now, spend("a", "two")); err != nil {
		t.Fatalf("a marker in another schema: %v", err)
	}
	heard.wait(t, storage.Change{Kind: person.Name, ID: "a"})
	if n := heard.count(); n != 1 {
		t.Errorf("told of %d changes, want 1", n)
	}
}

// TestOpenAsOwnerOfTheSchema has a role that may use its schema and nothing else.
func TestOpenAsOwnerOfTheSchema(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	a := connect(t, url)
	a.exec("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'humble') THEN CREATE ROLE humble LOGIN; END IF; END $$")
	humble := strings.Replace(url, "postgres@", "humble@", 1)
	_, err := postgres.Open(t.Context(), postgres.Options{URL: humble, Migrate: true})
	if err == nil || errors.Is(err, storage.ErrUnavailable) || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("without any right: got error %v", err)
	}
	a.exec("CREATE SCHEMA signet AUTHORIZATION humble")
	e := open(t, postgres.Options{URL: humble, Migrate: true})
	if err := e.Apply(t.Context(), now, spend("a", "")); err != nil {
		t.Fatal(err)
	}
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := fmt.Sprintf("postgres://postgres@%s/x?sslmode=disable", l.Addr())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		options     postgres.Options
		unavailable bool
	}{
		"nobody there":    {postgres.Options{URL: nobody}, true},
		"no such base":    {postgres.Options{URL: strings.Replace(url, "/test", "/none", 1)}, false},
		"no such user":    {postgres.Options{URL: strings.Replace(url, "postgres@", "stranger@", 1)}, false},
		"not a URL":       {postgres.Options{URL: "postgres://[::1"}, false},
		"long schema":     {postgres.Options{URL: url, Schema: strings.Repeat("s", 64)}, false},
		"schema with NUL": {postgres.Options{URL: url, Schema: "a\x00b"}, false},
	} {
		_, err := postgres.Open(t.Context(), c.options)
		if err == nil || errors.Is(err, storage.ErrUnavailable) != c.unavailable {
			t.Errorf("%s: got error %v, want ErrUnavailable: %t", name, err, c.unavailable)
		}
	}
}

// TestCarelessDatabase has a database that would lose commits and mix up snapshots if nobody objected.
func TestCarelessDatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	a := connect(t, url)
	for _, setting := range []string{"synchronous_commit = off", "default_transaction_isolation = 'repeatable read'"} {
		a.exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET " + strings.ReplaceAll(setting, "'", "''") + "', current_database()); END $$")
	}
	open(t, postgres.Options{URL: url, Migrate: true})
	// A trigger writes down how the engine's transactions run.
	a.exec("CREATE TABLE seen (setting text)")
	a.exec(`CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO seen VALUES (current_setting('synchronous_commit') || ', ' || current_setting('transaction_isolation'));
		RETURN NEW; END $$`)
	a.exec("CREATE TRIGGER look BEFORE INSERT ON lasting FOR EACH ROW EXECUTE FUNCTION look()")
	e := open(t, postgres.Options{URL: url})
	if err := e.Apply(t.Context(), now, then(put(key(grant, "a"), 1, ""))); err != nil {
		t.Fatal(err)
	}
	if n := a.number("SELECT count(*) FROM seen WHERE setting = 'on, read committed'"); n != 1 {
		t.Errorf("the transaction did not run as it must")
	}
}
