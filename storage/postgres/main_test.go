package postgres_test

import (
	"testing"

	"signet/storage"
	"signet/storage/postgres"
)

// now is when the tests take place.
const now int64 = 1_800_000_000

const day int64 = 86400

var (
	person = &storage.Kind{Name: "person", Notify: true}
	spent  = &storage.Kind{Name: "spent", Passing: true}
	grant  = &storage.Kind{Name: "grant"}
)

// open opens an engine and closes it when the test ends.
func open(tb testing.TB, o postgres.Options) *postgres.Engine {
	tb.Helper()
	e, err := postgres.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e
}

func key(kind *storage.Kind, id string) storage.Key {
	k := storage.Key{Kind: kind, ID: id}
	if kind.Passing {
		k.Expires = now + 60
	}
	return k
}

func put(k storage.Key, version uint64, value string) storage.Write {
	return storage.Write{Record: storage.Record{Key: k, Version: version, Value: []byte(value)}}
}

func then(w ...storage.Write) storage.Batch { return storage.Batch{Then: w} }
