package bolt

import (
	"log/slog"

	bbolt "go.etcd.io/bbolt"
)

// Progress hears how far a long piece of work is: so many of so many records were checked or copied.
type Progress func(verb string, done, total int)

// progressStep is how many records are between two words.
const progressStep = 1000

// count counts records and tells of them.
type count struct {
	log         *slog.Logger
	hear        Progress
	verb        string
	done, total int
}

// count begins to count the records that a transaction sees.
func (e *Engine) count(tx *bbolt.Tx, verb string) count {
	c := count{log: e.log, hear: e.hear, verb: verb}
	_ = tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		if isRecords(name) {
			c.total += int(b.Sequence())
		}
		return nil
	})
	return c
}

func (c *count) one() {
	c.done++
	if c.hear != nil && (c.done%progressStep == 0 || c.done == c.total) {
		c.hear(c.verb, c.done, c.total)
	}
}
