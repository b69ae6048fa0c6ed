package postgres_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"signet/storage"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
	"signet/storage/storagetest"
)

// TestContract runs against an engine alone. Each test has a schema of its own, which is quicker made than a database.
func TestContract(t *testing.T) {
	url := pgtest.Start(t)
	var made atomic.Int64
	schemas := make(map[storage.Engine]string)
	open := func(t testing.TB, schema string) storage.Engine {
		e, err := postgres.Open(t.Context(), postgres.Options{URL: url, Schema: schema, Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		schemas[e] = schema
		return e
	}
	storagetest.Run(t,
		func(t testing.TB) storage.Engine { return open(t, fmt.Sprint("contract ", made.Add(1))) },
		storagetest.Reopen(func(t testing.TB, closed storage.Engine) storage.Engine { return open(t, schemas[closed]) }))
}
