package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// op does one operation on a connection. An answer that is not the expected one is an error, and ends the run.
type op func() error

// scenario is one kind of operation.
type scenario struct {
	name string
	peer string // scenario of the baseline that it is compared with
	// prepare readies the i-th connection outside of the measured time.
	prepare func(c *conn, i int) (op, error)
}

// window says how long to measure: for some time, or until so many operations are done if ops is not 0.
type window struct {
	warmup, length time.Duration
	ops            int64
}

// result is one run.
type result struct {
	Ops       int64   `json:"ops"`
	Rate      float64 `json:"rate"`          // operations a second
	P50       float64 `json:"p50_us"`        // microseconds
	P99       float64 `json:"p99_us"`        //
	ServerCPU float64 `json:"server_cpu_us"` // microseconds an operation
	ClientCPU float64 `json:"client_cpu_us"` //
	// Signatures are those that the server made for one operation; 0 too where nobody counts.
	Signatures float64 `json:"signatures"`
}

// meters tell what a server has done so far.
type meters struct {
	cpu func() (time.Duration, error)
	// signatures may be nil: the baseline does not count.
	signatures func() (int64, error)
}

// signed is the meter's count, 0 without a meter.
func (m meters) signed() (int64, error) {
	if m.signatures == nil {
		return 0, nil
	}
	return m.signatures()
}

// measure runs a scenario over so many connections at once.
func measure(addr string, s scenario, conns int, w window, server meters) (result, error) {
	workers := make([]*worker, conns)
	defer func() {
		for _, w := range workers {
			if w != nil {
				w.conn.close()
			}
		}
	}()
	for i := range workers {
		c, err := dial(addr)
		if err != nil {
			return result{}, err
		}
		workers[i] = &worker{conn: c}
		_ = c.net.SetDeadline(time.Now().Add(w.warmup + w.length + time.Minute))
		if workers[i].op, err = s.prepare(c, i); err != nil {
			return result{}, fmt.Errorf("%s: connection %d: %w", s.name, i, err)
		}
	}
	before, err1 := server.signed()
	r, err := run(workers, w, server.cpu)
	after, err2 := server.signed()
	if err := errors.Join(err, err1, err2); err != nil {
		return r, fmt.Errorf("%s: %w", s.name, err)
	}
	r.Signatures = float64(after-before) / float64(operations(workers))
	return r, nil
}

// operations are all that were done, measured or not.
func operations(workers []*worker) (n int64) {
	for _, w := range workers {
		n += w.done
	}
	return n
}

// worker drives one connection.
type worker struct {
	conn  *conn
	op    op
	took  []time.Duration // of the operations that ended in the measured time
	done  int64           // all operations
	error error
}

// gate tells the workers when to note and when to end.
type gate struct {
	noting, stopped atomic.Bool
	done            atomic.Int64
}

func (w *worker) run(g *gate) {
	for !g.stopped.Load() {
		begun := time.Now()
		if w.error = w.op(); w.error != nil {
			g.stopped.Store(true)
			return
		}
		w.done++
		if g.noting.Load() {
			w.took = append(w.took, time.Since(begun))
			g.done.Add(1)
		}
	}
}

func run(workers []*worker, w window, cpu func() (time.Duration, error)) (result, error) {
	var g gate
	var wait sync.WaitGroup
	for _, worker := range workers {
		wait.Go(func() { worker.run(&g) })
	}
	g.sleep(w.warmup, 0)
	before, err1 := cpu()
	client, begun := ownCPU(), time.Now()
	g.noting.Store(true)
	g.sleep(w.length, w.ops)
	g.noting.Store(false)
	length := time.Since(begun)
	after, err2 := cpu()
	client = ownCPU() - client
	g.stopped.Store(true)
	wait.Wait()
	errs := []error{err1, err2}
	var took []time.Duration
	for _, worker := range workers {
		errs, took = append(errs, worker.error), append(took, worker.took...)
	}
	if err := errors.Join(errs...); err != nil {
		return result{}, err
	}
	return summarize(took, length, after-before, client)
}

// sleep waits until the time is up, the operations are done, or a worker has failed.
func (g *gate) sleep(length time.Duration, ops int64) {
	until := time.Now().Add(length)
	for time.Now().Before(until) && !g.stopped.Load() && (ops == 0 || g.done.Load() < ops) {
		time.Sleep(min(time.Until(until), 10*time.Millisecond))
	}
}

var errNothingDone = errors.New("no operation ended in the measured time")

func summarize(took []time.Duration, length, server, client time.Duration) (result, error) {
	if len(took) == 0 {
		return result{}, errNothingDone
	}
	slices.Sort(took)
	n := float64(len(took))
	return result{
		Ops: int64(len(took)), Rate: n / length.Seconds(),
		P50: microseconds(quantile(took, 0.5)), P99: microseconds(quantile(took, 0.99)),
		ServerCPU: microseconds(server) / n, ClientCPU: microseconds(client) / n,
	}, nil
}

// quantile of sorted values: the smallest that at least q of them do not exceed.
func quantile[T any](sorted []T, q float64) T {
	i := int(q * float64(len(sorted)))
	if float64(i) == q*float64(len(sorted)) {
		i--
	}
	return sorted[min(max(i, 0), len(sorted)-1)]
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// ownCPU is what this program has computed.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
