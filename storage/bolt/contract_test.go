package bolt_test

import (
	"path/filepath"
	"testing"

	"signet/storage"
	"signet/storage/bolt"
	"signet/storage/storagetest"
)

func TestContract(t *testing.T) {
	paths := make(map[storage.Engine]string)
	open := func(t testing.TB, path string) storage.Engine {
		e, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		paths[e] = path
		return e
	}
	storagetest.Run(t,
		func(t testing.TB) storage.Engine { return open(t, filepath.Join(t.TempDir(), "test.db")) },
		storagetest.Reopen(func(t testing.TB, closed storage.Engine) storage.Engine { return open(t, paths[closed]) }))
}
