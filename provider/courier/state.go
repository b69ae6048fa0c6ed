package courier

import (
	"hash/fnv"
	"strconv"
	"time"

	"signet/storage"
)

// State is how it stands with a delivery; the deliveries of a trade have it in their record.
type State struct {
	// Due is when the delivery is tried next, Tried when it was tried last (0: never); in Unix seconds.
	Due   int64 `json:"due"`
	Tried int64 `json:"tried,omitempty"`
	// Attempts is how often it was tried, Problem what came of the last time.
	Attempts int    `json:"attempts"`
	Problem  string `json:"problem,omitempty"`
}

// indexDue orders deliveries by when they are due.
const indexDue = "due"

// Term is what a delivery's record must be found by.
func (s State) Term() storage.Term {
	return storage.Term{Index: indexDue, Value: sortable(s.Due), Ordered: true}
}

// sortable is a time that sorts as text.
func sortable(unix int64) string {
	s := strconv.FormatInt(unix, 10)
	return "000000000000"[min(len(s), 12):] + s
}

const (
	// KeepTrying is for how long a delivery is tried.
	KeepTrying = 24 * time.Hour
	// AfterLast is for how long a delivery is kept after it was tried last: its record expires KeepTrying and AfterLast after
	// it was made.
	AfterLast = time.Hour
)

// pauses are those after each failed attempt; the last one is repeated.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}

// pause is how long to wait after so many attempts, in seconds. It differs from delivery to delivery by up to a quarter, so that a
// host which was away is not met by all of them at once.
func pause(id string, attempts int) int64 {
	p := int64(pauses[min(max(attempts, 1), len(pauses))-1] / time.Second)
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return p + int64(h.Sum32())%(p/4+1)
}
