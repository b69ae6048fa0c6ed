package bolt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"signet/storage"
)

// minute is what a busy server does in a minute: records that pass after ten of them, and lasting ones that are replaced.
func (c *churn) minute(t *testing.T) {
	t.Helper()
	now := start + int64(c.minutes)*60
	var b storage.Batch
	for i := range 300 {
		b.Then = append(b.Then, storage.Write{Record: storage.Record{
			Key: storage.Key{Kind: passing, ID: fmt.Sprintf("%d of minute %d", i, c.minutes), Expires: now + 600}, Version: 1, Value: []byte(strings.Repeat("x", 200)),
		}})
	}
	for i := range 300 {
		r := nth(lasting, (c.minutes*97+i)%1000)
		r.Expires, r.Version = 0, uint64(c.minutes+1)
		b.Then = append(b.Then, storage.Write{Record: r})
	}
	if err := c.e.Apply(t.Context(), now, b); err != nil {
		t.Fatal(err)
	}
	for n := 500; n == 500; {
		var err error
		if n, err = c.e.Sweep(t.Context(), now, 500); err != nil {
			t.Fatal(err)
		}
	}
	c.minutes++
}

type churn struct {
	e       *Engine
	minutes int
}

// run lets minutes pass and returns how much of the file was ever used.
func (c *churn) run(t *testing.T, minutes int) int64 {
	t.Helper()
	for range minutes {
		c.minute(t)
	}
	return c.stats(t).UsedSize
}

func (c *churn) stats(t *testing.T) Stats {
	t.Helper()
	s, err := c.e.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A store in which records come and go reaches a size and stays there, at most three times what lives in it.
func TestAttack_AO05_FileReachesAPlateau(t *testing.T) {
	path := t.TempDir() + "/test.db"
	c := &churn{e: openAt(t, path)}
	first := c.run(t, 60)
	if later := c.run(t, 120); later > first*11/10 {
		t.Errorf("%d bytes after an hour, %d after three", first, later)
	}
	before := c.stats(t)
	_ = c.e.Close()
	_, after, err := Compact(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if before.UsedSize > 3*after.UsedSize {
		t.Errorf("%d bytes for %d of living data", before.UsedSize, after.UsedSize)
	}
	for kind, n := range before.Records {
		if after.Records[kind] != n || n == 0 {
			t.Errorf("%s: %d records, %d after compaction", kind, n, after.Records[kind])
		}
	}
}

// Whoever reads an old state for long makes the file grow. That is told, and ends with the reader.
func TestAttack_AO05_LongReaderIsTold(t *testing.T) {
	defer func(d time.Duration) { longRead = d }(longRead)
	longRead = time.Millisecond
	var said log
	e, err := Open(t.TempDir()+"/test.db", Options{Logger: said.logger()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c := &churn{e: e}
	c.run(t, 30)
	reading, done := make(chan struct{}), make(chan error, 1)
	slow := &slowWriter{began: make(chan struct{}), goOn: reading}
	go func() { done <- e.Backup(context.WithoutCancel(t.Context()), slow) }()
	<-slow.began
	c.run(t, 5)
	pinned := c.stats(t).PinnedSize
	for !strings.Contains(said.String(), "takes long") {
		time.Sleep(time.Millisecond)
	}
	close(reading)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	c.run(t, 2)
	if after := c.stats(t).PinnedSize; pinned == 0 || after >= pinned/2 {
		t.Errorf("%d bytes pinned by the reader, %d after it", pinned, after)
	}
	size := c.run(t, 20)
	if later := c.run(t, 60); later > size*11/10 {
		t.Errorf("%d bytes, an hour later %d", size, later)
	}
}

// slowWriter takes nothing until it is told to.
type slowWriter struct{ began, goOn chan struct{} }

func (s *slowWriter) Write(b []byte) (int, error) {
	select {
	case <-s.began:
	default:
		close(s.began)
	}
	<-s.goOn
	return len(b), nil
}

// Work on the whole store tells how far it is, and can be stopped without harm.
func TestCompact_TellsAndStops(t *testing.T) {
	path := t.TempDir() + "/test.db"
	e := openAt(t, path)
	fill(t, e, 1500, 500)
	_ = e.Close()
	heard := map[string]int{}
	ctx, stop := context.WithCancel(t.Context())
	hear := func(verb string, done, total int) {
		if total != 3000 || done < heard[verb]%3000 {
			t.Errorf("%d of %d %s", done, total, verb)
		}
		if heard[verb] = done; verb == "copied" {
			stop()
		}
	}
	if _, _, err := Compact(ctx, path, Options{Progress: hear}); !errors.Is(err, context.Canceled) || heard["checked"] != 3000 {
		t.Fatalf("stopped: %v, heard %v", err, heard)
	}
	if _, _, err := Compact(t.Context(), path, Options{Progress: hear}); err != nil || heard["copied"] != 3000 {
		t.Fatalf("%v, heard %v", err, heard)
	}
	if !present(t, openAt(t, path), nth(lasting, 1499).Key) {
		t.Error("a record is gone")
	}
}
