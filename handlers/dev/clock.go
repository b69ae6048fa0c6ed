package dev

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// maxAdvance bounds one step of the clock, maxAhead all of them together: dates must stay writable everywhere.
const (
	maxAdvance = 10 * 365 * 24 * time.Hour
	maxAhead   = 10 * maxAdvance
)

// ErrClock says that the clock cannot be moved so.
var ErrClock = errors.New("dev: clock")

// Clock is the machine's time and an offset that only grows, in this run and in later ones on the same directory.
type Clock struct {
	machine func() time.Time
	offset  atomic.Int64
	path    string

	mu sync.Mutex // held while the offset is changed
}

// keptClock is what is kept between two runs.
type keptClock struct {
	// Offset is a duration of Go.
	Offset string `json:"offset"`
	// Reached is the latest time that was kept; the clock never shows an earlier one again.
	Reached time.Time `json:"reached"`
}

// openClock goes on where the clock of the file was, or begins at start, or with the machine's time if start is zero. A
// start that is later than where the clock was moves it forward; an earlier one does nothing.
func openClock(path string, machine func() time.Time, start time.Time) (*Clock, error) {
	c := &Clock{machine: machine, path: path}
	now := machine()
	kept, err := readClock(path)
	switch {
	case err != nil:
		return nil, err
	case kept != nil:
		offset, err := time.ParseDuration(kept.Offset)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrClock, path, err)
		}
		c.offset.Store(int64(max(offset, kept.Reached.Sub(now), start.Sub(now))))
	case !start.IsZero():
		c.offset.Store(int64(start.Sub(now)))
	}
	return c, c.keep(c.Offset())
}

func readClock(path string) (*keptClock, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrClock, err)
	}
	kept := &keptClock{}
	if err := json.Unmarshal(text, kept); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrClock, path, err)
	}
	return kept, nil
}

// Now is the server's time.
func (c *Clock) Now() time.Time { return c.machine().Add(c.Offset()) }

// Offset is how far the server is ahead of the machine. It can be negative if a seed began in the past.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// Advance moves the clock forward by more than 0 and at most ten years. The offset is on disk before it counts, so that no
// restart goes back behind what was issued.
func (c *Clock) Advance(by time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	offset := c.Offset() + by
	if by <= 0 || by > maxAdvance || offset > maxAhead {
		return fmt.Errorf("%w: %s: the clock only goes forward, at most ten years at once and a hundred altogether", ErrClock, by)
	}
	if err := c.keep(offset); err != nil {
		return err
	}
	c.offset.Store(int64(offset))
	return nil
}

// Close keeps the time that was reached.
func (c *Clock) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keep(c.Offset())
}

func (c *Clock) keep(offset time.Duration) error {
	text, err := json.Marshal(keptClock{Offset: offset.String(), Reached: c.machine().Add(offset).UTC()})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrClock, err)
	}
	next := c.path + ".new"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return fmt.Errorf("%w: %w", ErrClock, err)
	}
	if err := os.Rename(next, c.path); err != nil {
		return fmt.Errorf("%w: %w", ErrClock, err)
	}
	return nil
}
