package bolt

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

func TestCheckFindsNothingInAWholeStore(t *testing.T) {
	e := openNew(t)
	if err := e.Check(t.Context()); err != nil {
		t.Errorf("empty: %v", err)
	}
	fill(t, e, 3000, 500)
	if _, err := e.Sweep(t.Context(), start+1050, 2000); err != nil {
		t.Fatal(err)
	}
	large := nth(lasting, 1)
	large.Expires = 0
	large.Value = bytes.Repeat([]byte("x"), storage.MaxValue)
	apply(t, e, puts(large))
	if err := e.Check(t.Context()); err != nil {
		t.Error(err)
	}
	// bbolt's own check, which knows pages but no records, must agree.
	err := e.db.View(func(tx *bbolt.Tx) error {
		var all []error
		for err := range tx.Check() {
			all = append(all, err)
		}
		return errors.Join(all...)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestCheckFinds(t *testing.T) {
	r, p := nth(lasting, 1), nth(passing, 1)
	for name, change := range map[string]func(*bbolt.Tx) error{
		"a record of other bytes": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("l:lasting")).Put([]byte(r.ID), []byte("other"))
		},
		"a record in another's place": func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("l:lasting"))
			return b.Put([]byte(r.ID), bytes.Clone(b.Get([]byte(nth(lasting, 2).ID))))
		},
		"a record that is gone": func(tx *bbolt.Tx) error { return tx.Bucket([]byte("l:lasting")).Delete([]byte(r.ID)) },
		"a marker that is gone": func(tx *bbolt.Tx) error { return tx.Bucket([]byte("p:marker")).Delete(expiryKey(start+9, "spent")) },
		"an index key that is gone": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("i:passing:x")).Delete(indexKey(p.Index[0].Value, recordKey(p.Key)))
		},
		"an index key too many": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("i:passing:x")).Put(indexKey([]byte("other"), recordKey(p.Key)), nil)
		},
		"an index key that leads nowhere": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("i:lasting:x")).Put(indexKey([]byte("001"), []byte("nobody")), nil)
		},
		"an index key of no form":   func(tx *bbolt.Tx) error { return tx.Bucket([]byte("i:lasting:x")).Put([]byte("a"), nil) },
		"an expiry that is gone":    func(tx *bbolt.Tx) error { return tx.Bucket([]byte("e:lasting")).Delete(expiryKey(r.Expires, r.ID)) },
		"an expiry at another time": func(tx *bbolt.Tx) error { return tx.Bucket([]byte("e:lasting")).Put(expiryKey(5, r.ID), nil) },
		"a wrong count":             func(tx *bbolt.Tx) error { return tx.Bucket([]byte("l:lasting")).SetSequence(7) },
		"a bucket of no kind": func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("other"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := openNew(t)
			apply(t, e, puts(r, p, nth(lasting, 2)))
			apply(t, e, storage.Batch{Then: []storage.Write{storage.Markers{Kind: &storage.Kind{Name: "marker", Passing: true}}.Mark("spent", start+9)}})
			if err := e.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			spoil(t, e, change)
			if err := e.Check(t.Context()); !errors.Is(err, storage.ErrDamaged) {
				t.Errorf("got error %v, want ErrDamaged", err)
			}
		})
	}
}

func TestSweepLeavesADamagedRecord(t *testing.T) {
	e := openNew(t)
	fill(t, e, 100, 100)
	bad := nth(lasting, 0)
	spoil(t, e, func(tx *bbolt.Tx) error {
		return tx.Bucket(recordsBucket(lasting)).Put([]byte(bad.ID), []byte("other"))
	})
	n, err := e.Sweep(t.Context(), start+5000, 1000)
	if n != 199 || !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("Sweep removed %d records with error %v, want 199 and ErrDamaged", n, err)
	}
}

func TestStats(t *testing.T) {
	e := openNew(t)
	fill(t, e, 100, 50)
	apply(t, e, storage.Batch{Then: []storage.Write{{Record: nth(lasting, 1), Delete: true}, {Record: nth(lasting, 1000), Delete: true}, {Record: nth(lasting, 2)}}})
	if _, err := e.Sweep(t.Context(), start+1010, 1000); err != nil {
		t.Fatal(err)
	}
	s, err := e.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Of each kind, 11 of every 100 expire by then; lasting record 1 is one of them and was deleted before.
	if s.Records["lasting"] != 89 || s.Records["passing"] != 89 || len(s.Records) != 2 {
		t.Errorf("got counts %v, want 89 of each kind", s.Records)
	}
	if s.HighWater != start+1010 || s.Full || s.Stopped {
		t.Errorf("got %+v", s)
	}
	if s.UsedSize <= 0 || s.FileSize < s.UsedSize || s.FreeSize <= 0 || s.FreeSize > s.UsedSize {
		t.Errorf("got sizes %+v", s)
	}
}

func TestBackup(t *testing.T) {
	e := openNew(t)
	fill(t, e, 200, 100)
	path := filepath.Join(t.TempDir(), "backup.db")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Backup(t.Context(), f), f.Close()); err != nil {
		t.Fatal(err)
	}
	apply(t, e, puts(nth(lasting, 5000)))
	b := openAt(t, path)
	if err := b.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if !present(t, b, nth(lasting, 199).Key) || present(t, b, nth(lasting, 5000).Key) {
		t.Error("the backup is not what was there when it was made")
	}
}

func TestBackupThatIsBrokenOff(t *testing.T) {
	e := openNew(t)
	ctx, cancel := context.WithCancel(t.Context())
	w := &cancelling{cancel: cancel}
	if err := e.Backup(ctx, w); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
	apply(t, e, puts(nth(lasting, 1)))
}

// cancelling ends a context at the first write.
type cancelling struct{ cancel func() }

func (c *cancelling) Write(b []byte) (int, error) {
	c.cancel()
	return len(b), nil
}

func TestDamageIsLogged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var l log
	e, err := Open(path, Options{Logger: l.logger()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	fill(t, e, 300, 100)
	if _, err := e.file.WriteAt(make([]byte, 100*e.pageSize), 2*e.pageSize); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Get(t.Context(), start, nth(lasting, 1).Key); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("Get: got error %v, want ErrDamaged", err)
	}
	if s := l.String(); !strings.Contains(s, "damaged storage") || strings.Contains(s, "goroutine") {
		t.Errorf("log: %s", s)
	}
}
