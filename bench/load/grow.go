package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// grow measures at few grants, or at as many as a kept directory holds already, and at those that were asked for.
func (c *campaign) grow() error {
	held, err := c.held()
	if err != nil {
		return err
	}
	stages := []int{max(fewGrants, held)}
	if c.Grants > stages[0] {
		stages = append(stages, c.Grants)
	}
	for _, grants := range stages {
		if held, err = c.fill(held, grants); err != nil {
			return err
		}
		if err := c.measureAll(c.signet.scenarios(), c.signetSide, grants); err != nil {
			return err
		}
	}
	return nil
}

// fill signs in until the server holds so many grants.
func (c *campaign) fill(held, grants int) (int, error) {
	if held >= grants {
		return held, nil
	}
	w := window{length: 24 * time.Hour, ops: int64(grants - held)}
	r, err := measure(c.signet.discovery.Host, c.signet.filling(), busy, w, c.signet.meters())
	if err != nil {
		return held, err
	}
	held += int(r.Ops)
	fmt.Fprintf(c.progress, "filled to %d grants at %.0f/s\n", held, r.Rate)
	c.report.Runs = append(c.report.Runs, sample{fill, busy, held, 1, r})
	return held, os.WriteFile(c.tally(), []byte(strconv.Itoa(held)+"\n"), 0o600)
}

// tally is the file that remembers how far a kept directory is filled.
func (c *campaign) tally() string { return filepath.Join(c.dir, "grants") }

func (c *campaign) held() (int, error) {
	data, err := os.ReadFile(c.tally())
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(data)))
}
