package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"signet/storage"
	"signet/storage/postgres"
	"signet/storage/postgres/pgtest"
)

// The benchmarks run on a server that writes to disk in earnest. A marker is spent, a record read, by so many at once.

func benchmarkAtOnce(b *testing.B, prepare func(storage.Engine), op func(e storage.Engine, n int64) error) {
	server := pgtest.StartOwn(b, pgtest.Options{Fsync: true})
	url, err := server.CreateDatabase(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	e := open(b, postgres.Options{URL: url, Migrate: true})
	if prepare != nil {
		prepare(e)
	}
	var n atomic.Int64
	for _, goroutines := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			var left atomic.Int64
			left.Store(int64(b.N))
			done := make(chan error, goroutines)
			serverBefore, clientBefore := server.CPU(), ownCPU(b)
			for range goroutines {
				go func() {
					for left.Add(-1) >= 0 {
						if err := op(e, n.Add(1)); err != nil {
							done <- err
							return
						}
					}
					done <- nil
				}()
			}
			for range goroutines {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((server.CPU()-serverBefore).Microseconds())/float64(b.N), "server-us/op")
			b.ReportMetric(float64((ownCPU(b)-clientBefore).Microseconds())/float64(b.N), "client-us/op")
		})
	}
}

// ownCPU is the processor time that this process has used.
func ownCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSpend creates a marker if it is absent and writes a lasting record of 400 bytes, as redeeming a code does.
func BenchmarkSpend(b *testing.B) {
	benchmarkAtOnce(b, nil, func(e storage.Engine, n int64) error {
		var batch storage.Batch
		storage.Markers{Kind: spent}.Spend(&batch, fmt.Sprint(n), now+60)
		redeemed := storage.Record{Key: storage.Key{Kind: grant, ID: fmt.Sprint("grant ", n)}, Version: 1, Value: make([]byte, 400)}
		batch.Then = append(batch.Then, storage.Write{Record: redeemed})
		return e.Apply(context.Background(), now, batch)
	})
}

// BenchmarkUpdate moves a lasting record's version on, as refreshing does.
func BenchmarkUpdate(b *testing.B) {
	write := func(n int64, version uint64) storage.Write {
		k := storage.Key{Kind: grant, ID: fmt.Sprint(n % 1024)}
		return storage.Write{Record: storage.Record{Key: k, Version: version, Value: make([]byte, 400)}}
	}
	benchmarkAtOnce(b, func(e storage.Engine) {
		for n := range int64(1024) {
			if err := e.Apply(b.Context(), now, storage.Batch{Then: []storage.Write{write(n, 1)}}); err != nil {
				b.Fatal(err)
			}
		}
	}, func(e storage.Engine, n int64) error {
		w := write(n, 1)
		return e.Apply(context.Background(), now, storage.Batch{
			If: []storage.Condition{{Key: w.Key, Version: 1}}, Then: []storage.Write{w}})
	})
}

// BenchmarkGet reads a lasting record and a passing one.
func BenchmarkGet(b *testing.B) {
	for name, passing := range map[string]bool{"lasting": false, "lasting and passing": true} {
		b.Run(name, func(b *testing.B) { benchmarkGet(b, passing) })
	}
}

func benchmarkGet(b *testing.B, passing bool) {
	keys := func(n int64) []storage.Key {
		k := []storage.Key{{Kind: grant, ID: fmt.Sprint(n % 1024)}}
		if passing {
			k = append(k, storage.Key{Kind: spent, ID: fmt.Sprint(n % 1024), Expires: now + 60 + (n%30)*86400})
		}
		return k
	}
	benchmarkAtOnce(b, func(e storage.Engine) {
		for n := range int64(1024) {
			var batch storage.Batch
			for _, k := range keys(n) {
				batch.Then = append(batch.Then, storage.Write{Record: storage.Record{Key: k, Version: 1, Value: make([]byte, 400)}})
			}
			if err := e.Apply(b.Context(), now, batch); err != nil {
				b.Fatal(err)
			}
		}
	}, func(e storage.Engine, n int64) error {
		_, err := e.Get(context.Background(), now, keys(n)...)
		return err
	})
}
