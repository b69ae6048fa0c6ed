//go:build unix

package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	bbolt "go.etcd.io/bbolt"

	"signet/storage"
)

// benchRecords is how many records of each kind are there when a benchmark begins.
var benchRecords = flag.Int("records", 1000, "how many records of each kind the benchmarks begin with")

// benchStore is made once: filling a large one takes its time.
var benchStore = sync.OnceValue(func() *Engine {
	e, err := Open(filepath.Join(benchDir, "bench.db"), Options{})
	if err != nil {
		panic(err)
	}
	for i := 0; i < *benchRecords; i += 450 {
		var b storage.Batch
		for j := i; j < min(i+450, *benchRecords); j++ {
			b.Add(puts(grant(j, 1), token(j, j)))
		}
		if err := e.Apply(context.Background(), start, b); err != nil {
			panic(err)
		}
	}
	return e
})

var (
	grants = &storage.Kind{Name: "grant"}
	tokens = &storage.Kind{Name: "token", Passing: true}
)

// scattered is 32 bytes that are the same for the same number and in no order.
func scattered(i int) string {
	r := rand.NewPCG(uint64(i), 7)
	b := make([]byte, 0, 32)
	for range 4 {
		b = binary.BigEndian.AppendUint64(b, r.Uint64())
	}
	return string(b)
}

var benchValue = make([]byte, 300)

// grant is a lasting record of the size of a grant, found by the person that it belongs to.
func grant(i int, version uint64) storage.Record {
	return storage.Record{
		Key: storage.Key{Kind: grants, ID: scattered(i)}, Version: version, Value: benchValue,
		Index: []storage.Entry{{Index: "subject", Value: []byte(scattered(i / 3))[:16]}},
	}
}

// token is a passing record that expires at some second of an hour's course.
func token(i, at int) storage.Record {
	return storage.Record{
		Key: storage.Key{Kind: tokens, ID: scattered(-i), Expires: start + 60 + int64(at)/1000}, Version: 1, Value: benchValue,
	}
}

var benchCount atomic.Int64

// BenchmarkApply measures a batch by how many goroutines apply batches at once.
func BenchmarkApply(b *testing.B) {
	for name, batch := range map[string]func(i int) storage.Batch{
		// A code is spent: a marker if it is absent.
		"spend": func(i int) (b storage.Batch) {
			storage.Markers{Kind: tokens}.Spend(&b, scattered(i), start+7200+int64(i)/1000)
			return b
		},
		// A code is redeemed: a marker, and a grant with its index.
		"redeem": func(i int) (b storage.Batch) {
			storage.Markers{Kind: tokens}.Spend(&b, scattered(i), start+7200+int64(i)/1000)
			b.Add(ifAbsent(grant(i+1<<40, 1)))
			return b
		},
		// A grant moves on: any of those that are there.
		"update": func(i int) storage.Batch { return puts(grant(rand.IntN(*benchRecords), uint64(i))) },
	} {
		for _, n := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", name, n), func(b *testing.B) { benchmarkApply(b, n, batch) })
		}
	}
}

func benchmarkApply(b *testing.B, goroutines int, batch func(i int) storage.Batch) {
	e := benchStore()
	var left atomic.Int64
	left.Store(int64(b.N))
	before, cpu := transaction(e), cpuTime()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := e.Apply(context.Background(), start, batch(int(benchCount.Add(1)))); err != nil {
					b.Errorf("Apply: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/float64(transaction(e)-before), "batches/commit")
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N), "cpu-ns/op")
}

// cpuTime is how long the process has had a processor, in nanoseconds: unlike the time that has passed, it hardly depends
// on what else the machine does.
func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkFloor is what bbolt needs for a commit with one new key, whatever is built on it.
func BenchmarkFloor(b *testing.B) {
	e := benchStore()
	cpu := cpuTime()
	for b.Loop() {
		err := e.db.Update(func(tx *bbolt.Tx) error {
			return tx.Bucket(recordsBucket(tokens)).Put(expiryKey(start+9999, scattered(int(benchCount.Add(1)))), benchValue)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N), "cpu-ns/op")
}

func BenchmarkGet(b *testing.B) {
	e := benchStore()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			recs, err := e.Get(context.Background(), start, grant(rand.IntN(*benchRecords), 1).Key)
			if err != nil || !recs[0].Present() {
				b.Errorf("Get: %v, %v", recs, err)
				return
			}
		}
	})
}

func BenchmarkGetFour(b *testing.B) {
	e := benchStore()
	b.ReportAllocs()
	for b.Loop() {
		i := rand.IntN(*benchRecords - 4)
		_, err := e.Get(context.Background(), start, grant(i, 1).Key, grant(i+1, 1).Key, token(i, i).Key, token(i+1, i+1).Key)
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList(b *testing.B) {
	e := benchStore()
	b.ReportAllocs()
	for b.Loop() {
		q := storage.Query{Kind: grants, Index: "subject", Equal: []byte(scattered(rand.IntN(*benchRecords / 3)))[:16], Limit: 20}
		if _, err := e.List(context.Background(), start, q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPlan is what encoding a batch costs its caller.
func BenchmarkPlan(b *testing.B) {
	batch := ifAbsent(grant(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := newPlan(start, batch); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens a copy of the store.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "open.db")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(benchStore().Backup(b.Context(), f), f.Close()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		e, err := Open(path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
