package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// admin is a connection of the test's own, beside those of the engines.
type admin struct {
	testing.TB
	conn *pgx.Conn
}

func connect(tb testing.TB, url string) admin {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close(context.Background()) })
	a := admin{tb, conn}
	a.exec("SET search_path = signet")
	return a
}

func (a admin) exec(sql string, args ...any) {
	a.Helper()
	if _, err := a.conn.Exec(a.Context(), sql, args...); err != nil {
		a.Fatalf("%s: %v", sql, err)
	}
}

// number runs a query that returns one.
func (a admin) number(sql string, args ...any) (n int64) {
	a.Helper()
	if err := a.conn.QueryRow(a.Context(), sql, args...).Scan(&n); err != nil {
		a.Fatalf("%s: %v", sql, err)
	}
	return n
}

// until waits for a query to return at least so much.
func (a admin) until(sql string, least int64) {
	a.Helper()
	for limit := time.Now().Add(patience); a.number(sql) < least; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			a.Fatalf("%s: still less than %d", sql, least)
		}
	}
}

// waiters counts the backends of the database that wait for a lock.
const waiters = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
