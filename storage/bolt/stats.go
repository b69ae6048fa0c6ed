package bolt

import (
	"bytes"
	"context"
	"fmt"
	"io"

	bbolt "go.etcd.io/bbolt"
)

// Stats is what an operator wants to know of a store.
type Stats struct {
	// FileSize is the file's length in bytes, UsedSize how much of it has ever been used, FreeSize how much of that is free
	// to be used again. The file never shrinks.
	FileSize, UsedSize, FreeSize int64
	// PinnedSize is how much of FreeSize cannot be used yet, because somebody still reads an older state.
	PinnedSize int64
	// Records counts by kind. Expired records count until they are swept.
	Records map[string]uint64
	// HighWater is the latest time, in Unix seconds, that a sweep was given.
	HighWater int64
	// Full says that the disk is full and new records are refused; Stopped that nothing is written any more.
	Full, Stopped bool
}

// Stats reads no records, so it is cheap at any size.
func (e *Engine) Stats(ctx context.Context) (Stats, error) {
	s := Stats{
		Records:   make(map[string]uint64),
		HighWater: e.high.Load(),
		Full:      e.room.full.Load(),
		Stopped:   e.stopped() != nil,
	}
	err := e.view(ctx, func(tx *bbolt.Tx) error {
		s.UsedSize, s.FreeSize, s.PinnedSize = tx.Size(), e.freeBytes(), int64(e.db.Stats().PendingPageN)*e.pageSize
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if isRecords(name) {
				s.Records[string(name[len(lastingPrefix):])] = b.Sequence()
			}
			return nil
		})
	})
	if err != nil {
		return Stats{}, err
	}
	info, err := e.file.Stat()
	if err != nil {
		return Stats{}, err
	}
	s.FileSize = info.Size()
	return s, nil
}

func isRecords(bucket []byte) bool {
	return bytes.HasPrefix(bucket, []byte(lastingPrefix)) || bytes.HasPrefix(bucket, []byte(passingPrefix))
}

// freeBytes is how much of the used part of the file is free, or will be once the last reader of an older state is gone.
func (e *Engine) freeBytes() int64 {
	s := e.db.Stats()
	return int64(s.FreePageN+s.PendingPageN) * e.pageSize
}

// Backup writes one consistent state of the whole store, as a file that Open takes. Meanwhile batches are committed, but
// the room that they free cannot be used again: let w be a file rather than a slow connection.
func (e *Engine) Backup(ctx context.Context, w io.Writer) error {
	cw := &contextWriter{ctx: ctx, w: w}
	err := e.viewAll(ctx, func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(cw)
		return err
	})
	// bbolt keeps only the text of some errors.
	if cw.err != nil {
		err = cw.err
	}
	if err != nil {
		return fmt.Errorf("bolt: backup: %w", err)
	}
	return nil
}

// contextWriter stops writing when its context ends, and remembers why it stopped.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
	err error
}

func (c *contextWriter) Write(p []byte) (n int, err error) {
	if err = c.ctx.Err(); err == nil {
		n, err = c.w.Write(p)
	}
	c.err = err
	return n, err
}
