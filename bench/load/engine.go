package main

import (
	"context"
	"fmt"

	"signet/storage/postgres/pgtest"
)

// startEngine starts what keeps Signet's data, and returns the lines of the configuration that name it. PostgreSQL writes to
// disk before it answers, as it would in earnest; its own processor time is in no column.
func (c *campaign) startEngine() (storage string, err error) {
	if c.Engine == "bolt" {
		return "", nil
	}
	if c.postgres, err = pgtest.StartServer(pgtest.Options{Fsync: true}); err != nil {
		return "", err
	}
	url, err := c.postgres.CreateDatabase(context.Background())
	return fmt.Sprintf("engine = \"postgres\"\nurl = %q\n", url), err
}
