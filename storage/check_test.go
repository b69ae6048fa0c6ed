package storage_test

import (
	"errors"
	"testing"

	"signet/storage"
)

// A record written twice in one arm would have an order that no engine promises.
func TestABatchWritesARecordOnce(t *testing.T) {
	lasting, passing := &storage.Kind{Name: "l"}, &storage.Kind{Name: "p", Passing: true}
	put := func(k *storage.Kind, id string, expires int64) storage.Write {
		return storage.Write{Record: storage.Record{Key: storage.Key{Kind: k, ID: id, Expires: expires}, Version: 1}}
	}
	for _, c := range []struct {
		then, els []storage.Write
		good      bool
	}{
		{[]storage.Write{put(lasting, "a", 0), put(lasting, "b", 0)}, nil, true},
		{[]storage.Write{put(lasting, "a", 0)}, []storage.Write{put(lasting, "a", 0)}, true},
		{[]storage.Write{put(passing, "a", 1), put(passing, "a", 2), put(lasting, "a", 0)}, nil, true},
		{[]storage.Write{put(lasting, "a", 0), put(lasting, "a", 9)}, nil, false},
		{nil, []storage.Write{put(passing, "a", 1), put(passing, "b", 1), put(passing, "a", 1)}, false},
	} {
		err := storage.Batch{Then: c.then, Else: c.els}.Check()
		if (err == nil) != c.good || err != nil && !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("%+v: %v, want good %v", c, err, c.good)
		}
	}
}
